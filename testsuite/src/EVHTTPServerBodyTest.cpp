//
// EVHTTPServerBodyTest.cpp
//
// Bodies of all sizes, read or not, sent and taken at any speed.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerBodyTest.h"
#include "HTTPTestSupport.h"
#include "TestClock.h"
#include "CppUnit/TestCaller.h"
#include "Poco/FileStream.h"
#include "Poco/TemporaryFile.h"


namespace
{
	void limitSendBuffer(HTTPServerRequest& request)
		/// Keeps the kernel from taking a large response all at once.
	{
		static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(65536);
	}

	HandlerFactoryPtr serveFile(const std::string& path)
		/// Returns a factory for handlers that send the file to who asks for /file, not all of it at once.
	{
		return serveHTTP([path](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() != "/file") return answerURI(request, response);
			limitSendBuffer(request);
			response.sendFile(path, "text/plain");
		});
	}
}


EVHTTPServerBodyTest::EVHTTPServerBodyTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVHTTPServerBodyTest::testLargeBody()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	Client client(server);
	const std::string body = pattern(1024*1024);
	assertTrue (client.post(body).isOK(body));
	assertTrue (client.post(body).isOK(body));
	assertTrue (server.statistics().accepted == 1);
}


void EVHTTPServerBodyTest::testLargeChunkedBody()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	Client client(server);
	const std::string body = pattern(1024*1024);
	assertTrue (client.post(body, true).isOK(body));
	assertTrue (client.post(body, true).isOK(body));
}


void EVHTTPServerBodyTest::testSmallBodyIsCompleteBeforeHandler()
{
	std::atomic<int> called(0);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		++called;
		answerBody(request, response);
	}), 0, httpParams(1));
	server.start();
	for (const char* field: {"Content-Length: 10", "Transfer-Encoding: chunked"})
	{
		const std::string header = std::string("POST / HTTP/1.1\r\nHost: localhost\r\n") + field + "\r\n\r\n";
		const std::string body = field[0] == 'C' ? "0123456789" : "a\r\n0123456789\r\n0\r\n\r\n";
		RawClient client(server);
		const int before = called;
		client.send(header + body.substr(0, 5));
		assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
		assertTrue (RawClient(server).ask("/").isOK("")); // the only thread is free
		assertEqual (before + 1, called.load());
		client.send(body.substr(5));
		assertTrue (client.receiveAnswer().isOK("0123456789"));
	}
}


void EVHTTPServerBodyTest::testLargeBodyIsStreamed()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.setChunkedTransferEncoding(true);
		std::ostream& ostr = response.send();
		std::string line;
		while (std::getline(request.stream(), line)) (ostr << line.size() << '\n').flush();
	}), 0, httpParams());
	server.start();
	for (const char* field: {"Content-Length: 200002", "Transfer-Encoding: chunked"})
	{
		const bool chunked = field[0] == 'T';
		const std::string line = std::string(100000, 'x') + "\n";
		RawClient client(server);
		client.send(std::string("POST / HTTP/1.1\r\nHost: localhost\r\n") + field + "\r\n\r\n");
		client.send(chunked ? "186a1\r\n" + line + "\r\n" : line);
		// The handler talks before the rest is sent.
		std::string header;
		while (header.find("100000") == std::string::npos)
		{
			const std::string more = receiveSome(client.socket());
			assertTrue (!more.empty());
			header += more;
		}
		client.send(chunked ? "186a1\r\n" + line + "\r\n0\r\n\r\n" : line);
		std::string rest;
		while (rest.find("0\r\n\r\n") == std::string::npos)
		{
			const std::string more = receiveSome(client.socket());
			assertTrue (!more.empty());
			rest += more;
		}
		assertTrue (rest.find("100000\n") != std::string::npos);
	}
}


void EVHTTPServerBodyTest::testLargeChunkedBodyThenNextRequest()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	RawClient client(server);
	const std::string body = pattern(200000);
	client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n" + body + "\r\n0\r\n\r\n");
	const Answer answer = client.receiveAnswer();
	assertTrue (answer.isOK(body));
	// Either way is good, but not to promise a persistent connection and close it.
	if (answer.saysClose()) assertTrue (client.hasEnded());
	else assertTrue (client.ask("/next").isOK(""));
}


