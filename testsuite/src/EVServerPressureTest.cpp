//
// EVServerPressureTest.cpp
//
// Clients that are slow or many, queues that are full, handlers that take long.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVServerPressureTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include <memory>
#include <vector>


namespace
{
	const Poco::Timespan PERIOD(3, 0);

	EVHTTPServerParams::Ptr shortPeriods(int minDataRate)
	{
		EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
		pParams->setTimeout(PERIOD);
		pParams->setMinDataRate(minDataRate);
		return pParams;
	}

	std::string postHeader(std::size_t length)
	{
		return "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
	}

	class BusyServer
		/// A server whose only thread and whose queue are taken.
	{
	public:
		BusyServer():
			_server(serveHTTP([this](HTTPServerRequest& request, HTTPServerResponse& response)
			{
				if (request.getURI() == "/slow") gate.pass();
				answerURI(request, response);
			}), 0, params()),
			_running((_server.start(), new RawClient(_server))),
			_queued(new RawClient(_server))
		{
			_running->get("/slow");
			gate.holds(1);
			_queued->get("/queued");
			waitFor([this] { return _server.statistics().queued == 1; });
		}

		~BusyServer()
		{
			gate.open();
		}

		EVHTTPServer& server()
		{
			return _server;
		}

		bool everyoneIsAnswered()
		{
			gate.open();
			return _running->receiveAnswer().isOK("/slow") && _queued->receiveAnswer().isOK("/queued");
		}

		Gate gate;

	private:
		static EVHTTPServerParams::Ptr params()
		{
			EVHTTPServerParams::Ptr pParams = httpParams(1, 1, EVServerOptions::EXECUTE_DEDICATED);
			pParams->setMaxQueued(1);
			pParams->setRetryAfter(7);
			return pParams;
		}

		EVHTTPServer _server;
		std::unique_ptr<RawClient> _running;
		std::unique_ptr<RawClient> _queued;
	};
}


EVServerPressureTest::EVServerPressureTest(const std::string& name): ClockedTest(name)
{
}


void EVServerPressureTest::testLateRequestIsAnswered()
{
	// RFC 9110, section 15.5.9
	EVHTTPServer server(serveHTTP(answerURI), 0, shortPeriods(0));
	server.start();
	for (const std::string& part: {std::string("GET / HT"), postHeader(10), postHeader(0) + "GET"})
	{
		RawClient client(server);
		client.send(part);
		if (part.back() == 'T' && part.size() > 10) assertTrue (client.receiveAnswer().isOK("/"));
		const Answer answer = client.receiveAnswer();
		assertEqual (408, answer.status);
		assertTrue (answer.complete && answer.saysClose() && answer.header.has("Date"));
		assertTrue (client.hasEnded());
	}
	RawClient idle(server);
	assertTrue (idle.hasEnded()); // nobody has asked anything
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT) == 3; }));
}


void EVServerPressureTest::testFullQueueIsAnswered()
{
	// RFC 9110, section 15.6.4
	BusyServer busy;
	RawClient client(busy.server());
	const Answer answer = client.ask("/");
	assertEqual (503, answer.status);
	assertEqual (std::string("7"), answer.field("Retry-After"));
	assertTrue (answer.complete && !answer.saysClose());
	RawClient old(busy.server());
	old.send("GET / HTTP/1.0\r\n\r\n");
	assertEqual (503, old.receiveAnswer().status);
	assertTrue (old.hasEnded());
	assertTrue (waitFor([&] { return closed(busy.server(), EVServerStatistics::CLOSED_REFUSED) == 1; }));
	assertTrue (busy.server().statistics().refused == 2);
	assertTrue (balances(busy.server()));
	assertTrue (busy.everyoneIsAnswered());
}


