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
#include <sys/socket.h>


using namespace Poco::EVNet;
using Poco::Net::HTTPServerParams;


namespace
{
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
	BufferPool::Ptr pPool(new BufferPool({1 << 20, 1 << 16, 1 << 20, 1 << 20, 0, 0}));
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
		exchange.response.answers(exchange.request.body());
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


CppUnit::Test* HTTPResponseStreamTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("HTTPResponseStreamTest");

	CppUnit_addTest(pSuite, HTTPResponseStreamTest, testWholeResponsesAreHeld);

	return pSuite;
}
