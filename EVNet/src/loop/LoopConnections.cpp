//
// LoopConnections.cpp
//
// Library: EVNet
// Package: Loop
// Module:  LoopConnections
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/LoopConnections.h"
#include "core/ExceptionReport.h"
#include "loop/Admission.h"
#include "loop/LoopHost.h"


namespace Poco {
namespace EVNet {


LoopConnections::LoopConnections(EventLoop& loop, const LoopParts& parts, Deadlines& deadlines, LoopCounters& counters, IOCallback onIO):
	_loop(loop),
	_admission(parts.admission),
	_deadlines(deadlines),
	_counters(counters),
	_onIO(onIO),
	_cache(parts.pBufferPool, parts.loops),
	_inVain(loop)
{
}


Connection& LoopConnections::open(Loop& loop, ConnectionSocketImpl* pSocket)
{
	_loop.assertLed();
	Connection& connection = _slab.allocate();
	// From here on, nothing throws.
	connection.open(loop, pSocket);
	pSocket->beginWatch();
	ev_io_init(&connection.watcher, _onIO, pSocket->sockfd(), EV_READ);
	connection.watcher.data = &connection;
	ev_io_start(_loop.get(), &connection.watcher);
	_counters.open.add();
	_counters.count(connection.state.open());
	connection.phaseStart = _loop.now();
	_deadlines.start(connection, ConnectionState::DEADLINE_FIRST);
	return connection;
}


void LoopConnections::close(Connection& connection, EVServerStatistics::CloseReason reason)
{
	_loop.assertLed();
	watch(connection, 0);
	_deadlines.stop(connection);
	_counters.count(connection.state.close());
	if (!connection.detached())
	{
		connection.socket().input().discard();
		releaseBuffer(connection);
	}
	connection.close();
	_slab.release(connection);
	_counters.open.add(-1);
	if (reason != EVServerStatistics::CLOSE_REASONS)
	{
		_counters.closed[reason].add();
		_admission.connectionClosed();
	}
}


void LoopConnections::closeInTurn(Connection& connection, EVServerStatistics::CloseReason reason)
{
	if (!connection.state.hasTurn()) close(connection, reason);
	else
	{
		connection.end(reason);
		connection.state.wish(ConnectionState::WISH_CLOSE);
	}
}


void LoopConnections::makeReady(Connection& connection, bool first)
{
	_loop.assertLed();
	if (connection.state.wished(ConnectionState::WISH_LOOK)) return;
	connection.state.wish(ConnectionState::WISH_LOOK);
	if (first) _ready.pushFirst(connection);
	else _ready.push(connection);
}


Connection* LoopConnections::takeReady()
{
	_loop.assertLed();
	Connection* pConnection = static_cast<Connection*>(_ready.pop());
	if (pConnection) pConnection->state.fulfil(ConnectionState::WISH_LOOK);
	return pConnection;
}


void LoopConnections::watch(Connection& connection, int events)
{
	_loop.assertLed();
	if (ev_is_active(&connection.watcher))
	{
		if ((connection.watcher.events & (EV_READ | EV_WRITE)) == events) return;
		ev_io_stop(_loop.get(), &connection.watcher);
	}
	if (events)
	{
		ev_io_set(&connection.watcher, connection.watcher.fd, events);
		ev_io_start(_loop.get(), &connection.watcher);
	}
}


bool LoopConnections::recall(Connection& connection)
{
	_loop.assertLed();
	if (!connection.state.recall()) return false;
	watch(connection, 0);
	return true;
}


void LoopConnections::onWatchFailed(Connection& connection)
{
	switch (connection.state.phase())
	{
	case ConnectionState::PHASE_RUNNING:
		// It comes back through the mailbox, and is to be watched again. If that fails once more, it is idle then.
		if (recall(connection)) break;
		[[fallthrough]];
	case ConnectionState::PHASE_NEW:
	case ConnectionState::PHASE_IDLE:
	case ConnectionState::PHASE_HEADER:
	case ConnectionState::PHASE_BODY:
	case ConnectionState::PHASE_FLUSHING:
		closeInTurn(connection, EVServerStatistics::CLOSED_RESET);
		break;
	case ConnectionState::PHASE_LINGERING:
		close(connection, connection.reason());
		break;
	default:
		break;
	}
}


void LoopConnections::onException(Connection& connection)
{
	reportException();
	if (!connection.state.isFree()) closeInTurn(connection, EVServerStatistics::CLOSED_BY_EXCEPTION);
}


void LoopConnections::check(const Connection& connection) const
{
	if constexpr (ASSERTIONS)
	{
		const ConnectionState& state = connection.state;
		const ConnectionState::Phase phase = state.phase();
		const ConnectionState::Deadline deadline = state.deadline();
		const bool watched = ev_is_active(&connection.watcher);
		const bool looks = state.wished(ConnectionState::WISH_LOOK);
		EVNET_ASSERT_EQUAL(deadline != ConnectionState::DEADLINE_NONE, connection.pWheel != nullptr);
		switch (phase)
		{
		case ConnectionState::PHASE_FREE:
			EVNET_ASSERT_EQUAL(ConnectionState::DEADLINE_NONE, deadline);
			EVNET_ASSERT_EQUAL(false, watched);
			break;
		case ConnectionState::PHASE_HEADER:
		case ConnectionState::PHASE_BODY:
			EVNET_ASSERT(deadline == ConnectionState::DEADLINE_NONE || deadline == ConnectionState::DEADLINE_REQUEST);
			EVNET_ASSERT(connection.socket().input().size() > 0);
			[[fallthrough]];
		case ConnectionState::PHASE_NEW:
		case ConnectionState::PHASE_IDLE:
			// Another thread may have let go just now, so that the clock is that of its work. That of output is over with the output.
			EVNET_ASSERT(deadline != ConnectionState::DEADLINE_SEND && deadline != ConnectionState::DEADLINE_LINGER);
			EVNET_ASSERT(watched || looks);
			EVNET_ASSERT(looks || ConnectionState::isSilent(phase) == (connection.socket().input().size() == 0));
			break;
		case ConnectionState::PHASE_PAUSED:
			EVNET_ASSERT_EQUAL(false, watched);
			EVNET_ASSERT_EQUAL(false, looks);
			break;
		case ConnectionState::PHASE_RUNNING:
			EVNET_ASSERT_EQUAL(false, looks);
			break;
		case ConnectionState::PHASE_RECALLED:
			EVNET_ASSERT_EQUAL(false, watched);
			EVNET_ASSERT_EQUAL(false, looks);
			break;
		case ConnectionState::PHASE_FLUSHING:
			EVNET_ASSERT_EQUAL(!looks, watched);
			// There may be no output: of what the loop itself wants to say (100 Continue), nothing is kept before a part has been sent.
			EVNET_ASSERT(deadline == ConnectionState::DEADLINE_NONE || deadline == ConnectionState::DEADLINE_SEND);
			break;
		case ConnectionState::PHASE_LINGERING:
			EVNET_ASSERT_EQUAL(ConnectionState::DEADLINE_LINGER, deadline);
			EVNET_ASSERT(connection.socket().input().size() == 0);
			EVNET_ASSERT_EQUAL(true, watched);
			break;
		default:
			EVNET_ASSERT(phase < ConnectionState::PHASES);
		}
	}
}


} } // namespace Poco::EVNet
