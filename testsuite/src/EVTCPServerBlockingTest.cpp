//
// EVTCPServerBlockingTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerBlockingTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/ThreadPool.h"


namespace
{
	ServedConnection::Run blockOn(Gate& gate)
		/// A handler that waits at the gate if the request begins with b.
	{
		return [&gate](ServedConnection& c)
		{
			const std::string request = c.request();
			if (request[0] == 'b') gate.pass();
			c.reply(request);
		};
	}


	std::vector<StreamSocket> block(EVTCPServer& server, Gate& gate, int handlers)
		/// Has that many handlers blocked.
	{
		std::vector<StreamSocket> blocked;
		for (int i = 0; i < handlers; i++)
		{
			blocked.push_back(connectTo(server));
			sendAll(blocked.back(), "block " + std::to_string(i) + "\n");
			if (!gate.holds(i + 1)) throw Poco::TimeoutException("the handler is not called");
		}
		return blocked;
	}
}


EVTCPServerBlockingTest::EVTCPServerBlockingTest(const std::string& name): ClockedTest(name)
{
}


EVTCPServerBlockingTest::~EVTCPServerBlockingTest()
{
}


void EVTCPServerBlockingTest::othersAreServed(EVServerOptions::ExecutionPolicy policy, int threads, int loops)
{
	Gate gate;
	EVTCPServer server(serve(blockOn(gate), frameLines), 0, serverParams(threads, loops, policy));
	server.start();
	std::vector<StreamSocket> early;
	for (int i = 0; i < 10; i++) early.push_back(connectTo(server));
	std::vector<StreamSocket> blocked = block(server, gate, threads - 1);
	for (int round = 0; round < 5; round++)
	{
		for (auto& client: early) assertEqual(std::string("x\n"), exchange(client, "x\n"));
		StreamSocket late = connectTo(server);
		assertEqual(std::string("late\n"), exchange(late, "late\n"));
	}
	assertEqual(threads - 1, gate.waiting());
	if (policy == EVServerOptions::EXECUTE_ADAPTIVE) assertTrue (server.statistics().promotions > 0);
	gate.open();
	for (std::size_t i = 0; i < blocked.size(); i++) assertEqual("block " + std::to_string(i), receiveLine(blocked[i]));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerBlockingTest::loopsGoOn(EVServerOptions::ExecutionPolicy policy, int threads, int loops)
{
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(threads, loops, policy);
	pParams->setIdleTimeout(Poco::Timespan(3, 0));
	EVTCPServer server(serve(blockOn(gate), frameLines), 0, pParams);
	server.start();
	StreamSocket idle = connectTo(server);
	assertEqual(std::string("x\n"), exchange(idle, "x\n"));
	std::vector<StreamSocket> blocked = block(server, gate, threads);

	// all handlers block: accepting and deadlines go on
	StreamSocket late = connectTo(server);
	sendAll(late, "late\n");
	assertTrue (waitFor([&] { return server.statistics().accepted == static_cast<Poco::UInt64>(threads) + 2; }));
	assertTrue (isClosed(idle));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
	assertEqual(threads, gate.waiting());
	assertEqual(threads, server.currentThreads());
	assertFalse (late.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));

	gate.open();
	for (std::size_t i = 0; i < blocked.size(); i++) assertEqual("block " + std::to_string(i), receiveLine(blocked[i]));
	assertEqual(std::string("late"), receiveLine(late));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerBlockingTest::testOthersAreServedAdaptive()
{
	othersAreServed(EVServerOptions::EXECUTE_ADAPTIVE, 2, 1);
	othersAreServed(EVServerOptions::EXECUTE_ADAPTIVE, 4, 1);
	othersAreServed(EVServerOptions::EXECUTE_ADAPTIVE, 4, 2);
	othersAreServed(EVServerOptions::EXECUTE_ADAPTIVE, 16, 2);
}


void EVTCPServerBlockingTest::testOthersAreServedDedicated()
{
	othersAreServed(EVServerOptions::EXECUTE_DEDICATED, 2, 1);
	othersAreServed(EVServerOptions::EXECUTE_DEDICATED, 16, 2);
}


void EVTCPServerBlockingTest::testInlineBlocksItsOwnLoopOnly()
{
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(2, 2, EVServerOptions::EXECUTE_INLINE);
	pParams->setAcceptPolicy(EVServerOptions::ACCEPT_ROUND_ROBIN);
	EVTCPServer server(serve(blockOn(gate), frameLines), 0, pParams);
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 4; i++)
	{
		clients.push_back(connectTo(server));
		assertEqual(std::string("x\n"), exchange(clients.back(), "x\n"));
	}
	sendAll(clients[0], "block\n");
	assertTrue (gate.holds(1));
	sendAll(clients[2], "same loop\n");
	for (int i = 0; i < 10; i++)
	{
		assertEqual(std::string("x\n"), exchange(clients[1], "x\n"));
		assertEqual(std::string("x\n"), exchange(clients[3], "x\n"));
	}
	assertFalse (clients[2].poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
	gate.open();
	assertEqual(std::string("block"), receiveLine(clients[0]));
	assertEqual(std::string("same loop"), receiveLine(clients[2]));
	assertTrue (server.statistics().promotions == 0);
}


void EVTCPServerBlockingTest::testLoopsGoOnWhileAllHandlersBlockAdaptive()
{
	loopsGoOn(EVServerOptions::EXECUTE_ADAPTIVE, 1, 1);
	loopsGoOn(EVServerOptions::EXECUTE_ADAPTIVE, 2, 1);
	loopsGoOn(EVServerOptions::EXECUTE_ADAPTIVE, 4, 2);
}


void EVTCPServerBlockingTest::testLoopsGoOnWhileAllHandlersBlockDedicated()
{
	loopsGoOn(EVServerOptions::EXECUTE_DEDICATED, 1, 1);
	loopsGoOn(EVServerOptions::EXECUTE_DEDICATED, 4, 2);
}


void EVTCPServerBlockingTest::testRequestsSentWhileTheHandlerRuns()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		Gate gate;
		EVTCPServer server(serve(blockOn(gate), frameLines), 0, serverParams(2, 1, policy));
		server.start();
		std::vector<StreamSocket> clients = block(server, gate, 1);
		for (int i = 0; i < 3; i++)
		{
			sendAll(clients[0], "next " + std::to_string(i) + "\n");
			sleepFor(10); // each of them arrives by itself
		}
		gate.open();
		assertEqual(std::string("block 0"), receiveLine(clients[0]));
		for (int i = 0; i < 3; i++) assertEqual("next " + std::to_string(i), receiveLine(clients[0]));
		assertEqual(std::string("after\n"), exchange(clients[0], "after\n"));
	}
}


