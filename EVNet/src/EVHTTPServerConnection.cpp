//
// EVHTTPServerConnection.cpp
//
// Library: EVNet
// Package: HTTPServer
// Module:  EVHTTPServerConnection
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerConnection.h"
#include "Connection.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include <cstring>
#include <limits>


using Poco::Net::HTTPRequest;
using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPResponse;
using Poco::Net::StreamSocket;


namespace Poco {
namespace EVNet {


namespace
{
	const std::string SERVER("Server");
	const std::size_t MAX_DRAINED = 256*1024; // bytes of a body that the handler did not want

	HTTPResponse::HTTPStatus statusOf(EVServerStatistics::CloseReason failure)
		/// Returns what to say about a body that could not be read, HTTP_OK for nothing.
	{
		switch (failure)
		{
		case EVServerStatistics::CLOSED_REQUEST_TIMEOUT:
			return HTTPResponse::HTTP_REQUEST_TIMEOUT;
		case EVServerStatistics::CLOSED_BAD_REQUEST:
			return HTTPResponse::HTTP_BAD_REQUEST;
		case EVServerStatistics::CLOSED_TOO_LARGE:
			return HTTPResponse::HTTP_REQUEST_ENTITY_TOO_LARGE;
		default:
			return HTTPResponse::HTTP_OK;
		}
	}
}


EVHTTPServerConnection::EVHTTPServerConnection(const StreamSocket& socket, Context& context):
	EVTCPServerConnection(socket),
	_context(context),
	_pExchange(nullptr),
	_requests(0)
{
	this->socket().setReceiveTimeout(_context.pParams->getTimeout());
}


EVHTTPServerConnection::~EVHTTPServerConnection()
{
	releaseExchange();
}


void EVHTTPServerConnection::releaseExchange()
{
	if (!_pExchange) return;
	_pExchange->request.release();
	_pExchange->session.release();
	_context.exchanges.give(_pExchange);
	_pExchange = nullptr;
}


std::ptrdiff_t EVHTTPServerConnection::frame(const char* pData, std::size_t length)
{
	if (!_pExchange)
	{
		_pExchange = _context.exchanges.take();
		_pExchange->parser.reset();
	}
	HTTPRequestParser& parser = _pExchange->parser;
	// The buffer is ours, and the parser moves chunks together in it.
	const HTTPRequestParser::Result result = _pExchange->parsed = parser.parse(const_cast<char*>(pData), length, _context.limits);
	switch (result)
	{
	case HTTPRequestParser::RESULT_INCOMPLETE:
		return FRAME_INCOMPLETE;
	case HTTPRequestParser::RESULT_HEADER:
		{
			// What the buffer has no room for, or is not sent before the handler asks for it, is read by the handler. A slow client
			// keeps a thread from then on, so the buffer is filled first.
			const bool room = length < _context.maxBufferedBytes && !connection().outOfMemory;
			if (room && !parser.expectContinue() && !parser.toEnd()) return FRAME_INCOMPLETE_BODY;
			return static_cast<std::ptrdiff_t>(parser.end());
		}
	case HTTPRequestParser::RESULT_COMPLETE:
		return static_cast<std::ptrdiff_t>(parser.end());
	default:
		return static_cast<std::ptrdiff_t>(length);
	}
}


std::string EVHTTPServerConnection::refusal(Refusal why)
{
	const HTTPRequestParser& parser = _pExchange->parser;
	const bool persistent = why == REFUSAL_BUSY && _pExchange->parsed == HTTPRequestParser::RESULT_COMPLETE && parser.keepAlive();
	std::string text = why == REFUSAL_BUSY ? "HTTP/1.1 503 Service Unavailable\r\nRetry-After: " + std::to_string(_context.retryAfter) : std::string("HTTP/1.1 408 Request Timeout");
	text += "\r\nDate: " + ReusableResponse::date() + (persistent ? "\r\nConnection: Keep-Alive" : "\r\nConnection: Close") + "\r\nContent-Length: 0\r\n\r\n";
	if (why == REFUSAL_BUSY && !persistent) connection().end(EVServerStatistics::CLOSED_REFUSED, _pExchange->parsed != HTTPRequestParser::RESULT_COMPLETE);
	releaseExchange();
	return text;
}


void EVHTTPServerConnection::run()
{
	ConnectionSocketImpl& socketImpl = connection().socket();
	socketImpl.input().skipRequest();
	if (_requests < std::numeric_limits<int>::max()) ++_requests;
	_pExchange->session.bind(sessionSocket(socketImpl));
	if (_pSessionData) _pExchange->session.attachSessionData(*_pSessionData);
	try
	{
		if (_pExchange->parsed == HTTPRequestParser::RESULT_ERROR) refuse(socketImpl);
		else handleRequest(socketImpl);
	}
	catch (...)
	{
		if (isDetached(socketImpl)) forgetSocket(socketImpl);
		else if (!_pExchange->request.drain(0)) connection().end(EVServerStatistics::CLOSED_BY_EXCEPTION, true);
		releaseExchange();
		throw;
	}
	endRequest(socketImpl);
}


StreamSocket EVHTTPServerConnection::sessionSocket(ConnectionSocketImpl& socketImpl)
{
	SecureTransport* pTLS = socketImpl.tls();
	if (!pTLS) return socket();
	// Handlers expect a SecureStreamSocket, e.g. for the certificate of the client. Those who are likely to detach it will
	// use it at once; but only the other socket has what the client has sent in advance.
	const HTTPRequestParser& parser = _pExchange->parser;
	if (_pExchange->parsed != HTTPRequestParser::RESULT_ERROR && parser.mayUpgrade())
	{
		if (socketImpl.input().size() > parser.end()) return socket();
		pTLS->setBlocking(true);
	}
	return pTLS->socket();
}


bool EVHTTPServerConnection::isDetached(ConnectionSocketImpl& socketImpl) const
{
	const Poco::Net::SocketImpl* pSocket = _pExchange->session.socket().impl();
	return pSocket != &socketImpl && !(socketImpl.tls() && socketImpl.tls()->is(pSocket));
}


void EVHTTPServerConnection::endRequest(ConnectionSocketImpl& socketImpl)
{
	HTTPServerExchange& exchange = *_pExchange;
	if (isDetached(socketImpl)) forgetSocket(socketImpl);
	else
	{
		const EVServerStatistics::CloseReason failure = exchange.request.failure();
		const bool failed = failure != EVServerStatistics::CLOSE_REASONS;
		// What the handler makes of a part of a body is sent, but must not look whole if it was said bit by bit.
		if (failed && !exchange.response.sent() && statusOf(failure) != HTTPResponse::HTTP_OK) sendErrorResponse(socketImpl, statusOf(failure));
		if (failed) exchange.response.flush();
		const bool persistent = !failed && exchange.response.finish() && exchange.session.getKeepAlive();
		if (!exchange.session.sessionData().empty()) _pSessionData.reset(new Poco::Any(exchange.session.sessionData()));
		if (socketImpl.sendTimedOut()) connection().end(EVServerStatistics::CLOSED_SEND_TIMEOUT);
		else if (exchange.session.networkException()) connection().end(EVServerStatistics::CLOSED_RESET, true);
		else if (failed) connection().end(failure, true);
		// What is left of the body must not become the next request.
		else if (exchange.parsed != HTTPRequestParser::RESULT_ERROR && !exchange.request.drain(persistent ? MAX_DRAINED : 0)) connection().end(EVServerStatistics::CLOSED_BY_HANDLER, true);
		else if (!persistent) closeConnection();
		if (socketImpl.tls()) socketImpl.tls()->restore();
	}
	releaseExchange();
}


void EVHTTPServerConnection::forgetSocket(ConnectionSocketImpl& socketImpl)
{
	connection().detach();
	try
	{
		// From now on the loop does not do it, and whoever has the socket may be waiting for an answer.
		_pExchange->response.flush();
		socketImpl.flushAll();
		if (socketImpl.tls()) socketImpl.tls()->setBlocking(true);
	}
	catch (Poco::Exception&)
	{
		// The new owner finds out by himself.
	}
}


void EVHTTPServerConnection::handleRequest(ConnectionSocketImpl& socketImpl)
{
	HTTPServerExchange& exchange = *_pExchange;
	const HTTPRequestParser& parser = exchange.parser;
	const Poco::Net::HTTPServerParams& params = *_context.pParams;
	const bool complete = exchange.parsed == HTTPRequestParser::RESULT_COMPLETE;
	exchange.request.bind(socketImpl, exchange.parser, complete, _context.limits.body);

	const int maxRequests = params.getMaxKeepAliveRequests();
	bool keepAlive = params.getKeepAlive() && parser.keepAlive() && (maxRequests <= 0 || _requests < maxRequests);
	if (keepAlive && connection().draining()) keepAlive = socketImpl.available() > 0; // what has been received is answered
	const bool head = exchange.request.getMethod() == HTTPRequest::HTTP_HEAD;
	exchange.response.bind(socketImpl, parser.isHTTP11(), head, keepAlive);
	if (parser.chunked()) exchange.response.allowChunked();
	if (parser.expectContinue() && !complete) exchange.response.expectContinue();
	const std::string& server = params.getSoftwareVersion();
	if (!server.empty()) exchange.response.set(SERVER, server);
	try
	{
		std::unique_ptr<HTTPRequestHandler> pHandler(_context.pFactory->createRequestHandler(exchange.request));
		if (pHandler) pHandler->handleRequest(exchange.request, exchange.response);
		else sendErrorResponse(socketImpl, HTTPResponse::HTTP_NOT_IMPLEMENTED);
	}
	catch (...)
	{
		if (!exchange.response.sent() && exchange.session.connected() && !isDetached(socketImpl))
		{
			try
			{
				sendErrorResponse(socketImpl, HTTPResponse::HTTP_INTERNAL_SERVER_ERROR);
			}
			catch (Poco::Exception&)
			{
				// the exception of the handler is the one to report
			}
		}
		else exchange.response.flush(); // but not the end of the body: the client must see that it is not whole
		throw;
	}
}


void EVHTTPServerConnection::refuse(ConnectionSocketImpl& socketImpl)
{
	const HTTPRequestParser& parser = _pExchange->parser;
	const bool tooLarge = parser.status() == HTTPResponse::HTTP_REQUEST_ENTITY_TOO_LARGE || parser.status() == HTTPResponse::HTTP_REQUEST_URI_TOO_LONG || parser.status() == 431;
	connection().end(tooLarge ? EVServerStatistics::CLOSED_TOO_LARGE : EVServerStatistics::CLOSED_BAD_REQUEST, true);
	sendErrorResponse(socketImpl, static_cast<HTTPResponse::HTTPStatus>(parser.status()), parser.reason());
}


void EVHTTPServerConnection::sendErrorResponse(ConnectionSocketImpl& socketImpl, HTTPResponse::HTTPStatus status, const char* text)
{
	ReusableResponse& response = _pExchange->response;
	const bool head = _pExchange->parsed != HTTPRequestParser::RESULT_ERROR && _pExchange->request.getMethod() == HTTPRequest::HTTP_HEAD;
	response.bind(socketImpl, true, head, false);
	response.setStatusAndReason(status);
	if (*text) response.setContentType("text/plain");
	response.sendBuffer(text, std::strlen(text));
	_pExchange->session.setKeepAlive(false);
}


} } // namespace Poco::EVNet
