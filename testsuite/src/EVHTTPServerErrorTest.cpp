//
// EVHTTPServerErrorTest.cpp
//
// Clients that misbehave: each costs one connection.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerErrorTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"


EVHTTPServerErrorTest::EVHTTPServerErrorTest(const std::string& name): ClockedTest(name)
{
}


namespace
{
	bool isRefused(const std::string& bytes, int status = 400, EVHTTPServerParams::Ptr pParams = httpParams())
		/// Returns true if the server answers these bytes with an error status and closes the connection in
		/// an orderly way, without asking a handler, and other connections go on.
	{
		std::atomic<int> called(0);
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			++called;
			answerURI(request, response);
		}), 0, pParams);
		server.start();
		RawClient other(server);
		if (!other.ask("/").isOK("/")) return false;
		RawClient client(server);
		client.send(bytes);
		const Answer answer = client.receiveAnswer();
		if (!answer.complete || answer.status != status || !answer.saysClose()) return false;
		if (!client.hasEnded()) return false;
		client.socket().close();
		return other.ask("/").isOK("/") && called == 2 && isClosedOnce(server);
	}

	const std::string HOST = "Host: localhost\r\n";
	const std::string POST = "POST / HTTP/1.1\r\nHost: localhost\r\n";
}


void EVHTTPServerErrorTest::testGarbage()
{
	assertTrue (isRefused("this is no HTTP\r\nat all\r\n\r\n"));
	assertTrue (isRefused(std::string("\x16\x03\x01\x00\xa5\r\n\x00\x01\r\n\r\n", 13)));
}


void EVHTTPServerErrorTest::testHeaderTooLarge()
{
	assertTrue (isRefused("GET / HTTP/1.1\r\n" + HOST + "X-Large: " + std::string(100000, 'x'), 431));
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxBufferedBytes(1024);
	assertTrue (isRefused("GET / HTTP/1.1\r\n" + HOST + "X-Large: " + std::string(1024, 'x') + "\r\n\r\n", 431, pParams));
	assertTrue (isRefused(std::string(70000, 'x'), 501)); // the longest method of all
}


void EVHTTPServerErrorTest::testFieldTooLong()
{
	assertTrue (isRefused("GET /" + std::string(20000, 'x') + " HTTP/1.1\r\n" + HOST + "\r\n", 414));
	assertTrue (isRefused("GET / HTTP/1.1\r\n" + HOST + "X-Large: " + std::string(20000, 'x') + "\r\n\r\n", 431));
}


void EVHTTPServerErrorTest::testAmbiguousLength()
{
	const std::string body = "\r\nhello";
	assertTrue (isRefused(POST + "Content-Length: 5\r\nContent-Length: 5\r\n" + body));
	assertTrue (isRefused(POST + "Content-Length: 5\r\nContent-Length: 6\r\n" + body));
	assertTrue (isRefused(POST + "Content-Length: 5,5\r\n" + body));
	assertTrue (isRefused(POST + "Content-Length: -5\r\n" + body));
	assertTrue (isRefused(POST + "Content-Length: +5\r\n" + body));
	assertTrue (isRefused(POST + "Content-Length: 5x\r\n" + body));
	assertTrue (isRefused(POST + "Content-Length:\r\n" + body));
	assertTrue (isRefused(POST + "Content-Length: 99999999999999999999\r\n" + body, 413));
}


