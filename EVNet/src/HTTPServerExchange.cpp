//
// HTTPServerExchange.cpp
//
// Library: EVNet
// Package: HTTPServer
// Module:  HTTPServerExchange
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPServerExchange.h"
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
	parsed(HTTPRequestParser::RESULT_INCOMPLETE),
	session(StreamSocket(new Placeholder), pParams),
	response(session),
	request(response, session, pParams)
{
	session.release();
}


HTTPServerExchangePool::HTTPServerExchangePool(const HTTPServerParams::Ptr& pParams):
	_pParams(pParams)
{
}


HTTPServerExchangePool::~HTTPServerExchangePool()
{
	for (Slot& slot: _slots) delete slot.pExchange.load();
}


unsigned HTTPServerExchangePool::ownSlot()
{
	static std::atomic<unsigned> threads(0);
	static thread_local const unsigned number = threads.fetch_add(1, std::memory_order_relaxed);
	return number % SLOTS;
}


HTTPServerExchange* HTTPServerExchangePool::take()
{
	const unsigned own = ownSlot();
	for (unsigned i = 0; i < SLOTS; i++)
	{
		std::atomic<HTTPServerExchange*>& pSlot = _slots[(own + i) % SLOTS].pExchange;
		if (!pSlot.load(std::memory_order_relaxed)) continue;
		if (HTTPServerExchange* pExchange = pSlot.exchange(nullptr, std::memory_order_acquire)) return pExchange;
	}
	return new HTTPServerExchange(_pParams);
}


void HTTPServerExchangePool::give(HTTPServerExchange* pExchange)
{
	const unsigned own = ownSlot();
	for (unsigned i = 0; i < SLOTS; i++)
	{
		HTTPServerExchange* pNone = nullptr;
		if (_slots[(own + i) % SLOTS].pExchange.compare_exchange_strong(pNone, pExchange, std::memory_order_release, std::memory_order_relaxed)) return;
	}
	delete pExchange;
}


} } // namespace Poco::EVNet
