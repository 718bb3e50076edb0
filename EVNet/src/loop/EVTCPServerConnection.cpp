//
// EVTCPServerConnection.cpp
//
// Library: EVNet
// Package: Loop
// Module:  EVTCPServerConnection
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVTCPServerConnection.h"
#include "loop/Connection.h"
#include "loop/RequestRunner.h"
#include "Poco/Exception.h"


using Poco::Net::StreamSocket;


namespace Poco {
namespace EVNet {


EVTCPServerConnection::EVTCPServerConnection(const StreamSocket& socket):
	Poco::Net::TCPServerConnection(socket),
	_pConnection(nullptr)
{
}


EVTCPServerConnection::~EVTCPServerConnection()
{
}


Poco::UInt64 EVTCPServerConnection::id() const
{
	return _pConnection ? _pConnection->id() : 0;
}


std::ptrdiff_t EVTCPServerConnection::frame(const char*, std::size_t length)
{
	return static_cast<std::ptrdiff_t>(length);
}


void EVTCPServerConnection::notified()
{
}


Poco::UInt64 EVTCPServerConnection::requestKind()
{
	return KIND_UNKNOWN;
}


void EVTCPServerConnection::announceBlocking()
{
	RequestRunner::passOn();
}


void EVTCPServerConnection::nameRequest(std::string&)
{
}


std::string EVTCPServerConnection::refusal(Refusal)
{
	return std::string();
}


Connection& EVTCPServerConnection::connection()
{
	poco_check_ptr (_pConnection);

	return *_pConnection;
}


const char* EVTCPServerConnection::requestData() const
{
	poco_check_ptr (_pConnection);

	return _pConnection->socket().input().data();
}


std::size_t EVTCPServerConnection::requestLength() const
{
	poco_check_ptr (_pConnection);

	return std::min(_pConnection->socket().input().requestLength(), _pConnection->socket().input().size());
}


StreamSocket EVTCPServerConnection::secureSocket()
{
	Transport& transport = connection().socket().transport();
	if (!transport.secure()) throw Poco::InvalidAccessException("The connection is not secure");
	transport.expose();
	transport.lend(0);
	return transport.socketFor(socket());
}


void EVTCPServerConnection::closeConnection()
{
	connection().end(EVServerStatistics::CLOSED_BY_HANDLER);
}


StreamSocket EVTCPServerConnection::detachSocket()
{
	connection().detach();
	connection().socket().output().flushAll();
	return socket();
}


} } // namespace Poco::EVNet
