//
// Task.h
//
// Library: EVNet
// Package: Threads
// Module:  Task
//
// Definition of the Task class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Task_INCLUDED
#define EVNet_Task_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <chrono>


namespace Poco {
namespace EVNet {


class Task
	/// Something that waits in the Executor's queue for a thread.
{
public:
	using Clock = std::chrono::steady_clock;

	virtual void run() = 0;
		/// Does the work, on a thread of the pool. Must not throw.
		/// The Executor does not touch the task any more.

	virtual void cancel() = 0;
		/// Called instead of run() if the server is stopped first.

	Task* pNext = nullptr;
		/// Links tasks in a queue.

	Clock::time_point queuedAt;
		/// When the task was queued. Set by the Executor.

protected:
	virtual ~Task() = default;
};


} } // namespace Poco::EVNet


#endif // EVNet_Task_INCLUDED
