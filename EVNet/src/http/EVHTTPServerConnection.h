//
// EVHTTPServerConnection.h
//
// Library: EVNet
// Package: HTTP
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
#include "http/HTTPRequestParser.h"
#include "http/HTTPServerExchange.h"
#include "core/Pooled.h"
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
	Poco::UInt64 requestKind() override;
	void nameRequest(std::string& name) override;

private:
	enum EmptyLine
		/// What has been seen of the empty line that may be before a request (RFC 9112, section 2.2).
	{
		EMPTY_LINE_NONE,
		EMPTY_LINE_CR,
		EMPTY_LINE_COMPLETE
	};

	class Lease;

	void skipBetweenRequests(const char*& pData, std::size_t& length);
		/// Drops bytes that do not belong to a request: the connection is idle, and must not hold a buffer for them.

	void beginRequest();
	std::ptrdiff_t inviteBody();
		/// Sends 100 Continue. Returns what frame() is to return.

	void handleRequest(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl);
	bool mayPersist() const;
		/// Returns true if parameters and request let the connection persist.

	void endRequest(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl, unsigned adoptions);
	Poco::Net::StreamSocket sessionSocket(ConnectionSocketImpl& socketImpl);
		/// Returns the socket that the handler is to see.

	bool isDetached(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl) const;
		/// Returns true if the handler has taken the socket.

	void forgetSocket(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl, unsigned adoptions);
		/// Lets go of the socket that the handler has taken. adoptions: how often servers had adopted it before the handler ran.

	void runHandler(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl);
	void refuse(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl);
	void sendErrorResponse(HTTPServerExchange& exchange, ConnectionSocketImpl& socketImpl, Poco::Net::HTTPResponse::HTTPStatus status,
		const char* text = "");
	void releaseParser();

	Context&                   _context;
	HTTPRequestParser*         _pParser;        /// from the first byte of a request to the end of the response
	std::unique_ptr<Poco::Any> _pSessionData;   /// HTTPSession::attachSessionData(), for the next request
	int                        _requests;       /// so far; stays at the greatest int
	Poco::UInt32               _unwanted : 20;  /// bytes of a body that nobody has read, to be thrown away when they arrive
	Poco::UInt32               _emptyLine : 2;  /// an EmptyLine
	Poco::UInt32               _parsed : 2;     /// what the parser said last, an HTTPRequestParser::Result
	Poco::UInt32               _invited : 1;    /// 100 Continue has been sent
};


} } // namespace Poco::EVNet


#endif // EVNet_EVHTTPServerConnection_INCLUDED
