//
// EVNetServer.cpp
//
// The protocols, written with EVNet.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVNetServer.h"
#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include "Poco/EVNet/EVTCPServerConnection.h"
#include "Poco/EVNet/EVTCPServerParams.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/StreamCopier.h"
#include <algorithm>


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVHTTPServerParams;
using Poco::EVNet::EVServerOptions;
using Poco::EVNet::EVTCPServer;
using Poco::EVNet::EVTCPServerConnection;
using Poco::EVNet::EVTCPServerParams;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPRequestHandlerFactory;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;
using Poco::Net::StreamSocket;
using Poco::Net::TCPServerConnection;
using Poco::Net::TCPServerConnectionFactory;
using Poco::Net::TCPServerParams;


namespace
{
	class EchoConnection: public EVTCPServerConnection
	{
	public:
		EchoConnection(const StreamSocket& socket, const Work& work):
			EVTCPServerConnection(socket),
			_work(work)
		{
		}

		void run() override
		{
			Work::perform(_work.next());
			socket().sendBytes(requestData(), static_cast<int>(requestLength()));
		}

	private:
		const Work& _work;
	};


	class EchoFactory: public TCPServerConnectionFactory
	{
	public:
		explicit EchoFactory(const Work& work):
			_work(work)
		{
		}

		TCPServerConnection* createConnection(const StreamSocket& socket) override
		{
			return new EchoConnection(socket, _work);
		}

	private:
		const Work& _work;
	};


	class Handler: public HTTPRequestHandler
	{
	public:
		explicit Handler(const Work& work):
			_work(work)
		{
		}

		void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override
		{
			const Work::Job job = _work.next();
			Work::perform(job);
			response.setContentType("text/plain");
			if (job.slow) response.set("X-Slow", "1");
			if (request.getMethod() == HTTPRequest::HTTP_POST && request.getURI() == "/echo")
			{
				std::string body;
				Poco::StreamCopier::copyToString(request.stream(), body);
				response.sendBuffer(body.data(), body.size());
			}
			else response.sendBuffer(_work.body().data(), _work.body().size());
		}

	private:
		const Work& _work;
	};


	class HandlerFactory: public HTTPRequestHandlerFactory
	{
	public:
		explicit HandlerFactory(const Work& work):
			_work(work)
		{
		}

		HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override
		{
			return new Handler(_work);
		}

	private:
		const Work& _work;
	};


	void setParams(TCPServerParams& params, EVServerOptions& serverOptions, const ModelOptions& options, int threads)
	{
		params.setMaxThreads(threads);
		params.setMaxQueued(options.connections);
		serverOptions.setCapacity(options.connections);
		serverOptions.setAcceptBacklog(Listener::BACKLOG);
		serverOptions.setFirstRequestTimeout(options.timeout);
		serverOptions.setIdleTimeout(options.timeout);
		serverOptions.setRequestTimeout(options.timeout);
		serverOptions.setSendTimeout(options.timeout);
		// As in Conversation: a request is handed over whole, and no answer waits for its reader.
		serverOptions.setMaxBufferedBytes(Conversation::MAX_HEADER + Conversation::MAX_BODY + Conversation::CHUNK);
		serverOptions.setMaxPendingOutput(std::max<std::size_t>(Conversation::MAX_BODY, options.work.body().size())
			+ 2*Conversation::MAX_OUTPUT);
	}
}


EVNetServer::EVNetServer(const ModelOptions& options, const Listener& listener, int threads, const EVServerOptions& serverOptions)
{
	if (options.protocol == Conversation::HTTP)
	{
		EVHTTPServerParams::Ptr pParams = new EVHTTPServerParams;
		static_cast<EVServerOptions&>(*pParams) = serverOptions;
		setParams(*pParams, *pParams, options, threads);
		pParams->setKeepAlive(true);
		pParams->setMaxKeepAliveRequests(0);
		pParams->setTimeout(options.timeout);
		pParams->setKeepAliveTimeout(options.timeout);
		pParams->setMaxBodySize(Conversation::MAX_BODY);
		_pServer = std::make_unique<EVHTTPServer>(new HandlerFactory(options.work), listener.socket(), pParams);
	}
	else
	{
		EVTCPServerParams::Ptr pParams = new EVTCPServerParams;
		static_cast<EVServerOptions&>(*pParams) = serverOptions;
		setParams(*pParams, *pParams, options, threads);
		_pServer = std::make_unique<EVTCPServer>(new EchoFactory(options.work), listener.socket(), pParams);
	}
}


void EVNetServer::start()
{
	_pServer->start();
}


void EVNetServer::stop()
{
	_pServer->stop();
}


EVNetModel::EVNetModel(const ModelOptions& options, int threads, const EVServerOptions& serverOptions):
	_listener(options.address, Listener::BLOCKING),
	_server(options, _listener, threads, serverOptions)
{
}


Poco::UInt16 EVNetModel::port() const
{
	return _listener.address().port();
}


void EVNetModel::start()
{
	_server.start();
}


void EVNetModel::stop()
{
	_server.stop();
}
