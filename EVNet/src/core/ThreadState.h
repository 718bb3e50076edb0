//
// ThreadState.h
//
// Library: EVNet
// Package: Core
// Module:  ThreadState
//
// Definition of the ThreadState class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ThreadState_INCLUDED
#define EVNet_ThreadState_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <time.h>


namespace Poco {
namespace EVNet {


class ThreadState
	/// Tells a thread that has blocked from one that is merely slow or has
	/// been preempted, which a clock cannot do on a machine that is busy. Where the operating system does
	/// not tell, a thread counts as blocked.
{
public:
	static long currentId();
		/// Returns the operating system's identifier of the calling thread.

	using Clock = clockid_t;

	static Clock computingClock();
		/// Returns the clock that tells how long the calling thread has computed. Other threads may ask it, see computed().

	static double computed(Clock clock);
		/// Returns how long the thread of this clock has computed, in seconds; 0 if it has ended.

	static bool isRunnable(long id);
		/// Returns true if the thread is running or waits for nothing but a processor.

	static long waits();
		/// Returns a number that changes whenever the calling thread waits
		/// for something other than a processor.

private:
	ThreadState();
};


} } // namespace Poco::EVNet


#endif // EVNet_ThreadState_INCLUDED
