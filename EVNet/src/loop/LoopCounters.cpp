//
// LoopCounters.cpp
//
// Library: EVNet
// Package: Loop
// Module:  LoopCounters
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/LoopCounters.h"


namespace Poco {
namespace EVNet {


void LoopCounters::addTo(EVServerStatistics& statistics) const
{
	const auto in = [this](ConnectionState::Phase phase) { return static_cast<int>(phases[phase].value()); };
	const int connections = static_cast<int>(open.value());
	const int reading = in(ConnectionState::PHASE_HEADER) + in(ConnectionState::PHASE_BODY);
	const int flushing = in(ConnectionState::PHASE_FLUSHING);
	const int lingering = in(ConnectionState::PHASE_LINGERING);
	statistics.open += connections;
	statistics.reading += reading;
	statistics.flushing += flushing;
	statistics.lingering += lingering;
	// What is busy is subtracted by the server: the leader does not see when a request is done.
	statistics.idle += connections - reading - flushing - lingering - in(ConnectionState::PHASE_PAUSED);
	statistics.requests += static_cast<Poco::UInt64>(requests.value());
	statistics.completed += static_cast<Poco::UInt64>(completed.value() + completedElsewhere.load(std::memory_order_relaxed));
	statistics.cancelled += static_cast<Poco::UInt64>(cancelled.load(std::memory_order_relaxed));
	statistics.refused += static_cast<Poco::UInt64>(refused.value());
	statistics.overdue += static_cast<Poco::UInt64>(overdue.value());
	statistics.passedOn += static_cast<Poco::UInt64>(passedOn.load(std::memory_order_relaxed));
	statistics.promotions += static_cast<Poco::UInt64>(promotions.load(std::memory_order_relaxed));
	for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
	{
		statistics.closed[i] += static_cast<Poco::UInt64>(closed[i].value());
	}
}


} } // namespace Poco::EVNet
