//
// EVHTTPServerKeepAliveTest.cpp
//
// Persistent connections: how long they live, and that they cost no thread.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerKeepAliveTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/Any.h"
#include "Poco/Net/HTTPServerSession.h"


EVHTTPServerKeepAliveTest::EVHTTPServerKeepAliveTest(const std::string& name): ClockedTest(name)
{
}


void EVHTTPServerKeepAliveTest::testConnectionClose()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient client(server);
	assertTrue (!client.ask("/1").saysClose());
	const Answer answer = client.ask("/2", "Connection: close\r\n");
	assertTrue (answer.isOK("/2"));
	assertTrue (answer.saysClose());
	assertTrue (client.hasEnded());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER));
}


void EVHTTPServerKeepAliveTest::testNothingAfterConnectionClose()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("GET /1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
	assertTrue (client.receiveAnswer().isOK("/1"));
	assertTrue (client.hasEnded()); // without a reset
	assertTrue (server.statistics().requests == 1);
}


void EVHTTPServerKeepAliveTest::testHandlerSaysClose()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.setKeepAlive(false);
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	const Answer answer = client.ask("/");
	assertTrue (answer.isOK("/"));
	assertTrue (answer.saysClose());
	assertTrue (client.hasEnded());
}


void EVHTTPServerKeepAliveTest::testKeepAliveOff()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setKeepAlive(false);
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	for (int i = 0; i < 3; i++)
	{
		RawClient client(server);
		const Answer answer = client.ask("/");
		assertTrue (answer.isOK("/"));
		assertTrue (answer.saysClose());
		assertTrue (client.hasEnded());
	}
}


void EVHTTPServerKeepAliveTest::testMaxKeepAliveRequests()
{
	for (int most: {1, 2, 4})
	{
		EVHTTPServerParams::Ptr pParams = httpParams();
		pParams->setMaxKeepAliveRequests(most);
		EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
		server.start();
		RawClient client(server);
		for (int i = 1; i <= most; i++)
		{
			const Answer answer = client.ask("/");
			assertTrue (answer.isOK("/"));
			assertTrue (answer.saysClose() == (i == most));
		}
		assertTrue (client.hasEnded());

		RawClient pipelining(server);
		std::string requests;
		for (int i = 0; i < 6; i++) requests += "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
		pipelining.send(requests);
		for (int i = 1; i <= most; i++) assertTrue (pipelining.receiveAnswer().isOK("/"));
		assertTrue (pipelining.hasEnded());
		assertTrue (server.statistics().requests == static_cast<Poco::UInt64>(2*most));
	}
}


void EVHTTPServerKeepAliveTest::testUnlimitedRequests()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxKeepAliveRequests(0);
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	RawClient client(server);
	for (int i = 0; i < 300; i++)
	{
		const Answer answer = client.ask("/");
		assertTrue (answer.isOK("/"));
		assertTrue (!answer.saysClose());
	}
}


void EVHTTPServerKeepAliveTest::testPlainParams()
{
	Poco::Net::HTTPServerParams::Ptr pParams = new Poco::Net::HTTPServerParams;
	pParams->setMaxKeepAliveRequests(2);
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	RawClient client(server);
	assertTrue (!client.ask("/").saysClose());
	assertTrue (client.ask("/").saysClose());
	assertTrue (client.hasEnded());
}


void EVHTTPServerKeepAliveTest::testKeepAliveTimeout()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setKeepAliveTimeout(Poco::Timespan(2, 0));
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	RawClient client(server);
	const Stopwatch stopwatch;
	assertTrue (client.ask("/").isOK("/"));
	assertTrue (client.hasEnded());
	assertTrue (stopwatch.elapsed() >= 1990);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
}


void EVHTTPServerKeepAliveTest::testRunningRequestIsNotIdle()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setKeepAliveTimeout(Poco::Timespan(500*Poco::Timespan::MILLISECONDS));
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		sleepFor(3000);
		answerURI(request, response);
	}), 0, pParams);
	server.start();
	RawClient client(server);
	assertTrue (client.ask("/").isOK("/"));
	assertTrue (client.hasEnded());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
}


void EVHTTPServerKeepAliveTest::testSessionData()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		Poco::Net::HTTPSession& session = static_cast<Poco::Net::HTTPServerRequestImpl&>(request).session();
		const int count = session.sessionData().empty() ? 1 : Poco::AnyCast<int>(session.sessionData()) + 1;
		session.attachSessionData(count);
		answer(response, std::to_string(count));
	}), 0, httpParams(4));
	server.start();
	RawClient first(server);
	assertTrue (first.ask("/").isOK("1"));
	assertTrue (first.ask("/").isOK("2"));
	RawClient second(server);
	assertTrue (second.ask("/").isOK("1"));
	assertTrue (first.ask("/").isOK("3"));
	assertTrue (second.ask("/").isOK("2"));
}


void EVHTTPServerKeepAliveTest::testSixConnectionsOneThread()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams(1));
	server.start();
	std::vector<RawClient> browser;
	for (int i = 0; i < 6; i++) browser.emplace_back(server);
	for (int round = 0; round < 5; round++)
	{
		// the last one first: the others are there, and idle
		for (auto it = browser.rbegin(); it != browser.rend(); ++it) assertTrue (it->ask("/").isOK("/"));
	}
	assertTrue (server.statistics().accepted == 6);
}