void EVServerPressureTest::testFullQueueAnswersAndGoesOn()
{
	BusyServer busy;
	RawClient client(busy.server());
	client.send(postHeader(5) + "hello" + "GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
	for (int i = 0; i < 3; i++) assertEqual (503, client.receiveAnswer().status);
	assertTrue (busy.everyoneIsAnswered());
	assertTrue (client.ask("/3").isOK("/3"));
	assertTrue (balances(busy.server()));
	assertTrue (busy.server().statistics().refused == 3);
}


void EVServerPressureTest::testFullQueueWithUnreadBodyCloses()
{
	BusyServer busy;
	RawClient client(busy.server());
	client.send(postHeader(1024*1024) + std::string(64*1024, 'x'));
	const Answer answer = client.receiveAnswer();
	assertEqual (503, answer.status);
	assertTrue (answer.saysClose());
	assertTrue (client.hasEnded());
	assertTrue (busy.everyoneIsAnswered());
}


void EVServerPressureTest::testRawClientsWaitWhenQueueIsFull()
{
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(1, 1, EVServerOptions::EXECUTE_DEDICATED);
	pParams->setMaxQueued(1);
	EVTCPServer server(serve([&](ServedConnection& connection)
	{
		gate.pass();
		echo(connection);
	}), 0, pParams);
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 5; i++)
	{
		clients.push_back(connectTo(server));
		sendAll(clients.back(), std::to_string(i));
		if (i == 0) assertTrue (gate.holds(1));
	}
	assertTrue (waitFor([&] { return server.statistics().queued == 1; }));
	gate.open();
	for (int i = 0; i < 5; i++) assertEqual (std::to_string(i), receiveSome(clients[static_cast<std::size_t>(i)]));
	assertTrue (server.statistics().refused == 0);
}


void EVServerPressureTest::testBodiesThatShareTooLittleMemory()
{
	// Each gets a part of it. None must wait for what the others have, nor small requests for the bodies.
	const int bodies = 8;
	const std::size_t length = 60000;
	EVHTTPServerParams::Ptr pParams = httpParams(bodies, 1);
	pParams->setMaxTotalBufferedBytes(256*1024);
	EVHTTPServer server(serveHTTP(answerBody), 0, pParams);
	server.start();
	std::vector<std::unique_ptr<RawClient>> clients;
	for (int i = 0; i < bodies; i++)
	{
		clients.emplace_back(new RawClient(server));
		clients.back()->send(postHeader(length) + std::string(length - 1, static_cast<char>('a' + i)));
	}
	assertTrue (waitFor([&] { return server.statistics().running > 0; }));
	RawClient small(server);
	assertTrue (small.ask("/").isOK(""));
	for (int i = 0; i < bodies; i++) clients[static_cast<std::size_t>(i)]->send(std::string(1, static_cast<char>('a' + i)));
	for (int i = 0; i < bodies; i++) assertTrue (clients[static_cast<std::size_t>(i)]->receiveAnswer().isOK(std::string(length, static_cast<char>('a' + i))));
	assertTrue (balances(server));
}


void EVServerPressureTest::testLargeBodiesWaitForTheirBeginning()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams(1, 1));
	server.start();
	const std::string body = pattern(100000);
	RawClient lengthy(server), chunked(server), other(server);
	lengthy.send(postHeader(body.size()) + body.substr(0, 60000));
	chunked.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n" + body.substr(0, 60000));
	assertTrue (waitFor([&] { return server.statistics().reading == 2; }));
	assertTrue (other.ask("/").isOK(""));
	lengthy.send(body.substr(60000));
	assertTrue (lengthy.receiveAnswer().isOK(body));
	chunked.send(body.substr(60000) + "\r\n0\r\n\r\n");
	assertTrue (chunked.receiveAnswer().isOK(body));
}


