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
#include "Poco/Net/HTTPServerRequestImpl.h"
#include "Poco/Net/HTTPServerResponseImpl.h"
#include "Poco/Net/NetException.h"
#include "Poco/DateTimeFormat.h"
#include "Poco/DateTimeFormatter.h"
#include "Poco/Timestamp.h"
#include <ctime>
#include <memory>


using Poco::Net::HTTPMessage;
using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponseImpl;
using Poco::Net::HTTPServerSession;
using Poco::Net::StreamSocket;


namespace Poco {
namespace EVNet {


namespace
{
	const std::string& currentDate()
		/// Returns the value of a Date field. It is formatted once in a second.
	{
		static thread_local std::time_t second = 0;
		static thread_local std::string date;
		const Poco::Timestamp now;
		if (now.epochTime() != second)
		{
			second = now.epochTime();
			date = Poco::DateTimeFormatter::format(now, Poco::DateTimeFormat::HTTP_FORMAT);
		}
		return date;
	}

	const std::string DATE("Date");
}


EVHTTPServerConnection::EVHTTPServerConnection(const StreamSocket& socket, Context& context):
	EVTCPServerConnection(socket),
	_context(context),
	_requests(0)
{
}


EVHTTPServerConnection::~EVHTTPServerConnection()
{
}


std::ptrdiff_t EVHTTPServerConnection::frame(const char* pData, std::size_t length)
{
	return _framer.frame(pData, length, _context.maxBufferedBytes);
}


void EVHTTPServerConnection::run()
{
	ConnectionSocketImpl& socketImpl = connection().socket();
	socketImpl.setBounded(true); // HTTPSession would read more than one request
	++_requests;
	HTTPServerSession session(socket(), _context.pParams);
	if (!_sessionData.empty()) session.attachSessionData(_sessionData);
	try
	{
		handleRequest(session);
	}
	catch (...)
	{
		session.setKeepAlive(false);
		if (session.socket().impl() == &socketImpl) session.detachSocket();
		else forgetSocket(socketImpl);
		throw;
	}
	if (session.socket().impl() != &socketImpl) forgetSocket(socketImpl);
	else
	{
		_sessionData = session.sessionData();
		if (socketImpl.sendTimedOut()) connection().end(EVServerStatistics::CLOSED_SEND_TIMEOUT);
		else if (session.networkException()) connection().end(EVServerStatistics::CLOSED_RESET);
		else if (!session.getKeepAlive()) closeConnection();
		session.detachSocket(); // the session would close it
	}
	_framer.reset();
}


void EVHTTPServerConnection::forgetSocket(ConnectionSocketImpl& socketImpl)
{
	connection().detach();
	try
	{
		// From now on the loop does not do it, and whoever has the socket may be waiting for an answer.
		socketImpl.flushAll();
	}
	catch (Poco::Exception&)
	{
		// The new owner finds out by himself.
	}
}


void EVHTTPServerConnection::handleRequest(HTTPServerSession& session)
{
	if (_framer.error())
	{
		refuse(session, static_cast<HTTPResponse::HTTPStatus>(_framer.error()));
		return;
	}
	char emptyLine[2];
	if (_framer.leadingBytes()) session.socket().receiveBytes(emptyLine, sizeof(emptyLine));

	HTTPServerResponseImpl response(session);
	std::unique_ptr<HTTPServerRequestImpl> pRequest;
	try
	{
		pRequest.reset(new HTTPServerRequestImpl(response, session, _context.pParams.get()));
	}
	catch (Poco::Net::MessageException&)
	{
		refuse(session, HTTPResponse::HTTP_BAD_REQUEST);
		return;
	}
	// What follows the request (e.g. after an upgrade) is for whoever detaches the socket.
	connection().socket().setBounded(_framer.readsToEnd());

	HTTPServerRequestImpl& request = *pRequest;
	const int maxRequests = _context.pParams->getMaxKeepAliveRequests();
	// If it is not known where the request ends, there is no next one.
	const bool mayKeepAlive = _context.pParams->getKeepAlive() && !_framer.unbounded() && (maxRequests <= 0 || _requests < maxRequests);
	response.set(DATE, currentDate());
	response.setVersion(request.getVersion());
	response.setKeepAlive(mayKeepAlive && request.getKeepAlive());
	const std::string& server = _context.pParams->getSoftwareVersion();
	if (!server.empty()) response.set("Server", server);
	try
	{
		std::unique_ptr<HTTPRequestHandler> pHandler(_context.pFactory->createRequestHandler(request));
		if (pHandler)
		{
			if (request.getExpectContinue() && response.getStatus() == HTTPResponse::HTTP_OK) response.sendContinue();
			pHandler->handleRequest(request, response);
			session.setKeepAlive(mayKeepAlive && response.getKeepAlive());
		}
		else sendErrorResponse(session, HTTPResponse::HTTP_NOT_IMPLEMENTED);
	}
	catch (...)
	{
		if (!response.sent() && session.connected())
		{
			try
			{
				sendErrorResponse(session, HTTPResponse::HTTP_INTERNAL_SERVER_ERROR);
			}
			catch (Poco::Exception&)
			{
				// the exception of the handler is the one to report
			}
		}
		throw;
	}
}


void EVHTTPServerConnection::refuse(HTTPServerSession& session, HTTPResponse::HTTPStatus status)
{
	const bool badRequest = status == HTTPResponse::HTTP_BAD_REQUEST;
	connection().end(badRequest ? EVServerStatistics::CLOSED_BAD_REQUEST : EVServerStatistics::CLOSED_TOO_LARGE, true);
	sendErrorResponse(session, status);
}


void EVHTTPServerConnection::sendErrorResponse(HTTPServerSession& session, HTTPResponse::HTTPStatus status)
{
	HTTPServerResponseImpl response(session);
	response.setVersion(HTTPMessage::HTTP_1_1);
	response.setStatusAndReason(status);
	response.setKeepAlive(false);
	response.setContentLength(0);
	response.send();
	session.setKeepAlive(false);
}


} } // namespace Poco::EVNet
