//
// ConnectionCloser.cpp
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionCloser
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/ConnectionCloser.h"
#include "loop/LoopConnections.h"
#include <sys/socket.h>


namespace Poco {
namespace EVNet {


ConnectionCloser::ConnectionCloser(LoopConnections& connections):
	_connections(connections)
{
}


void ConnectionCloser::hangUp(Connection& connection, EVServerStatistics::CloseReason reason)
{
	const ConnectionSocketImpl& socket = connection.socket();
	const bool mayStillSend = connection.ended() && connection.mustLinger();
	connection.end(reason);
	if (mayStillSend || (connection.state.served() && socket.transport().endsOneWay() && socket.output().hasUnsent())) linger(connection);
	else _connections.close(connection, connection.reason());
}


void ConnectionCloser::linger(Connection& connection)
{
	// A FIN behind the last response, with TLS a close_notify before it. Fails only if the client has reset the connection. Where a
	// close_notify would end both directions, it is left to close(): what the client is sending must not be answered with a reset.
	ConnectionSocketImpl& socket = connection.socket();
	const bool ends = socket.transport().endsOneWay();
	if (ends) socket.transport().shutdown();
	if (!_connections.deadlines().isUsed(ConnectionState::DEADLINE_LINGER) || (ends && ::shutdown(socket.sockfd(), SHUT_WR) != 0))
	{
		_connections.close(connection, connection.reason());
		return;
	}
	_connections.deadlines().begin(connection, ConnectionState::DEADLINE_LINGER);
	_connections.counters().count(connection.state.linger());
	socket.input().discard();
	_connections.releaseBuffer(connection);
	_connections.watch(connection, EV_READ);
}


void ConnectionCloser::discardInput(Connection& connection)
{
	// As much as one buffer takes, for each event: a client that never stops
	// sending must not keep the loop from the others. DEADLINE_LINGER bounds the time.
	switch (connection.socket().receive(&_connections.cache()))
	{
	case ConnectionSocketImpl::RESULT_OK:
		connection.socket().input().discard();
		_connections.releaseBuffer(connection);
		break;
	case ConnectionSocketImpl::RESULT_AGAIN:
		_connections.eventsInVain().add(connection.watcher);
		break;
	default:
		_connections.close(connection, connection.reason());
	}
}


void ConnectionCloser::onTimeout(Connection& connection)
{
	if (!_connections.deadlines().extend(connection, ConnectionState::DEADLINE_LINGER)) _connections.close(connection, connection.reason());
}


} } // namespace Poco::EVNet