void EVServerPressureTest::testLateBodyOfASilentHandler()
{
	EVHTTPServerParams::Ptr pParams = shortPeriods(0);
	pParams->setMaxBufferedBytes(SMALL_BUFFER);
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse&) { bodyOf(request); }), 0, pParams);
	server.start();
	RawClient late(server);
	late.send(postHeader(2000) + std::string(1500, 'x'));
	const Answer answer = late.receiveAnswer();
	assertEqual (408, answer.status);
	assertTrue (answer.complete && answer.saysClose());
	assertTrue (late.hasEnded());
	RawClient malformed(server);
	malformed.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5DC\r\n" + std::string(1500, 'x') + "no end");
	assertEqual (400, malformed.receiveAnswer().status);
	assertTrue (malformed.hasEnded());
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT) == 1 && closed(server, EVServerStatistics::CLOSED_BAD_REQUEST) == 1; }));
}


void EVServerPressureTest::testSlowBodyMayTakeLonger()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, shortPeriods(2));
	server.start();
	RawClient client(server);
	client.send(postHeader(40));
	const Stopwatch stopwatch;
	for (int i = 0; i < 20; i++)
	{
		Poco::Thread::sleep(500);
		client.send("ab"); // 4 bytes a second
	}
	assertTrue (stopwatch.elapsed() > 9000); // three periods
	assertEqual (200, client.receiveAnswer().status);
}


void EVServerPressureTest::testTooSlowBody()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, shortPeriods(1000));
	server.start();
	RawClient client(server);
	client.send(postHeader(1000));
	bool ended = false;
	for (int i = 0; i < 100 && !ended; i++)
	{
		Poco::Thread::sleep(200);
		client.send("a"); // 5 bytes a second
		ended = client.socket().available() > 0;
	}
	assertEqual (408, client.receiveAnswer().status);
	assertTrue (client.hasEnded());
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT) == 1; }));
}


void EVServerPressureTest::testTooSlowStreamedBody()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, shortPeriods(10000));
	server.start();
	RawClient client(server);
	client.send(postHeader(10*1024*1024));
	bool ended = false;
	for (int i = 0; i < 150 && !ended; i++)
	{
		Poco::Thread::sleep(200);
		try
		{
			client.send("a");
		}
		catch (Poco::Exception&)
		{
			ended = true;
		}
		ended = ended || client.socket().poll(0, StreamSocket::SELECT_READ);
	}
	assertTrue (ended);
	assertTrue (waitFor([&] { return server.statistics().running == 0; }));
	assertTrue (RawClient(server).ask("/").isOK(""));
}


void EVServerPressureTest::testTooSlowReader()
{
	// What waits for the client is kept: no thread waits.
	const std::string body = pattern(700*1024);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(65536);
		response.sendBuffer(body.data(), body.size());
	}), 0, shortPeriods(1000000));
	server.start();
	RawClient client(server);
	client.socket().setReceiveBufferSize(4096);
	client.get("/");
	char buffer[256];
	for (int i = 0; i < 200 && closed(server, EVServerStatistics::CLOSED_SEND_TIMEOUT) == 0; i++)
	{
		Poco::Thread::sleep(100);
		client.socket().receiveBytes(buffer, sizeof(buffer)); // 2.5 kB a second
	}
	assertTrue (closed(server, EVServerStatistics::CLOSED_SEND_TIMEOUT) == 1);
}


void EVServerPressureTest::testTooSlowReaderWithoutBuffer()
{
	const std::string body = pattern(700*1024);
	EVHTTPServerParams::Ptr pParams = shortPeriods(1000000);
	pParams->setMaxPendingOutput(0);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(65536);
		response.sendBuffer(body.data(), body.size());
	}), 0, pParams);
	server.start();
	RawClient client(server);
	client.socket().setReceiveBufferSize(4096);
	client.get("/");
	char buffer[256];
	for (int i = 0; i < 200 && closed(server, EVServerStatistics::CLOSED_SEND_TIMEOUT) == 0; i++)
	{
		Poco::Thread::sleep(100);
		client.socket().receiveBytes(buffer, sizeof(buffer));
	}
	assertTrue (closed(server, EVServerStatistics::CLOSED_SEND_TIMEOUT) == 1);
}


