//
// EVPlainConnectionTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVPlainConnectionTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/TCPServer.h"
#include "Poco/Net/TCPServerParams.h"


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Net::TCPServerParams;


namespace
{
	void echoAll(StreamSocket& socket)
	{
		for (std::string data = receiveSome(socket); !data.empty(); data = receiveSome(socket)) sendAll(socket, data);
	}


	bool counts(const EVTCPServer& server, int connections, int threads, int queued, int total)
	{
		return waitFor([&]
		{
			return server.currentConnections() == connections && server.currentThreads() == threads
				&& server.queuedConnections() == queued && server.totalConnections() == total;
		}, DEADLINE/4);
	}
}


EVPlainConnectionTest::EVPlainConnectionTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVPlainConnectionTest::~EVPlainConnectionTest()
{
}


void EVPlainConnectionTest::testOneConnection()
{
	EVTCPServer server(servePlain(echoAll));
	server.start();
	assertTrue (counts(server, 0, 0, 0, 0));
	StreamSocket client = connectTo(server);
	assertEqual(std::string("hello, world"), exchange(client, "hello, world"));
	assertTrue (counts(server, 1, 1, 0, 1));
	assertEqual(std::string("again"), exchange(client, "again"));
	client.close();
	assertTrue (counts(server, 0, 0, 0, 1));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER));
	assertTrue (server.statistics().requests == 1);
}


void EVPlainConnectionTest::testTwoConnections()
{
	EVTCPServer server(servePlain(echoAll));
	server.start();
	StreamSocket one = connectTo(server);
	StreamSocket two = connectTo(server);
	assertEqual(std::string("one"), exchange(one, "one"));
	assertEqual(std::string("two"), exchange(two, "two"));
	assertTrue (counts(server, 2, 2, 0, 2));
	one.close();
	assertTrue (counts(server, 1, 1, 0, 2));
	assertEqual(std::string("still here"), exchange(two, "still here"));
	two.close();
	assertTrue (counts(server, 0, 0, 0, 2));
	assertEqual(2, server.maxConcurrentConnections());
}


void EVPlainConnectionTest::testMultiConnections()
{
	ServerSocket socket(SocketAddress("127.0.0.1", 0));
	TCPServerParams::Ptr pParams = new TCPServerParams;
	pParams->setMaxThreads(4);
	pParams->setMaxQueued(4);
	pParams->setThreadIdleTime(100);
	EVTCPServer server(servePlain(echoAll), socket, pParams);
	server.start();
	assertEqual(4, server.maxThreads());
	assertTrue (counts(server, 0, 0, 0, 0));

	std::vector<StreamSocket> clients;
	for (int i = 0; i < 4; i++)
	{
		clients.push_back(connectTo(server));
		assertEqual(std::string("hello"), exchange(clients[i], "hello"));
	}
	assertTrue (counts(server, 4, 4, 0, 4));
	clients.push_back(connectTo(server));
	assertTrue (counts(server, 4, 4, 1, 4));
	clients.push_back(connectTo(server));
	assertTrue (counts(server, 4, 4, 2, 4));

	clients[0].close();
	assertTrue (counts(server, 4, 4, 1, 5));
	clients[1].close();
	assertTrue (counts(server, 4, 4, 0, 6));
	assertEqual(std::string("served at last"), exchange(clients[5], "served at last"));
	clients[2].close();
	assertTrue (counts(server, 3, 3, 0, 6));
	clients[3].close();
	assertTrue (counts(server, 2, 2, 0, 6));
	clients[4].close();
	clients[5].close();
	assertTrue (counts(server, 0, 0, 0, 6));
	assertEqual(0, server.refusedConnections());
}


void EVPlainConnectionTest::testMaxThreadsIsHonoured()
{
	Gate gate;
	std::atomic<int> running(0);
	std::atomic<int> most(0);
	EVTCPServer server(servePlain([&](StreamSocket&)
	{
		int now = ++running;
		for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {}
		gate.pass();
		--running;
	}), 0, serverParams(3));
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 10; i++) clients.push_back(connectTo(server));
	assertTrue (counts(server, 3, 3, 7, 3));
	assertTrue (gate.holds(3));
	gate.open();
	for (auto& client: clients) assertTrue (isClosed(client));
	assertTrue (counts(server, 0, 0, 0, 10));
	assertTrue (most <= 3);
}


void EVPlainConnectionTest::testThreadCapacity()
{
	TCPServerParams::Ptr pParams = new TCPServerParams;
	pParams->setMaxThreads(64);
	ServerSocket socket(SocketAddress("127.0.0.1", 0));
	EVTCPServer server(servePlain(echoAll), socket, pParams);
	server.start();
	assertEqual(64, server.maxThreads());
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 64; i++)
	{
		clients.push_back(connectTo(server));
		assertEqual(std::string("x"), exchange(clients.back(), "x"));
	}
	assertTrue (counts(server, 64, 64, 0, 64));
}