void EVHTTPServerKeepAliveTest::testMoreClientsThanThreads()
{
	for (EVServerOptions::ExecutionPolicy policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		for (int threads: {1, 4})
		{
			EVHTTPServer server(serveHTTP(answerURI), 0, httpParams(threads, 0, policy));
			server.start();
			std::vector<RawClient> clients;
			for (int i = 0; i < 40; i++) clients.emplace_back(server);
			for (int round = 0; round < 5; round++)
			{
				for (int i = 0; i < 40; i++) clients[i].get("/" + std::to_string(i));
				for (int i = 0; i < 40; i++) assertTrue (clients[i].receiveAnswer().isOK("/" + std::to_string(i)));
			}
			assertTrue (server.statistics().requests == 200);
			assertTrue (server.currentThreads() <= threads);
		}
	}
}


void EVHTTPServerKeepAliveTest::testBlockingHandlersWithManyClients()
{
	for (EVServerOptions::ExecutionPolicy policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		std::atomic<int> running(0), most(0);
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			const int now = ++running;
			for (int before = most; now > before && !most.compare_exchange_weak(before, now); ) {}
			sleepFor(2);
			--running;
			answerURI(request, response);
		}), 0, httpParams(4, 0, policy));
		server.start();
		const std::string errors = inParallel(8, [&](int)
		{
			std::vector<RawClient> clients;
			for (int i = 0; i < 5; i++) clients.emplace_back(server);
			for (int round = 0; round < 5; round++)
			{
				for (RawClient& client: clients) client.get("/");
				for (RawClient& client: clients)
				{
					if (!client.receiveAnswer().isOK("/")) throw Poco::DataException("wrong answer");
				}
			}
		});
		assertEqual ("", errors);
		assertTrue (most <= 4);
	}
}


void EVHTTPServerKeepAliveTest::testManyIdleConnections()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams(2));
	server.start();
	std::vector<RawClient> idle;
	for (int i = 0; i < 300; i++)
	{
		idle.emplace_back(server);
		assertTrue (idle.back().ask("/").isOK("/"));
	}
	assertTrue (waitFor([&] { return server.statistics().idle == 300 && server.currentThreads() == 0; }));
	const Stopwatch stopwatch;
	for (int i = 0; i < 10; i++) assertTrue (RawClient(server).ask("/new").isOK("/new"));
	assertTrue (stopwatch.elapsed() < DEADLINE/4);
	for (RawClient& client: idle) assertTrue (client.ask("/again").isOK("/again"));
	assertTrue (server.statistics().accepted == 310);
}


void EVHTTPServerKeepAliveTest::testConnectionFieldOfHandler()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.set("Connection", request.get("X-Set"));
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	for (const char* value: {"close, upgrade", "upgrade,close", "Close\t", ""})
	{
		RawClient client(server);
		client.get("/", "X-Set: " + std::string(value) + "\r\nConnection: close\r\n");
		const Answer answer = client.receiveAnswer();
		assertTrue (answer.isOK("/"));
		assertTrue (answer.field("Connection").find("lose") != std::string::npos);
		assertTrue (client.hasEnded());
	}
	for (const char* value: {"close, upgrade", "upgrade,close"})
	{
		RawClient client(server);
		assertTrue (client.ask("/", "X-Set: " + std::string(value) + "\r\n").isOK("/"));
		assertTrue (client.hasEnded());
	}
	RawClient client(server);
	assertTrue (client.ask("/", "X-Set: upgrade\r\n").isOK("/"));
	assertTrue (client.ask("/", "X-Set: upgrade\r\n").isOK("/"));
	// In HTTP/1.0, this means that the connection does not persist.
	client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\nX-Set: upgrade\r\n\r\n");
	assertTrue (client.receiveAnswer().isOK("/"));
	assertTrue (client.hasEnded());
}


