//
// SteadyTime.h
//
// Library: EVNet
// Package: Core
// Module:  SteadyTime
//
// Definition of the steadyTime() function.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_SteadyTime_INCLUDED
#define EVNet_SteadyTime_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Timespan.h"
#include <algorithm>
#include <chrono>


namespace Poco {
namespace EVNet {


inline double steadyTime()
	/// Returns the time of the clock that never goes back, in seconds, as the loops count it.
{
	return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}


inline std::chrono::microseconds boundedTime(const Poco::Timespan& time)
	/// Returns the time, or a century if it is longer. The clocks of the system count nanoseconds: what ends in more than 292 years
	/// would seem to be over.
{
	return std::chrono::microseconds(std::min<Poco::Timespan::TimeDiff>(time.totalMicroseconds(), 36500*Poco::Timespan::DAYS));
}


} } // namespace Poco::EVNet


#endif // EVNet_SteadyTime_INCLUDED