void EVTCPServerBlockingTest::testLoopsGoOnInAPoolOfTheApplication()
{
	// two requests at once and one loop: three threads are what it takes
	Poco::ThreadPool pool(1, 3);
	Gate gate;
	EVTCPServer server(serve(blockOn(gate), frameLines), pool, Poco::Net::ServerSocket(Poco::Net::SocketAddress("127.0.0.1", 0)), serverParams(2, 1));
	server.start();
	std::vector<StreamSocket> blocked = block(server, gate, 2);
	StreamSocket late = connectTo(server);
	sendAll(late, "late\n");
	assertTrue (waitFor([&] { return server.statistics().accepted == 3; }));
	gate.open();
	assertEqual(std::string("late"), receiveLine(late));
	for (auto& client: blocked) assertTrue (!receiveLine(client).empty());
	server.stop();
	assertTrue (waitFor([&] { return pool.used() == 0; }));
}


void EVTCPServerBlockingTest::testNoMoreThanMaxThreadsRun()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		const int THREADS = 3;
		std::atomic<int> running(0);
		std::atomic<int> most(0);
		Gate gate;
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			int now = ++running;
			for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {}
			gate.pass();
			sleepFor(2);
			--running;
			echo(c);
		}, frameLines), 0, serverParams(THREADS, 2, policy));
		server.start();
		std::vector<StreamSocket> clients;
		for (int i = 0; i < 60; i++) clients.push_back(connectTo(server));
		for (int round = 0; round < 3; round++)
		{
			for (auto& client: clients) sendAll(client, "x\n");
			assertTrue (waitFor([&] { return most == THREADS; }));
			gate.open();
			for (auto& client: clients) assertEqual(std::string("x"), receiveLine(client));
		}
		assertEqual(THREADS, most.load());
	}
}


void EVTCPServerBlockingTest::testRequestsAreServedInOrderOfArrival()
{
	Gate gate;
	std::mutex mutex;
	std::string order;
	std::string expected;
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		const std::string request = c.request();
		if (request[0] == 'b') gate.pass();
		else
		{
			std::lock_guard<std::mutex> lock(mutex);
			order += request;
		}
		c.reply(request);
	}, frameLines), 0, serverParams(1, 1, EVServerOptions::EXECUTE_DEDICATED));
	server.start();
	std::vector<StreamSocket> blocked = block(server, gate, 1);
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 20; i++)
	{
		clients.push_back(connectTo(server));
		const std::string request = std::to_string(i) + "\n";
		sendAll(clients.back(), request);
		assertTrue (waitFor([&] { return server.queuedConnections() == i + 1; }));
		expected += request;
	}
	gate.open();
	for (auto& client: clients) assertTrue (!receiveLine(client).empty());
	std::lock_guard<std::mutex> lock(mutex);
	assertEqual(expected, order);
}


