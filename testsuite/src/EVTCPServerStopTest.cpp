//
// EVTCPServerStopTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerStopTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/TCPServer.h"
#include "Poco/ThreadPool.h"
#include <memory>


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::ThreadPool;


namespace
{
	const EVServerOptions::ExecutionPolicy ALL_POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};


	class BlockingFilter: public Poco::Net::TCPServerConnectionFilter
		/// Accepts all connections, but the given one, counted from 1, only when the gate is open.
	{
	public:
		BlockingFilter(Gate& gate, int number):
			_gate(gate),
			_number(number)
		{
		}

		bool accept(const StreamSocket&) override
		{
			if (--_number == 0) _gate.pass();
			return true;
		}

	private:
		Gate& _gate;
		int   _number;
	};
}


EVTCPServerStopTest::EVTCPServerStopTest(const std::string& name): ClockedTest(name)
{
}


EVTCPServerStopTest::~EVTCPServerStopTest()
{
}


void EVTCPServerStopTest::testDestructorWithoutStart()
{
	EVTCPServer server(serve(echo));
	EVTCPServer plain(servePlain([](StreamSocket&) {}), 0, serverParams(2));
	EVTCPServer stopped(serve(echo), 0, serverParams(2));
	stopped.stop();
	stopped.stop();
}


void EVTCPServerStopTest::testStopOfAnIdleServerIsQuick()
{
	// POCO issues 3796, 2450, 2675
	for (auto policy: ALL_POLICIES)
	{
		EVTCPServer server(serve(echo, frameLines), 0, patient(serverParams(4, 2, policy)));
		server.start();
		std::vector<StreamSocket> clients;
		for (int i = 0; i < 500; i++) clients.push_back(connectTo(server));
		for (auto& client: clients) assertEqual(std::string("x\n"), exchange(client, "x\n"));
		Stopwatch watch;
		server.stop();
		assertTrue (watch.elapsed() < DEADLINE/2);
		for (auto& client: clients) assertTrue (isClosed(client));
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_SERVER, 500));
		assertTrue (allAccountedFor(server));
		assertEqual(0, server.currentConnections());
	}
}


void EVTCPServerStopTest::testStopImmediatelyAfterStart()
{
	for (int i = 0; i < 30; i++)
	{
		EVTCPServer server(serve(echo), 0, patient(serverParams(4, 2, ALL_POLICIES[i % 3])));
		server.start();
		Stopwatch watch;
		server.stop();
		assertTrue (watch.elapsed() < DEADLINE/2);
	}
}


void EVTCPServerStopTest::testStopTwiceAndFromSeveralThreads()
{
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("x\n"), exchange(client, "x\n"));
	assertEqual(std::string(), inParallel(4, [&](int) { server.stop(); }));
	server.stop();
	assertTrue (isClosed(client));
	assertTrue (allAccountedFor(server));
}


void EVTCPServerStopTest::testConnectionsAreRefusedAfterStop()
{
	// POCO issues 436, 4892
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(4, 2));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("x\n"), exchange(client, "x\n"));
	server.stop();
	for (int i = 0; i < 10; i++)
	{
		try
		{
			StreamSocket late(SocketAddress("127.0.0.1", server.port()));
			failmsg("connected to a stopped server");
		}
		catch (Poco::Net::ConnectionRefusedException&)
		{
		}
	}
}


void EVTCPServerStopTest::testSocketOfTheApplicationStaysOpen()
{
	ServerSocket socket(SocketAddress("127.0.0.1", 0));
	{
		EVTCPServer server(serve(echo, frameLines), socket, serverParams(1, 1));
		server.start();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
	}
	// blocking, and in order, as it was
	StreamSocket client = connectTo(socket.address());
	StreamSocket peer = socket.acceptConnection();
	sendAll(peer, "mine\n");
	assertEqual(std::string("mine"), receiveLine(client));
}


void EVTCPServerStopTest::testServersInTurnOnOneSocket()
{
	ServerSocket socket(SocketAddress("127.0.0.1", 0));
	for (int i = 0; i < 4; i++)
	{
		EVTCPServer server(serve(echo, frameLines), socket, serverParams(4, 2));
		server.start();
		for (int k = 0; k < 10; k++)
		{
			StreamSocket client = connectTo(socket.address());
			assertEqual(std::string("x\n"), exchange(client, "x\n"));
		}
	}
}