void EVHTTPServerBodyTest::testBodyAtLimit()
{
	for (std::size_t limit: {1024, 4096, 10000, 65536})
	{
		EVHTTPServerParams::Ptr pParams = httpParams();
		pParams->setMaxBufferedBytes(limit);
		EVHTTPServer server(serveHTTP(answerBody), 0, pParams);
		server.start();
		RawClient client(server);
		// The body is as long as the limit, then the request with its header is.
		for (std::size_t size: {limit - 1, limit, limit + 1})
		{
			const std::string body = pattern(size);
			client.post("/", body);
			assertTrue (client.receiveAnswer().isOK(body));
		}
		for (std::size_t size: {limit - 1, limit, limit + 1})
		{
			const std::string header = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::string(limit < 2000 ? "0" : "") ;
			const std::size_t headerSize = header.size() + std::to_string(size - header.size() - 8).size() + 4;
			const std::string body = pattern(size - headerSize);
			const std::string request = header + std::to_string(body.size()) + "\r\n\r\n" + body;
			client.send(request);
			assertTrue (client.receiveAnswer().isOK(body));
		}
		assertTrue (client.ask("/").isOK(""));
		assertTrue (server.statistics().accepted == 1);
	}
}


void EVHTTPServerBodyTest::testExpectContinue()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	for (std::size_t size: {10, 200000})
	{
		const std::string body = pattern(size);
		RawClient client(server);
		client.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
		assertEqual (100, client.receiveAnswer().status);
		client.send(body);
		assertTrue (client.receiveAnswer().isOK(body));
		assertTrue (client.ask("/").isOK(""));
	}
}


void EVHTTPServerBodyTest::testExpectContinueChunked()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
	assertEqual (100, client.receiveAnswer().status);
	client.send("3\r\nabc\r\n0\r\n\r\n");
	assertTrue (client.receiveAnswer().isOK("abc"));
}


void EVHTTPServerBodyTest::testExpectContinueRefused()
{
	EVHTTPServer server(new FunctionHandlerFactory([](const HTTPServerRequest& request)
	{
		request.response().setStatusAndReason(HTTPResponse::HTTP_EXPECTATION_FAILED);
		return new FunctionHandler([](HTTPServerRequest&, HTTPServerResponse& response) { answer(response, "no"); });
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	// The handler is called when the body is there, and so the connection can persist.
	for (int i = 0; i < 2; i++)
	{
		client.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n");
		assertEqual (100, client.receiveAnswer().status);
		client.send(pattern(1000));
		const Answer answer = client.receiveAnswer();
		assertEqual (417, answer.status);
		assertEqual ("no", answer.body);
		assertTrue (!answer.saysClose());
	}
}


void EVHTTPServerBodyTest::testPostWithoutLength()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	RawClient client(server);
	const std::string post = "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n";
	client.send(post + post + "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	for (int i = 0; i < 3; i++) assertTrue (client.receiveAnswer().isOK(""));
	client.send("PUT / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	assertTrue (client.receiveAnswer().isOK(""));
}


void EVHTTPServerBodyTest::testTrailers()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	RawClient client(server);
	const std::string request = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-First: 1\r\nX-Second: 2\r\n\r\n";
	client.send(request + request);
	assertTrue (client.receiveAnswer().isOK("abc"));
	assertTrue (client.receiveAnswer().isOK("abc"));
	assertTrue (client.ask("/").isOK(""));
}


void EVHTTPServerBodyTest::testUnreadBodyIsNotTheNextRequest()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
	RawClient client(server);
	client.post("/post", hidden);
	assertTrue (client.receiveAnswer().isOK("/post"));
	assertTrue (client.ask("/get").isOK("/get"));
	client.send("POST /chunked HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n29\r\n" + hidden + "\r\n0\r\n\r\n" "GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n");
	assertTrue (client.receiveAnswer().isOK("/chunked"));
	assertTrue (client.receiveAnswer().isOK("/next"));
	assertTrue (server.statistics().requests == 4);
}


void EVHTTPServerBodyTest::testUnreadBufferedBodyIsNotTheNextRequest()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxBufferedBytes(1024*1024);
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	RawClient client(server);
	std::string body; // more than Poco's HTTPSession reads at once
	while (body.size() < 500000) body += "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
	client.post("/post", body);
	assertTrue (client.receiveAnswer().isOK("/post"));
	assertTrue (client.ask("/get").isOK("/get"));
	assertTrue (server.statistics().requests == 2);
}


void EVHTTPServerBodyTest::testPartlyReadBodyIsNotTheNextRequest()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		char c = 0;
		request.stream().get(c);
		answer(response, std::string(1, c));
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	client.post("/", "abcdef");
	assertTrue (client.receiveAnswer().isOK("a"));
	client.post("/", "ghi");
	assertTrue (client.receiveAnswer().isOK("g"));
}


