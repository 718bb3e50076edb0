//
// EVTCPServerNotifyTest.cpp
//
// Connections that are told to send something without a request.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerNotifyTest.h"
#include "CppUnit/TestCaller.h"
#include "NotifiedConnection.h"


namespace
{
	const EVServerOptions::ExecutionPolicy POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED};


	class KnownIds
		/// Of connections, some of which may be gone.
	{
	public:
		void add(Poco::UInt64 id)
		{
			std::lock_guard<std::mutex> lock(_mutex);
			if (_ids.size() < 64) _ids.push_back(id);
			else _ids[id % 64] = id;
		}

		void notify(EVTCPServer& server)
		{
			std::unique_lock<std::mutex> lock(_mutex);
			const std::vector<Poco::UInt64> ids = _ids;
			lock.unlock();
			for (Poco::UInt64 id: ids) server.notify(id);
		}

	private:
		std::mutex                _mutex;
		std::vector<Poco::UInt64> _ids;
	};
}


EVTCPServerNotifyTest::EVTCPServerNotifyTest(const std::string& name): ClockedTest(name)
{
}


EVTCPServerNotifyTest::~EVTCPServerNotifyTest()
{
}


void EVTCPServerNotifyTest::testIdleConnectionIsNotified()
{
	for (auto policy: POLICIES)
	{
		for (int loops: {1, 3})
		{
			EVTCPServer server(serveNotified(answer, sendNews), 0, serverParams(4, loops, policy));
			server.start();
			StreamSocket other = connectTo(server);
			idOf(other);
			StreamSocket client = connectTo(server);
			const Poco::UInt64 id = idOf(client);
			for (int i = 0; i < 50; i++)
			{
				server.notify(id);
				assertEqual(std::string("news"), receiveLine(client));
				assertEqual(std::string("line\n"), exchange(client, "line\n"));
			}
			assertFalse (other.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
			assertTrue (waitFor([&] { return server.currentThreads() == 0 && balances(server.statistics()); }));
			assertTrue (server.statistics().requests == 52); // a notification is none
		}
	}
}


void EVTCPServerNotifyTest::testCallsDuringARequestBecomeOne()
{
	for (auto policy: POLICIES)
	{
		Gate gate;
		std::atomic<int> notified(0);
		EVTCPServer server(serveNotified([&](ServedConnection& c)
		{
			if (c.request() == "wait\n") gate.pass();
			answer(c);
		}, [&](ServedConnection& c)
		{
			++notified;
			sendNews(c);
		}), 0, serverParams(2, 1, policy));
		server.start();
		StreamSocket client = connectTo(server);
		const Poco::UInt64 id = idOf(client);
		sendAll(client, "wait\n");
		assertTrue (gate.holds(1));
		for (int i = 0; i < 100; i++) server.notify(id);
		sleepFor(20);
		assertTrue (notified == 0); // never two at once
		gate.open();
		assertEqual(std::string("wait"), receiveLine(client));
		assertEqual(std::string("news"), receiveLine(client));
		assertEqual(std::string("line\n"), exchange(client, "line\n"));
		assertTrue (notified == 1);
	}
}


void EVTCPServerNotifyTest::testInTheMiddleOfARequest()
{
	for (auto policy: POLICIES)
	{
		EVTCPServer server(serveNotified(answer, sendNews), 0, serverParams(2, 1, policy));
		server.start();
		StreamSocket client = connectTo(server);
		const Poco::UInt64 id = idOf(client);
		sendAll(client, "one ");
		assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
		server.notify(id);
		assertEqual(std::string("news"), receiveLine(client));
		sendAll(client, "two ");
		server.notify(id);
		assertEqual(std::string("news"), receiveLine(client));
		sendAll(client, "three\nfour\n");
		assertEqual(std::string("one two three"), receiveLine(client));
		assertEqual(std::string("four"), receiveLine(client));
	}
}


void EVTCPServerNotifyTest::testSlowReaderHoldsNoThread()
{
	const std::string much(256*1024, 'm');
	const int PARTS = 64;
	std::atomic<int> parts(0);
	EVTCPServer* pServer = nullptr;
	EVTCPServer server(serveNotified(answer, [&](ServedConnection& c)
	{
		c.reply(much);
		if (++parts < PARTS) pServer->notify(c.id());
	}), 0, serverParams(1, 1));
	pServer = &server;
	server.start();
	StreamSocket slow = connectTo(server);
	server.notify(idOf(slow));
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	StreamSocket client = connectTo(server);
	for (int i = 0; i < 50; i++) assertEqual(std::string("line\n"), exchange(client, "line\n"));
	assertTrue (waitFor([&] { return server.currentThreads() == 0; }));
	// until the kernel takes no more of them
	assertTrue (waitFor([&] { const int before = parts; sleepFor(20); return parts == before; }));
	assertTrue (parts < PARTS);
	assertTrue (receive(slow, PARTS*much.size()).size() == PARTS*much.size());
	assertEqual(std::string("line\n"), exchange(slow, "line\n"));
}


void EVTCPServerNotifyTest::testRequestsAreServedBetweenNotifications()
{
	for (auto policy: POLICIES)
	{
		std::atomic<bool> ended(false);
		EVTCPServer* pServer = nullptr;
		EVTCPServer server(serveNotified(answer, [&](ServedConnection& c)
		{
			if (!ended) pServer->notify(c.id());
		}), 0, serverParams(2, 1, policy));
		pServer = &server;
		server.start();
		StreamSocket client = connectTo(server);
		server.notify(idOf(client));
		StreamSocket other = connectTo(server);
		for (int i = 0; i < 100; i++)
		{
			assertEqual(std::string("line\n"), exchange(client, "line\n"));
			assertEqual(std::string("line\n"), exchange(other, "line\n"));
		}
		ended = true;
	}
}


void EVTCPServerNotifyTest::testNotifiedBetweenRequests()
{
	// The client has sent more requests than are served meanwhile.
	const int REQUESTS = 5000;
	std::atomic<int> requests(0);
	std::atomic<int> requestsBefore(0);
	EVTCPServer* pServer = nullptr;
	EVTCPServer server(serveNotified([&](ServedConnection& c)
	{
		if (++requests == 10) pServer->notify(c.id());
		c.reply("x");
	}, [&](ServedConnection&) { requestsBefore = requests.load(); }), 0, serverParams(2, 1));
	pServer = &server;
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, std::string(REQUESTS, '\n'));
	assertTrue (receive(client, REQUESTS).size() == REQUESTS);
	assertTrue (requestsBefore >= 10);
	assertTrue (requestsBefore < REQUESTS);
}


