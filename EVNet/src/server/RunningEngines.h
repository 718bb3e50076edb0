//
// RunningEngines.h
//
// Library: EVNet
// Package: Server
// Module:  RunningEngines
//
// Definition of the RunningEngines class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_RunningEngines_INCLUDED
#define EVNet_RunningEngines_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/ThreadPool.h"


namespace Poco {
namespace EVNet {


class Engine;


class RunningEngines
	/// The engines of this process that have threads, and the pool of those that were not given
	/// one. When the process ends, it stops the engines that still run, or their threads would use static objects that are
	/// destroyed. The pool is not destroyed: its idle threads end with the process.
	///
	/// Methods may be called from any thread, remove() also when the process is ending.
{
public:
	static Poco::ThreadPool& pool();
		/// Returns the pool, which gives as many threads as it is asked for.

	static void add(Engine& engine);
		/// Takes a reference to an engine that is being started.

	static void remove(Engine& engine);
		/// Releases the reference. The caller must have one of its own.

private:
	struct List;
	struct Process;

	RunningEngines();

	static List& list();
	static Process& process();
};


} } // namespace Poco::EVNet


#endif // EVNet_RunningEngines_INCLUDED
