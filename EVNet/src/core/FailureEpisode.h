//
// FailureEpisode.h
//
// Library: EVNet
// Package: Core
// Module:  FailureEpisode
//
// Definition of the FailureEpisode class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_FailureEpisode_INCLUDED
#define EVNet_FailureEpisode_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <atomic>


namespace Poco {
namespace EVNet {


class FailureEpisode
	/// A series of failures of the same kind, of which only the first one is reported. It is over when there was none for 10 seconds.
	///
	/// Methods may be called from any thread.
{
public:
	constexpr FailureEpisode():
		_last(0)
	{
	}

	bool addFailure(double now)
		/// Called for each failure, with the time of steadyTime(). Returns true if it is the first one of an episode.
	{
		const double last = _last.exchange(now, std::memory_order_relaxed);
		return last == 0 || now - last >= LENGTH;
	}

	void end()
		/// The next failure begins another episode.
	{
		_last.store(0, std::memory_order_relaxed);
	}

private:
	static constexpr double LENGTH = 10; // seconds

	std::atomic<double> _last;   /// the time of the last failure, 0 for none
};


} } // namespace Poco::EVNet


#endif // EVNet_FailureEpisode_INCLUDED
