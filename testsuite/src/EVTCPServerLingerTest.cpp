//
// EVTCPServerLingerTest.cpp
//
// Connections that end while the client has not taken all output.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerLingerTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include <future>
#include <memory>


namespace
{
	const std::size_t UNSENT = 100000; // bytes that the kernel takes from the server, but the client does not

	struct UnsentOutput
		/// A server, and a client of it that has not taken its response, though the server is done with it.
	{
		explicit UnsentOutput(const ServedConnection::Run& end, EVTCPServerParams::Ptr pParams = serverParams(2, 1))
		{
			Poco::Net::ServerSocket listener;
			listener.bind(Poco::Net::SocketAddress("127.0.0.1", 0), true);
			listener.setSendBufferSize(4*static_cast<int>(UNSENT)); // accepted sockets inherit it
			listener.listen();
			pServer.reset(new EVTCPServer(serve([this, end](ServedConnection& c)
			{
				id = c.id();
				c.reply(pattern(UNSENT));
				end(c);
			}, frameLines), listener, pParams));
			pServer->start();
			client = StreamSocket();
			client.init(AF_INET);
			client.setReceiveBufferSize(4096);
			client.connect(listener.address());
			client.setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
			sendAll(client, "much\n");
			waitFor([this] { return pServer->statistics().completed == 1 && pServer->statistics().flushing == 0; });
		}

		bool arrives()
			/// Sends something, then reads.
		{
			sendAll(client, "more");
			sleepFor(20); // for the reset
			try
			{
				return receive(client, UNSENT) == pattern(UNSENT);
			}
			catch (Poco::Exception&)
			{
				return false;
			}
		}

		std::unique_ptr<EVTCPServer> pServer;
		std::atomic<Poco::UInt64> id{0};
		StreamSocket client;
	};
}


EVTCPServerLingerTest::EVTCPServerLingerTest(const std::string& name): ClockedTest(name)
{
}


EVTCPServerLingerTest::~EVTCPServerLingerTest()
{
}


void EVTCPServerLingerTest::testLastResponseArrivesThoughTheClientSends()
{
	UnsentOutput byHandler([](ServedConnection& c) { c.closeConnection(); });
	assertTrue (byHandler.arrives());
	byHandler.client.close();
	assertTrue (isClosedBecause(*byHandler.pServer, EVServerStatistics::CLOSED_BY_HANDLER));
}


void EVTCPServerLingerTest::testResponseArrivesThoughTheServerCloses()
{
	UnsentOutput byId([](ServedConnection&) {});
	byId.pServer->closeConnection(byId.id);
	assertTrue (waitFor([&] { return byId.pServer->statistics().lingering == 1; }));
	assertTrue (byId.arrives());
	byId.client.close();
	assertTrue (isClosedBecause(*byId.pServer, EVServerStatistics::CLOSED_BY_SERVER));

	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setIdleTimeout(Poco::Timespan(1, 0));
	UnsentOutput idle([](ServedConnection&) {}, pParams);
	assertTrue (waitFor([&] { return idle.pServer->statistics().lingering == 1; }));
	assertTrue (idle.arrives());
	idle.client.close();
	assertTrue (isClosedBecause(*idle.pServer, EVServerStatistics::CLOSED_IDLE_TIMEOUT));

	UnsentOutput drained([](ServedConnection&) {});
	std::future<bool> result = std::async(std::launch::async, [&] { return drained.pServer->drain(Poco::Timespan(20, 0)); });
	assertTrue (waitFor([&] { return drained.pServer->statistics().lingering == 1; }));
	assertTrue (drained.arrives());
	drained.client.close();
	assertTrue (result.get());
}


void EVTCPServerLingerTest::testResponseArrivesThoughTheServerStops()
{
	// Whether it lingers already, or waits for a request.
	for (bool lingers: {true, false})
	{
		EVTCPServerParams::Ptr pParams = serverParams(2, 1);
		pParams->setStopTimeout(Poco::Timespan(20, 0));
		UnsentOutput stopped([lingers](ServedConnection& c) { if (lingers) c.closeConnection(); }, pParams);
		assertTrue (waitFor([&] { return stopped.pServer->statistics().lingering == (lingers ? 1 : 0); }));
		StreamSocket silent = connectTo(*stopped.pServer);
		assertTrue (waitFor([&] { return stopped.pServer->statistics().open == 2; }));
		std::thread stopping([&] { stopped.pServer->stop(); });
		const bool begun = isClosed(silent);
		const bool arrives = stopped.arrives();
		stopped.client.close();
		stopping.join();
		assertTrue (begun);
		assertTrue (arrives);
		assertTrue (allAccountedFor(*stopped.pServer));
	}
}


void EVTCPServerLingerTest::testDrainWithoutTimeCuts()
{
	// The leader is busy meanwhile, so that it reads of the drain and of its end at once.
	EVTCPServerParams::Ptr pParams = serverParams(1, 1, EVServerOptions::EXECUTE_INLINE);
	pParams->setStopTimeout(Poco::Timespan(40, 0));
	pParams->setLingerTimeout(Poco::Timespan(30, 0));
	Gate gate;
	std::atomic<bool> busy(false);
	UnsentOutput drained([&](ServedConnection&) { if (busy) gate.pass(); }, pParams);
	busy = true;
	StreamSocket other = connectTo(*drained.pServer);
	sendAll(other, "wait\n");
	assertTrue (gate.holds(1));
	const Stopwatch stopwatch;
	std::thread draining([&] { drained.pServer->drain(0); });
	sleepFor(50); // the thread has left its mail by then, mostly
	gate.open();
	draining.join();
	assertTrue (stopwatch.elapsed() < 15000);
	assertTrue (allAccountedFor(*drained.pServer));
}


void EVTCPServerLingerTest::testLingerLastsAsLongAsTheClientTakesSomething()
{
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setLingerTimeout(Poco::Timespan(1, 0));
	UnsentOutput slow([](ServedConnection& c) { c.closeConnection(); }, pParams);
	assertTrue (waitFor([&] { return slow.pServer->statistics().lingering == 1; }));
	// It takes nothing for ever
	assertTrue (isClosedBecause(*slow.pServer, EVServerStatistics::CLOSED_BY_HANDLER));
}


CppUnit::Test* EVTCPServerLingerTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerLingerTest");

	CppUnit_addTest(pSuite, EVTCPServerLingerTest, testLastResponseArrivesThoughTheClientSends);
	CppUnit_addTest(pSuite, EVTCPServerLingerTest, testResponseArrivesThoughTheServerCloses);
	CppUnit_addTest(pSuite, EVTCPServerLingerTest, testResponseArrivesThoughTheServerStops);
	CppUnit_addTest(pSuite, EVTCPServerLingerTest, testDrainWithoutTimeCuts);
	CppUnit_addTest(pSuite, EVTCPServerLingerTest, testLingerLastsAsLongAsTheClientTakesSomething);

	return pSuite;
}