void EVTCPServerStopTest::testStopWaitsForARunningRequest()
{
	for (auto policy: ALL_POLICIES)
	{
		Gate gate;
		std::atomic<bool> done(false);
		EVTCPServerParams::Ptr pParams = patient(serverParams(2, 1, policy));
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			gate.pass();
			c.reply("finished\n");
			done = true;
		}, frameLines), 0, pParams);
		server.start();
		StreamSocket client = connectTo(server);
		sendAll(client, "work\nnever run\n");
		assertTrue (gate.holds(1));
		std::atomic<bool> returned(false);
		std::string errors = inParallel(2, [&](int i)
		{
			if (i == 0)
			{
				server.stop();
				if (!done) throw Poco::IllegalStateException("stop() has not waited");
				returned = true;
			}
			else
			{
				sleepFor(100);
				if (returned) throw Poco::IllegalStateException("stop() has returned too early");
				gate.open();
			}
		});
		assertEqual(std::string(), errors);
		assertEqual(std::string("finished\n"), receiveToEnd(client));
		assertTrue (allAccountedFor(server));
		assertTrue (server.statistics().requests == 1);
	}
}


void EVTCPServerStopTest::testLongAnswerOfARunningRequestArrives()
{
	const std::string much(8*1024*1024, 'm');
	Gate gate;
	EVTCPServerParams::Ptr pParams = patient(serverParams(2, 1));
	pParams->setMaxPendingOutput(16*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c) { gate.pass(); c.reply(much); }, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "much\n");
	assertTrue (gate.holds(1));
	std::string errors = inParallel(2, [&](int i)
	{
		if (i == 0) server.stop();
		else
		{
			sleepFor(50);
			gate.open();
			sleepFor(50);
			if (receiveToEnd(client) != much) throw Poco::DataException("the answer is not complete");
			client.close(); // the server lingers for it
		}
	});
	assertEqual(std::string(), errors);
	assertTrue (allAccountedFor(server));
}


void EVTCPServerStopTest::testStopTimeout()
{
	ThreadPool pool(1, 4);
	Gate gate;
	std::atomic<bool> done(false);
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setStopTimeout(Poco::Timespan(100*Poco::Timespan::MILLISECONDS));
	{
		std::unique_ptr<EVTCPServer> pServer(new EVTCPServer(serve([&](ServedConnection& c)
		{
			gate.pass();
			echo(c);
			done = true;
		}, frameLines), pool, ServerSocket(SocketAddress("127.0.0.1", 0)), pParams));
		pServer->start();
		StreamSocket client = connectTo(*pServer);
		sendAll(client, "x\n");
		assertTrue (gate.holds(1));
		Stopwatch watch;
		pServer->stop();
		assertTrue (watch.elapsed() >= 95);
		assertFalse (done);
		// what the request needs is kept until it is done
		pServer.reset();
		gate.open();
		assertEqual(std::string("x\n"), receiveToEnd(client));
	}
	assertTrue (waitFor([&] { return done.load() && pool.used() == 0; }));
}


void EVTCPServerStopTest::testStopFromWithinAHandler()
{
	for (auto policy: ALL_POLICIES)
	{
		ThreadPool pool(1, 8);
		std::unique_ptr<EVTCPServer> pServer;
		std::atomic<EVTCPServer*> pStopping(nullptr);
		pServer.reset(new EVTCPServer(serve([&](ServedConnection& c)
		{
			Stopwatch watch;
			if (c.request() == "stop\n") pStopping.load()->stop();
			c.reply(watch.elapsed() < DEADLINE/2 ? "stopped\n" : "stop() has waited for its own request\n");
		}, frameLines), pool, ServerSocket(SocketAddress("127.0.0.1", 0)), patient(serverParams(2, 2, policy))));
		pStopping = pServer.get();
		pServer->start();
		StreamSocket idle = connectTo(*pServer);
		assertEqual(std::string("stopped\n"), (sendAll(idle, "x\n"), receiveLine(idle) + "\n"));
		StreamSocket client = connectTo(*pServer);
		sendAll(client, "stop\n");
		assertEqual(std::string("stopped\n"), receiveToEnd(client));
		assertTrue (isClosed(idle));
		assertTrue (allAccountedFor(*pServer));
		pServer.reset();
		assertTrue (waitFor([&] { return pool.used() == 0; }));
	}
}


