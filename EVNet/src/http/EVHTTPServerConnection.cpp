//
// EVHTTPServerConnection.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  EVHTTPServerConnection
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/EVHTTPServerConnection.h"
#include "loop/Connection.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>


using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPResponse;
using Poco::Net::StreamSocket;


namespace Poco {
namespace EVNet {


namespace
{
	const std::string SERVER("Server");
	const std::size_t MAX_NAMED_TARGET = 200; // characters

	HTTPResponse::HTTPStatus statusOf(EVServerStatistics::CloseReason failure)
		/// Returns the status to answer with when a body could not be read, HTTP_OK for no answer.
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


class EVHTTPServerConnection::Lease
	/// An exchange, as long as a request is running.
{
public:
	explicit Lease(EVHTTPServerConnection& connection):
		_connection(connection),
		_pExchange(connection._context.exchanges.takeExchange())
	{
	}

	~Lease()
	{
		_pExchange->response.release();
		_pExchange->request.release();
		_pExchange->session.release(_connection._pSessionData);
		_connection._context.exchanges.give(_pExchange);
		_connection.releaseParser();
	}

	HTTPServerExchange& exchange()
	{
		return *_pExchange;
	}

private:
	EVHTTPServerConnection& _connection;
	HTTPServerExchange*     _pExchange;
};


EVHTTPServerConnection::EVHTTPServerConnection(const StreamSocket& socket, Context& context):
	EVTCPServerConnection(socket),
	_context(context),
	_pParser(nullptr),
	_requests(0),
	_unwanted(0),
	_emptyLine(EMPTY_LINE_NONE),
	_parsed(HTTPRequestParser::RESULT_INCOMPLETE),
	_invited(false)
{
	this->socket().setReceiveTimeout(_context.pParams->getTimeout());
}


EVHTTPServerConnection::~EVHTTPServerConnection()
{
	releaseParser();
}


void EVHTTPServerConnection::releaseParser()
{
	if (!_pParser) return;
	_context.exchanges.give(_pParser);
	_pParser = nullptr;
}


std::ptrdiff_t EVHTTPServerConnection::frame(const char* pData, std::size_t length)
{
	if (!_pParser)
	{
		skipBetweenRequests(pData, length);
		if (length == 0) return FRAME_INCOMPLETE;
		beginRequest();
	}
	// The buffer is ours, and the parser moves chunks together in it.
	const HTTPRequestParser::Result result = _pParser->parse(const_cast<char*>(pData), length, _context.limits);
	_parsed = result;
	switch (result)
	{
	case HTTPRequestParser::RESULT_INCOMPLETE:
		return FRAME_INCOMPLETE;
	case HTTPRequestParser::RESULT_HEADER:
		{
			const bool waits = _pParser->expectContinue() && _pParser->end() == _pParser->headerEnd();
			if (waits && !_invited) return inviteBody();
			// The handler reads what the buffer has no room for. A slow client keeps
			// its thread from then on, so the loop fills the buffer first.
			const bool room = length < _context.maxBufferedBytes && !connection().outOfMemory;
			if (room && !_pParser->toEnd()) return FRAME_INCOMPLETE_BODY;
			return static_cast<std::ptrdiff_t>(_pParser->end());
		}
	case HTTPRequestParser::RESULT_COMPLETE:
		return static_cast<std::ptrdiff_t>(_pParser->end());
	default:
		return static_cast<std::ptrdiff_t>(length);
	}
}


void EVHTTPServerConnection::skipBetweenRequests(const char*& pData, std::size_t& length)
{
	std::size_t n = std::min<std::size_t>(_unwanted, length);
	_unwanted -= static_cast<Poco::UInt32>(n);
	if (n < length && _emptyLine == EMPTY_LINE_NONE && pData[n] == '\r')
	{
		// If more has arrived, the empty line is for the parser.
		if (length - n == 1) _emptyLine = EMPTY_LINE_CR;
		else if (length - n == 2 && pData[n + 1] == '\n') _emptyLine = EMPTY_LINE_COMPLETE;
		if (_emptyLine != EMPTY_LINE_NONE) n = length;
	}
	else if (n < length && _emptyLine == EMPTY_LINE_CR && pData[n] == '\n')
	{
		_emptyLine = EMPTY_LINE_COMPLETE;
		++n;
	}
	if (n == 0) return;
	connection().socket().input().drop(n);
	pData += n;
	length -= n;
}


void EVHTTPServerConnection::beginRequest()
{
	_pParser = _context.exchanges.takeParser();
	_pParser->reset(_emptyLine == EMPTY_LINE_COMPLETE);
	if (_emptyLine == EMPTY_LINE_CR)
	{
		char lonely[] = "\r\r"; // no LF has followed the CR that was dropped: an error
		_pParser->parse(lonely, 2, _context.limits);
	}
	_emptyLine = EMPTY_LINE_NONE;
	_invited = false;
}


std::ptrdiff_t EVHTTPServerConnection::inviteBody()
{
	static const std::string CONTINUE("HTTP/1.1 100 Continue\r\n\r\n");
	switch (connection().socket().output().trySend(CONTINUE))
	{
	case Output::FLUSH_DONE:
		_invited = true;
		return FRAME_INCOMPLETE_BODY;
	case Output::FLUSH_KEPT:
		_invited = true;
		return Connection::FRAME_BLOCKED;
	case Output::FLUSH_AGAIN:
	case Output::FLUSH_FILE:
		return Connection::FRAME_BLOCKED;
	default:
		connection().end(EVServerStatistics::CLOSED_RESET);
		return FRAME_REFUSED;
	}
}


std::string EVHTTPServerConnection::refusal(Refusal why)
{
	const bool complete = _parsed == HTTPRequestParser::RESULT_COMPLETE;
	if (why == REFUSAL_BUSY && _requests < std::numeric_limits<int>::max()) ++_requests;
	const bool maySitIdle = _context.pParams->getKeepAliveTimeout() > 0 && !connection().draining();
	const bool persistent = why == REFUSAL_BUSY && complete && mayPersist() && maySitIdle;
	std::string text("HTTP/1.1 408 Request Timeout");
	if (why == REFUSAL_BUSY) text = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: " + std::to_string(_context.retryAfter);
	text += "\r\nDate: " + ReusableResponse::date() + "\r\nConnection: " + (persistent ? "Keep-Alive" : "Close");
	text += "\r\nContent-Length: 0\r\n\r\n";
	if (why == REFUSAL_BUSY && !persistent) connection().end(EVServerStatistics::CLOSED_REFUSED, !complete);
	releaseParser();
	return text;
}


Poco::UInt64 EVHTTPServerConnection::requestKind()
{
	if (_parsed == HTTPRequestParser::RESULT_ERROR) return KIND_NEVER_BLOCKS;
	// The path says what is asked for, the query mostly of what.
	return std::hash<std::string_view>()(_pParser->methodAndPath(connection().socket().input().data())) | KIND_OF_APPLICATION;
}


void EVHTTPServerConnection::nameRequest(std::string& name)
{
	if (_parsed == HTTPRequestParser::RESULT_ERROR) return;
	const char* pData = connection().socket().input().data();
	name.append(_pParser->method(pData)).append(" ").append(_pParser->target(pData).substr(0, MAX_NAMED_TARGET));
}


bool EVHTTPServerConnection::mayPersist() const
{
	const Poco::Net::HTTPServerParams& params = *_context.pParams;
	const int maxRequests = params.getMaxKeepAliveRequests();
	// Bytes behind CONNECT are for the tunnel, never a request, even if the handler makes no tunnel.
	return params.getKeepAlive() && _pParser->keepAlive() && !_pParser->isConnect() && (maxRequests <= 0 || _requests < maxRequests);
}


void EVHTTPServerConnection::run()
{
	ConnectionSocketImpl& socketImpl = connection().socket();
	socketImpl.input().skipRequest();
	if (_requests < std::numeric_limits<int>::max()) ++_requests;
	Lease lease(*this);
	HTTPServerExchange& exchange = lease.exchange();
	exchange.session.bind(sessionSocket(socketImpl), _pSessionData);
	const unsigned adoptions = socketImpl.adoptions();
	try
	{
		if (_parsed == HTTPRequestParser::RESULT_ERROR) refuse(exchange, socketImpl);
		else handleRequest(exchange, socketImpl);
	}
	catch (...)
	{
		if (isDetached(exchange, socketImpl)) forgetSocket(exchange, socketImpl, adoptions);
		else if (!exchange.request.drain(0)) connection().end(EVServerStatistics::CLOSED_BY_EXCEPTION, true);
		throw;
	}
	endRequest(exchange, socketImpl, adoptions);
}


StreamSocket EVHTTPServerConnection::sessionSocket(ConnectionSocketImpl& socketImpl)
{
	// With TLS, handlers expect a SecureStreamSocket, e.g. for the certificate of the client. See also ReusableResponse::send().
	socketImpl.transport().expose();
	return socketImpl.transport().socketFor(socket());
}


bool EVHTTPServerConnection::isDetached(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl) const
{
	const Poco::Net::SocketImpl* pSocket = exchange.session.socket().impl();
	return pSocket != &socketImpl && !socketImpl.transport().is(pSocket);
}


void EVHTTPServerConnection::endRequest(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl, unsigned adoptions)
{
	if (isDetached(exchange, socketImpl)) forgetSocket(exchange, socketImpl, adoptions);
	else if (!socketImpl.isOpen()) connection().end(EVServerStatistics::CLOSED_BY_HANDLER);
	else
	{
		const EVServerStatistics::CloseReason failure = exchange.request.failure();
		const bool failed = failure != EVServerStatistics::CLOSE_REASONS;
		const HTTPResponse::HTTPStatus status = statusOf(failure);
		// An answer to a part of a body is sent, but without its end if it is chunked: the client must not take it for whole.
		if (failed && !exchange.response.sent() && status != HTTPResponse::HTTP_OK) sendErrorResponse(exchange, socketImpl, status);
		if (failed) exchange.response.flush();
		const bool persistent = !failed && exchange.response.finish() && exchange.session.getKeepAlive();
		const bool broken = exchange.session.networkException() || exchange.response.broken();
		const Poco::UInt64 unwanted = exchange.request.body().missing();
		const std::size_t maxUnwanted = persistent ? HTTPRequestStreamBuf::MAX_UNWANTED : 0;
		if (socketImpl.output().timedOut()) connection().end(EVServerStatistics::CLOSED_SEND_TIMEOUT);
		else if (broken) connection().end(EVServerStatistics::CLOSED_RESET, true);
		else if (failed) connection().end(failure, true);
		else if (_parsed == HTTPRequestParser::RESULT_ERROR) closeConnection();
		// What is left of the body must not become the next request.
		else if (persistent && unwanted <= maxUnwanted) _unwanted = static_cast<Poco::UInt32>(unwanted);
		else if (!exchange.request.drain(maxUnwanted)) connection().end(EVServerStatistics::CLOSED_BY_HANDLER, true);
		else if (!persistent) closeConnection();
	}
}


void EVHTTPServerConnection::forgetSocket(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl, unsigned adoptions)
{
	connection().detach();
	if (!socketImpl.transport().isLatest() || socketImpl.adoptions() != adoptions) return; // a server has it again
	try
	{
		// From now on the loop does not send what was kept, and the new owner may wait for an answer to it.
		exchange.response.flush();
		socketImpl.output().flushAll();
		socketImpl.transport().giveAway(_context.pParams->getTimeout());
	}
	catch (...)
	{
		// The new owner finds out by himself.
	}
}


void EVHTTPServerConnection::runHandler(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl)
{
	struct Use
		/// Lends the SecureStreamSocket to the handler. A handler that may upgrade the connection may take the socket and
		/// wait for the client at once. After any other handler, the socket does not wait.
	{
		Use(Transport& transport, Poco::Net::HTTPSession& session, const Poco::Timespan& timeout):
			_transport(transport),
			_session(session)
		{
			_transport.lend(timeout);
		}

		~Use()
		{
			if (_transport.is(_session.socket().impl())) _transport.takeBack();
		}

		Transport&              _transport;
		Poco::Net::HTTPSession& _session;
	};

	const Use use(socketImpl.transport(), exchange.session, _pParser->mayUpgrade() ? _context.pParams->getTimeout() : Poco::Timespan());
	std::unique_ptr<HTTPRequestHandler> pHandler(_context.pFactory->createRequestHandler(exchange.request));
	if (pHandler) pHandler->handleRequest(exchange.request, exchange.response);
	else sendErrorResponse(exchange, socketImpl, HTTPResponse::HTTP_NOT_IMPLEMENTED);
}


void EVHTTPServerConnection::handleRequest(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl)
{
	const HTTPRequestParser& parser = *_pParser;
	const Poco::Net::HTTPServerParams& params = *_context.pParams;
	const bool complete = _parsed == HTTPRequestParser::RESULT_COMPLETE;
	exchange.request.bind(socketImpl, *_pParser, complete, _context.limits.body);

	exchange.response.bind(socketImpl, parser.isHTTP11(), parser.isHead(), mayPersist());
	exchange.response.setRequest(exchange.request.body(), &connection(), params.getKeepAliveTimeout() > 0);
	if (parser.chunked()) exchange.response.allowChunked();
	if (parser.isConnect()) exchange.response.setConnect();
	const std::string& server = params.getSoftwareVersion();
	if (!server.empty()) exchange.response.set(SERVER, server);
	try
	{
		runHandler(exchange, socketImpl);
	}
	catch (...)
	{
		if (!exchange.response.sent() && exchange.session.connected() && !isDetached(exchange, socketImpl))
		{
			try
			{
				sendErrorResponse(exchange, socketImpl, HTTPResponse::HTTP_INTERNAL_SERVER_ERROR);
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


void EVHTTPServerConnection::refuse(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl)
{
	const HTTPRequestParser& parser = *_pParser;
	const int status = parser.status();
	const bool tooLong = status == HTTPResponse::HTTP_REQUEST_URI_TOO_LONG || status == 431;
	const bool tooLarge = tooLong || status == HTTPResponse::HTTP_REQUEST_ENTITY_TOO_LARGE;
	connection().end(tooLarge ? EVServerStatistics::CLOSED_TOO_LARGE : EVServerStatistics::CLOSED_BAD_REQUEST, true);
	sendErrorResponse(exchange, socketImpl, static_cast<HTTPResponse::HTTPStatus>(parser.status()), parser.reason());
}


void EVHTTPServerConnection::sendErrorResponse(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl,
	HTTPResponse::HTTPStatus status, const char* text)
{
	ReusableResponse& response = exchange.response;
	response.bind(socketImpl, true, _pParser->isHead(), false);
	response.setStatusAndReason(status);
	if (*text) response.setContentType("text/plain");
	response.sendBuffer(text, std::strlen(text));
	exchange.session.setKeepAlive(false);
}


} } // namespace Poco::EVNet