void EVPlainConnectionTest::testQueueFullRefuses()
{
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setMaxQueued(3);
	EVTCPServer server(servePlain([&](StreamSocket& socket) { gate.pass(); sendAll(socket, "done"); }), 0, pParams);
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 2; i++)
	{
		clients.push_back(connectTo(server));
		assertTrue (gate.holds(i + 1));
	}
	for (int i = 0; i < 3; i++)
	{
		clients.push_back(connectTo(server));
		assertTrue (waitFor([&] { return server.queuedConnections() == i + 1; }));
	}
	for (int i = 0; i < 4; i++)
	{
		StreamSocket refused = connectTo(server);
		assertTrue (isClosed(refused));
	}
	assertTrue (waitFor([&] { return server.refusedConnections() == 4; }));
	assertTrue (counts(server, 2, 2, 3, 2));
	gate.open();
	for (auto& client: clients) assertEqual(std::string("done"), receiveToEnd(client));
	assertTrue (counts(server, 0, 0, 0, 5));
	server.stop();
	assertTrue (allAccountedFor(server));
	assertTrue (closed(server, EVServerStatistics::CLOSED_REFUSED) == 4);
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_HANDLER) == 5);
}


void EVPlainConnectionTest::testServerSpeaksFirst()
{
	EVTCPServer server(servePlain([](StreamSocket& socket)
	{
		sendAll(socket, "220 ready\n");
		sendAll(socket, receiveLine(socket) + " yourself\n");
	}));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("220 ready"), receiveLine(client));
	sendAll(client, "hello\n");
	assertEqual(std::string("hello yourself"), receiveLine(client));
	assertTrue (isClosed(client));
}


void EVPlainConnectionTest::testSilentConnectionsCostNoThreadWithDispatchOnData()
{
	const int SILENT = 1000;
	EVTCPServerParams::Ptr pParams = serverParams(1);
	pParams->setDispatchPolicy(EVServerOptions::DISPATCH_ON_DATA);
	EVTCPServer server(servePlain(echoAll), 0, pParams);
	server.start();
	std::vector<StreamSocket> silent;
	for (int i = 0; i < SILENT; i++) silent.push_back(connectTo(server));
	for (int i = 0; i < 3; i++)
	{
		StreamSocket client = connectTo(server);
		assertEqual(std::string("hello"), exchange(client, "hello"));
		assertEqual(1, server.currentThreads());
	}
	assertTrue (waitFor([&] { return server.currentThreads() == 0; }));
	// the first of them speaks at last
	assertEqual(std::string("now me"), exchange(silent[0], "now me"));
	silent.clear();
	assertTrue (waitFor([&] { return server.statistics().closes() == SILENT + 3; }));
	server.stop();
	assertTrue (allAccountedFor(server));
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_HANDLER) == 4);
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_CLIENT) == SILENT - 1);
}


void EVPlainConnectionTest::testDispatchOnDataLosesNothing()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setDispatchPolicy(EVServerOptions::DISPATCH_ON_DATA);
	EVTCPServer server(servePlain(echoAll), 0, pParams);
	server.start();
	std::string data;
	for (int i = 0; i < 20000; i++) data += std::to_string(i) + ",";
	StreamSocket client = connectTo(server);
	std::string errors = inParallel(2, [&](int i)
	{
		if (i == 0) sendAll(client, data);
		else if (receive(client, data.size()) != data) throw Poco::DataException("echo differs");
	});
	assertEqual(std::string(), errors);
}


void EVPlainConnectionTest::testFilter()
{
	class EveryOther: public Poco::Net::TCPServerConnectionFilter
	{
	public:
		bool accept(const StreamSocket& socket) override
		{
			return socket.peerAddress().port() != 0 && (_count++ & 1) != 0;
		}

	private:
		std::atomic<int> _count{0};
	};

	EVTCPServer server(servePlain(echoAll));
	Poco::Net::TCPServerConnectionFilter::Ptr pFilter = new EveryOther;
	server.setConnectionFilter(pFilter);
	assertTrue (server.getConnectionFilter() == pFilter);
	server.start();
	StreamSocket rejected = connectTo(server);
	assertTrue (isClosed(rejected));
	assertTrue (counts(server, 0, 0, 0, 0));
	StreamSocket accepted = connectTo(server);
	assertEqual(std::string("hello"), exchange(accepted, "hello"));
	assertTrue (counts(server, 1, 1, 0, 1));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_FILTER));
}


void EVPlainConnectionTest::testFilterWithMultiplexedConnections()
{
	class Reject: public Poco::Net::TCPServerConnectionFilter
	{
	public:
		bool accept(const StreamSocket&) override
		{
			return false;
		}
	};

	EVTCPServer server(serve(echo));
	server.setConnectionFilter(new Reject);
	server.start();
	for (int i = 0; i < 5; i++)
	{
		StreamSocket client = connectTo(server);
		assertTrue (isClosed(client));
	}
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_FILTER, 5));
	assertEqual(0, server.totalConnections());
	assertEqual(0, server.currentConnections());
}