void EVHTTPServerErrorTest::testLengthAndChunked()
{
	assertTrue (isRefused(POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
	assertTrue (isRefused(POST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"));
	assertTrue (isRefused(POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
	assertTrue (isRefused(POST + "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n"));
}


void EVHTTPServerErrorTest::testHiddenField()
{
	assertTrue (isRefused(POST + "Content-Length : 5\r\n\r\nhello"));
	assertTrue (isRefused(POST + "X-Folded: a\r\n Content-Length: 5\r\n\r\nhello"));
	assertTrue (isRefused(POST + "no colon\r\n\r\n"));
	assertTrue (isRefused(POST + ": no name\r\n\r\n"));
}


void EVHTTPServerErrorTest::testBadChunk()
{
	const std::string chunked = POST + "Transfer-Encoding: chunked\r\n\r\n";
	assertTrue (isRefused(chunked + "x\r\nhello\r\n0\r\n\r\n"));
	assertTrue (isRefused(chunked + "\r\nhello\r\n0\r\n\r\n"));
	assertTrue (isRefused(chunked + "5\r\nhello!\r\n0\r\n\r\n"));
	assertTrue (isRefused(chunked + "5\nhello\r\n0\r\n\r\n"));
}


void EVHTTPServerErrorTest::testBadRequestBehindGoodOne()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("GET /good HTTP/1.1\r\nHost: localhost\r\n\r\nGET /bad HTTP/1.1\r\nHost : localhost\r\n\r\nGET /good HTTP/1.1\r\n\r\n");
	assertTrue (client.receiveAnswer().isOK("/good"));
	assertEqual (400, client.receiveAnswer().status);
	assertTrue (client.hasEnded());
}


void EVHTTPServerErrorTest::testRefusalsAreCounted()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	{
		RawClient client(server);
		client.send("GET / HTTP/1.1\r\nno colon\r\n\r\n");
		assertEqual (400, client.receiveAnswer().status);
	}
	assertTrue (waitFor([&] { return server.statistics().closes() == 1; }));
	assertTrue (closed(server, EVServerStatistics::CLOSED_BAD_REQUEST) == 1);
	{
		RawClient client(server);
		client.send("GET / HTTP/1.1\r\nX-Large: " + std::string(65536 - 25, 'x'));
		assertEqual (431, client.receiveAnswer().status);
	}
	assertTrue (waitFor([&] { return server.statistics().closes() == 2; }));
	assertTrue (closed(server, EVServerStatistics::CLOSED_TOO_LARGE) == 1);
}


void EVHTTPServerErrorTest::testThrowInAChunkedBody()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest&, HTTPServerResponse& response)
	{
		response.setChunkedTransferEncoding(true);
		response.send() << "a part";
		throw Poco::RuntimeException("expected by the test");
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	const Answer answer = client.ask("/");
	assertTrue (answer.status == 200);
	assertEqual ("a part", answer.body);
	assertTrue (!answer.complete); // or the client would take the part for the whole
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_EXCEPTION));
}


void EVHTTPServerErrorTest::testHalfAHeader()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setTimeout(Poco::Timespan(2, 0));
	pParams->setLingerTimeout(Poco::Timespan(500*Poco::Timespan::MILLISECONDS));
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	Poco::UInt64 count = 0;
	for (const char* bytes: {"G", "GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"})
	{
		RawClient client(server);
		const Stopwatch stopwatch;
		client.send(bytes);
		assertTrue (isClosed(client.socket()));
		assertTrue (stopwatch.elapsed() >= 1990);
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT, ++count));
	}
}


void EVHTTPServerErrorTest::testDribblingDoesNotExtendTheTimeout()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setTimeout(Poco::Timespan(2, 0));
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	RawClient client(server);
	const Stopwatch stopwatch;
	try
	{
		while (server.statistics().closes() == 0 && stopwatch.elapsed() < DEADLINE)
		{
			client.send("x");
			sleepFor(100);
		}
	}
	catch (Poco::Exception&)
	{
		// reset
	}
	assertTrue (stopwatch.elapsed() < DEADLINE);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT));
}


void EVHTTPServerErrorTest::testSilence()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setTimeout(Poco::Timespan(2, 0));
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	RawClient client(server);
	assertTrue (client.hasEnded());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
}


void EVHTTPServerErrorTest::testBodyNeverArrives()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setTimeout(Poco::Timespan(2, 0));
	EVHTTPServer server(serveHTTP(answerBody), 0, pParams);
	server.start();
	RawClient client(server);
	client.send(POST + "Content-Length: 200000\r\n\r\nabc"); // the handler reads and has to wait
	assertTrue (isClosed(client.socket()));
	client.socket().close();
	assertTrue (isClosedOnce(server));
	assertTrue (waitFor([&] { return server.currentThreads() == 0; }));
	assertTrue (RawClient(server).ask("/").isOK(""));
}


void EVHTTPServerErrorTest::testResetWhileRequestRuns()
{
	ErrorCollector errors;
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/wait") gate.pass();
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	client.get("/wait");
	assertTrue (gate.holds(1));
	resetConnection(client.socket());
	assertTrue (RawClient(server).ask("/").isOK("/")); // the reset has arrived by then
	gate.open();
	assertTrue (waitFor([&] { return server.statistics().closes() == 2; }));
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_CLIENT) == 1);
	assertTrue (closed(server, EVServerStatistics::CLOSED_RESET) == 1);
	assertTrue (RawClient(server).ask("/").isOK("/"));
}


