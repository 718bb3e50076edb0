//
// EVTCPServerNotifyTimeoutTest.cpp
//
// Notifications, and the deadlines of the connections that are told.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerNotifyTimeoutTest.h"
#include "CppUnit/TestCaller.h"
#include "NotifiedConnection.h"


namespace
{
	const EVServerOptions::ExecutionPolicy POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED};

	bool endsThoughNotified(EVTCPServer& server, Poco::UInt64 id)
		/// Notifies the only connection again and again. Returns false if it is not closed all the same.
	{
		return waitFor([&]
		{
			server.notify(id);
			sleepFor(100);
			return server.currentConnections() == 0;
		}, DEADLINE/4);
	}

	EVServerStatistics::CloseReason reasonOf(const std::string& part)
		/// Returns why a connection is closed in the end of which that part of a request has arrived.
	{
		return part.empty() ? EVServerStatistics::CLOSED_IDLE_TIMEOUT : EVServerStatistics::CLOSED_REQUEST_TIMEOUT;
	}
}


EVTCPServerNotifyTimeoutTest::EVTCPServerNotifyTimeoutTest(const std::string& name): ClockedTest(name)
{
}


EVTCPServerNotifyTimeoutTest::~EVTCPServerNotifyTimeoutTest()
{
}


void EVTCPServerNotifyTimeoutTest::testRequestTimeoutGoesOn()
{
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setRequestTimeout(3*Poco::Timespan::SECONDS);
	EVTCPServer server(serveNotified(answer, sendNews), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	const Poco::UInt64 id = idOf(client);
	sendAll(client, "half");
	assertTrue (endsThoughNotified(server, id));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT));
}


void EVTCPServerNotifyTimeoutTest::testRequestTimeoutGoesOnThoughBytesArrive()
{
	for (auto policy: POLICIES)
	{
		EVTCPServerParams::Ptr pParams = serverParams(2, 1, policy);
		pParams->setRequestTimeout(3*Poco::Timespan::SECONDS);
		EVTCPServer server(serveNotified(answer, sendNews), 0, pParams);
		server.start();
		StreamSocket client = connectTo(server);
		const Poco::UInt64 id = idOf(client);
		assertTrue (waitFor([&]
		{
			server.notify(id);
			try
			{
				client.sendBytes("x", 1);
			}
			catch (Poco::Exception&)
			{
				return true;
			}
			sleepFor(100);
			return server.currentConnections() == 0;
		}));
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT));
	}
}


void EVTCPServerNotifyTimeoutTest::testTimeoutsGoOnThoughOutputWaits()
{
	// Each notification sends more than the client takes at once: the connection is flushed again and again.
	const std::string much(1024*1024, 'm');
	for (const std::string part: {"", "half"})
	{
		EVTCPServerParams::Ptr pParams = serverParams(2, 1);
		pParams->setIdleTimeout(10*Poco::Timespan::SECONDS);
		pParams->setRequestTimeout(10*Poco::Timespan::SECONDS);
		std::atomic<bool> flushed(false);
		EVTCPServer* pServer = nullptr;
		EVTCPServer server(serveNotified(answer, [&](ServedConnection& c)
		{
			c.reply(much);
			pServer->notify(c.id());
		}), 0, pParams);
		pServer = &server;
		server.start();
		StreamSocket client = connectTo(server);
		const Poco::UInt64 id = idOf(client);
		sendAll(client, part);
		if (!part.empty()) assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
		server.notify(id);
		assertTrue (waitFor([&]
		{
			flushed = flushed || server.statistics().flushing == 1;
			sleepFor(200);
			return receiveSome(client, much.size()).empty();
		}));
		assertTrue (flushed);
		assertTrue (isClosedBecause(server, reasonOf(part)));
	}
}


void EVTCPServerNotifyTimeoutTest::testTimeUpBeforeTheOutputIsTaken()
{
	// With assertions, a clock that is not stopped with what it measured ends the process.
	const std::string much(16*1024*1024, 'm');
	for (const std::string part: {"", "half"})
	{
		Gate gate;
		EVTCPServerParams::Ptr pParams = serverParams(2, 1);
		pParams->setIdleTimeout(10*Poco::Timespan::SECONDS);
		pParams->setRequestTimeout(10*Poco::Timespan::SECONDS);
		pParams->setMaxPendingOutput(32*1024*1024);
		EVTCPServer server(serveNotified(answer, [&](ServedConnection& c)
		{
			gate.pass();
			c.reply(much);
		}), 0, pParams);
		server.start();
		StreamSocket client = connectTo(server);
		const Poco::UInt64 id = idOf(client);
		sendAll(client, part);
		if (!part.empty()) assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
		server.notify(id);
		assertTrue (gate.holds(1));
		sleepFor(11*1000);
		gate.open();
		assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
		assertTrue (receive(client, much.size()) == much);
		assertTrue (isClosed(client));
		assertTrue (isClosedBecause(server, reasonOf(part)));
	}
}


void EVTCPServerNotifyTimeoutTest::testIdleTimeoutAfterFlushingWithoutSendTimeout()
{
	const std::string much(16*1024*1024, 'm');
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setIdleTimeout(3*Poco::Timespan::SECONDS);
	pParams->setSendTimeout(0);
	pParams->setMaxPendingOutput(32*1024*1024);
	EVTCPServer server(serveNotified(answer, [&](ServedConnection& c) { c.reply(much); }), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	server.notify(idOf(client));
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	assertTrue (receive(client, much.size()).size() == much.size());
	assertTrue (isClosed(client));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
}


void EVTCPServerNotifyTimeoutTest::testIdleTimeoutGoesOn()
{
	for (auto policy: POLICIES)
	{
		EVTCPServerParams::Ptr pParams = serverParams(2, 1, policy);
		pParams->setIdleTimeout(3*Poco::Timespan::SECONDS);
		EVTCPServer server(serveNotified(answer, sendNews), 0, pParams);
		server.start();
		StreamSocket client = connectTo(server);
		const Poco::UInt64 id = idOf(client);
		assertTrue (endsThoughNotified(server, id));
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
	}
}


CppUnit::Test* EVTCPServerNotifyTimeoutTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerNotifyTimeoutTest");

	CppUnit_addTest(pSuite, EVTCPServerNotifyTimeoutTest, testRequestTimeoutGoesOn);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTimeoutTest, testRequestTimeoutGoesOnThoughBytesArrive);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTimeoutTest, testTimeoutsGoOnThoughOutputWaits);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTimeoutTest, testTimeUpBeforeTheOutputIsTaken);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTimeoutTest, testIdleTimeoutAfterFlushingWithoutSendTimeout);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTimeoutTest, testIdleTimeoutGoesOn);

	return pSuite;
}
