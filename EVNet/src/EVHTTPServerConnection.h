//
// EVHTTPServerConnection.h
//
// Library: EVNet
// Package: HTTPServer
// Module:  EVHTTPServerConnection
//
// Definition of the EVHTTPServerConnection class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVHTTPServerConnection_INCLUDED
#define EVNet_EVHTTPServerConnection_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVTCPServerConnection.h"
#include "HTTPFramer.h"
#include "Poco/Any.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/HTTPResponse.h"
#include "Poco/Net/HTTPServerParams.h"
#include "Poco/Net/HTTPServerSession.h"


namespace Poco {
namespace EVNet {


class ConnectionSocketImpl;


class EVHTTPServerConnection: public EVTCPServerConnection
	/// A persistent HTTP connection. Does for one request what
	/// Poco::Net::HTTPServerConnection does for all requests of a connection.
{
public:
	struct Context
		/// What the connections of a server share.
	{
		Poco::Net::HTTPRequestHandlerFactory::Ptr pFactory;
		Poco::Net::HTTPServerParams::Ptr          pParams;
		std::size_t                               maxBufferedBytes;
	};

	EVHTTPServerConnection(const Poco::Net::StreamSocket& socket, Context& context);
		/// Creates the connection. The context must outlive it.

	~EVHTTPServerConnection();

	void run() override;

protected:
	std::ptrdiff_t frame(const char* pData, std::size_t length) override;

private:
	void forgetSocket(ConnectionSocketImpl& socketImpl);
	void handleRequest(Poco::Net::HTTPServerSession& session);
	void refuse(Poco::Net::HTTPServerSession& session, Poco::Net::HTTPResponse::HTTPStatus status);
	void sendErrorResponse(Poco::Net::HTTPServerSession& session, Poco::Net::HTTPResponse::HTTPStatus status);

	Context&       _context;
	HTTPFramer     _framer;
	Poco::Any      _sessionData;   /// HTTPSession::attachSessionData(), for the next request
	int            _requests;
};


} } // namespace Poco::EVNet


#endif // EVNet_EVHTTPServerConnection_INCLUDED