void EVTCPServerStopTest::testQueuedRequestsAreDiscarded()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		Gate gate;
		std::atomic<int> runs(0);
		EVTCPServerParams::Ptr pParams = patient(serverParams(1, 1, policy));
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			++runs;
			gate.pass();
			echo(c);
		}, frameLines), 0, pParams);
		server.start();
		std::vector<StreamSocket> clients;
		for (int i = 0; i < 10; i++)
		{
			clients.push_back(connectTo(server));
			sendAll(clients.back(), "x\n");
			if (i == 0) assertTrue (gate.holds(1));
		}
		assertTrue (waitFor([&] { return server.statistics().accepted == 10; }));
		std::string errors = inParallel(2, [&](int i)
		{
			if (i == 0) server.stop();
			else
			{
				for (int k = 1; k < 10; k++)
				{
					if (!isClosed(clients[k])) throw Poco::TimeoutException("not closed");
				}
				gate.open();
			}
		});
		assertEqual(std::string(), errors);
		assertEqual(std::string("x\n"), receiveToEnd(clients[0]));
		assertEqual(1, runs.load());
		assertTrue (allAccountedFor(server));
	}
}


void EVTCPServerStopTest::testQueuedPlainConnectionsAreDiscarded()
{
	Gate gate;
	EVTCPServer server(servePlain([&](StreamSocket& s) { gate.pass(); sendAll(s, "done\n"); }), 0, serverParams(2));
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 6; i++) clients.push_back(connectTo(server));
	assertTrue (waitFor([&] { return gate.waiting() == 2 && server.queuedConnections() == 4; }));
	server.stop();
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_BY_SERVER) == 4; }));
	gate.open();
	int done = 0;
	for (auto& client: clients) done += receiveToEnd(client) == "done\n" ? 1 : 0;
	assertEqual(2, done);
	assertTrue (allAccountedFor(server));
	assertEqual(2, server.totalConnections());
}


void EVTCPServerStopTest::testPlainConnectionsAreServedOn()
{
	EVTCPServer server(servePlain([](StreamSocket& s)
	{
		for (std::string line = receiveLine(s); !line.empty(); line = receiveLine(s)) sendAll(s, line + "\n");
	}), 0, patient(serverParams(4)));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("x\n"), exchange(client, "x\n"));
	Stopwatch watch;
	server.stop();
	assertTrue (watch.elapsed() < DEADLINE/2);
	assertEqual(std::string("still here\n"), exchange(client, "still here\n"));
	client.close();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerStopTest::testConnectionForALoopThatHasEndedIsTurnedAway()
{
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(2, 2, EVServerOptions::EXECUTE_INLINE);
	pParams->setAcceptPolicy(EVServerOptions::ACCEPT_ROUND_ROBIN);
	pParams->setStopTimeout(Poco::Timespan(50*Poco::Timespan::MILLISECONDS));
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.setConnectionFilter(new BlockingFilter(gate, 2));
	server.start();
	StreamSocket first = connectTo(server);
	assertEqual(std::string("x\n"), exchange(first, "x\n"));
	StreamSocket second = connectTo(server); // is for the second loop, which ends while the first one accepts it
	assertTrue (gate.holds(1));
	server.stop();
	gate.open();
	assertTrue (isClosed(second));
	assertTrue (isClosed(first));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_SERVER, 2));
	assertTrue (allAccountedFor(server));
}


void EVTCPServerStopTest::testPlainConnectionAcceptedWhileStoppingIsClosed()
{
	Gate gate;
	std::atomic<int> runs(0);
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setStopTimeout(Poco::Timespan(50*Poco::Timespan::MILLISECONDS));
	EVTCPServer server(servePlain([&](StreamSocket&) { ++runs; }), 0, pParams);
	server.setConnectionFilter(new BlockingFilter(gate, 1));
	server.start();
	StreamSocket client = connectTo(server);
	assertTrue (gate.holds(1));
	server.stop();
	gate.open();
	assertTrue (isClosed(client));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_SERVER));
	assertTrue (allAccountedFor(server));
	assertEqual(0, runs.load());
}


CppUnit::Test* EVTCPServerStopTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerStopTest");

	CppUnit_addTest(pSuite, EVTCPServerStopTest, testDestructorWithoutStart);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testStopOfAnIdleServerIsQuick);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testStopImmediatelyAfterStart);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testStopTwiceAndFromSeveralThreads);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testConnectionsAreRefusedAfterStop);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testSocketOfTheApplicationStaysOpen);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testServersInTurnOnOneSocket);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testStopWaitsForARunningRequest);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testLongAnswerOfARunningRequestArrives);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testStopTimeout);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testStopFromWithinAHandler);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testQueuedRequestsAreDiscarded);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testQueuedPlainConnectionsAreDiscarded);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testPlainConnectionsAreServedOn);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testConnectionForALoopThatHasEndedIsTurnedAway);
	CppUnit_addTest(pSuite, EVTCPServerStopTest, testPlainConnectionAcceptedWhileStoppingIsClosed);

	return pSuite;
}
