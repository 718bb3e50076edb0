//
// ThreadOwner.h
//
// Library: EVNet
// Package: Threads
// Module:  ThreadOwner
//
// Definition of the ThreadOwner class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ThreadOwner_INCLUDED
#define EVNet_ThreadOwner_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/RefCountedObject.h"


namespace Poco {
namespace EVNet {


class ThreadOwner: public Poco::RefCountedObject
	/// What the threads of an Executor work for. Each thread has a reference, so that a handler that outlives the server
	/// still finds all it needs.
{
public:
	virtual void lastThreadLeaves() = 0;
		/// Called by the last thread of an Executor that is being stopped, under the lock of the Executor.
};


} } // namespace Poco::EVNet


#endif // EVNet_ThreadOwner_INCLUDED