void EVHTTPServerKeepAliveTest::testHandlerRemovesTheConnectionField()
{
	// Then the version says whether the connection persists (RFC 9112, section 9.3).
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.erase("Connection");
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	for (int i = 0; i < 2; i++)
	{
		const Answer answer = client.ask("/1.1");
		assertTrue (answer.isOK("/1.1"));
		assertTrue (!answer.header.has("Connection"));
	}
	const Answer last = client.ask("/last", "Connection: close\r\n");
	assertTrue (last.isOK("/last"));
	assertTrue (last.saysClose());
	assertTrue (client.hasEnded());
	RawClient old(server);
	old.send("GET /1.0 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
	const Answer answer = old.receiveAnswer();
	assertTrue (answer.isOK("/1.0"));
	assertTrue (!answer.header.has("Connection"));
	assertTrue (old.hasEnded());
}


void EVHTTPServerKeepAliveTest::testWhatIsSaidAboutAnUnreadBody()
{
	// The handler does not read the body, of which only the beginning has arrived.
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/refuse") response.setStatusAndReason(HTTPResponse::HTTP_UNAUTHORIZED);
		answer(response, request.getURI());
	}), 0, smallBuffers());
	server.start();
	const std::string line = "POST /refuse HTTP/1.1\r\nHost: localhost\r\n";
	const std::string some = pattern(2000);
	{
		// What is left is known and little: it is thrown away when it comes, and takes no thread.
		RawClient client(server);
		const std::string rest = pattern(100000 - some.size());
		for (int i = 0; i < 3; i++)
		{
			client.send(line + "Content-Length: 100000\r\n\r\n" + some);
			const Answer refused = client.receiveAnswer();
			assertEqual (401, refused.status);
			assertTrue (refused.complete && !refused.saysClose());
			assertTrue (waitFor([&] { return server.statistics().running == 0; }));
			client.send(rest.substr(0, 10));
			client.send(rest.substr(10));
			assertTrue (client.ask("/next").isOK("/next"));
		}
		assertTrue (server.statistics().accepted == 1);
	}
	for (const std::string& length: {std::string("Content-Length: 100000000\r\n\r\n") + some, "Transfer-Encoding: chunked\r\n\r\n" + std::string("7d0\r\n") + some})
	{
		RawClient client(server);
		client.send(line + length);
		const Answer refused = client.receiveAnswer();
		assertEqual (401, refused.status);
		assertTrue (refused.complete && refused.saysClose());
		assertTrue (client.hasEnded());
	}
}


void EVHTTPServerKeepAliveTest::testKeepAliveTimeoutZero()
{
	// As with Poco: no waiting for a next request. But here this is said.
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setKeepAliveTimeout(0);
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	{
		RawClient client(server);
		const Answer answer = client.ask("/");
		assertTrue (answer.isOK("/") && answer.saysClose());
		assertTrue (client.hasEnded());
	}
	RawClient client(server);
	client.send("GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
	const Answer first = client.receiveAnswer();
	assertTrue (first.isOK("/1") && !first.saysClose());
	const Answer second = client.receiveAnswer();
	assertTrue (second.isOK("/2") && second.saysClose());
	assertTrue (client.hasEnded());
}


void EVHTTPServerKeepAliveTest::testEmptyLineBehindABody()
{
	// The connection is idle: there is no request that could be late.
	for (const char* end: {"\r\n", "\r"})
	{
		EVHTTPServerParams::Ptr pParams = httpParams();
		pParams->setTimeout(Poco::Timespan(2, 0));
		pParams->setKeepAliveTimeout(Poco::Timespan(10, 0));
		EVHTTPServer server(serveHTTP(answerBody), 0, pParams);
		server.start();
		RawClient client(server);
		client.post("/", "body", "");
		assertTrue (client.receiveAnswer().isOK("body"));
		client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody" + std::string(end));
		assertTrue (client.receiveAnswer().isOK("body"));
		assertTrue (client.hasEnded());
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
	}
}


void EVHTTPServerKeepAliveTest::testEmptyLineAndDrain()
{
	for (const char* end: {"\r\n", "\r"})
	{
		EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
		server.start();
		RawClient client(server);
		client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody" + std::string(end));
		assertTrue (client.receiveAnswer().isOK("body"));
		assertTrue (server.drain(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS)));
		assertTrue (client.hasEnded());
	}
}


void EVHTTPServerKeepAliveTest::testEmptyLineInPieces()
{
	// It makes no difference in which pieces the bytes arrive.
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	const std::string get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
	const std::pair<bool, std::string> inputs[] = {{true, "\r\n"}, {false, "\r\n\r\n"}, {false, "\r"}, {false, "\r\r\n"}, {false, "\n"}, {false, "\r\n\n"}};
	for (const auto& input: inputs)
	{
		for (bool first: {true, false})
		{
			RawClient client(server);
			if (!first) assertTrue (client.ask("/").isOK("/"));
			for (char c: input.second + get.substr(0, 1))
			{
				// each byte by itself, or nearly so: the other connection shows that it has been seen
				client.send(std::string(1, c));
				assertTrue (RawClient(server).ask("/").isOK("/"));
			}
			client.send(get.substr(1));
			assertEqual (input.first ? 200 : 400, client.receiveAnswer().status);
		}
	}
}


CppUnit::Test* EVHTTPServerKeepAliveTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerKeepAliveTest");

	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testConnectionClose);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testNothingAfterConnectionClose);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testHandlerSaysClose);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testKeepAliveOff);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testMaxKeepAliveRequests);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testUnlimitedRequests);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testPlainParams);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testKeepAliveTimeout);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testRunningRequestIsNotIdle);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testSessionData);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testSixConnectionsOneThread);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testMoreClientsThanThreads);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testBlockingHandlersWithManyClients);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testManyIdleConnections);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testConnectionFieldOfHandler);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testHandlerRemovesTheConnectionField);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testWhatIsSaidAboutAnUnreadBody);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testKeepAliveTimeoutZero);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testEmptyLineBehindABody);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testEmptyLineAndDrain);
	CppUnit_addTest(pSuite, EVHTTPServerKeepAliveTest, testEmptyLineInPieces);

	return pSuite;
}