void EVHTTPServerErrorTest::testClientTakesNothing()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setTimeout(Poco::Timespan(2, 0));
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(65536);
		answer(response, std::string(request.getURI() == "/kept" ? 700000 : 5000000, 'x'));
	}), 0, pParams);
	server.start();
	Poco::UInt64 count = 0;
	for (const char* uri: {"/kept", "/waiting"}) // the loop waits, the handler waits
	{
		RawClient client(server);
		client.get(uri);
		assertTrue (waitFor([&] { return server.statistics().closes() > count; }));
		assertTrue (closed(server, EVServerStatistics::CLOSED_SEND_TIMEOUT) == ++count);
	}
}


void EVHTTPServerErrorTest::testClientClosesBeforeReading()
{
	ErrorCollector errors;
	const std::string body = pattern(3000000);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		answer(response, request.getURI() == "/large" ? body : request.getURI());
	}), 0, httpParams());
	server.start();
	RawClient other(server);
	for (const char* uri: {"/small", "/large"})
	{
		for (int i = 0; i < 20; i++)
		{
			RawClient client(server);
			client.get(uri);
		}
	}
	assertTrue (waitFor([&] { return server.statistics().closes() == 40; }));
	assertEqual (1, server.currentConnections());
	assertTrue (other.ask("/").isOK("/"));
}


void EVHTTPServerErrorTest::testHalfClosingClientIsAnswered()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient client(server);
	client.get("/last");
	client.socket().shutdownSend();
	assertTrue (client.receiveAnswer().isOK("/last"));
	assertTrue (client.hasEnded());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT));
}


void EVHTTPServerErrorTest::testClientClosesInTheMiddle()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient(server).send("GET / HTTP/1.1\r\nHo");
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_INCOMPLETE));
}


void EVHTTPServerErrorTest::testMaxRequestLine()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxRequestLine(100);
	assertTrue (isRefused("GET /" + std::string(100, 'x') + " HTTP/1.1\r\n" + HOST + "\r\n", 414, pParams));
}


void EVHTTPServerErrorTest::testMaxFieldSize()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxFieldSize(100);
	assertTrue (isRefused("GET / HTTP/1.1\r\n" + HOST + "X-Large: " + std::string(100, 'x') + "\r\n\r\n", 431, pParams));
}


void EVHTTPServerErrorTest::testMaxFields()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxFields(2);
	assertTrue (isRefused("GET / HTTP/1.1\r\n" + HOST + "A: 1\r\nB: 2\r\n\r\n", 431, pParams));
}


void EVHTTPServerErrorTest::testMaxHeaderSize()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxHeaderSize(200);
	const std::string field = "X-Large: " + std::string(70, 'x') + "\r\n";
	assertTrue (isRefused("GET / HTTP/1.1\r\n" + HOST + field + field + field + "\r\n", 431, pParams));
}


void EVHTTPServerErrorTest::testMaxBodySize()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxBodySize(5);
	assertTrue (isRefused(POST + "Content-Length: 6\r\n\r\nabcdef", 413, pParams));
	EVHTTPServer server(serveHTTP(answerBody), 0, pParams);
	server.start();
	RawClient client(server);
	client.post("/", "abcde");
	assertTrue (client.receiveAnswer().isOK("abcde"));
}


void EVHTTPServerErrorTest::testMaxBodySizeWhileTheHandlerReads()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxBodySize(300000);
	std::atomic<bool> bad(false);
	std::atomic<std::size_t> taken(0);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		std::string body(1000000, '\0');
		request.stream().read(&body[0], static_cast<std::streamsize>(body.size()));
		bad = request.stream().bad();
		taken = static_cast<std::size_t>(request.stream().gcount());
		answer(response, "");
	}), 0, pParams);
	server.start();
	RawClient client(server);
	const std::string chunk = "186a0\r\n" + std::string(100000, 'x') + "\r\n";
	client.send(POST + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk + chunk);
	assertTrue (isClosed(client.socket()));
	assertTrue (bad);
	assertTrue (taken <= 300000);
}


