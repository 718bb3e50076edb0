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
#include "HTTPRequestParser.h"
#include "HTTPServerExchange.h"
#include "Pooled.h"
#include "Poco/Any.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/HTTPResponse.h"
#include "Poco/Net/HTTPServerParams.h"
#include <memory>


namespace Poco {
namespace EVNet {


class ConnectionSocketImpl;


class EVHTTPServerConnection: public EVTCPServerConnection, public Pooled<EVHTTPServerConnection>
	/// A persistent HTTP connection. Does for one request what
	/// Poco::Net::HTTPServerConnection does for all requests of a connection.
{
public:
	struct Context
		/// What the connections of a server share.
	{
		Poco::Net::HTTPRequestHandlerFactory::Ptr pFactory;
		Poco::Net::HTTPServerParams::Ptr          pParams;
		HTTPRequestParser::Limits                 limits;
		std::size_t                               maxBufferedBytes;
		int                                       retryAfter;         /// seconds
		HTTPServerExchangePool                    exchanges;
	};

	EVHTTPServerConnection(const Poco::Net::StreamSocket& socket, Context& context);
		/// Creates the connection. The context must outlive it.

	~EVHTTPServerConnection();

	void run() override;

protected:
	std::ptrdiff_t frame(const char* pData, std::size_t length) override;
	std::string refusal(Refusal why) override;

private:
	void handleRequest(ConnectionSocketImpl& socketImpl);
	void endRequest(ConnectionSocketImpl& socketImpl);
	Poco::Net::StreamSocket sessionSocket(ConnectionSocketImpl& socketImpl);
		/// Returns the socket that the handler is to see.

	bool isDetached(ConnectionSocketImpl& socketImpl) const;
		/// Returns true if the handler has taken the socket.

	void forgetSocket(ConnectionSocketImpl& socketImpl);
	void refuse(ConnectionSocketImpl& socketImpl);
	void sendErrorResponse(ConnectionSocketImpl& socketImpl, Poco::Net::HTTPResponse::HTTPStatus status, const char* text = "");
	void releaseExchange();

	Context&                   _context;
	HTTPServerExchange*        _pExchange;      /// from the first byte of a request to the end of the response
	std::unique_ptr<Poco::Any> _pSessionData;   /// HTTPSession::attachSessionData(), for the next request
	int                        _requests;
};


} } // namespace Poco::EVNet


#endif // EVNet_EVHTTPServerConnection_INCLUDED
