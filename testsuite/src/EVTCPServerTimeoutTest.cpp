//
// EVTCPServerTimeoutTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerTimeoutTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"


namespace
{
	Poco::Timespan ms(int milliseconds)
	{
		return Poco::Timespan(milliseconds*Poco::Timespan::MILLISECONDS);
	}
}


EVTCPServerTimeoutTest::EVTCPServerTimeoutTest(const std::string& name): ClockedTest(name)
{
}


EVTCPServerTimeoutTest::~EVTCPServerTimeoutTest()
{
}


void EVTCPServerTimeoutTest::testIdleConnectionIsClosed()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setIdleTimeout(ms(2000));
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	Stopwatch watch;
	assertEqual(std::string("x\n"), exchange(client, "x\n"));
	assertTrue (isClosed(client));
	assertTrue (watch.elapsed() >= 1995);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
}


void EVTCPServerTimeoutTest::testIdleTimeoutIsTheFirstRequestTimeoutToo()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setIdleTimeout(ms(2000));
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	Stopwatch watch;
	StreamSocket client = connectTo(server);
	assertTrue (isClosed(client));
	assertTrue (watch.elapsed() >= 1995);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
}


void EVTCPServerTimeoutTest::testFirstRequestTimeoutIsForTheFirstRequestOnly()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setFirstRequestTimeout(ms(3000));
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	StreamSocket silent = connectTo(server);
	StreamSocket speaks = connectTo(server);
	assertEqual(std::string("x\n"), exchange(speaks, "x\n"));
	assertTrue (isClosed(silent));
	sleepFor(3000);
	assertEqual(std::string("y\n"), exchange(speaks, "y\n"));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
}


void EVTCPServerTimeoutTest::testFirstRequestClockStartsWithTheConnection()
{
	// The clock of another one is running, and nothing has happened in the loop since.
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setFirstRequestTimeout(ms(4000));
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	StreamSocket earlier = connectTo(server);
	sleepFor(3000);
	Stopwatch watch;
	StreamSocket client = connectTo(server);
	assertTrue (isClosed(client));
	assertTrue (watch.elapsed() >= 3995);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT, 2));
}


void EVTCPServerTimeoutTest::testRequestsKeepAConnectionOpen()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setIdleTimeout(ms(10000));
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	for (int i = 0; i < 15; i++)
	{
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		sleepFor(1000);
	}
	assertEqual(std::string("x\n"), exchange(client, "x\n"));
	assertTrue (server.statistics().closes() == 0);
}


void EVTCPServerTimeoutTest::testSlowRequestIsClosedHoweverOftenItSendsAByte()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setRequestTimeout(ms(3000));
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sleepFor(500); // the clock starts with the first byte
	Stopwatch watch;
	assertTrue (waitFor([&]
	{
		try
		{
			client.sendBytes("x", 1);
		}
		catch (Poco::Exception&)
		{
			return true;
		}
		sleepFor(100);
		return server.statistics().closes() > 0;
	}));
	assertTrue (watch.elapsed() >= 2995);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT));
	assertTrue (isClosed(client));
}


void EVTCPServerTimeoutTest::testRequestTimeoutStartsWithEachRequest()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setRequestTimeout(ms(8000));
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	// each takes 2 s, all of them longer than the timeout; the last one is never completed
	for (int i = 0; i < 6; i++)
	{
		sendAll(client, "slow");
		sleepFor(2000);
		sendAll(client, "ly\n");
		assertEqual(std::string("slowly"), receiveLine(client));
	}
	// begun together with the end of another one
	Stopwatch watch;
	sendAll(client, "complete\nhalf");
	assertEqual(std::string("complete"), receiveLine(client));
	assertTrue (isClosed(client));
	assertTrue (watch.elapsed() >= 7990);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT));
}


void EVTCPServerTimeoutTest::testRunningHandlerIsNotTimedOut()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		EVTCPServerParams::Ptr pParams = serverParams(2, 1, policy);
		pParams->setFirstRequestTimeout(ms(1000));
		pParams->setIdleTimeout(ms(1000));
		pParams->setRequestTimeout(ms(1000));
		pParams->setSendTimeout(ms(1000));
		Stopwatch watch;
		std::atomic<int> finished(0);
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			sleepFor(3000);
			finished = watch.elapsed();
			echo(c);
		}, frameLines), 0, pParams);
		server.start();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		// the clock has started when the request was done
		assertTrue (isClosed(client));
		assertTrue (watch.elapsed() - finished >= 995);
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
	}
}


void EVTCPServerTimeoutTest::testRequestThatArrivesInTimeIsServed()
{
	// A handler holds the only loop, another connection sends its request meanwhile. When the loop
	// goes on, the request is there and the idle timeout over: the request counts.
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(1, 1, EVServerOptions::EXECUTE_INLINE);
	pParams->setIdleTimeout(ms(3000));
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		if (c.request() == "block\n") gate.pass();
		echo(c);
	}, frameLines), 0, pParams);
	server.start();
	StreamSocket blocker = connectTo(server);
	StreamSocket client = connectTo(server);
	assertEqual(std::string("before\n"), exchange(client, "before\n"));
	sendAll(blocker, "block\n");
	assertTrue (gate.holds(1));
	sendAll(client, "in time\n");
	sleepFor(4000);
	gate.open();
	assertEqual(std::string("block"), receiveLine(blocker));
	assertEqual(std::string("in time"), receiveLine(client));
}


