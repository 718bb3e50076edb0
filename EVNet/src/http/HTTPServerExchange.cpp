//
// HTTPServerExchange.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPServerExchange
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/HTTPServerExchange.h"
#include "Poco/Net/StreamSocketImpl.h"
#include <algorithm>
#include <cstring>


using Poco::Net::HTTPServerParams;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;
using Poco::Net::StreamSocketImpl;


namespace Poco {
namespace EVNet {


namespace
{
	class Placeholder: public StreamSocketImpl
		/// The socket of a session that is bound to no connection. Has one request to read, because the
		/// constructor of HTTPServerRequestImpl wants one.
	{
	public:
		int receiveBytes(void* buffer, int length, int) override
		{
			static const char REQUEST[] = "GET / HTTP/1.1\r\n\r\n";
			const int n = std::min(length, static_cast<int>(sizeof(REQUEST) - 1));
			std::memcpy(buffer, REQUEST, static_cast<std::size_t>(n));
			return n;
		}

		void setReceiveTimeout(const Poco::Timespan&) override
		{
		}

		void setSendTimeout(const Poco::Timespan&) override
		{
		}

		SocketAddress address() override
		{
			return SocketAddress();
		}

		SocketAddress peerAddress() override
		{
			return SocketAddress();
		}
	};
}


HTTPServerExchange::HTTPServerExchange(const HTTPServerParams::Ptr& pParams):
	session(StreamSocket(new Placeholder), pParams),
	response(session),
	request(response, session, pParams)
{
	std::unique_ptr<Poco::Any> pNoData;
	session.release(pNoData);
}


unsigned currentThreadNumber()
{
	static std::atomic<unsigned> threads(0);
	static thread_local const unsigned number = threads.fetch_add(1, std::memory_order_relaxed);
	return number;
}


HTTPServerExchangePool::HTTPServerExchangePool(const HTTPServerParams::Ptr& pParams):
	_pParams(pParams)
{
}


HTTPServerExchangePool::~HTTPServerExchangePool()
{
}


HTTPServerExchange* HTTPServerExchangePool::takeExchange()
{
	return _exchanges.take([this] { return new HTTPServerExchange(_pParams); });
}


HTTPRequestParser* HTTPServerExchangePool::takeParser()
{
	return _parsers.take([] { return new HTTPRequestParser; });
}


void HTTPServerExchangePool::give(HTTPServerExchange* pExchange)
{
	_exchanges.give(pExchange);
}


void HTTPServerExchangePool::give(HTTPRequestParser* pParser)
{
	_parsers.give(pParser);
}


} } // namespace Poco::EVNet