void EVTCPServerBlockingTest::testFullQueueLosesNothing()
{
	// More requests than the queue holds: connections wait, none is dropped
	const int CLIENTS = 50;
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		Gate gate;
		EVTCPServerParams::Ptr pParams = serverParams(2, 2, policy);
		pParams->setMaxQueued(3);
		EVTCPServer server(serve(blockOn(gate), frameLines), 0, pParams);
		server.start();
		std::vector<StreamSocket> blocked = block(server, gate, 2);
		std::vector<StreamSocket> clients;
		for (int i = 0; i < CLIENTS; i++)
		{
			clients.push_back(connectTo(server));
			sendAll(clients.back(), std::to_string(i) + "\nagain\n");
		}
		assertTrue (waitFor([&] { return server.statistics().accepted == CLIENTS + 2 && server.queuedConnections() >= 3; }));
		sleepFor(100);
		assertTrue (server.queuedConnections() < CLIENTS);
		gate.open();
		for (int i = 0; i < CLIENTS; i++)
		{
			assertEqual(std::to_string(i), receiveLine(clients[i]));
			assertEqual(std::string("again"), receiveLine(clients[i]));
		}
		for (auto& client: blocked) assertTrue (!receiveLine(client).empty());
		assertEqual(0, server.refusedConnections());
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVTCPServerBlockingTest::testClientLeavesWhileItsRequestWaits()
{
	Gate gate;
	EVTCPServer server(serve(blockOn(gate), frameLines), 0, serverParams(1, 1));
	server.start();
	std::vector<StreamSocket> blocked = block(server, gate, 1);
	for (int i = 0; i < 20; i++)
	{
		StreamSocket client = connectTo(server);
		sendAll(client, "x\n");
		if (i % 2) resetConnection(client);
	}
	StreamSocket patient = connectTo(server);
	sendAll(patient, "patient\n");
	assertTrue (waitFor([&] { return server.statistics().accepted == 22; }));
	gate.open();
	assertEqual(std::string("patient"), receiveLine(patient));
	assertEqual(std::string("block 0"), receiveLine(blocked[0]));
	assertTrue (waitFor([&] { return server.statistics().closes() == 20; }));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerBlockingTest::testSlowAndQuickRequestsMixed()
{
	std::atomic<int> quick(0);
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		if (c.request() == "slow\n") sleepFor(5);
		else ++quick;
		echo(c);
	}, frameLines), 0, serverParams(4, 2));
	server.start();
	std::string errors = inParallel(8, [&](int i)
	{
		StreamSocket client = connectTo(server);
		const std::string request = i < 4 ? "slow\n" : "quick\n";
		for (int k = 0; k < (i < 4 ? 30 : 200); k++)
		{
			if (exchange(client, request) != request) throw Poco::DataException("wrong answer");
		}
	});
	assertEqual(std::string(), errors);
	assertEqual(800, quick.load());
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerBlockingTest::testHandlersThatBlockBriefly()
{
	// More briefly than anybody looks at them from outside. Nevertheless they must not run one after the other.
	std::atomic<int> running(0);
	std::atomic<int> together(0);
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		if (++running > 1) ++together;
		std::this_thread::sleep_for(std::chrono::microseconds(700));
		--running;
		echo(c);
	}, frameLines), 0, serverParams(4, 1));
	server.start();
	const std::string errors = inParallel(8, [&](int)
	{
		StreamSocket client = connectTo(server);
		for (int i = 0; i < 50; i++)
		{
			if (exchange(client, "x\n") != "x\n") throw Poco::DataException("wrong answer");
		}
	});
	assertEqual(std::string(), errors);
	assertTrue (together > 200);
}


void EVTCPServerBlockingTest::testRequestsWaitForTheOnlyWorker()
{
	// More requests may run than the pool has threads for.
	Gate gate;
	Poco::ThreadPool pool(1, 2);
	EVTCPServer server(serve(blockOn(gate), frameLines), pool, Poco::Net::ServerSocket(Poco::Net::SocketAddress("127.0.0.1", 0)), serverParams(2, 1, EVServerOptions::EXECUTE_DEDICATED));
	server.start();
	std::vector<StreamSocket> blocked = block(server, gate, 1);
	StreamSocket client = connectTo(server);
	sendAll(client, "x\n");
	assertTrue (waitFor([&] { return server.statistics().queued == 1; }));
	gate.open();
	assertEqual(std::string("block 0"), receiveLine(blocked[0]));
	assertEqual(std::string("x"), receiveLine(client));
}


CppUnit::Test* EVTCPServerBlockingTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerBlockingTest");

	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testOthersAreServedAdaptive);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testOthersAreServedDedicated);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testInlineBlocksItsOwnLoopOnly);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testLoopsGoOnWhileAllHandlersBlockAdaptive);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testLoopsGoOnWhileAllHandlersBlockDedicated);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testRequestsSentWhileTheHandlerRuns);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testLoopsGoOnInAPoolOfTheApplication);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testNoMoreThanMaxThreadsRun);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testRequestsAreServedInOrderOfArrival);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testFullQueueLosesNothing);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testClientLeavesWhileItsRequestWaits);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testSlowAndQuickRequestsMixed);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testHandlersThatBlockBriefly);
	CppUnit_addTest(pSuite, EVTCPServerBlockingTest, testRequestsWaitForTheOnlyWorker);

	return pSuite;
}