void EVTCPServerNotifyTest::testNotifiedWhenTheQueueIsFull()
{
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(1, 1, EVServerOptions::EXECUTE_DEDICATED);
	pParams->setMaxQueued(1);
	EVTCPServer server(serveNotified([&](ServedConnection& c)
	{
		if (c.request() == "wait\n") gate.pass();
		answer(c);
	}, sendNews), 0, pParams);
	server.start();
	std::vector<StreamSocket> clients;
	std::vector<Poco::UInt64> ids;
	for (int i = 0; i < 4; i++)
	{
		clients.push_back(connectTo(server));
		ids.push_back(idOf(clients[i]));
	}
	for (int i = 0; i < 2; i++) sendAll(clients[i], "wait\n");
	assertTrue (waitFor([&] { return gate.waiting() == 1 && server.queuedConnections() == 1; }));
	for (Poco::UInt64 id: ids) server.notify(id);
	sleepFor(20);
	gate.open();
	for (int i = 0; i < 4; i++)
	{
		if (i < 2) assertEqual(std::string("wait"), receiveLine(clients[i]));
		assertEqual(std::string("news"), receiveLine(clients[i]));
		assertEqual(std::string("line\n"), exchange(clients[i], "line\n"));
	}
}


void EVTCPServerNotifyTest::testCloseWhenNotified()
{
	for (auto policy: POLICIES)
	{
		EVTCPServer server(serveNotified(answer, [](ServedConnection& c)
		{
			c.closeConnection();
			c.reply("bye\n");
		}), 0, serverParams(2, 1, policy));
		server.start();
		for (const std::string part: {"", "half"})
		{
			StreamSocket client = connectTo(server);
			const Poco::UInt64 id = idOf(client);
			sendAll(client, part);
			if (!part.empty()) assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
			server.notify(id);
			assertEqual(std::string("bye\n"), receiveToEnd(client));
		}
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER, 2));
	}
}


void EVTCPServerNotifyTest::testExceptionWhenNotified()
{
	ErrorCollector errors;
	EVTCPServer server(serveNotified(answer, [](ServedConnection&) { throw Poco::DataException("news"); }), 0, serverParams(2, 1));
	server.start();
	StreamSocket client = connectTo(server);
	server.notify(idOf(client));
	assertTrue (isClosed(client));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_EXCEPTION));
	assertEqual(1, errors.pocoExceptions());
}


