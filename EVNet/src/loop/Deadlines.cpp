//
// Deadlines.cpp
//
// Library: EVNet
// Package: Loop
// Module:  Deadlines
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/Deadlines.h"
#include "loop/Connection.h"
#include "loop/EventLoop.h"
#include <algorithm>


namespace Poco {
namespace EVNet {


Deadlines::Deadlines(EventLoop& loop, TimeoutHandler& handler, const Lengths& lengths, int minRate):
	_loop(loop),
	_first(loop, handler, RateDeadline(lengths.first, minRate)),
	_idle(loop, handler, RateDeadline(lengths.idle, minRate)),
	_request(loop, handler, RateDeadline(lengths.request, minRate)),
	_handler(loop, handler, RateDeadline(lengths.handler, minRate)),
	_send(loop, handler, RateDeadline(lengths.send, minRate)),
	_linger(loop, handler, RateDeadline(lengths.linger, minRate))
{
}


TimeoutList& Deadlines::list(Deadline deadline)
{
	switch (deadline)
	{
	case ConnectionState::DEADLINE_FIRST:
		return _first;
	case ConnectionState::DEADLINE_REQUEST:
		return _request;
	case ConnectionState::DEADLINE_HANDLER:
		return _handler;
	case ConnectionState::DEADLINE_SEND:
		return _send;
	case ConnectionState::DEADLINE_LINGER:
		return _linger;
	default:
		EVNET_ASSERT_EQUAL(ConnectionState::DEADLINE_IDLE, deadline);
		return _idle;
	}
}


bool Deadlines::isUsed(Deadline deadline) const
{
	return const_cast<Deadlines*>(this)->list(deadline).isUsed();
}


void Deadlines::start(Connection& connection, Deadline deadline)
{
	startedAt(connection, deadline, _loop.now());
}


void Deadlines::startedAt(Connection& connection, Deadline deadline, double time)
{
	TimeoutList& clocks = list(deadline);
	clocks.startedAt(connection, time);
	connection.state.setDeadline(clocks.isUsed() ? deadline : ConnectionState::DEADLINE_NONE);
}


void Deadlines::begin(Connection& connection, Deadline deadline)
{
	takeTransferred(connection, deadline); // counts from here
	start(connection, deadline);
}


bool Deadlines::extend(Connection& connection, Deadline deadline)
{
	if (!list(deadline).isEnough(takeTransferred(connection, deadline))) return false;
	start(connection, deadline);
	return true;
}


Poco::UInt64 Deadlines::takeTransferred(Connection& connection, Deadline deadline)
{
	ConnectionSocketImpl& socket = connection.socket();
	if (deadline == ConnectionState::DEADLINE_REQUEST)
	{
		const Poco::UInt64 arrived = socket.takeArrived();
		return connection.state.rest() == ConnectionState::PHASE_BODY ? arrived : 0; // a header has to be complete
	}
	if (deadline == ConnectionState::DEADLINE_SEND) return socket.output().takeFlushed();
	EVNET_ASSERT_EQUAL(ConnectionState::DEADLINE_LINGER, deadline);
	const std::size_t before = connection.unsent;
	connection.unsent = socket.output().unacknowledged();
	// When the kernel has nothing left for it, there is nothing to wait for.
	return connection.unsent > 0 && connection.unsent < before ? before - connection.unsent : 0;
}


void Deadlines::restart(Connection& connection)
{
	start(connection, connection.state.deadline());
}


void Deadlines::stop(Connection& connection)
{
	_loop.assertLed();
	TimeoutList::stop(connection);
	connection.state.setDeadline(ConnectionState::DEADLINE_NONE);
}


void Deadlines::resume(Connection& connection)
{
	startedAt(connection, connection.state.restDeadline(), restStart(connection));
}


double Deadlines::restStart(const Connection& connection)
{
	// The leader does not see when another thread has finished a request.
	return connection.state.isReading() ? connection.phaseStart : std::max(connection.phaseStart, connection.lastActive);
}


void Deadlines::beginRequest(Connection& connection)
{
	connection.phaseStart = _loop.now();
	// As soon as the idle time could be over if another thread were done with it at once, lookAtRequest() sees what has become of it.
	const bool handlerFirst = _handler.isUsed() && (!_idle.isUsed() || _handler.timeout() <= _idle.timeout());
	if (handlerFirst) start(connection, ConnectionState::DEADLINE_HANDLER);
	else if (connection.state.deadline() != ConnectionState::DEADLINE_IDLE) start(connection, ConnectionState::DEADLINE_IDLE);
}


bool Deadlines::lookAtRequest(Connection& connection)
{
	const double overdue = connection.phaseStart + _handler.timeout();
	const bool waits = _handler.isUsed() && !connection.state.missed(ConnectionState::MISSED_HANDLER);
	const bool report = waits && overdue <= _loop.now();
	const bool handlerFirst = waits && !report && (!_idle.isUsed() || overdue <= _loop.now() + _idle.timeout());
	if (handlerFirst) startedAt(connection, ConnectionState::DEADLINE_HANDLER, connection.phaseStart);
	else start(connection, ConnectionState::DEADLINE_IDLE);
	if (report) connection.state.miss(ConnectionState::MISSED_HANDLER);
	return report;
}


Connection* Deadlines::longestIdle(int maxLooks)
{
	Connection* pLongest = nullptr;
	for (Deadline deadline: {ConnectionState::DEADLINE_HANDLER, ConnectionState::DEADLINE_FIRST, ConnectionState::DEADLINE_IDLE})
	{
		TimeoutList& clocks = list(deadline);
		int looks = 0;
		for (Connection* pConnection = clocks.first(); pConnection && looks < maxLooks; looks++)
		{
			Connection& connection = *pConnection;
			pConnection = clocks.next(connection);
			if (!ConnectionState::isSilent(connection.state.phase()) || connection.state.wished(ConnectionState::WISH_LOOK)) continue;
			const double since = restStart(connection);
			if (!pLongest || since < restStart(*pLongest)) pLongest = &connection;
			// If it is in its place, all others have been idle for a shorter time.
			if (since <= connection.clockStart && deadline == connection.state.restDeadline()) break;
			resume(connection);
		}
	}
	return pLongest;
}


} } // namespace Poco::EVNet
