//
// EVWebSocketServer.cpp
//
// This sample demonstrates WebSockets with the EVHTTPServer and EVTCPServer classes.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Certificate.h"
#include "Chat.h"
#include "ChatPage.h"
#include "Echo.h"
#include "SampleApplication.h"
#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include "Poco/Net/Context.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerResponse.h"
#include "Poco/Net/SecureServerSocket.h"
#include "Poco/URI.h"
#include "Poco/Util/Option.h"
#include "Poco/Util/Timer.h"
#include <openssl/ssl.h>
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVHTTPServerParams;
using Poco::EVNet::EVTCPServer;
using Poco::EVNet::EVTCPServerParams;
using Poco::Net::Context;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPRequestHandlerFactory;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;
using Poco::Net::SecureServerSocket;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Net::WebSocket;
using Poco::Timespan;
using Poco::Util::Option;
using Poco::Util::OptionSet;
using Poco::Util::Timer;


namespace
{
	void answer(HTTPServerResponse& response, HTTPResponse::HTTPStatus status, const std::string& text)
	{
		response.setStatusAndReason(status);
		response.setContentType("text/plain");
		response.sendBuffer(text.data(), text.size());
	}
}


class PageHandler: public HTTPRequestHandler
{
public:
	void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override
	{
		if (request.getURI() != "/")
			return answer(response, HTTPResponse::HTTP_NOT_FOUND, "There are / and, for WebSockets, /chat and /echo.\n");
		if (request.getMethod() != HTTPRequest::HTTP_GET) return answer(response, HTTPResponse::HTTP_METHOD_NOT_ALLOWED, "Only GET\n");
		response.setContentType("text/html; charset=utf-8");
		response.sendBuffer(CHAT_PAGE.data(), CHAT_PAGE.size());
	}
};


class HandshakeHandler: public HTTPRequestHandler
	/// What there is to say to those whose handshake is none.
{
public:
	explicit HandshakeHandler(HTTPRequestHandler* pHandler):
		_pHandler(pHandler)
	{
	}

	void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override
	{
		if (request.getMethod() != HTTPRequest::HTTP_GET) return answer(response, HTTPResponse::HTTP_METHOD_NOT_ALLOWED, "Only GET\n");
		if (!sameOrigin(request)) return answer(response, HTTPResponse::HTTP_FORBIDDEN, "Not from there\n");
		try
		{
			_pHandler->handleRequest(request, response);
		}
		catch (Poco::Net::WebSocketException& exc)
		{
			if (response.sent()) throw;
			// Say which version there is, to who wants another one (RFC 6455, section 4.2.2)
			response.set("Sec-WebSocket-Version", WebSocket::WEBSOCKET_VERSION);
			const bool version = exc.code() == WebSocket::WS_ERR_HANDSHAKE_UNSUPPORTED_VERSION;
			answer(response, version ? HTTPResponse::HTTP_UPGRADE_REQUIRED : HTTPResponse::HTTP_BAD_REQUEST, exc.message() + "\n");
		}
	}

private:
	static bool sameOrigin(const HTTPServerRequest& request)
		/// Returns false if the script that wants the WebSocket is of another web site. Browsers let it, and send the cookies
		/// of the user along, so the server has to ask (section 10.2).
	{
		const std::string origin = request.get("Origin", "");
		if (origin.empty()) return true; // no browser
		try
		{
			return Poco::URI(origin).getAuthority() == request.getHost();
		}
		catch (Poco::SyntaxException&)
		{
			return false;
		}
	}

	std::unique_ptr<HTTPRequestHandler> _pHandler;
};


class SiteFactory: public HTTPRequestHandlerFactory
{
public:
	SiteFactory(EVTCPServer& chatServer, EchoHandler::Limit& echoes):
		_chatServer(chatServer),
		_echoes(echoes)
	{
	}

	HTTPRequestHandler* createRequestHandler(const HTTPServerRequest& request) override
	{
		if (request.getURI() == "/chat") return new HandshakeHandler(new ChatHandler(_chatServer));
		if (request.getURI() == "/echo") return new HandshakeHandler(new EchoHandler(_echoes));
		return new PageHandler;
	}

private:
	EVTCPServer& _chatServer;
	EchoHandler::Limit& _echoes;
};