void EVHTTPServerErrorTest::testRefusedHead()
{
	// There is no body in a response to HEAD (RFC 9110, section 9.3.2).
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	const std::string requests[] = {"HEAD / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HEAD / HTTP/2.0\r\n\r\n", "HEAD / HTTP/1.1\r\nHost: a\r\nCookie: " + std::string(20000, 'x') + "\r\n\r\n",
		"HEAD /" + std::string(20000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD x HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD / HTTP/1.1\r\n\r\n", "HEAD  / HTTP/1.1\r\nHost: a\r\n\r\n"};
	for (const std::string& request: requests)
	{
		RawClient client(server);
		client.send(request);
		const Answer refusal = client.receiveAnswer(true);
		assertTrue (refusal.complete && refusal.status >= 400 && refusal.saysClose());
		assertTrue (client.hasEnded());
	}
}


void EVHTTPServerErrorTest::testNothingBehindConnect()
{
	// What is behind CONNECT is meant for the tunnel.
	std::atomic<int> called(0);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		++called;
		if (request.getMethod() == "CONNECT") response.setStatusAndReason(HTTPResponse::HTTP_METHOD_NOT_ALLOWED);
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	for (const char* behind: {"", "GET /behind HTTP/1.1\r\nHost: localhost\r\n\r\n"})
	{
		called = 0;
		RawClient client(server);
		client.send(std::string("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n") + behind);
		const Answer answer = client.receiveAnswer();
		assertEqual (405, answer.status);
		assertTrue (answer.complete && answer.saysClose());
		assertTrue (client.hasEnded());
		assertEqual (1, called);
	}
}


void EVHTTPServerErrorTest::testTunnelHasNoLength()
{
	// RFC 9110, section 9.3.6
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		const bool chunked = request.getURI() == "chunked:80";
		if (chunked) response.setChunkedTransferEncoding(true);
		else response.setContentLength(0);
		if (request.getURI() == "whole:80") response.sendBuffer("", 0);
		else response.send();
		StreamSocket tunnel = detachSocket(request);
		const std::string line = receiveLine(tunnel) + "\n";
		tunnel.sendBytes(line.data(), static_cast<int>(line.size()));
	}), 0, httpParams());
	server.start();
	for (const char* target: {"length:80", "chunked:80", "whole:80"})
	{
		RawClient client(server);
		client.send(std::string("CONNECT ") + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
		const Answer answer = client.receiveAnswer(true);
		assertEqual (200, answer.status);
		assertEqual (" ", answer.field("Content-Length") + " " + answer.field("Transfer-Encoding"));
		assertTrue (!answer.header.has("Connection"));
		client.send("through\n");
		assertEqual ("through", client.receiveLine());
	}
}


void EVHTTPServerErrorTest::testWhatPocoTakes()
{
	// The options of curl 'http://host/x?q=u-umlaut', Poco's limit of a target, and chunks in HTTP/1.0
	const std::string umlaut = "/x?q=\xC3\xBC";
	const std::string longest = "/" + std::string(16383, 'x');
	const std::string chunks = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
	for (bool strict: {false, true})
	{
		EVHTTPServerParams::Ptr pParams = httpParams();
		pParams->setStrictParsing(strict);
		EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
		server.start();
		assertTrue (RawClient(server).ask(longest).isOK(longest));
		RawClient client(server);
		const Answer answer = client.ask(umlaut);
		assertTrue (strict ? answer.status == 400 && client.hasEnded() : answer.isOK(umlaut) && client.ask("/").isOK("/"));
		RawClient old(server);
		old.send(chunks);
		assertEqual (strict ? 400 : 200, old.receiveAnswer().status);
		assertTrue (old.hasEnded());
	}
}


CppUnit::Test* EVHTTPServerErrorTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerErrorTest");

	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testGarbage);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testHeaderTooLarge);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testFieldTooLong);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testAmbiguousLength);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testLengthAndChunked);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testHiddenField);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testBadChunk);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testBadRequestBehindGoodOne);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testRefusalsAreCounted);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testHalfAHeader);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testThrowInAChunkedBody);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testDribblingDoesNotExtendTheTimeout);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testSilence);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testBodyNeverArrives);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testResetWhileRequestRuns);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testClientTakesNothing);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testClientClosesBeforeReading);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testHalfClosingClientIsAnswered);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testClientClosesInTheMiddle);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testMaxRequestLine);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testMaxFieldSize);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testMaxFields);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testMaxHeaderSize);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testMaxBodySize);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testMaxBodySizeWhileTheHandlerReads);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testRefusedHead);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testNothingBehindConnect);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testTunnelHasNoLength);
	CppUnit_addTest(pSuite, EVHTTPServerErrorTest, testWhatPocoTakes);

	return pSuite;
}