void EVHTTPServerBodyTest::testUnreadLargeBodyDoesNotLoseResponse()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setLingerTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	Poco::UInt64 count = 0;
	for (bool chunked: {false, true})
	{
		RawClient client(server);
		std::string body;
		while (body.size() < 2000000) body += "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
		if (chunked) client.send("POST /large HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + body);
		else client.post("/large", body); // all of it, before the answer is looked at
		assertTrue (client.receiveAnswer().isOK("/large"));
		assertTrue (client.hasEnded()); // without a reset
		client.socket().close();
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER, ++count));
	}
	assertTrue (server.statistics().requests == 2);
}


void EVHTTPServerBodyTest::testSlowReaderHoldsNoThread()
{
	const std::string body = pattern(700*1024);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() != "/large") return answerURI(request, response);
		limitSendBuffer(request);
		answer(response, body);
	}), 0, httpParams(1));
	server.start();
	std::vector<RawClient> slow;
	for (int i = 0; i < 5; i++)
	{
		slow.emplace_back(server);
		slow.back().get("/large");
	}
	assertTrue (waitFor([&] { return server.statistics().flushing == 5; }));
	for (int i = 0; i < 5; i++) assertTrue (RawClient(server).ask("/small").isOK("/small"));
	for (RawClient& client: slow)
	{
		client.get("/next"); // its answer has to wait for the rest of the first one
		assertTrue (client.receiveAnswer().isOK(body));
		assertTrue (client.receiveAnswer().isOK("/next"));
	}
}


void EVHTTPServerBodyTest::testFlushedOutputArrivesWhileHandlerRuns()
{
	const std::string body = pattern(500000);
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		limitSendBuffer(request);
		response.setContentLength64(static_cast<Poco::Int64>(body.size()) + 4);
		std::ostream& ostr = response.send();
		(ostr << body).flush();
		gate.pass(); // opened when the client has got that
		ostr << "last";
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	client.get("/");
	assertTrue (gate.holds(1));
	client.socket().setReceiveTimeout(Poco::Timespan(DEADLINE/4*Poco::Timespan::MILLISECONDS));
	std::string header;
	while (header.find("\r\n\r\n") == std::string::npos) header += receive(client.socket(), 1);
	std::string received;
	try
	{
		received = receive(client.socket(), body.size());
	}
	catch (Poco::TimeoutException&)
	{
	}
	assertTrue (received == body);
	gate.open();
	assertEqual ("last", receive(client.socket(), 4));
}


void EVHTTPServerBodyTest::testLargeDownload()
{
	const std::string body = pattern(5*1024*1024);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() != "/large") return answerURI(request, response);
		limitSendBuffer(request);
		answer(response, body);
	}), 0, httpParams(2));
	server.start();
	RawClient slow(server);
	slow.get("/large");
	assertTrue (waitFor([&] { return server.currentThreads() == 1; }));
	for (int i = 0; i < 5; i++) assertTrue (RawClient(server).ask("/small").isOK("/small"));
	std::string received;
	while (received.size() < 100000)
	{
		received += receive(slow.socket(), 10000);
		sleepFor(1);
	}
	received += receive(slow.socket(), body.size() - received.size());
	const std::string::size_type start = received.find("\r\n\r\n") + 4;
	received += receive(slow.socket(), start + body.size() - received.size());
	assertTrue (received.compare(start, std::string::npos, body) == 0);
	assertTrue (slow.ask("/next").isOK("/next"));

	// What is sent after maxPendingOutput waits for the client, with the only thread.
	EVHTTPServer single(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response) { answer(response, body); }), 0, httpParams(1));
	single.start();
	Client client(single);
	assertTrue (client.ask("/").isOK(body));
	assertTrue (client.ask("/").isOK(body));
}


void EVHTTPServerBodyTest::testInAvail()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		std::streambuf& buffer = *request.stream().rdbuf();
		std::string counts = std::to_string(buffer.in_avail());
		for (std::streamsize n = buffer.in_avail(); n > 0; n = buffer.in_avail())
		{
			while (n-- > 0) buffer.sbumpc();
		}
		counts += " " + std::to_string(buffer.in_avail());
		answer(response, counts);
	}), 0, smallBuffers());
	server.start();
	RawClient client(server);
	assertTrue (client.ask("/").isOK("-1 -1"));
	client.post("/", "abc");
	assertTrue (client.receiveAnswer().isOK("3 -1"));
	// more may come: neither an end nor bytes
	const std::string header = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n";
	client.send(header + std::string(SMALL_BUFFER - header.size(), 'x'));
	assertTrue (client.receiveAnswer().isOK(std::to_string(SMALL_BUFFER - header.size()) + " 0"));
}


