//
// RequestReader.cpp
//
// Library: EVNet
// Package: Loop
// Module:  RequestReader
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/RequestReader.h"
#include "loop/ConnectionCloser.h"
#include "loop/ConnectionOpener.h"
#include "loop/LoopConnections.h"
#include "loop/LoopOutput.h"
#include "loop/LoopStage.h"
#include "loop/PausedConnections.h"
#include "loop/QueueShare.h"


namespace Poco {
namespace EVNet {


namespace
{
	bool trySend(Connection& connection, const std::string& text)
		/// Returns false if the client takes nothing of it.
	{
		const Output::Result result = connection.socket().output().trySend(text);
		return result == Output::FLUSH_DONE || result == Output::FLUSH_KEPT;
	}
}


RequestReader::RequestReader(const Parts& parts):
	_loop(parts.loop),
	_connections(parts.connections),
	_output(parts.output),
	_closer(parts.closer),
	_opener(parts.opener),
	_paused(parts.paused),
	_queue(parts.queue),
	_stage(parts.stage),
	_bufferPool(parts.bufferPool),
	_pausesWhenBusy(false)
{
}


bool RequestReader::look(Connection& connection)
{
	_loop.assertLed();
	ConnectionState& state = connection.state;
	if (state.phase() == ConnectionState::PHASE_FLUSHING) return _output.dispatchSlice(connection);
	state.look();
	if (state.wished(ConnectionState::WISH_CLOSE))
	{
		_output.flush(connection); // what is held goes first
		return false;
	}
	if (_pausesWhenBusy && _queue.beginWait())
	{
		_paused.pause(connection); // before reading: the client is to be slowed down
		return false;
	}
	if (!connection.hasObject())
	{
		const ConnectionOpener::Result result = _opener.openOnData(connection);
		if (result == ConnectionOpener::RESULT_NOTHING) onNothingArrived(connection);
		if (result != ConnectionOpener::RESULT_OPEN) return false;
	}
	const bool notify = state.takeTurn() && state.wished(ConnectionState::WISH_NOTIFY) && !state.missed(ConnectionState::MISSED_REST);
	if (!connection.unframed && connection.socket().transport().handshaking()) return dispatchHandshake(connection);
	if (notify) return dispatchNotification(connection);
	return (connection.unframed || receive(connection)) && frame(connection);
}


bool RequestReader::receive(Connection& connection)
{
	ConnectionState& state = connection.state;
	switch (connection.socket().receive(&_connections.cache()))
	{
	case ConnectionSocketImpl::RESULT_OK:
		state.forgive(ConnectionState::MISSED_PAUSED);
		_connections.eventsInVain().reset();
		return true;
	case ConnectionSocketImpl::RESULT_AGAIN:
		if (!state.missed(ConnectionState::MISSED_REST)) _connections.eventsInVain().add(connection.watcher);
		onNothingArrived(connection);
		break;
	case ConnectionSocketImpl::RESULT_END:
		_connections.close(connection,
			connection.socket().input().size() > 0 ? EVServerStatistics::CLOSED_INCOMPLETE : EVServerStatistics::CLOSED_BY_CLIENT);
		break;
	case ConnectionSocketImpl::RESULT_NO_MEMORY:
		// A handler can read the rest of a body. If the bodies waited for memory instead, each with its half, they might wait for ever.
		connection.outOfMemory = state.rest() == ConnectionState::PHASE_BODY;
		if (connection.outOfMemory) return true;
		starve(connection);
		break;
	case ConnectionSocketImpl::RESULT_FULL:
		connection.end(EVServerStatistics::CLOSED_TOO_LARGE);
		_output.proceed(connection);
		break;
	case ConnectionSocketImpl::RESULT_ERROR:
		_connections.close(connection, EVServerStatistics::CLOSED_RESET);
		break;
	case ConnectionSocketImpl::RESULT_TLS_ERROR:
		_connections.close(connection, EVServerStatistics::CLOSED_TLS_ERROR);
		break;
	}
	return false;
}


bool RequestReader::frame(Connection& connection)
{
	ConnectionState& state = connection.state;
	connection.unframed = false;
	const std::ptrdiff_t length = connection.framed ? connection.framed : connection.frame();
	connection.framed = 0;
	const bool outOfMemory = connection.outOfMemory;
	connection.outOfMemory = false;
	if (length > 0) return dispatch(connection, length);

	const bool begins = !state.isReading();
	if (length == Connection::FRAME_BLOCKED)
	{
		_connections.counters().count(state.receive(ConnectionState::PHASE_HEADER));
		if (begins) beginReading(connection);
		connection.unframed = true;
		_output.waitForClient(connection);
		return false;
	}
	if (length == 0 && connection.socket().input().size() == 0)
	{
		waitForRequest(connection);
		return false;
	}
	const bool inBody = length == EVTCPServerConnection::FRAME_INCOMPLETE_BODY;
	if (length < 0 && !inBody)
	{
		_output.proceed(connection);
		return false;
	}
	_connections.counters().count(state.receive(inBody ? ConnectionState::PHASE_BODY : ConnectionState::PHASE_HEADER));
	if (outOfMemory) starve(connection);
	else if (begins)
	{
		beginReading(connection);
		readOn(connection);
	}
	else if (state.missed(ConnectionState::MISSED_REST)) onTimeUp(connection);
	else readOn(connection);
	return false;
}


void RequestReader::beginReading(Connection& connection)
{
	connection.phaseStart = _loop.now();
	connection.state.forgive(ConnectionState::MISSED_REST);
	_connections.deadlines().begin(connection, ConnectionState::DEADLINE_REQUEST);
}


void RequestReader::readOn(Connection& connection)
{
	const bool more = connection.state.wished(ConnectionState::WISH_NOTIFY) || connection.socket().transport().pending();
	if (more) _connections.makeReady(connection);
}


void RequestReader::waitForRequest(Connection& connection)
{
	// What came were bytes between two requests, which frame() has dropped.
	_connections.releaseBuffer(connection);
	if (connection.state.isReading())
	{
		_connections.counters().count(connection.state.receiveNone());
		_connections.deadlines().resume(connection);
	}
	if (connection.state.missed(ConnectionState::MISSED_REST)) onTimeUp(connection);
	else if (_stage.draining) _connections.makeReady(connection);
	else readOn(connection);
}


void RequestReader::onNothingArrived(Connection& connection)
{
	const ConnectionState& state = connection.state;
	const bool ends = _stage.draining && !state.isReading() && (state.served() || _stage.graceOver);
	if (ends) _closer.hangUp(connection, EVServerStatistics::CLOSED_BY_SERVER);
	else if (state.missed(ConnectionState::MISSED_REST)) onTimeUp(connection);
	else if (state.wished(ConnectionState::WISH_NOTIFY)) _connections.makeReady(connection);
}


void RequestReader::lookOnceMore(Connection& connection)
{
	_connections.deadlines().stop(connection);
	if (connection.socket().transport().handshaking() && !connection.state.wished(ConnectionState::WISH_LOOK))
	{
		_connections.close(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
		return;
	}
	// What has arrived in time counts, though it may not have been reported yet.
	connection.state.miss(ConnectionState::MISSED_REST);
	_connections.makeReady(connection);
}


void RequestReader::onTimeUp(Connection& connection)
{
	connection.state.forgive(ConnectionState::MISSED_REST);
	if (!connection.state.isReading()) _closer.hangUp(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
	else if (_connections.deadlines().extend(connection, ConnectionState::DEADLINE_REQUEST))
	{
		connection.phaseStart = _loop.now();
		readOn(connection);
	}
	else refuseLate(connection);
}


void RequestReader::starve(Connection& connection)
{
	// One that holds memory itself may wait for it as long as a request may take: or all that hold
	// some could wait for each other for ever.
	const bool late = connection.state.missed(ConnectionState::MISSED_PAUSED | ConnectionState::MISSED_REST);
	if (late && connection.socket().input().size() > 0) refuseLate(connection);
	else _paused.pause(connection);
}


bool RequestReader::dispatchNotification(Connection& connection)
{
	if (_queue.beginWait())
	{
		_paused.pause(connection);
		return false;
	}
	connection.state.fulfil(ConnectionState::WISH_NOTIFY);
	_connections.counters().count(connection.state.dispatch(ConnectionState::WORK_NOTIFICATION));
	return true;
}


bool RequestReader::dispatchHandshake(Connection& connection)
{
	if (_queue.beginWait() || connection.socket().input().makeRoom(_bufferPool, &_connections.cache()) != InputBuffer::ROOM_OK)
	{
		_paused.pause(connection);
		return false;
	}
	_connections.counters().count(connection.state.dispatch(ConnectionState::WORK_HANDSHAKE));
	return true;
}


bool RequestReader::dispatch(Connection& connection, std::ptrdiff_t length)
{
	if (_pausesWhenBusy ? _queue.beginWait() : _queue.isFull())
	{
		refuseBusy(connection, length);
		return false;
	}
	_connections.counters().requests.add();
	_connections.counters().count(connection.state.dispatch(ConnectionState::WORK_REQUEST));
	_connections.deadlines().beginRequest(connection);
	connection.socket().input().beginRequest(static_cast<std::size_t>(length));
	if (_connections.deadlines().isUsed(ConnectionState::DEADLINE_HANDLER)) connection.nameRequest();
	return true;
}


void RequestReader::refuseBusy(Connection& connection, std::ptrdiff_t length)
{
	const std::string text = connection.refusal(EVTCPServerConnection::REFUSAL_BUSY);
	if (text.empty() && connection.ended())
	{
		_output.proceed(connection);
		return;
	}
	if (text.empty())
	{
		_pausesWhenBusy = true;
		_queue.beginWait();
		connection.framed = length;
		_paused.pause(connection);
		return;
	}
	_connections.counters().requests.add();
	_connections.counters().refused.add();
	_connections.counters().count(connection.state.refuse());
	_connections.deadlines().beginRequest(connection);
	connection.socket().input().beginRequest(static_cast<std::size_t>(length));
	connection.socket().input().skipRequest();
	// Whoever does not even take that is not waited for.
	if (!trySend(connection, text)) connection.end(EVServerStatistics::CLOSED_SEND_TIMEOUT);
	connection.endRequest();
	_output.flush(connection);
}


void RequestReader::refuseLate(Connection& connection)
{
	const std::string text = connection.refusal(EVTCPServerConnection::REFUSAL_TIMEOUT);
	if (text.empty() || !trySend(connection, text))
	{
		_connections.close(connection, EVServerStatistics::CLOSED_REQUEST_TIMEOUT);
		return;
	}
	connection.end(EVServerStatistics::CLOSED_REQUEST_TIMEOUT, true);
	_output.flush(connection);
}


} } // namespace Poco::EVNet