class EVWebSocketServer: public SampleApplication
	/// The main application class: a chat for any number of browsers with a few threads, over ws and wss.
	///
	/// There are three servers. Two for HTTP, with and without TLS, deliver the page and answer the handshakes of WebSockets:
	///
	///   - /echo keeps the thread (see EchoHandler): what a handler for Poco::Net::HTTPServer does, unchanged.
	///   - /chat takes the socket out of the HTTP server and gives it to the third one (see ChatHandler and ChatConnection), whose
	///     connections are WebSockets that have been opened: there, a request is one frame.
	///
	/// To test it, open http://localhost:9981/ (or https://localhost:9944/, with a certificate that no browser
	/// trusts unless EVWebSocketServer.properties names another one) in two windows.
{
public:
	EVWebSocketServer():
		SampleApplication("EVWebSocketServer", "A chat for any number of browsers with a few threads, and an echo.", 9981),
		_pParams(new EVHTTPServerParams),
		_pSecureParams(new EVHTTPServerParams),
		_pChatParams(new EVTCPServerParams),
		_securePort(0),
		_rate(0)
	{
	}

protected:
	void defineOptions(OptionSet& options) override
	{
		SampleApplication::defineOptions(options);

		options.addOption(
			Option("securePort", "s", "The port to listen on with TLS, 0 for any free one (default 9944).")
				.required(false)
				.repeatable(false)
				.argument("number")
				.binding("EVWebSocketServer.securePort"));
		options.addOption(
			Option("rate", "r", "How many messages a second a client may send to the chat (default 20).")
				.required(false)
				.repeatable(false)
				.argument("number")
				.binding("EVWebSocketServer.rate"));
		options.addOption(
			Option("idleTimeout", "i", "How many seconds a client of the chat may say nothing at all (default 75). It is sent a ping "
				"three times as often.")
				.required(false)
				.repeatable(false)
				.argument("number")
				.binding("EVWebSocketServer.idleTimeout"));
	}

	void readOptions() override
	{
		_securePort = static_cast<Poco::UInt16>(number("securePort", 9944, 0, 65535));
		_rate = number("rate", 20, 1, 1000000);
		setUpParams(*_pParams, *_pParams);
		setUpParams(*_pSecureParams, *_pSecureParams);
		setUpParams(*_pChatParams, *_pChatParams);
		_pChatParams->setIdleTimeout(Timespan(number("idleTimeout", 75, 3, 86400), 0));
		_pChatParams->setFirstRequestTimeout(Timespan(10, 0));
		_pChatParams->setRequestTimeout(Timespan(10, 0));
		_pChatParams->setSendTimeout(Timespan(10, 0)); // who takes less than minDataRate for so long is disconnected
		_pChatParams->setMinDataRate(4096);
		_pChatParams->setMaxQueued(100000);
		_pParams->setMaxQueued(1000);
		_pSecureParams->setMaxQueued(1000);
	}

	void serve() override
	{
		Chat chat(_rate);
		// The chat gets its connections from the others. But a server has to listen, so it does where nobody is let in.
		EVTCPServer chatServer(new ChatConnectionFactory(chat), ServerSocket(SocketAddress("127.0.0.1", 0)), _pChatParams);
		chatServer.setConnectionFilter(new RefuseAll);
		chat.attach(chatServer);

		EchoHandler::Limit echoes(std::max(1, _pParams->getMaxThreads()/2));
		EVHTTPServer server(new SiteFactory(chatServer, echoes), port(), _pParams);
		EVHTTPServer secureServer(new SiteFactory(chatServer, echoes),
			SecureServerSocket(_securePort, _pSecureParams->getAcceptBacklog(), context()), _pSecureParams);

		chatServer.start();
		server.start();
		secureServer.start();
		Timer timer;
		const long ping = static_cast<long>(_pChatParams->getIdleTimeout().totalMilliseconds()/3);
		timer.schedule(Timer::func([&chat] { chat.tick(); }), TICK, TICK);
		timer.schedule(Timer::func([&chat] { chat.ping(); }), ping, ping);
		std::cout << "EVWebSocketServer: http://127.0.0.1:" << server.port() << "/ and https://127.0.0.1:" << secureServer.port() << "/ ("
			<< server.params().getMaxThreads() << " threads, " << server.statistics().loops << " loops, " << policyName()
			<< ")" << std::endl;
		waitForEnd();

		timer.cancel(true);
		echoes.stop();
		chat.end();
		drain(server);
		drain(secureServer);
		drain(chatServer);
	}

private:
	enum
	{
		TICK = 250 // milliseconds
	};

	class RefuseAll: public Poco::Net::TCPServerConnectionFilter
	{
	public:
		bool accept(const Poco::Net::StreamSocket&) override
		{
			return false;
		}
	};

	Context::Ptr context()
	{
		std::string certificate = config().getString("EVWebSocketServer.certificate", "");
		std::string key = config().getString("EVWebSocketServer.privateKey", certificate);
		if (certificate.empty())
		{
			_pCertificate.reset(new Certificate);
			certificate = _pCertificate->path();
			key = _pCertificate->keyPath();
		}
		Context::Ptr pContext = new Context(Context::TLS_SERVER_USE, key, certificate, "", Context::VERIFY_NONE, 9, true);
		// An idle connection needs no buffers. Poco leaves it to the application to say so.
		SSL_CTX_set_mode(pContext->sslContext(), SSL_MODE_RELEASE_BUFFERS);
		return pContext;
	}

	EVHTTPServerParams::Ptr _pParams;
	EVHTTPServerParams::Ptr _pSecureParams;
	EVTCPServerParams::Ptr  _pChatParams;
	Poco::UInt16            _securePort;
	int                     _rate;
	std::unique_ptr<Certificate> _pCertificate;
};


int main(int argc, char** argv)
{
	EVWebSocketServer app;
	return app.run(argc, argv);
}