void EVHTTPServerBodyTest::testBodyToTheEnd()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	const std::string body = pattern(100000);
	RawClient client(server);
	client.send("POST / HTTP/1.0\r\n\r\n" + body);
	client.socket().shutdownSend();
	assertTrue (client.receiveAnswer().isOK(body));
	assertTrue (client.hasEnded());
}


void EVHTTPServerBodyTest::testMalformedRestOfAnUnreadBody()
{
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		gate.pass(); // opened when the rest has been sent
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("POST /post HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + std::string(80000, 'x'));
	assertTrue (gate.holds(1));
	client.send(std::string(20000, 'x') + "\r\nno size\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n");
	gate.open();
	assertTrue (client.receiveAnswer().isOK("/post"));
	assertTrue (client.hasEnded());
	client.socket().close();
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER));
	assertTrue (server.statistics().requests == 1);
}


void EVHTTPServerBodyTest::testFileForASlowReader()
{
	const std::string content = pattern(3*1024*1024);
	Poco::TemporaryFile file;
	Poco::FileOutputStream(file.path()) << content;
	std::atomic<bool> sent(false);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() != "/file") return answerURI(request, response);
		limitSendBuffer(request);
		response.sendFile(file.path(), "text/plain");
		sent = true;
	}), 0, httpParams(1, 1));
	server.start();
	RawClient client(server);
	client.get("/file");
	client.get("/next");
	assertTrue (waitFor([&] { return sent && server.statistics().flushing == 1; })); // the handler has not waited
	assertTrue (RawClient(server).ask("/").isOK("/")); // the only thread is free
	assertTrue (client.receiveAnswer().isOK(content));
	assertTrue (client.receiveAnswer().isOK("/next"));
	assertTrue (client.ask("/next").isOK("/next"));
}


void EVHTTPServerBodyTest::testFileForAClientThatTakesNothing()
{
	const TestClock clock;
	ErrorCollector errors;
	Poco::TemporaryFile file;
	Poco::FileOutputStream(file.path()) << "content";
	file.setSize(32*1024*1024);
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setTimeout(Poco::Timespan(2, 0));
	EVHTTPServer server(serveFile(file.path()), 0, pParams);
	server.start();
	RawClient client(server);
	client.get("/file");
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_SEND_TIMEOUT));
}


void EVHTTPServerBodyTest::testFileForAClientThatResets()
{
	ErrorCollector errors;
	Poco::TemporaryFile file;
	Poco::FileOutputStream(file.path()) << "content";
	file.setSize(32*1024*1024);
	EVHTTPServer server(serveFile(file.path()), 0, httpParams(1));
	server.start();
	RawClient client(server);
	client.get("/file");
	assertTrue (waitFor([&] { return client.socket().available() > 0; })); // it has begun with the file
	resetConnection(client.socket());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
	assertEqual ("", errors.text()); // as for a response that is written to the stream
	assertTrue (RawClient(server).ask("/").isOK("/")); // the only thread is free
}


void EVHTTPServerBodyTest::testFileBecomesShorter()
{
	ErrorCollector errors;
	Poco::TemporaryFile file;
	Poco::FileOutputStream(file.path()) << "content";
	file.setSize(32*1024*1024);
	EVHTTPServer server(serveFile(file.path()), 0, httpParams(1, 1));
	server.start();
	RawClient client(server);
	client.get("/file");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; })); // it has begun with the file
	file.setSize(7);
	const Answer answer = client.receiveAnswer();
	assertEqual (200, answer.status);
	assertFalse (answer.complete);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
	assertTrue (RawClient(server).ask("/").isOK("/"));
}


void EVHTTPServerBodyTest::testExpectContinueHoldsNoThread()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams(2));
	server.start();
	const std::string header = "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n";
	std::vector<std::unique_ptr<RawClient>> silent;
	for (int i = 0; i < 16; i++)
	{
		silent.emplace_back(new RawClient(server));
		silent.back()->send(header + (i % 2 == 0 ? "Content-Length: 10\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n"));
	}
	for (auto& pClient: silent) assertEqual (100, pClient->receiveAnswer().status);
	assertTrue (waitFor([&] { return server.statistics().reading == 16; }));
	assertEqual (0, server.statistics().running);
	RawClient good(server);
	for (int i = 0; i < 20; i++)
	{
		good.post("/", "good");
		assertTrue (good.receiveAnswer().isOK("good"));
	}
	for (std::size_t i = 0; i < silent.size(); i++) silent[i]->send(i % 2 == 0 ? "0123456789" : "a\r\n0123456789\r\n0\r\n\r\n");
	for (auto& pClient: silent) assertTrue (pClient->receiveAnswer().isOK("0123456789"));
}


