//
// HTTPBenchmark.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  HTTPBenchmark
//
// What HTTP costs without I/O: parsing a request; and parsing it, filling the
// request object and formatting the response.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "MicroBenchmark.h"
#include "Parsers.h"
#include "Requests.h"
#include "socket/ConnectionSocketImpl.h"
#include "http/HTTPServerExchange.h"
#include "Poco/Net/HTTPServerParams.h"
#include "Poco/Net/HTTPServerRequestImpl.h"
#include "Poco/Net/HTTPServerResponseImpl.h"
#include "Poco/Net/HTTPServerSession.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/Net/StreamSocket.h"
#include "Poco/Net/StreamSocketImpl.h"
#include "Poco/Timestamp.h"
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>


using Poco::EVNet::BufferCache;
using Poco::EVNet::BufferPool;
using Poco::EVNet::ConnectionSocketImpl;
using Poco::EVNet::HTTPRequestParser;
using Poco::EVNet::HTTPServerExchange;
using Poco::EVNet::HTTPServerExchangePool;
using Poco::Net::HTTPServerParams;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;
using Poco::Net::HTTPServerResponseImpl;
using Poco::Net::HTTPServerSession;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;
using Poco::Net::StreamSocketImpl;


namespace
{
	const std::size_t HELD = 16; // responses sent together, as with requests that LoadClient pipelines

	void check(bool condition, const char* what)
	{
		if (!condition) throw std::runtime_error(what);
	}

	void answer(HTTPServerResponse& response)
		/// The handler, the same as in BenchServer.
	{
		response.setContentType("text/plain");
		response.sendBuffer("Hello, World!", 13);
	}

	class EVNetFixture
		/// The socket of a connection that has received a request, and an exchange. There are no system calls,
		/// because the socket is told that the next request has arrived already: then it keeps the response, and
		/// instead of being sent a number of them is dropped.
	{
	public:
		explicit EVNetFixture(const std::string& request):
			_pPool(new BufferPool({1 << 20, 1 << 16, 1 << 20, 1 << 20, 0, 0})),
			_pParams(new HTTPServerParams),
			_exchanges(_pParams),
			_unsent(0)
		{
			int fds[2];
			check(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0, "socketpair");
			_pSocket = new ConnectionSocketImpl(fds[0], _pPool);
			_socket = StreamSocket(_pSocket);
			BufferCache cache(_pPool);
			check(::send(fds[1], request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()), "send");
			check(_pSocket->receive(&cache) == ConnectionSocketImpl::RESULT_OK && _pSocket->input().size() == request.size(), "receive");
			::close(fds[1]);
			_pSocket->output().hold(true);
		}

		~EVNetFixture()
		{
			_pSocket->output().drop();
		}

		bool exchange()
			/// Does what EVHTTPServerConnection does, from frame() to endRequest(). Returns true if
			/// the connection persists.
		{
			HTTPRequestParser& parser = *_exchanges.takeParser();
			parser.reset();
			char* pData = const_cast<char*>(_pSocket->input().data());
			const bool complete = parser.parse(pData, _pSocket->input().size(), _limits) == HTTPRequestParser::RESULT_COMPLETE;
			HTTPServerExchange& exchange = *_exchanges.takeExchange();
			_pSocket->input().beginRequest(parser.end());
			_pSocket->input().skipRequest();
			exchange.session.bind(_socket, _pSessionData);
			exchange.request.bind(*_pSocket, parser, complete, _limits.body);
			exchange.response.bind(*_pSocket, parser.isHTTP11(), parser.isHead(), _pParams->getKeepAlive() && parser.keepAlive());
			exchange.response.setRequest(exchange.request.body());
			answer(exchange.response);
			bool persistent = exchange.response.finish() && exchange.session.getKeepAlive();
			persistent = persistent && exchange.request.drain(0);
			exchange.response.release();
			exchange.request.release();
			exchange.session.release(_pSessionData);
			_exchanges.give(&exchange);
			_exchanges.give(&parser);
			if (++_unsent % HELD == 0) _pSocket->output().drop();
			return persistent;
		}

	private:
		BufferPool::Ptr           _pPool;
		HTTPServerParams::Ptr     _pParams;
		HTTPServerExchangePool    _exchanges;
		std::unique_ptr<Poco::Any> _pSessionData;
		HTTPRequestParser::Limits _limits;
		StreamSocket              _socket;
		ConnectionSocketImpl*     _pSocket;
		std::size_t               _unsent;
	};