void EVTCPServerTimeoutTest::testQueuedRequestIsNotTimedOut()
{
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(1, 1, EVServerOptions::EXECUTE_DEDICATED);
	pParams->setIdleTimeout(ms(1000));
	pParams->setRequestTimeout(ms(1000));
	EVTCPServer server(serve([&](ServedConnection& c) { gate.pass(); echo(c); }, frameLines), 0, pParams);
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 4; i++)
	{
		clients.push_back(connectTo(server));
		sendAll(clients.back(), "x\n");
	}
	assertTrue (waitFor([&] { return server.queuedConnections() == 3; }));
	sleepFor(3000);
	assertTrue (server.statistics().closes() == 0);
	gate.open();
	for (auto& client: clients) assertEqual(std::string("x"), receiveLine(client));
}


void EVTCPServerTimeoutTest::testIdleClockStartsWhenAnotherThreadHasFinished()
{
	// The thread that leads the loop does not see when the request is done.
	EVTCPServerParams::Ptr pParams = serverParams(2, 1, EVServerOptions::EXECUTE_DEDICATED);
	pParams->setIdleTimeout(ms(3000));
	Stopwatch watch;
	std::atomic<int> finished(0);
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		sleepFor(2000);
		finished = watch.elapsed();
		echo(c);
	}, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	for (int i = 0; i < 2; i++) assertEqual(std::string("x\n"), exchange(client, "x\n"));
	assertTrue (isClosed(client));
	assertTrue (watch.elapsed() - finished >= 2995);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
}


void EVTCPServerTimeoutTest::testHandlerTimeoutDoesNotDelayTheIdleTimeout()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		EVTCPServerParams::Ptr pParams = serverParams(2, 1, policy);
		pParams->setIdleTimeout(ms(3000));
		pParams->setHandlerTimeout(Poco::Timespan(3600, 0));
		EVTCPServer server(serve(echo, frameLines), 0, pParams);
		server.start();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		assertTrue (isClosed(client));
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
	}
}


void EVTCPServerTimeoutTest::testOverdueIsReportedOnceBesideAShorterIdleTimeout()
{
	ErrorCollector errors;
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setIdleTimeout(ms(500));
	pParams->setHandlerTimeout(ms(2200));
	EVTCPServer server(serve([&](ServedConnection& c) { gate.pass(); echo(c); }, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	Stopwatch watch;
	sendAll(client, "x\n");
	assertTrue (waitFor([&] { return server.statistics().overdue == 1; }));
	assertTrue (watch.elapsed() >= 2195);
	sleepFor(3000);
	assertTrue (server.statistics().overdue == 1);
	gate.open();
	assertEqual(std::string("x"), receiveLine(client));
	assertTrue (isClosed(client));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
	assertEqual(1, errors.count());
}


void EVTCPServerTimeoutTest::testNoTimeoutsMeansNoLimit()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setRequestTimeout(0);
	pParams->setSendTimeout(0);
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	StreamSocket silent = connectTo(server);
	StreamSocket half = connectTo(server);
	sendAll(half, "half");
	sleepFor(3000);
	sendAll(half, " done\n");
	assertEqual(std::string("half done"), receiveLine(half));
	assertEqual(std::string("x\n"), exchange(silent, "x\n"));
}


void EVTCPServerTimeoutTest::testTimeoutsOfManyConnections()
{
	const int CONNECTIONS = 300;
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setIdleTimeout(ms(3000));
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < CONNECTIONS; i++)
	{
		clients.push_back(connectTo(server));
		if (i % 3 == 0) sendAll(clients.back(), "x\n");
	}
	for (auto& client: clients) assertTrue (isClosed(client));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT, CONNECTIONS));
	assertTrue (server.statistics().requests == CONNECTIONS/3);
}


void EVTCPServerTimeoutTest::testTimeoutWithDispatchOnData()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setDispatchPolicy(EVServerOptions::DISPATCH_ON_DATA);
	pParams->setFirstRequestTimeout(ms(2000));
	EVTCPServer server(servePlain([](StreamSocket& s) { sendAll(s, receiveLine(s) + "\n"); receiveLine(s); }), 0, pParams);
	server.start();
	std::vector<StreamSocket> silent;
	for (int i = 0; i < 4; i++) silent.push_back(connectTo(server));
	for (auto& client: silent) assertTrue (isClosed(client));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT, 4));
	// a plain connection that has its thread has no deadlines
	StreamSocket client = connectTo(server);
	sendAll(client, "hello\n");
	assertEqual(std::string("hello"), receiveLine(client));
	sleepFor(4000);
	assertEqual(1, server.currentThreads());
}


CppUnit::Test* EVTCPServerTimeoutTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerTimeoutTest");

	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testIdleConnectionIsClosed);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testIdleTimeoutIsTheFirstRequestTimeoutToo);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testFirstRequestTimeoutIsForTheFirstRequestOnly);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testFirstRequestClockStartsWithTheConnection);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testRequestsKeepAConnectionOpen);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testSlowRequestIsClosedHoweverOftenItSendsAByte);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testRequestTimeoutStartsWithEachRequest);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testRunningHandlerIsNotTimedOut);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testRequestThatArrivesInTimeIsServed);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testQueuedRequestIsNotTimedOut);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testIdleClockStartsWhenAnotherThreadHasFinished);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testHandlerTimeoutDoesNotDelayTheIdleTimeout);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testOverdueIsReportedOnceBesideAShorterIdleTimeout);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testNoTimeoutsMeansNoLimit);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testTimeoutsOfManyConnections);
	CppUnit_addTest(pSuite, EVTCPServerTimeoutTest, testTimeoutWithDispatchOnData);

	return pSuite;
}
