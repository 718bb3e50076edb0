//
// EVHTTPServerHandlerTest.cpp
//
// Handlers that misbehave: each costs one connection.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerHandlerTest.h"
#include "HTTPTestSupport.h"
#include "TestClock.h"
#include "CppUnit/TestCaller.h"
#include <stdexcept>


EVHTTPServerHandlerTest::EVHTTPServerHandlerTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVHTTPServerHandlerTest::testHandlerThrows()
{
	ErrorCollector errors;
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/poco") throw Poco::ApplicationException("Poco");
		if (request.getURI() == "/std") throw std::runtime_error("std");
		if (request.getURI() == "/int") throw 42;
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	RawClient other(server);
	assertTrue (other.ask("/").isOK("/"));
	for (const char* uri: {"/poco", "/std", "/int"})
	{
		RawClient client(server);
		const Answer answer = client.ask(uri);
		assertTrue (answer.complete);
		assertEqual (500, answer.status);
		assertTrue (answer.saysClose());
		assertTrue (client.hasEnded());
		assertTrue (other.ask("/").isOK("/"));
	}
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_EXCEPTION, 3));
	assertEqual (1, errors.pocoExceptions());
	assertEqual (1, errors.stdExceptions());
	assertEqual (1, errors.otherExceptions());
	assertTrue (errors.text().find("Poco") != std::string::npos);
}


void EVHTTPServerHandlerTest::testFactoryThrows()
{
	ErrorCollector errors;
	EVHTTPServer server(new FunctionHandlerFactory([](const HTTPServerRequest& request) -> Poco::Net::HTTPRequestHandler*
	{
		if (request.getURI() == "/bad") throw Poco::NotFoundException("no handler");
		return new FunctionHandler(answerURI);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	assertTrue (client.ask("/good").isOK("/good"));
	assertEqual (500, client.ask("/bad").status);
	assertTrue (client.hasEnded());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_EXCEPTION));
	assertEqual (1, errors.pocoExceptions());
	assertTrue (RawClient(server).ask("/good").isOK("/good"));
}


void EVHTTPServerHandlerTest::testHandlerThrowsAfterPartOfTheResponse()
{
	for (bool flush: {false, true})
	{
		ErrorCollector errors;
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response)
		{
			response.setContentLength(100);
			std::ostream& ostr = response.send();
			ostr << "part";
			if (flush) ostr.flush();
			throw Poco::ApplicationException("in the middle");
		}), 0, httpParams());
		server.start();
		RawClient client(server);
		client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
		const std::string received = client.receiveRest();
		client.socket().close();
		assertTrue (received.find("HTTP/1.1 200") == 0);
		assertTrue (received.find("HTTP/1.1", 1) == std::string::npos);
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_EXCEPTION));
		assertEqual (1, errors.pocoExceptions());
		assertTrue (server.statistics().requests == 1);
	}
}


void EVHTTPServerHandlerTest::testHandlerClosesSocket()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/close") static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().close();
		else answerURI(request, response);
	}), 0, httpParams());
	server.start();
	RawClient other(server);
	for (Poco::UInt64 i = 1; i <= 10; i++)
	{
		RawClient client(server);
		assertTrue (client.ask("/").isOK("/"));
		client.get("/close");
		assertTrue (client.hasEnded());
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER, i));
		assertTrue (other.ask("/").isOK("/"));
	}
}


void EVHTTPServerHandlerTest::testHandlerClosesSocketWithPendingOutput()
{
	const std::string body = pattern(700*1024);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/") return answerURI(request, response);
		StreamSocket& socket = static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
		socket.setSendBufferSize(65536);
		response.setContentLength64(static_cast<Poco::Int64>(body.size()));
		(response.send() << body).flush(); // more than the kernel takes
		if (request.getURI() == "/detach") detachSocket(request).close();
		else socket.close();
	}), 0, httpParams(4));
	server.start();
	const std::string errors = inParallel(4, [&](int i)
	{
		for (int n = 0; n < 50; n++)
		{
			RawClient client(server);
			client.get(i % 2 == 0 ? "/close" : "/detach");
			if (!isClosed(client.socket())) throw Poco::DataException("not closed");
		}
	});
	assertEqual ("", errors);
	assertTrue (waitFor([&] { return server.statistics().closes() == 200; }));
	assertTrue (RawClient(server).ask("/").isOK("/"));
}


void EVHTTPServerHandlerTest::testHandlerSendsNothing()
{
	// As with Poco's HTTPServer: nothing is sent, and the connection persists.
	std::atomic<int> called(0);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		++called;
		if (request.getURI() != "/nothing") answerURI(request, response);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	client.get("/nothing");
	assertTrue (waitFor([&] { return called == 1; }));
	assertTrue (client.ask("/next").isOK("/next"));
}


