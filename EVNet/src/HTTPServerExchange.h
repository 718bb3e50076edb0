//
// HTTPServerExchange.h
//
// Library: EVNet
// Package: HTTPServer
// Module:  HTTPServerExchange
//
// Definition of the HTTPServerExchange class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HTTPServerExchange_INCLUDED
#define EVNet_HTTPServerExchange_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "HTTPRequestParser.h"
#include "ReusableRequest.h"
#include "ReusableResponse.h"
#include "ReusableSession.h"
#include "Poco/Net/HTTPServerParams.h"
#include <atomic>


namespace Poco {
namespace EVNet {


class HTTPServerExchange
	/// What serves one request: parser, session, request and response. Making these takes Poco longer than
	/// serving the request, so they are made once and reused.
	///
	/// A connection has one from the first byte of a request until the response is
	/// done, an idle connection has none.
{
public:
	explicit HTTPServerExchange(const Poco::Net::HTTPServerParams::Ptr& pParams);

	HTTPRequestParser parser;
	HTTPRequestParser::Result parsed;   /// what the parser said last
	ReusableSession   session;
	ReusableResponse  response;
	ReusableRequest   request;
};


class HTTPServerExchangePool
	/// The exchanges of a server that are not in use. May be used by any thread.
	///
	/// A thread gets the one back that it gave last, whose memory is still in its processor's cache.
{
public:
	explicit HTTPServerExchangePool(const Poco::Net::HTTPServerParams::Ptr& pParams);
	~HTTPServerExchangePool();

	HTTPServerExchange* take();
		/// Returns one that nobody uses; makes it if there is none.

	void give(HTTPServerExchange* pExchange);
		/// Takes it back.

private:
	enum
	{
		SLOTS = 64
	};

	struct alignas(64) Slot
	{
		std::atomic<HTTPServerExchange*> pExchange{nullptr};
	};

	static unsigned ownSlot();

	Poco::Net::HTTPServerParams::Ptr _pParams;
	Slot _slots[SLOTS];
};


} } // namespace Poco::EVNet


#endif // EVNet_HTTPServerExchange_INCLUDED
