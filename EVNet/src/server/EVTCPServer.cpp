//
// EVTCPServer.cpp
//
// Library: EVNet
// Package: Server
// Module:  EVTCPServer
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVTCPServer.h"
#include "server/Engine.h"
#include "server/ListenerGroup.h"
#include "Poco/Net/NetException.h"


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;
using Poco::Net::TCPServerConnectionFactory;
using Poco::Net::TCPServerConnectionFilter;
using Poco::Net::TCPServerParams;


namespace Poco {
namespace EVNet {


namespace
{
	Poco::AutoPtr<Engine> createEngine(TCPServerConnectionFactory::Ptr pFactory, ThreadPool* pPool, const ServerSocket* pSocket,
		Poco::UInt16 portNumber, TCPServerParams::Ptr pParams, const EVServerOptions* pOptions)
	{
		Engine::Config config;
		config.pFactory = pFactory;
		config.pParams = pParams ? pParams : TCPServerParams::Ptr(new TCPServerParams);
		if (!pOptions) pOptions = dynamic_cast<const EVServerOptions*>(config.pParams.get());
		if (pOptions) config.options = *pOptions;
		config.ownSocket = !pSocket;
		// Poco's ServerSocket(port) sets SO_REUSEPORT, so that a second server on the same port would go unnoticed.
		config.socket = pSocket ? *pSocket : ListenerGroup::openExclusive(SocketAddress(Poco::Net::IPAddress(), portNumber));
		config.pPool = pPool;
		return new Engine(config);
	}
}


EVTCPServer::EVTCPServer(TCPServerConnectionFactory::Ptr pFactory, Poco::UInt16 portNumber, TCPServerParams::Ptr pParams):
	_pEngine(createEngine(pFactory, nullptr, nullptr, portNumber, pParams, nullptr))
{
}


EVTCPServer::EVTCPServer(TCPServerConnectionFactory::Ptr pFactory, const ServerSocket& socket, TCPServerParams::Ptr pParams):
	_pEngine(createEngine(pFactory, nullptr, &socket, 0, pParams, nullptr))
{
}


EVTCPServer::EVTCPServer(TCPServerConnectionFactory::Ptr pFactory, ThreadPool& threadPool, const ServerSocket& socket,
	TCPServerParams::Ptr pParams):
	_pEngine(createEngine(pFactory, &threadPool, &socket, 0, pParams, nullptr))
{
}


EVTCPServer::EVTCPServer(TCPServerConnectionFactory::Ptr pFactory, ThreadPool* pThreadPool, const ServerSocket* pSocket,
	Poco::UInt16 portNumber, TCPServerParams::Ptr pParams, const EVServerOptions& options):
	_pEngine(createEngine(pFactory, pThreadPool, pSocket, portNumber, pParams, &options))
{
}


EVTCPServer::~EVTCPServer()
{
	try
	{
		stop();
	}
	catch (...)
	{
		poco_unexpected();
	}
}


const TCPServerParams& EVTCPServer::params() const
{
	return _pEngine->params();
}


void EVTCPServer::start()
{
	_pEngine->start();
}


void EVTCPServer::stop()
{
	beginStop(false);
	_pEngine->wait();
}


bool EVTCPServer::drain(const Poco::Timespan& timeout)
{
	const bool drained = _pEngine->drain(timeout);
	beginStop(!drained);
	return _pEngine->wait() && drained;
}


void EVTCPServer::beginStop(bool abortCurrent)
{
	_pEngine->stop(abortCurrent);
}


int EVTCPServer::currentThreads() const
{
	return _pEngine->executor().queue().running();
}


int EVTCPServer::maxThreads() const
{
	return _pEngine->executor().queue().permits();
}


EVTCPServer::Total EVTCPServer::totalConnections() const
{
	if (_pEngine->objects().kind() == ConnectionObjects::KIND_PLAIN) return static_cast<Total>(_pEngine->plainTotal());
	const EVServerStatistics statistics = _pEngine->statistics();
	return static_cast<Total>(statistics.accepted + statistics.adopted - statistics.closed[EVServerStatistics::CLOSED_BY_FILTER]);
}


int EVTCPServer::currentConnections() const
{
	return _pEngine->statistics().open;
}


int EVTCPServer::maxConcurrentConnections() const
{
	return _pEngine->admission().maxConnections();
}


int EVTCPServer::queuedConnections() const
{
	return _pEngine->executor().queue().size();
}


int EVTCPServer::refusedConnections() const
{
	return static_cast<int>(_pEngine->statistics().closed[EVServerStatistics::CLOSED_REFUSED]);
}


EVServerStatistics EVTCPServer::statistics() const
{
	return _pEngine->statistics();
}


const ServerSocket& EVTCPServer::socket() const
{
	return _pEngine->socket();
}


Poco::UInt16 EVTCPServer::port() const
{
	return _pEngine->port();
}


void EVTCPServer::setConnectionFilter(const TCPServerConnectionFilter::Ptr& pFilter)
{
	poco_assert (!_pEngine->started());

	_pEngine->admission().setFilter(pFilter);
}


TCPServerConnectionFilter::Ptr EVTCPServer::getConnectionFilter() const
{
	return _pEngine->admission().filter();
}


void EVTCPServer::adopt(const StreamSocket& socket)
{
	_pEngine->adopt(socket);
}


void EVTCPServer::closeConnection(Poco::UInt64 id)
{
	_pEngine->closeConnection(id);
}


void EVTCPServer::notify(Poco::UInt64 id)
{
	_pEngine->notify(id);
}


} } // namespace Poco::EVNet
