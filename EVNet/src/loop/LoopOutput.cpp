//
// LoopOutput.cpp
//
// Library: EVNet
// Package: Loop
// Module:  LoopOutput
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/LoopOutput.h"
#include "loop/ConnectionCloser.h"
#include "loop/HeldOutput.h"
#include "loop/LoopConnections.h"
#include "loop/LoopStage.h"


namespace Poco {
namespace EVNet {


LoopOutput::LoopOutput(EventLoop& loop, LoopConnections& connections, ConnectionCloser& closer, HeldOutput& held, const LoopStage& stage):
	_loop(loop),
	_connections(connections),
	_closer(closer),
	_held(held),
	_stage(stage)
{
}


void LoopOutput::flush(Connection& connection)
{
	_loop.assertLed();
	if (connection.detached())
	{
		_connections.close(connection, EVServerStatistics::CLOSED_DETACHED);
		return;
	}
	if (_held.extend(connection))
	{
		_connections.makeReady(connection, true);
		proceed(connection);
		return;
	}
	const Output::Result result = connection.socket().output().flush();
	const bool flushing = connection.state.phase() == ConnectionState::PHASE_FLUSHING; // then the clock goes on
	switch (result)
	{
	case Output::FLUSH_DONE:
		proceed(connection);
		break;
	case Output::FLUSH_AGAIN:
		if (flushing)
		{
			watch(connection);
			_connections.eventsInVain().add(connection.watcher);
		}
		else waitForClient(connection);
		break;
	case Output::FLUSH_FILE:
		if (flushing)
		{
			_connections.watch(connection, 0);
			_connections.makeReady(connection);
		}
		else waitForClient(connection);
		break;
	default:
		_connections.close(connection, EVServerStatistics::CLOSED_RESET);
	}
}


void LoopOutput::waitForClient(Connection& connection)
{
	const bool slice = connection.state.work() == ConnectionState::WORK_FLUSH;
	_connections.counters().count(connection.state.flush());
	watch(connection);
	if (!slice)
	{
		connection.state.forgive(ConnectionState::MISSED_SEND);
		_connections.deadlines().begin(connection, ConnectionState::DEADLINE_SEND);
	}
	else if (connection.state.missed(ConnectionState::MISSED_SEND)) extend(connection);
}


void LoopOutput::watch(Connection& connection)
{
	// TLS may have to receive something before it can send, and would be asked again and again if the loop waited for room only.
	_connections.watch(connection, connection.socket().transport().wantsToReceive() ? EV_READ : EV_WRITE);
}


bool LoopOutput::dispatchSlice(Connection& connection)
{
	// There is always room for it: it belongs to a request that was admitted. Nobody watches the socket meanwhile.
	_connections.counters().count(connection.state.dispatchSlice());
	return true;
}


void LoopOutput::onTimeout(Connection& connection)
{
	_loop.assertLed();
	if (connection.state.work() != ConnectionState::WORK_FLUSH && !connection.state.wished(ConnectionState::WISH_LOOK)) extend(connection);
	else
	{
		connection.state.miss(ConnectionState::MISSED_SEND);
		_connections.deadlines().restart(connection);
	}
}


void LoopOutput::extend(Connection& connection)
{
	connection.state.forgive(ConnectionState::MISSED_SEND);
	if (_connections.deadlines().extend(connection, ConnectionState::DEADLINE_SEND)) return;
	_connections.close(connection, EVServerStatistics::CLOSED_SEND_TIMEOUT);
}


void LoopOutput::proceed(Connection& connection)
{
	_loop.assertLed();
	ConnectionState& state = connection.state;
	if (connection.ended() || _stage.ending || state.wished(ConnectionState::WISH_CLOSE))
	{
		_closer.hangUp(connection, EVServerStatistics::CLOSED_BY_SERVER);
		return;
	}
	const bool handshaking = connection.socket().transport().handshaking();
	if (state.responds())
	{
		connection.phaseStart = _loop.now();
		_connections.deadlines().start(connection, ConnectionState::DEADLINE_IDLE);
		connection.unframed = connection.socket().input().size() > 0;
	}
	else if (!state.missed(ConnectionState::MISSED_REST)) _connections.deadlines().resume(connection);
	else if (handshaking)
	{
		_closer.hangUp(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
		return;
	}
	else _connections.deadlines().stop(connection); // the reader looks once more, without any
	// The last step of a handshake may have brought the beginning of a request.
	if (state.work() == ConnectionState::WORK_HANDSHAKE) connection.unframed = connection.socket().input().size() > 0;
	_connections.counters().count(state.await());
	_connections.watch(connection, EV_READ);
	// A handshake that waits for the client is not tried again and again: the end of the grace ends it.
	const bool look = _stage.draining || state.wished(ConnectionState::WISH_NOTIFY) || state.missed(ConnectionState::MISSED_REST);
	if (connection.unframed || (look && !handshaking) || connection.socket().transport().pending()) _connections.makeReady(connection);
	if (!connection.unframed) _connections.releaseBuffer(connection);
}


} } // namespace Poco::EVNet