void EVServerPressureTest::testMaxTotalPendingOutput()
{
	// The first one is kept whole, as far as the system does not take it; of all others 64 KiB, and their handlers wait.
	const int clients = 8;
	const std::size_t budget = 1024*1024;
	const std::string body = pattern(900*1024);
	EVHTTPServerParams::Ptr pParams = httpParams(clients, 1, EVServerOptions::EXECUTE_DEDICATED);
	pParams->setMaxTotalPendingOutput(budget);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() != "/large") return answerURI(request, response);
		static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(65536);
		response.sendBuffer(body.data(), body.size());
	}), 0, pParams);
	server.start();
	std::vector<std::unique_ptr<RawClient>> slow;
	for (int i = 0; i < clients; i++)
	{
		slow.emplace_back(new RawClient(server));
		slow.back()->socket().setReceiveBufferSize(65536);
		slow.back()->get("/large");
		assertTrue (waitFor([&] { return server.statistics().pendingOutput > 400*1024 + static_cast<std::size_t>(i)*60000; }));
		assertTrue (waitFor([&] { return server.statistics().flushing == 1 && server.statistics().running == i; }));
	}
	assertTrue (server.statistics().pendingOutput <= budget + clients*65536); // and not 8 x 800 KiB
	assertTrue (RawClient(server).ask("/").isOK("/")); // one thread is left
	for (auto& pClient: slow) assertTrue (pClient->receiveAnswer().isOK(body));
	assertTrue (waitFor([&] { return server.statistics().pendingOutput == 0; }));
	for (auto& pClient: slow) assertTrue (pClient->ask("/").isOK("/"));
}


void EVServerPressureTest::testPendingOutputIsGivenBack()
{
	enum Way { TAKEN, PIPELINED, RESET, TIMED_OUT, DETACHED, STOPPED, WAYS };
	const std::string body = pattern(700*1024);
	for (int way = 0; way < WAYS; way++)
	{
		EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
		if (way == TIMED_OUT) pParams->setTimeout(Poco::Timespan(1, 0));
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() != "/large") return answerURI(request, response);
			static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(65536);
			response.sendBuffer(body.data(), body.size());
			if (way == DETACHED) detachSocket(request);
		}), 0, pParams);
		server.start();
		RawClient client(server);
		client.socket().setReceiveBufferSize(65536);
		if (way == PIPELINED)
		{
			client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
			assertTrue (client.receiveAnswer().isOK("/1"));
			assertTrue (client.receiveAnswer().isOK("/2"));
		}
		else
		{
			client.get("/large");
			if (way != TIMED_OUT) assertTrue (waitFor([&] { return server.statistics().pendingOutput > 300*1024; }));
		}
		if (way == TAKEN || way == DETACHED) assertTrue (client.receiveAnswer().isOK(body));
		else if (way == RESET) resetConnection(client.socket());
		else if (way == TIMED_OUT) assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_SEND_TIMEOUT));
		else if (way == STOPPED) server.stopAll(true);
		assertTrue (waitFor([&] { return server.statistics().pendingOutput == 0; }));
	}
}


void EVServerPressureTest::testOverdueHandler()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		ErrorCollector errors;
		Gate gate;
		EVHTTPServerParams::Ptr pParams = httpParams(2, 1, policy);
		pParams->setHandlerTimeout(Poco::Timespan(1, 0));
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/slow") gate.pass();
			answerURI(request, response);
		}), 0, pParams);
		server.start();
		RawClient client(server);
		client.get("/slow");
		assertTrue (waitFor([&] { return server.statistics().overdue == 1; }));
		assertTrue (RawClient(server).ask("/").isOK("/"));
		Poco::Thread::sleep(1500);
		assertTrue (server.statistics().overdue == 1 && errors.pocoExceptions() == 1); // once
		gate.open();
		assertTrue (client.receiveAnswer().isOK("/slow")); // reported only
		assertTrue (client.ask("/").isOK("/"));
	}
}


