//
// EVTCPServerThreadsTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerThreadsTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/ThreadPool.h"
#include <ctime>


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::ThreadPool;


namespace
{
	const EVServerOptions::ExecutionPolicy ALL_POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};
}


EVTCPServerThreadsTest::EVTCPServerThreadsTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVTCPServerThreadsTest::~EVTCPServerThreadsTest()
{
}


void EVTCPServerThreadsTest::testThreadsGoBackToThePool()
{
	for (auto policy: ALL_POLICIES)
	{
		ThreadPool pool(2, 10);
		{
			EVTCPServer server(serve([](ServedConnection& c) { sleepFor(1); echo(c); }, frameLines), pool, ServerSocket(SocketAddress("127.0.0.1", 0)), serverParams(6, 2, policy));
			assertEqual(0, pool.used());
			server.start();
			assertTrue (pool.used() >= 2);
			std::vector<StreamSocket> clients;
			for (int i = 0; i < 30; i++) clients.push_back(connectTo(server));
			for (auto& client: clients) sendAll(client, "x\n");
			for (auto& client: clients) assertEqual(std::string("x"), receiveLine(client));
			server.stop();
			assertTrue (waitFor([&] { return pool.used() == 0; }));
			assertEqual(0, server.statistics().threads);
		}
		assertEqual(10, pool.capacity());
	}
}


void EVTCPServerThreadsTest::testIdleThreadsGoBackWhileTheServerRuns()
{
	ThreadPool pool(2, 16);
	EVTCPServerParams::Ptr pParams = serverParams(8, 1);
	pParams->setThreadIdleTime(Poco::Timespan(100*Poco::Timespan::MILLISECONDS));
	Gate gate;
	EVTCPServer server(serve([&](ServedConnection& c) { gate.pass(); echo(c); }, frameLines), pool, ServerSocket(SocketAddress("127.0.0.1", 0)), pParams);
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 8; i++)
	{
		clients.push_back(connectTo(server));
		sendAll(clients.back(), "x\n");
	}
	assertTrue (gate.holds(8));
	assertTrue (pool.used() >= 9);
	gate.open();
	for (auto& client: clients) assertEqual(std::string("x"), receiveLine(client));
	assertTrue (waitFor([&] { return pool.used() <= 3; }));
	for (auto& client: clients) assertEqual(std::string("x\n"), exchange(client, "x\n"));
}


void EVTCPServerThreadsTest::testThreadThatStaysSleeps()
{
	// One thread more than there are loops stays, however short, or long, the time is.
	for (const Poco::Timespan& idleTime: {Poco::Timespan(0), Poco::Timespan(400*365, 0, 0, 0, 0)})
	{
		EVTCPServerParams::Ptr pParams = serverParams(2, 1, EVServerOptions::EXECUTE_DEDICATED);
		pParams->setThreadIdleTime(idleTime);
		EVTCPServer server(serve(echo, frameLines), 0, pParams);
		server.start();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		const std::clock_t before = std::clock(); // of the processors
		sleepFor(50);
		assertTrue (std::clock() - before < CLOCKS_PER_SEC/50);
		assertEqual(std::string("y\n"), exchange(client, "y\n"));
	}
}


void EVTCPServerThreadsTest::testDefaultPoolHasItsCapacityBack()
{
	ThreadPool& pool = ThreadPool::defaultPool();
	assertTrue (waitFor([&] { return pool.used() == 0; }));
	const int capacity = pool.capacity();
	{
		EVTCPServer server(serve(echo, frameLines), 0, serverParams(40, 2));
		server.start();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		assertEqual(40, server.maxThreads());
		server.stop();
		assertTrue (waitFor([&] { return pool.used() == 0 && pool.capacity() == capacity; }));
	}
	assertEqual(capacity, pool.capacity());
}


void EVTCPServerThreadsTest::setUp()
{
}


void EVTCPServerThreadsTest::tearDown()
{
}


CppUnit::Test* EVTCPServerThreadsTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerThreadsTest");

	CppUnit_addTest(pSuite, EVTCPServerThreadsTest, testThreadsGoBackToThePool);
	CppUnit_addTest(pSuite, EVTCPServerThreadsTest, testIdleThreadsGoBackWhileTheServerRuns);
	CppUnit_addTest(pSuite, EVTCPServerThreadsTest, testThreadThatStaysSleeps);
	CppUnit_addTest(pSuite, EVTCPServerThreadsTest, testDefaultPoolHasItsCapacityBack);

	return pSuite;
}