void EVTCPServerNotifyTest::testDrainIsNotHeldUp()
{
	for (auto policy: POLICIES)
	{
		EVTCPServer* pServer = nullptr;
		EVTCPServer server(serveNotified(answer, [&](ServedConnection& c) { pServer->notify(c.id()); }), 0, serverParams(2, 2, policy));
		pServer = &server;
		server.start();
		std::vector<StreamSocket> clients;
		for (int i = 0; i < 10; i++)
		{
			clients.push_back(connectTo(server));
			server.notify(idOf(clients.back()));
		}
		assertTrue (server.drain(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS)));
		assertTrue (allAccountedFor(server));
	}
}


void EVTCPServerNotifyTest::testStaleIdIsIgnored()
{
	std::atomic<int> notified(0);
	EVTCPServer server(serveNotified(answer, [&](ServedConnection&) { ++notified; }), 0, serverParams(2, 1));
	server.start();
	StreamSocket first = connectTo(server);
	const Poco::UInt64 stale = idOf(first);
	first.close();
	assertTrue (waitFor([&] { return server.currentConnections() == 0; }));
	StreamSocket second = connectTo(server); // in the same slot
	const Poco::UInt64 id = idOf(second);
	server.notify(stale);
	server.notify(0);
	server.notify(~Poco::UInt64(0));
	server.notify(id + 1);
	for (int i = 0; i < 3; i++) assertTrue (idOf(second) == id);
	assertTrue (notified == 0);
}


void EVTCPServerNotifyTest::testBeforeStartAndAfterStop()
{
	std::atomic<int> notified(0);
	EVTCPServer server(serveNotified(answer, [&](ServedConnection&) { ++notified; }), 0, serverParams(2));
	server.notify(1);
	server.start();
	StreamSocket client = connectTo(server);
	const Poco::UInt64 id = idOf(client);
	server.stop();
	server.notify(id);
	assertTrue (allAccountedFor(server));
	assertTrue (notified == 0);
}


void EVTCPServerNotifyTest::testUnderLoad()
{
	// Clients ask all the time, and come and go, while two threads notify them.
	const int CLIENTS = 6;
	const int NOTIFIERS = 2;
	for (auto policy: POLICIES)
	{
		KnownIds known;
		std::atomic<int> requests(0);
		std::atomic<int> notified(0);
		EVTCPServer server(serveNotified([&](ServedConnection& c)
		{
			known.add(c.id());
			answer(c);
			++requests;
		}, [&](ServedConnection& c)
		{
			++notified;
			sendNews(c);
		}), 0, serverParams(4, 2, policy));
		server.start();
		std::atomic<int> running(CLIENTS);
		const std::string errors = inParallel(CLIENTS + NOTIFIERS, [&](int i)
		{
			if (i >= CLIENTS)
			{
				// Once for every 20 requests: on a machine that is slow, there would be little else.
				for (int seen = 0; running > 0; sleepFor(1))
				{
					if (requests/20 == seen) continue;
					seen = requests/20;
					known.notify(server);
				}
				return;
			}
			struct Count
			{
				explicit Count(std::atomic<int>& n): _n(n) {}
				~Count() { --_n; }
				std::atomic<int>& _n;
			} count(running);
			for (int round = 0; round < 20; round++)
			{
				StreamSocket client = connectTo(server);
				for (int k = 0; k < 50; k++)
				{
					sendAll(client, "line\n");
					std::string line = receiveLine(client);
					while (line == "news") line = receiveLine(client);
					if (line != "line") throw Poco::DataException("wrong answer", line);
				}
			}
		});
		assertEqual(std::string(), errors);
		assertTrue (notified > 0);
		server.stop();
		assertTrue (allAccountedFor(server));
		assertTrue (server.statistics().requests == CLIENTS*20*50);
	}
}


CppUnit::Test* EVTCPServerNotifyTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerNotifyTest");

	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testIdleConnectionIsNotified);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testCallsDuringARequestBecomeOne);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testInTheMiddleOfARequest);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testSlowReaderHoldsNoThread);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testRequestsAreServedBetweenNotifications);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testNotifiedBetweenRequests);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testNotifiedWhenTheQueueIsFull);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testCloseWhenNotified);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testExceptionWhenNotified);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testDrainIsNotHeldUp);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testStaleIdIsIgnored);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testBeforeStartAndAfterStop);
	CppUnit_addTest(pSuite, EVTCPServerNotifyTest, testUnderLoad);

	return pSuite;
}
