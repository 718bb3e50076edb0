//
// EVHTTPServer.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  EVHTTPServer
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include "http/EVHTTPServerConnection.h"
#include "loop/RequestRunner.h"
#include "Poco/Exception.h"
#include <algorithm>


using Poco::Net::HTTPRequestHandlerFactory;
using Poco::Net::HTTPServerParams;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;
using Poco::Net::MessageHeader;
using Poco::Net::ServerSocket;
using Poco::Net::StreamSocket;
using Poco::Net::TCPServerConnection;
using Poco::Net::TCPServerConnectionFactory;


namespace Poco {
namespace EVNet {


namespace
{
	EVServerOptions httpOptions(const HTTPServerParams::Ptr& pParams)
	{
		if (!pParams) throw Poco::NullPointerException("An HTTP server needs HTTPServerParams");
		EVServerOptions options;
		if (const EVServerOptions* pOptions = dynamic_cast<const EVServerOptions*>(pParams.get())) options = *pOptions;
		options.setFirstRequestTimeout(pParams->getTimeout());
		// A keepAliveTimeout of 0 means, as with Poco, that no connection waits for another request; see ReusableResponse::setRequest().
		options.setIdleTimeout(pParams->getKeepAliveTimeout() > 0 ? pParams->getKeepAliveTimeout() : pParams->getTimeout());
		options.setRequestTimeout(pParams->getTimeout());
		options.setSendTimeout(pParams->getTimeout());
		return options;
	}


	HTTPRequestParser::Limits httpLimits(const HTTPServerParams::Ptr& pParams)
	{
		HTTPRequestParser::Limits limits;
		if (const EVHTTPServerParams* pLimits = dynamic_cast<const EVHTTPServerParams*>(pParams.get()))
		{
			limits.strict = pLimits->getStrictParsing();
			limits.requestLine = pLimits->getMaxRequestLine();
			limits.field = pLimits->getMaxFieldSize();
			limits.fields = static_cast<std::size_t>(pLimits->getMaxFields());
			limits.header = pLimits->getMaxHeaderSize();
			if (pLimits->getMaxBodySize() > 0) limits.body = pLimits->getMaxBodySize();
		}
		// A header that fills the buffer must be too large, or the loop would wait for more without having room for it.
		limits.header = std::min(limits.header, httpOptions(pParams).getMaxBufferedBytes() - 1);
		return limits;
	}


	int retryAfter(const HTTPServerParams::Ptr& pParams)
	{
		const EVHTTPServerParams* pOwn = dynamic_cast<const EVHTTPServerParams*>(pParams.get());
		return pOwn ? pOwn->getRetryAfter() : EVHTTPServerParams::DEFAULT_RETRY_AFTER;
	}


	class ConnectionFactory: public TCPServerConnectionFactory
	{
	public:
		ConnectionFactory(HTTPRequestHandlerFactory::Ptr pFactory, HTTPServerParams::Ptr pParams):
			_context{pFactory, pParams, httpLimits(pParams), httpOptions(pParams).getMaxBufferedBytes(), retryAfter(pParams),
				HTTPServerExchangePool(pParams)}
		{
			if (!pFactory) throw Poco::NullPointerException("An HTTP server needs an HTTPRequestHandlerFactory");
		}

		TCPServerConnection* createConnection(const StreamSocket& socket)
		{
			return new EVHTTPServerConnection(socket, _context);
		}

	private:
		EVHTTPServerConnection::Context _context;
	};


	const ReusableRequest& own(const HTTPServerRequest& request)
	{
		const ReusableRequest* pRequest = dynamic_cast<const ReusableRequest*>(&request);
		if (!pRequest) throw Poco::InvalidArgumentException("Not a request to an EVHTTPServer");
		return *pRequest;
	}


	class StoppedEvent: public HTTPRequestHandlerFactory
		/// Gives access to the event that every factory has for
		/// Poco::Net::HTTPServer, its friend.
	{
	public:
		static void fire(HTTPRequestHandlerFactory& factory, const void* pSender, const bool& abortCurrent)
		{
			(factory.*(&StoppedEvent::serverStopped))(pSender, abortCurrent);
		}
	};
}


EVHTTPServer::EVHTTPServer(HTTPRequestHandlerFactory::Ptr pFactory, Poco::UInt16 portNumber, HTTPServerParams::Ptr pParams):
	EVTCPServer(new ConnectionFactory(pFactory, pParams), nullptr, nullptr, portNumber, pParams, httpOptions(pParams)),
	_pFactory(pFactory)
{
}


EVHTTPServer::EVHTTPServer(HTTPRequestHandlerFactory::Ptr pFactory, const ServerSocket& socket, HTTPServerParams::Ptr pParams):
	EVTCPServer(new ConnectionFactory(pFactory, pParams), nullptr, &socket, 0, pParams, httpOptions(pParams)),
	_pFactory(pFactory)
{
}


EVHTTPServer::EVHTTPServer(HTTPRequestHandlerFactory::Ptr pFactory, ThreadPool& threadPool, const ServerSocket& socket,
	HTTPServerParams::Ptr pParams):
	EVTCPServer(new ConnectionFactory(pFactory, pParams), &threadPool, &socket, 0, pParams, httpOptions(pParams)),
	_pFactory(pFactory)
{
}


EVHTTPServer::~EVHTTPServer()
{
}


void EVHTTPServer::stopAll(bool abortCurrent)
{
	beginStop(abortCurrent);
	// Handlers that wait for this event must hear of it before anybody waits for them.
	StoppedEvent::fire(*_pFactory, this, abortCurrent);
	stop();
}


bool EVHTTPServer::clientConnected(const HTTPServerRequest& request)
{
	return own(request).clientConnected();
}


void EVHTTPServer::announceBlocking(const HTTPServerRequest& request)
{
	own(request);
	RequestRunner::passOn();
}


const MessageHeader& EVHTTPServer::requestTrailer(const HTTPServerRequest& request)
{
	return own(request).trailer();
}


MessageHeader& EVHTTPServer::responseTrailer(HTTPServerResponse& response)
{
	ReusableResponse* pResponse = dynamic_cast<ReusableResponse*>(&response);
	if (!pResponse) throw Poco::InvalidArgumentException("Not a response of an EVHTTPServer");
	return pResponse->trailer();
}


} } // namespace Poco::EVNet
