//
// ConnectionOpener.cpp
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionOpener
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/ConnectionOpener.h"
#include "core/ExceptionReport.h"
#include "loop/Admission.h"
#include "loop/ConnectionObjects.h"
#include "loop/LoopConnections.h"
#include "loop/LoopHost.h"
#include "loop/QueueShare.h"
#include <cerrno>
#include <sys/socket.h>


namespace Poco {
namespace EVNet {


ConnectionOpener::ConnectionOpener(EventLoop& eventLoop, Loop& loop, LoopConnections& connections, const QueueShare& queue,
	const LoopParts& parts):
	_eventLoop(eventLoop),
	_loop(loop),
	_connections(connections),
	_queue(queue),
	_host(parts.host),
	_admission(parts.admission),
	_objects(parts.objects)
{
}


void ConnectionOpener::open(ConnectionSocketImpl* pSocket)
{
	_eventLoop.assertLed();
	Poco::AutoPtr<ConnectionSocketImpl> socket(pSocket); // takes over the reference
	std::unique_ptr<Poco::Net::TCPServerConnection> pObject;
	if (!_objects.madeOnAccept() || (pObject.reset(createObject(*socket)), pObject))
	{
		try
		{
			open(socket, std::move(pObject));
			return;
		}
		catch (...)
		{
			reportException(); // out of memory
		}
	}
	socket->close();
	_admission.connectionEnded(EVServerStatistics::CLOSED_BY_EXCEPTION);
}


void ConnectionOpener::open(Poco::AutoPtr<ConnectionSocketImpl>& socket, std::unique_ptr<Poco::Net::TCPServerConnection> pObject)
{
	EVTCPServerConnection* pConnectionObject = _objects.multiplexed(pObject.get());
	if (pConnectionObject && !socket->isOpen())
	{
		_admission.connectionEnded(EVServerStatistics::CLOSED_BY_HANDLER); // its constructor has closed the socket
		return;
	}
	if (!pConnectionObject && (pObject || !_objects.onData()))
	{
		Task* pTask = _host.makePlain(socket, std::move(pObject));
		socket = nullptr; // the thread that runs it has to be the one that closes it
		_host.submitPlain(pTask);
		return;
	}

	Connection& connection = _connections.open(_loop, socket);
	// From here on, nothing throws.
	if (pConnectionObject)
	{
		pObject.release();
		connection.setObject(pConnectionObject);
	}
	connection.unframed = socket->input().size() > 0;
	// Mostly, the first request is there already: a look at it now saves waiting for it, and, if it is
	// the last one, telling libev's backend about the connection at all.
	if (connection.unframed || (!_queue.waits() && !socket->transport().handshaking())) _connections.makeReady(connection);
}


Poco::Net::TCPServerConnection* ConnectionOpener::createObject(ConnectionSocketImpl& socket)
{
	try
	{
		socket.duplicate();
		return _objects.make(Poco::Net::StreamSocket(&socket));
	}
	catch (...)
	{
		reportException();
		return nullptr;
	}
}


ConnectionOpener::Result ConnectionOpener::openOnData(Connection& connection)
{
	char byte;
	const ssize_t n = ::recv(connection.socket().sockfd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return RESULT_NOTHING;
	if (n <= 0)
	{
		_connections.close(connection, n == 0 ? EVServerStatistics::CLOSED_BY_CLIENT : EVServerStatistics::CLOSED_RESET);
		return RESULT_GONE;
	}
	std::unique_ptr<Poco::Net::TCPServerConnection> pObject;
	if (_objects.kind() != ConnectionObjects::KIND_PLAIN)
	{
		pObject.reset(createObject(connection.socket()));
		if (!pObject)
		{
			_connections.close(connection, EVServerStatistics::CLOSED_BY_EXCEPTION);
			return RESULT_GONE;
		}
		if (EVTCPServerConnection* pConnectionObject = _objects.multiplexed(pObject.get()))
		{
			pObject.release();
			connection.setObject(pConnectionObject);
			return RESULT_OPEN;
		}
	}
	Task* pTask = _host.makePlain(Poco::AutoPtr<ConnectionSocketImpl>(&connection.socket(), true), std::move(pObject));
	connection.detach();
	_connections.close(connection, EVServerStatistics::CLOSE_REASONS); // it goes on without a slot
	_leaving.push(*pTask);
	return RESULT_GONE;
}


void ConnectionOpener::submitLeaving()
{
	_eventLoop.assertLed();
	while (Task* pTask = _leaving.pop()) _host.submitPlain(pTask);
}


} } // namespace Poco::EVNet