void EVServerPressureTest::testCloseIdleAtCapacity()
{
	EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
	pParams->setCapacity(3);
	pParams->setCloseIdleAtCapacity(true);
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	std::vector<std::unique_ptr<RawClient>> clients;
	for (int i = 0; i < 3; i++)
	{
		clients.emplace_back(new RawClient(server));
		assertTrue (clients.back()->ask("/").isOK("/"));
		Poco::Thread::sleep(2);
	}
	assertTrue (clients[0]->ask("/again").isOK("/again")); // so the second one is idle for the longest time
	RawClient another(server);
	assertTrue (another.ask("/").isOK("/"));
	assertTrue (clients[1]->hasEnded());
	assertTrue (clients[0]->ask("/").isOK("/") && clients[2]->ask("/").isOK("/"));
	assertTrue (closed(server, EVServerStatistics::CLOSED_FOR_ROOM) == 1);
	assertTrue (server.maxConcurrentConnections() == 3);
}


void EVServerPressureTest::testCloseIdleFindsWhatIsIdle()
{
	// Whoever ran the last request, if there was one: the leader, another thread, with or without a clock of its own.
	const int CAPACITY = 50;
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		for (int handlerTimeout: {0, 1, 3600})
		{
			for (bool silent: {false, true})
			{
				Gate gate;
				EVHTTPServerParams::Ptr pParams = httpParams(8, 1, policy);
				pParams->setCapacity(CAPACITY);
				pParams->setCloseIdleAtCapacity(true);
				pParams->setKeepAliveTimeout(Poco::Timespan(600, 0));
				pParams->setTimeout(Poco::Timespan(600, 0));
				pParams->setHandlerTimeout(Poco::Timespan(handlerTimeout, 0));
				EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
				{
					if (request.getURI() == "/busy") gate.pass();
					answerURI(request, response);
				}), 0, pParams);
				server.start();
				std::vector<std::unique_ptr<RawClient>> busy;
				for (int i = 0; i < 3; i++)
				{
					busy.emplace_back(new RawClient(server));
					busy.back()->get("/busy");
				}
				assertTrue (gate.holds(3));
				std::vector<std::unique_ptr<RawClient>> clients;
				for (int i = 3; i < CAPACITY; i++)
				{
					clients.emplace_back(new RawClient(server));
					if (!silent) assertTrue (clients.back()->ask("/").isOK("/"));
				}
				assertTrue (waitFor([&] { return server.statistics().open == CAPACITY; }));
				for (int i = 0; i < 10; i++)
				{
					RawClient another(server);
					assertTrue (another.ask("/").isOK("/"));
				}
				assertTrue (closed(server, EVServerStatistics::CLOSED_FOR_ROOM) > 0);
				gate.open();
				for (auto& pClient: busy) assertTrue (pClient->receiveAnswer().isOK("/busy"));
			}
		}
	}
}


void EVServerPressureTest::testSmallBudgetServesAllLoops()
{
	// As many requests at once as the budget has room for, all of one loop; then one of another loop.
	const int BLOCKS = 8;
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(BLOCKS, 2, EVServerOptions::EXECUTE_INLINE);
	pParams->setMaxTotalBufferedBytes(BLOCKS*8192);
	pParams->setAcceptPolicy(EVServerOptions::ACCEPT_ROUND_ROBIN);
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 2*BLOCKS; i++)
	{
		clients.push_back(connectTo(server));
		assertEqual(std::string("x\n"), exchange(clients.back(), "x\n"));
	}
	for (int loop = 0; loop < 2; loop++)
	{
		for (int round = 0; round < 3; round++)
		{
			for (int i = loop; i < 2*BLOCKS; i += 2) sendAll(clients[i], "half");
			assertTrue (waitFor([&] { return server.statistics().reading == BLOCKS; }));
			for (int i = loop; i < 2*BLOCKS; i += 2) sendAll(clients[i], "\n");
			for (int i = loop; i < 2*BLOCKS; i += 2) assertEqual(std::string("half"), receiveLine(clients[i]));
		}
	}
	assertTrue (balances(server));
}


