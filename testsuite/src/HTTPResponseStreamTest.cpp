//
// HTTPResponseStreamTest.cpp
//
// What a response makes of the socket's output, without a loop that would send it.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPResponseStreamTest.h"
#include "HTTPTestSupport.h"
#include "http/HTTPServerExchange.h"
#include "socket/ConnectionSocketImpl.h"
#include "CppUnit/TestCaller.h"
#include "CppUnit/TestSuite.h"
#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>


using namespace Poco::EVNet;
using Poco::Net::HTTPServerParams;


namespace
{
	BufferPool::Ptr makePool()
	{
		return new BufferPool({1 << 20, 1 << 16, 1 << 20, 1 << 20, 0, 0});
	}

	class PartsTransport: public Transport
		/// Takes a few bytes of what it is given, each second time: the system takes all of so few, or none.
	{
	public:
		PartsTransport():
			Transport(false)
		{
		}

		ssize_t receive(poco_socket_t, void*, std::size_t, int) override
		{
			errno = EAGAIN;
			return -1;
		}

		ssize_t send(poco_socket_t, const struct iovec* pParts, int, int) override
		{
			errno = EAGAIN;
			if (++_calls % 2 == 0) return -1;
			const std::size_t n = std::min<std::size_t>(pParts->iov_len, 10);
			sent.append(static_cast<const char*>(pParts->iov_base), n);
			return static_cast<ssize_t>(n);
		}

		int sendFile(poco_socket_t, OutputFile&, std::size_t) override
		{
			return EAGAIN;
		}

		std::string sent;

	private:
		int _calls = 0;
	};

	void sendChunks(HTTPServerResponse& response)
	{
		response.setChunkedTransferEncoding(true);
		response.send() << "chunked";
	}
}


HTTPResponseStreamTest::HTTPResponseStreamTest(const std::string& name): CppUnit::TestCase(name)
{
}


void HTTPResponseStreamTest::testWholeResponsesAreHeld()
{
	using Handler = std::function<void(HTTPServerResponse&)>;
	const Handler handlers[] = {
		[](HTTPServerResponse& response) { response.sendBuffer("whole", 5); },
		[](HTTPServerResponse& response) { answer(response, "whole"); },
		sendChunks,
		[](HTTPServerResponse& response) { response.redirect("/elsewhere"); },
	};
	// Without a loop, so that nobody sends what is held.
	const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
	const BufferPool::Ptr pPool = makePool();
	HTTPServerParams::Ptr pParams(new HTTPServerParams);
	HTTPServerExchangePool exchanges(pParams);
	for (const Handler& handler: handlers)
	{
		int fds[2];
		assertTrue (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
		FileDescriptor client(fds[1]);
		ConnectionSocketImpl* pSocket = new ConnectionSocketImpl(fds[0], pPool);
		StreamSocket socket(pSocket);
		BufferCache cache(pPool);
		assertTrue (::send(fds[1], request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
		assertTrue (pSocket->receive(&cache) == ConnectionSocketImpl::RESULT_OK);

		HTTPRequestParser& parser = *exchanges.takeParser();
		parser.reset();
		HTTPRequestParser::Limits limits;
		char* pData = const_cast<char*>(pSocket->input().data());
		assertTrue (parser.parse(pData, pSocket->input().size(), limits) == HTTPRequestParser::RESULT_COMPLETE);
		HTTPServerExchange& exchange = *exchanges.takeExchange();
		std::unique_ptr<Poco::Any> pSessionData;
		pSocket->input().beginRequest(parser.end());
		pSocket->input().skipRequest();
		exchange.session.bind(socket, pSessionData);
		exchange.request.bind(*pSocket, parser, true, limits.body);
		exchange.response.bind(*pSocket, true, false, true);
		exchange.response.setRequest(exchange.request.body());
		pSocket->output().hold(true);
		handler(exchange.response);
		assertTrue (exchange.response.finish());
		assertTrue (pSocket->output().held());
		char byte;
		assertTrue (::recv(fds[1], &byte, 1, MSG_DONTWAIT) < 0);
		pSocket->output().drop();
		exchange.response.release();
		exchange.request.release();
		exchange.session.release(pSessionData);
		exchanges.give(&exchange);
		exchanges.give(&parser);
	}
}


void HTTPResponseStreamTest::testRestOfATextIsKept()
{
	const std::string text("HTTP/1.1 100 Continue\r\n\r\n");
	PartsTransport transport;
	Output output(0, transport, makePool());
	assertTrue (output.trySend(text) == Output::FLUSH_KEPT);
	assertTrue (!output.empty());
	assertTrue (output.trySend(text) == Output::FLUSH_AGAIN);
	assertTrue (output.flush() == Output::FLUSH_AGAIN);
	assertTrue (output.flush() == Output::FLUSH_DONE);
	assertTrue (output.empty());
	assertEqual(text, transport.sent);
}


CppUnit::Test* HTTPResponseStreamTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("HTTPResponseStreamTest");

	CppUnit_addTest(pSuite, HTTPResponseStreamTest, testWholeResponsesAreHeld);
	CppUnit_addTest(pSuite, HTTPResponseStreamTest, testRestOfATextIsKept);

	return pSuite;
}
