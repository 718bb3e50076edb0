//
// Admission.cpp
//
// Library: EVNet
// Package: Loop
// Module:  Admission
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/Admission.h"
#include "loop/Loop.h"

namespace Poco {
namespace EVNet {


Admission::Admission(const Limits& limits, const std::vector<std::unique_ptr<Loop>>& loops):
	_limits(limits),
	_loops(loops),
	_connections(0),
	_open(0),
	_maxConnections(0),
	_waiting(0),
	_nextWaiting(0),
	_backlogs(0),
	_draining(false),
	_closed(),
	_adopted(0)
{
	if (limits.perAddress > 0) _pAddressLimiter = new AddressLimiter(limits.perAddress);
}


Admission::~Admission()
{
}


void Admission::setFilter(const Poco::Net::TCPServerConnectionFilter::Ptr& pFilter)
{
	_pFilter = pFilter;
}


bool Admission::connectionOpening()
{
	const int connections = _connections.fetch_add(1) + 1;
	if (connections > _limits.capacity)
	{
		_connections.fetch_sub(1);
		return false;
	}
	return true;
}


void Admission::connectionOpened()
{
	const int connections = _open.fetch_add(1) + 1;
	int most = _maxConnections.load(std::memory_order_relaxed);
	while (connections > most && !_maxConnections.compare_exchange_weak(most, connections, std::memory_order_relaxed));
}


void Admission::connectionAdopted()
{
	{
		std::lock_guard<std::mutex> lock(_mutex);
		++_adopted;
	}
	_connections.fetch_add(1);
	connectionOpened();
}


void Admission::connectionClosed()
{
	_open.fetch_sub(1);
	releaseRoom();
}


void Admission::connectionEnded(EVServerStatistics::CloseReason reason)
{
	{
		std::lock_guard<std::mutex> lock(_mutex);
		++_closed[reason];
	}
	connectionClosed();
}


void Admission::releaseRoom()
{
	if (_connections.fetch_sub(1) == 1 && _draining) releaseDrained();
	offerRoom();
}


void Admission::askForRoom(Acceptor& acceptor)
{
	acceptor.askForRoom();
	_waiting.fetch_add(1);
	// The thread that closed the last connection may have looked before this loop waited.
	if (_connections < _limits.capacity) offerRoom();
}


void Admission::offerRoom()
{
	if (_waiting.load() == 0) return;
	const std::size_t loops = _loops.size();
	const std::size_t first = _nextWaiting.fetch_add(1, std::memory_order_relaxed);
	// Loops whose leader is busy come last: it may be long until they use the room.
	for (std::size_t i = 0; i < 2*loops; i++)
	{
		Loop& loop = *_loops[(first + i) % loops];
		if ((i < loops && loop.leadership().busy()) || !loop.acceptor().takeOffer()) continue;
		_waiting.fetch_sub(1);
		loop.mailbox().wake(Mailbox::WAKE_ACCEPT);
		return;
	}
}


void Admission::beginDrain(int loops)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (!_draining) _backlogs = loops;
	_draining = true;
}


void Admission::backlogDrained()
{
	if (_backlogs.fetch_sub(1) == 1) releaseDrained();
}


bool Admission::waitUntilDrained(std::chrono::microseconds timeout)
{
	std::unique_lock<std::mutex> lock(_mutex);
	return _drained.wait_for(lock, timeout, [this] { return _backlogs == 0 && _connections == 0; });
}


void Admission::releaseDrained()
{
	std::lock_guard<std::mutex> lock(_mutex); // or waitUntilDrained() could miss it
	_drained.notify_all();
}


void Admission::addTo(EVServerStatistics& statistics) const
{
	std::lock_guard<std::mutex> lock(_mutex);
	statistics.adopted += _adopted;
	for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++) statistics.closed[i] += _closed[i];
}

} } // namespace Poco::EVNet