void EVHTTPServerBodyTest::testExpectContinueInOrder()
{
	// 100 Continue comes behind the responses to the requests before it, and only if the body has not been sent anyway.
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	RawClient client(server);
	const std::string header = "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n";
	for (int i = 0; i < 3; i++)
	{
		client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nfirst" + header);
		assertTrue (client.receiveAnswer().isOK("first"));
		assertEqual (100, client.receiveAnswer().status);
		client.send("0123");
		client.send("456789");
		assertTrue (client.receiveAnswer().isOK("0123456789"));
		client.send(header + "01234");
		client.send("56789");
		assertTrue (client.receiveAnswer().isOK("0123456789"));
		client.send(header + "0123456789" + header);
		assertTrue (client.receiveAnswer().isOK("0123456789"));
		assertEqual (100, client.receiveAnswer().status);
		client.send("0123456789");
		assertTrue (client.receiveAnswer().isOK("0123456789"));
	}
}


void EVHTTPServerBodyTest::testExpectContinueBehindASlowReader()
{
	// There is no room for it in the kernel's buffer at first.
	const std::string body = pattern(3*1024*1024);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/large") response.sendBuffer(body.data(), body.size());
		else answerBody(request, response);
	}), 0, httpParams());
	server.start();
	StreamSocket socket(Poco::Net::SocketAddress::IPv4);
	socket.setReceiveBufferSize(4096);
	socket.connect(Poco::Net::SocketAddress("127.0.0.1", server.port()), Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	socket.setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	RawClient client(socket);
	client.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\nPOST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	assertTrue (client.receiveAnswer().isOK(body));
	assertEqual (100, client.receiveAnswer().status);
	client.send("body");
	assertTrue (client.receiveAnswer().isOK("body"));
}


void EVHTTPServerBodyTest::testRefusedBeforeContinue()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxBodySize(1000);
	EVHTTPServer server(serveHTTP(answerBody), 0, pParams);
	server.start();
	const std::string line = "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n";
	const std::pair<int, std::string> refused[] = {{413, line + "Content-Length: 1001\r\n\r\n"}, {411, line + "\r\n"}, {400, line + "Host: b\r\nContent-Length: 1\r\n\r\n"},
		{417, line + "Expect: more\r\nContent-Length: 1\r\n\r\n"}, {400, line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"}};
	for (const auto& refusal: refused)
	{
		RawClient client(server);
		client.send(refusal.second);
		assertEqual (refusal.first, client.receiveAnswer().status);
		assertTrue (client.hasEnded());
	}
}


void EVHTTPServerBodyTest::testHandlerSendsContinue()
{
	// As with Poco, once for each call, which does no harm.
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getExpectContinue()) response.sendContinue();
		answerBody(request, response);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
	assertEqual (100, client.receiveAnswer().status);
	client.send("body");
	assertEqual (100, client.receiveAnswer().status);
	assertTrue (client.receiveAnswer().isOK("body"));
	assertTrue (client.ask("/").isOK(""));
}


CppUnit::Test* EVHTTPServerBodyTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerBodyTest");

	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testLargeBody);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testLargeChunkedBody);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testSmallBodyIsCompleteBeforeHandler);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testLargeBodyIsStreamed);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testLargeChunkedBodyThenNextRequest);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testBodyAtLimit);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testExpectContinue);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testExpectContinueChunked);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testExpectContinueRefused);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testPostWithoutLength);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testTrailers);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testUnreadBodyIsNotTheNextRequest);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testUnreadBufferedBodyIsNotTheNextRequest);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testPartlyReadBodyIsNotTheNextRequest);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testUnreadLargeBodyDoesNotLoseResponse);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testSlowReaderHoldsNoThread);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testFlushedOutputArrivesWhileHandlerRuns);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testLargeDownload);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testInAvail);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testBodyToTheEnd);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testMalformedRestOfAnUnreadBody);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testFileForASlowReader);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testFileForAClientThatTakesNothing);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testFileForAClientThatResets);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testFileBecomesShorter);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testExpectContinueHoldsNoThread);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testExpectContinueInOrder);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testExpectContinueBehindASlowReader);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testRefusedBeforeContinue);
	CppUnit_addTest(pSuite, EVHTTPServerBodyTest, testHandlerSendsContinue);

	return pSuite;
}