void EVServerPressureTest::testMaxConnectionsPerAddress()
{
	EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
	pParams->setMaxConnectionsPerAddress(2);
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	RawClient first(server);
	{
		RawClient second(server);
		assertTrue (first.ask("/").isOK("/") && second.ask("/").isOK("/"));
		RawClient third(server);
		assertTrue (isClosed(third.socket()));
		assertTrue (closed(server, EVServerStatistics::CLOSED_ADDRESS_LIMIT) == 1);

		StreamSocket other; // from another address
		other.impl()->bind(Poco::Net::SocketAddress("127.0.0.2", 0), true);
		other.connect(Poco::Net::SocketAddress("127.0.0.1", server.port()));
		sendAll(other, "GET / HTTP/1.0\r\n\r\n");
		assertTrue (receiveSome(other).find("200 OK") != std::string::npos);
	}
	assertTrue (waitFor([&] { return server.currentConnections() == 1; }));
	assertTrue (RawClient(server).ask("/").isOK("/"));
	assertTrue (first.ask("/").isOK("/"));
}


void EVServerPressureTest::testClientConnected()
{
	Gate gate;
	std::atomic<int> before(-1);
	std::atomic<int> after(-1);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&)
	{
		if (before < 0) before = EVHTTPServer::clientConnected(request);
		gate.pass();
		waitFor([&] { return !EVHTTPServer::clientConnected(request); });
		after = EVHTTPServer::clientConnected(request);
	}), 0, httpParams(2, 1));
	server.start();
	{
		RawClient client(server);
		client.get("/");
		client.get("/next"); // unread bytes do not hide that it leaves
		assertTrue (gate.holds(1));
	}
	gate.open();
	assertTrue (waitFor([&] { return after == 0; }));
	assertEqual (1, before.load());
}


CppUnit::Test* EVServerPressureTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVServerPressureTest");

	CppUnit_addTest(pSuite, EVServerPressureTest, testLateRequestIsAnswered);
	CppUnit_addTest(pSuite, EVServerPressureTest, testFullQueueIsAnswered);
	CppUnit_addTest(pSuite, EVServerPressureTest, testFullQueueAnswersAndGoesOn);
	CppUnit_addTest(pSuite, EVServerPressureTest, testFullQueueWithUnreadBodyCloses);
	CppUnit_addTest(pSuite, EVServerPressureTest, testRawClientsWaitWhenQueueIsFull);
	CppUnit_addTest(pSuite, EVServerPressureTest, testBodiesThatShareTooLittleMemory);
	CppUnit_addTest(pSuite, EVServerPressureTest, testLargeBodiesWaitForTheirBeginning);
	CppUnit_addTest(pSuite, EVServerPressureTest, testLateBodyOfASilentHandler);
	CppUnit_addTest(pSuite, EVServerPressureTest, testSlowBodyMayTakeLonger);
	CppUnit_addTest(pSuite, EVServerPressureTest, testTooSlowBody);
	CppUnit_addTest(pSuite, EVServerPressureTest, testTooSlowStreamedBody);
	CppUnit_addTest(pSuite, EVServerPressureTest, testTooSlowReader);
	CppUnit_addTest(pSuite, EVServerPressureTest, testTooSlowReaderWithoutBuffer);
	CppUnit_addTest(pSuite, EVServerPressureTest, testMaxTotalPendingOutput);
	CppUnit_addTest(pSuite, EVServerPressureTest, testPendingOutputIsGivenBack);
	CppUnit_addTest(pSuite, EVServerPressureTest, testOverdueHandler);
	CppUnit_addTest(pSuite, EVServerPressureTest, testCloseIdleAtCapacity);
	CppUnit_addTest(pSuite, EVServerPressureTest, testCloseIdleFindsWhatIsIdle);
	CppUnit_addTest(pSuite, EVServerPressureTest, testSmallBudgetServesAllLoops);
	CppUnit_addTest(pSuite, EVServerPressureTest, testMaxConnectionsPerAddress);
	CppUnit_addTest(pSuite, EVServerPressureTest, testClientConnected);

	return pSuite;
}
