//
// LoopCounters.h
//
// Library: EVNet
// Package: Loop
// Module:  LoopCounters
//
// Definition of the LoopCounters class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_LoopCounters_INCLUDED
#define EVNet_LoopCounters_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include "core/Counter.h"
#include "loop/ConnectionState.h"
#include "Poco/Types.h"
#include <atomic>


namespace Poco {
namespace EVNet {


struct LoopCounters
	/// What a loop counts, for EVServerStatistics: each connection and each request ends in exactly one counter.
{
	// written by the leader
	Counter open;
	Counter phases[ConnectionState::PHASES];   /// right for those that the leader alone enters and leaves, see addTo()
	Counter requests;
	Counter completed;
	Counter refused;
	Counter overdue;
	Counter closed[EVServerStatistics::CLOSE_REASONS];

	// written by any thread
	std::atomic<Poco::Int64> completedElsewhere{0};   /// requests that were not run by the leader
	std::atomic<Poco::Int64> cancelled{0};
	std::atomic<Poco::Int64> passedOn{0};
	std::atomic<Poco::Int64> promotions{0};

	void count(ConnectionState::Step step)
	{
		phases[step.from].add(-1);
		phases[step.to].add();
	}

	void addTo(EVServerStatistics& statistics) const;
		/// May be called from any thread.
};


} } // namespace Poco::EVNet


#endif // EVNet_LoopCounters_INCLUDED
