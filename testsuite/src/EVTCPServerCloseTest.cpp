//
// EVTCPServerCloseTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerCloseTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"


namespace
{
	void tellId(ServedConnection& c)
	{
		c.reply(std::to_string(c.id()) + "\n");
	}


	Poco::UInt64 idOf(StreamSocket& client)
	{
		sendAll(client, "id?\n");
		return std::stoull(receiveLine(client));
	}
}


EVTCPServerCloseTest::EVTCPServerCloseTest(const std::string& name): ClockedTest(name)
{
}


EVTCPServerCloseTest::~EVTCPServerCloseTest()
{
}


void EVTCPServerCloseTest::testCloseByHandler()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		EVTCPServer server(serve([](ServedConnection& c)
		{
			if (c.request() == "quit\n") c.closeConnection();
			c.reply("bye\n"); // also what is sent after closeConnection() arrives
		}, frameLines), 0, serverParams(2, 1, policy));
		server.start();
		StreamSocket client = connectTo(server);
		sendAll(client, "stay\n");
		assertEqual(std::string("bye"), receiveLine(client));
		sendAll(client, "quit\n");
		assertEqual(std::string("bye\n"), receiveToEnd(client));
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER));
	}
}


void EVTCPServerCloseTest::testCloseByIdSendsAllOutput()
{
	const std::string much(16*1024*1024, 'm');
	std::atomic<Poco::UInt64> id(0);
	EVTCPServerParams::Ptr pParams = serverParams(1);
	pParams->setMaxPendingOutput(32*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c) { id = c.id(); c.reply(much); }, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "much\n");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	server.closeConnection(id);
	assertTrue (receiveToEnd(client) == much);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_SERVER));
}


void EVTCPServerCloseTest::testCloseByHandlerSendsAllOutput()
{
	const std::string much(16*1024*1024, 'm');
	EVTCPServerParams::Ptr pParams = serverParams(1);
	pParams->setMaxPendingOutput(32*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c) { c.reply(much); c.closeConnection(); }, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "much\n");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	assertTrue (receiveToEnd(client) == much);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER));
}


void EVTCPServerCloseTest::testAnswerArrivesThoughTheClientKeepsSending()
{
	// POCO issues 3312, 962: closing while bytes are unread would send a reset, and the
	// client would lose the answer.
	EVTCPServer server(serve([](ServedConnection& c) { c.reply("enough\n"); c.closeConnection(); }, frameLines), 0, serverParams(2));
	server.start();
	for (int i = 0; i < 20; i++)
	{
		StreamSocket client = connectTo(server);
		sendAll(client, "first\n" + std::string(200000, 'x'));
		assertEqual(std::string("enough\n"), receiveToEnd(client));
	}
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER, 20));
}


void EVTCPServerCloseTest::testLingerEnds()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setLingerTimeout(Poco::Timespan(1, 0));
	EVTCPServer server(serve([](ServedConnection& c) { c.reply("enough\n"); c.closeConnection(); }, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "first\nsecond\n");
	assertEqual(std::string("enough\n"), receiveToEnd(client));
	// the client does not close: the server does not wait for it for ever
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER));
	assertTrue (waitFor([&] { return server.statistics().lingering == 0 && server.currentConnections() == 0; }));
}


void EVTCPServerCloseTest::testCloseByIdWhileIdle()
{
	for (int loops: {1, 3})
	{
		EVTCPServer server(serve(tellId, frameLines), 0, serverParams(4, loops));
		server.start();
		std::vector<StreamSocket> clients;
		std::vector<Poco::UInt64> ids;
		for (int i = 0; i < 10; i++)
		{
			clients.push_back(connectTo(server));
			ids.push_back(idOf(clients.back()));
		}
		for (int i = 0; i < 10; i += 2) server.closeConnection(ids[i]);
		for (int i = 0; i < 10; i++)
		{
			if (i & 1) assertTrue (idOf(clients[i]) == ids[i]);
			else assertTrue (isClosed(clients[i]));
		}
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_SERVER, 5));
	}
}


void EVTCPServerCloseTest::testCloseByIdWhileRunningLetsItFinish()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		Gate gate;
		std::atomic<Poco::UInt64> id(0);
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			id = c.id();
			gate.pass();
			c.reply("finished\n");
		}, frameLines), 0, serverParams(2, 1, policy));
		server.start();
		StreamSocket client = connectTo(server);
		sendAll(client, "work\nnext\n");
		assertTrue (gate.holds(1));
		server.closeConnection(id);
		sleepFor(20);
		assertFalse (client.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
		gate.open();
		assertEqual(std::string("finished"), receiveLine(client));
		assertTrue (isClosed(client));
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_SERVER));
	}
}