void EVPlainConnectionTest::testFilterThatThrows()
{
	class Throw: public Poco::Net::TCPServerConnectionFilter
	{
	public:
		bool accept(const StreamSocket&) override
		{
			if (_count++ == 0) throw Poco::RuntimeException("the filter has a problem");
			return true;
		}

	private:
		std::atomic<int> _count{0};
	};

	ErrorCollector errors;
	EVTCPServer server(serve(echo));
	server.setConnectionFilter(new Throw);
	server.start();
	StreamSocket client = connectTo(server);
	assertTrue (isClosed(client));
	StreamSocket next = connectTo(server);
	assertEqual(std::string("hello"), exchange(next, "hello"));
	assertEqual(1, errors.pocoExceptions());
}


void EVPlainConnectionTest::testExceptionClosesOnlyItsConnection()
{
	ErrorCollector errors;
	EVTCPServer server(servePlain([](StreamSocket& socket)
	{
		const std::string request = receiveLine(socket);
		if (request == "poco") throw Poco::RuntimeException("thrown on purpose");
		if (request == "std") throw std::runtime_error("thrown on purpose");
		if (request == "int") throw 42;
		sendAll(socket, request + "\n");
	}), 0, serverParams(4));
	server.start();
	StreamSocket well = connectTo(server);
	for (const char* what: {"poco\n", "std\n", "int\n"})
	{
		StreamSocket client = connectTo(server);
		sendAll(client, what);
		assertTrue (isClosed(client));
	}
	sendAll(well, "all is well\n");
	assertEqual(std::string("all is well"), receiveLine(well));
	assertTrue (waitFor([&] { return errors.count() == 3; }));
	assertEqual(1, errors.pocoExceptions());
	assertEqual(1, errors.stdExceptions());
	assertEqual(1, errors.otherExceptions());
	assertTrue (waitFor([&] { return server.statistics().closes() == 4; }));
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_EXCEPTION) == 3);
}


void EVPlainConnectionTest::testInlineServesOneAfterTheOther()
{
	EVTCPServer server(servePlain(echoAll), 0, serverParams(1, 1, EVServerOptions::EXECUTE_INLINE));
	server.start();
	for (int i = 0; i < 20; i++)
	{
		StreamSocket client = connectTo(server);
		assertEqual(std::string("hello"), exchange(client, "hello"));
	}
	assertTrue (counts(server, 0, 0, 0, 20));
}


void EVPlainConnectionTest::testDedicatedServesConnections()
{
	EVTCPServer server(servePlain(echoAll), 0, serverParams(4, 2, EVServerOptions::EXECUTE_DEDICATED));
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 4; i++) clients.push_back(connectTo(server));
	for (auto& client: clients) assertEqual(std::string("hello"), exchange(client, "hello"));
	assertTrue (counts(server, 4, 4, 0, 4));
}


void EVPlainConnectionTest::testDispatchOnDataWithMultiplexedConnections()
{
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setDispatchPolicy(EVServerOptions::DISPATCH_ON_DATA);
	EVTCPServer server(serve(echo), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	for (int i = 0; i < 3; i++) assertEqual(std::string("hello"), exchange(client, "hello"));
	assertTrue (server.statistics().requests == 3); // not one for the connection
	StreamSocket other = connectTo(server);
	for (int i = 0; i < 3; i++) assertEqual(std::string("world"), exchange(other, "world"));
	assertTrue (server.statistics().requests == 6);
}


void EVPlainConnectionTest::testDispatchOnDataWithConnectionsThatWereThereBefore()
{
	// Both are open before the factory has been asked for the first object.
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setDispatchPolicy(EVServerOptions::DISPATCH_ON_DATA);
	EVTCPServer server(serve(echo), 0, pParams);
	server.start();
	StreamSocket first = connectTo(server);
	StreamSocket second = connectTo(server);
	assertTrue (waitFor([&] { return server.currentConnections() == 2; }));
	assertEqual(std::string("first"), exchange(first, "first"));
	assertEqual(std::string("second"), exchange(second, "second"));
}


void EVPlainConnectionTest::setUp()
{
}


void EVPlainConnectionTest::tearDown()
{
}


CppUnit::Test* EVPlainConnectionTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVPlainConnectionTest");

	CppUnit_addTest(pSuite, EVPlainConnectionTest, testOneConnection);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testTwoConnections);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testMultiConnections);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testMaxThreadsIsHonoured);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testThreadCapacity);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testQueueFullRefuses);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testServerSpeaksFirst);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testSilentConnectionsCostNoThreadWithDispatchOnData);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testDispatchOnDataLosesNothing);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testFilter);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testFilterWithMultiplexedConnections);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testFilterThatThrows);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testExceptionClosesOnlyItsConnection);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testInlineServesOneAfterTheOther);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testDedicatedServesConnections);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testDispatchOnDataWithMultiplexedConnections);
	CppUnit_addTest(pSuite, EVPlainConnectionTest, testDispatchOnDataWithConnectionsThatWereThereBefore);

	return pSuite;
}