	class EndlessSocketImpl: public StreamSocketImpl
		/// A client of POCO's server that sends one request after the other, and takes all responses.
	{
	public:
		explicit EndlessSocketImpl(const std::string& request):
			StreamSocketImpl(SocketAddress::IPv4), // Poco looks whether there is a descriptor
			_request(request)
		{
		}

		int receiveBytes(void* buffer, int length, int) override
		{
			const std::size_t n = std::min(_request.size(), static_cast<std::size_t>(length));
			std::memcpy(buffer, _request.data(), n);
			return static_cast<int>(n);
		}

		int sendBytes(const void* buffer, int length, int) override
		{
			benchmark::DoNotOptimize(buffer);
			return length;
		}

		bool poll(const Poco::Timespan&, int) override
		{
			return true;
		}

		void setReceiveTimeout(const Poco::Timespan&) override
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

	private:
		std::string _request;
	};

	class PocoFixture
		/// A session as in a Poco::Net::HTTPServer.
	{
	public:
		explicit PocoFixture(const std::string& request):
			_pParams(new HTTPServerParams),
			_session(StreamSocket(new EndlessSocketImpl(request)), _pParams)
		{
		}

		bool exchange()
			/// Does what Poco::Net::HTTPServerConnection does for a request. Returns true if
			/// the connection persists.
		{
			if (!_session.hasMoreRequests()) return false;
			HTTPServerResponseImpl response(_session);
			HTTPServerRequestImpl request(response, _session, _pParams);
			Poco::Timestamp now;
			response.setDate(now);
			response.setVersion(request.getVersion());
			response.setKeepAlive(_pParams->getKeepAlive() && request.getKeepAlive() && _session.canKeepAlive());
			answer(response);
			_session.setKeepAlive(_pParams->getKeepAlive() && response.getKeepAlive() && _session.canKeepAlive());
			return _session.getKeepAlive();
		}

	private:
		HTTPServerParams::Ptr _pParams;
		HTTPServerSession     _session;
	};

	template <class Fixture>
	void exchange(benchmark::State& state)
	{
		Fixture fixture(getRequest(static_cast<int>(state.range(0))));
		for (auto _: state)
		{
			if (!fixture.exchange())
			{
				state.SkipWithError("the connection does not persist");
				break;
			}
		}
	}

	void parse(benchmark::State& state, const ParserEntry& entry)
	{
		const std::unique_ptr<Parser> pParser = entry.create();
		std::string request = getRequest(static_cast<int>(state.range(0)));
		RequestView view;
		for (auto _: state)
		{
			const Parser::Result result = pParser->parse(&request[0], request.size(), view);
			benchmark::DoNotOptimize(view);
			if (result != Parser::RESULT_COMPLETE || view.count != static_cast<std::size_t>(state.range(0)))
			{
				state.SkipWithError("the request is not understood");
				break;
			}
		}
	}
}


void registerHTTPBenchmarks(const BenchmarkSetup& setup)
{
	for (const ParserEntry& entry: parsers())
	{
		const std::string name = std::string("parse/") + entry.name;
		auto* pBenchmark = benchmark::RegisterBenchmark(name.c_str(), [entry](benchmark::State& state) { parse(state, entry); });
		setup(pBenchmark->Arg(1)->Arg(10));
	}
	setup(benchmark::RegisterBenchmark("exchange/EVNet", &exchange<EVNetFixture>)->Arg(1)->Arg(10));
	setup(benchmark::RegisterBenchmark("exchange/POCO", &exchange<PocoFixture>)->Arg(1)->Arg(10));
}