void EVHTTPServerHandlerTest::testHandlerThrowsAfterTooLongBody()
{
	ErrorCollector errors;
	EVHTTPServer server(serveHTTP([](HTTPServerRequest&, HTTPServerResponse& response)
	{
		response.setContentLength(4);
		response.send() << "more than that";
		throw Poco::ApplicationException("at the end");
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	assertTrue (client.ask("/").isOK("more"));
	assertTrue (client.hasEnded());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_EXCEPTION));
}


void EVHTTPServerHandlerTest::testLengthAndCodingExcludeEachOther()
{
	// RFC 9112, section 6.2
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.setContentLength(5);
		response.set("Transfer-Encoding", request.getURI().substr(1));
		response.send() << "hello";
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	for (const char* coding: {"chunked", "identity"})
	{
		for (const char* method: {"GET", "HEAD"})
		{
			client.send(std::string(method) + " /" + coding + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
			const bool head = method[0] == 'H';
			const Answer answer = client.receiveAnswer(head);
			assertTrue (answer.isOK(head ? "" : "hello"));
			assertTrue (answer.header.has("Content-Length") == (coding[0] == 'i'));
			assertTrue (answer.header.has("Transfer-Encoding") == (coding[0] == 'c'));
		}
	}
	assertTrue (server.statistics().accepted == 1);
}


void EVHTTPServerHandlerTest::testControlCharactersInFields()
{
	const std::string evil("a\r\nX-Evil: y\r\n\r\nb");
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/name") response.set("X-" + evil, "1");
		else if (request.getURI() == "/value") response.set("X-Field", evil);
		else response.setReason(evil);
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	for (const char* uri: {"/name", "/value", "/reason"})
	{
		const Answer answer = client.ask(uri);
		assertTrue (answer.isOK(uri));
		assertTrue (!answer.header.has("X-Evil"));
	}
	assertTrue (server.statistics().accepted == 1);
}


void EVHTTPServerHandlerTest::testHandlerDetachesSocketOfAClientThatIsGone()
{
	ErrorCollector errors;
	Gate gate;
	const std::string body = pattern(700*1024);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/") return answerURI(request, response);
		static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(65536);
		response.setContentLength64(static_cast<Poco::Int64>(body.size()));
		(response.send() << body).flush(); // more than the kernel takes
		gate.pass();
		detachSocket(request).close();
	}), 0, httpParams());
	server.start();
	{
		RawClient client(server);
		client.get("/detach");
		assertTrue (gate.holds(1));
		resetConnection(client.socket());
	}
	assertTrue (RawClient(server).ask("/").isOK("/")); // the reset has arrived by then
	gate.open();
	assertTrue (waitFor([&] { return server.statistics().closes() == 2; }));
	assertTrue (closed(server, EVServerStatistics::CLOSED_DETACHED) == 1);
	assertEqual ("", errors.text());
}


void EVHTTPServerHandlerTest::testSignalWhileAskingForTheClient()
{
	// poll(2) is interrupted also if it does not wait.
	std::atomic<bool> connected(false);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		TestClock::interruptPoll();
		connected = EVHTTPServer::clientConnected(request);
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	assertTrue (RawClient(server).ask("/").isOK("/"));
	assertTrue (connected);
}


void EVHTTPServerHandlerTest::testSeveralConnectionFields()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.add("Connection", request.getURI() == "/close" ? "close" : "X-Hop");
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	Answer answer = client.ask("/");
	assertTrue (answer.isOK("/"));
	assertEqual (std::string("Keep-Alive, X-Hop"), answer.field("Connection"));
	answer = client.ask("/close");
	assertTrue (answer.isOK("/close"));
	assertTrue (client.hasEnded());
}


CppUnit::Test* EVHTTPServerHandlerTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerHandlerTest");

	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testHandlerThrows);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testFactoryThrows);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testHandlerThrowsAfterPartOfTheResponse);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testHandlerClosesSocket);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testHandlerClosesSocketWithPendingOutput);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testHandlerSendsNothing);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testHandlerThrowsAfterTooLongBody);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testLengthAndCodingExcludeEachOther);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testControlCharactersInFields);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testHandlerDetachesSocketOfAClientThatIsGone);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testSignalWhileAskingForTheClient);
	CppUnit_addTest(pSuite, EVHTTPServerHandlerTest, testSeveralConnectionFields);

	return pSuite;
}
