//
// LoopEnding.cpp
//
// Library: EVNet
// Package: Loop
// Module:  LoopEnding
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/LoopEnding.h"
#include "loop/Acceptor.h"
#include "loop/ConnectionCloser.h"
#include "loop/LoopConnections.h"
#include "loop/PausedConnections.h"


namespace Poco {
namespace EVNet {


namespace
{
	const double GRACE = 1.0; // seconds for new connections to send their first request
}


LoopEnding::LoopEnding(EventLoop& loop, LoopConnections& connections, ConnectionCloser& closer, PausedConnections& paused,
	Acceptor& acceptor, LoopStage& stage):
	_loop(loop),
	_connections(connections),
	_closer(closer),
	_paused(paused),
	_acceptor(acceptor),
	_stage(stage)
{
	ev_timer_init(&_grace, &LoopEnding::timerCallback, GRACE, GRACE); // again and again: others may come, or be busy when it fires
	ev_set_priority(&_grace, EV_MINPRI);
	_grace.data = this;
}


LoopEnding::~LoopEnding()
{
	ev_timer_stop(_loop.get(), &_grace);
}


void LoopEnding::drain()
{
	_loop.assertLed();
	if (!_stage.draining) _acceptor.drain(); // drain() may be called by several threads
	_stage.draining = true;
	_paused.resumeAll();
	ev_timer_start(_loop.get(), &_grace);
	_connections.forEach([this](Connection& connection)
	{
		switch (connection.state.phase())
		{
		case ConnectionState::PHASE_RUNNING:
			// Force it to come back: it must not become idle unnoticed.
			if (_connections.recall(connection)) break;
			[[fallthrough]];
		case ConnectionState::PHASE_NEW:
		case ConnectionState::PHASE_IDLE:
			_connections.makeReady(connection); // a last look
			break;
		default:
			break;
		}
	});
}


void LoopEnding::endAll(bool abort)
{
	_loop.assertLed();
	_stage.ending = true;
	_acceptor.close();
	_paused.resumeAll();
	_connections.forEach([this, abort](Connection& connection) { end(connection, abort); });
}


void LoopEnding::end(Connection& connection, bool abort)
{
	switch (connection.state.phase())
	{
	case ConnectionState::PHASE_RUNNING:
		// Force it to come back: it must not become idle unnoticed.
		if (_connections.recall(connection))
		{
			if (abort) connection.abort();
			break;
		}
		[[fallthrough]];
	case ConnectionState::PHASE_NEW:
	case ConnectionState::PHASE_IDLE:
	case ConnectionState::PHASE_HEADER:
	case ConnectionState::PHASE_BODY:
		if (connection.state.wished(ConnectionState::WISH_LOOK))
		{
			connection.state.wish(ConnectionState::WISH_CLOSE);
			if (abort) connection.abort();
		}
		else if (abort) _connections.close(connection, EVServerStatistics::CLOSED_BY_SERVER);
		else _closer.hangUp(connection, EVServerStatistics::CLOSED_BY_SERVER);
		break;
	case ConnectionState::PHASE_RECALLED:
		if (abort) connection.abort();
		break;
	case ConnectionState::PHASE_FLUSHING:
		connection.state.wish(ConnectionState::WISH_CLOSE);
		if (!abort) break;
		if (connection.state.wished(ConnectionState::WISH_LOOK)) connection.abort();
		else _connections.close(connection, EVServerStatistics::CLOSED_BY_SERVER);
		break;
	case ConnectionState::PHASE_LINGERING:
		if (abort) _connections.close(connection, connection.reason());
		break;
	default:
		break;
	}
}


void LoopEnding::endGrace()
{
	// Those that have not sent their first request by now.
	_loop.updateNow();
	_stage.graceOver = true;
	_connections.forEach([this](Connection& connection)
	{
		if (!ConnectionState::isSilent(connection.state.phase()) || connection.state.wished(ConnectionState::WISH_LOOK)) return;
		if (connection.socket().transport().handshaking()) _connections.close(connection, EVServerStatistics::CLOSED_BY_SERVER);
		else _connections.makeReady(connection); // the last look
	});
}


void LoopEnding::timerCallback(struct ev_loop*, ev_timer* pWatcher, int)
{
	static_cast<LoopEnding*>(pWatcher->data)->endGrace();
}


} } // namespace Poco::EVNet