void EVTCPServerCloseTest::testCloseByIdInTheMiddleOfARequest()
{
	EVTCPServer server(serve(tellId, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	const Poco::UInt64 id = idOf(client);
	sendAll(client, "half");
	assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
	server.closeConnection(id);
	assertTrue (isClosed(client));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_SERVER));
}


void EVTCPServerCloseTest::testCloseByIdWhileFlushing()
{
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setMaxPendingOutput(32*1024*1024);
	std::atomic<Poco::UInt64> id(0);
	EVTCPServer server(serve([&](ServedConnection& c) { id = c.id(); c.reply(std::string(16*1024*1024, 'x')); }, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "much\n");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	server.closeConnection(id);
	assertTrue (isClosed(client)); // with or without the rest of the output
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_SERVER));
}


void EVTCPServerCloseTest::testStaleIdIsIgnored()
{
	EVTCPServer server(serve(tellId, frameLines), 0, serverParams(2, 1));
	server.start();
	StreamSocket first = connectTo(server);
	const Poco::UInt64 stale = idOf(first);
	first.close();
	assertTrue (waitFor([&] { return server.currentConnections() == 0; }));
	StreamSocket second = connectTo(server); // in the same slot
	const Poco::UInt64 id = idOf(second);
	assertTrue (id != stale);
	server.closeConnection(stale);
	server.closeConnection(0);
	server.closeConnection(~Poco::UInt64(0));
	server.closeConnection(id + 1);
	for (int i = 0; i < 3; i++) assertTrue (idOf(second) == id);
	assertEqual(1, server.currentConnections());
}


void EVTCPServerCloseTest::testCloseByIdBeforeStartAndAfterStop()
{
	EVTCPServer server(serve(tellId, frameLines), 0, serverParams(2));
	server.closeConnection(1);
	server.start();
	StreamSocket client = connectTo(server);
	const Poco::UInt64 id = idOf(client);
	server.stop();
	server.closeConnection(id);
	assertTrue (allAccountedFor(server));
}


void EVTCPServerCloseTest::testCloseByIdUnderLoad()
{
	// Clients ask all the time, while another thread closes whatever it gets to know about.
	const int CLIENTS = 8;
	std::mutex mutex;
	std::vector<Poco::UInt64> known;
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		{
			std::lock_guard<std::mutex> lock(mutex);
			known.push_back(c.id());
		}
		echo(c);
	}, frameLines), 0, serverParams(4, 2));
	server.start();
	std::atomic<int> running(CLIENTS);
	std::atomic<int> lost(0);
	std::string errors = inParallel(CLIENTS + 1, [&](int i)
	{
		if (i == CLIENTS)
		{
			while (running > 0)
			{
				std::vector<Poco::UInt64> ids;
				{
					std::lock_guard<std::mutex> lock(mutex);
					ids.swap(known);
				}
				for (std::size_t k = 0; k < ids.size(); k += 7) server.closeConnection(ids[k]);
				sleepFor(1);
			}
			return;
		}
		for (int round = 0; round < 40; round++)
		{
			try
			{
				StreamSocket client = connectTo(server);
				for (int k = 0; k < 5; k++)
				{
					const std::string answer = exchange(client, "x\n");
					if (answer.empty()) throw Poco::Net::ConnectionResetException();
					if (answer != "x\n") throw Poco::DataException("wrong answer", answer);
				}
			}
			catch (Poco::Net::NetException&)
			{
				++lost;
			}
			catch (Poco::IOException&)
			{
				++lost;
			}
		}
		--running;
	});
	running = 0;
	assertEqual(std::string(), errors);
	server.stop();
	assertTrue (allAccountedFor(server));
}


CppUnit::Test* EVTCPServerCloseTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerCloseTest");

	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testCloseByHandler);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testCloseByHandlerSendsAllOutput);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testCloseByIdSendsAllOutput);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testAnswerArrivesThoughTheClientKeepsSending);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testLingerEnds);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testCloseByIdWhileIdle);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testCloseByIdWhileRunningLetsItFinish);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testCloseByIdInTheMiddleOfARequest);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testCloseByIdWhileFlushing);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testStaleIdIsIgnored);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testCloseByIdBeforeStartAndAfterStop);
	CppUnit_addTest(pSuite, EVTCPServerCloseTest, testCloseByIdUnderLoad);

	return pSuite;
}
