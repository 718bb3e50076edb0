//
// EVServerQueueTest.cpp
//
// When a request is refused because the queue is full, and when not.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVServerQueueTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include <memory>
#include <vector>


namespace
{
	const EVServerOptions::ExecutionPolicy ALL_POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};


	using Clients = std::vector<std::unique_ptr<RawClient>>;


	Clients connect(EVHTTPServer& server, int clients)
		/// One after the other, so that they go to the loops in turn.
	{
		Clients result;
		for (int i = 0; i < clients; i++)
		{
			result.emplace_back(new RawClient(server));
			waitFor([&] { return server.statistics().accepted == static_cast<Poco::UInt64>(i) + 1; });
		}
		return result;
	}
}


EVServerQueueTest::EVServerQueueTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVServerQueueTest::refusesNobody(int clients, int threads, int maxQueued, int requests)
{
	for (auto policy: ALL_POLICIES)
	{
		EVHTTPServerParams::Ptr pParams = httpParams(threads, 2, policy);
		pParams->setMaxQueued(maxQueued);
		EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			sleepFor(1);
			answerURI(request, response);
		}), 0, pParams);
		server.start();
		Clients connected = connect(server, clients);
		for (int i = 0; i < requests; i++)
		{
			for (auto& pClient: connected) pClient->get("/");
			for (auto& pClient: connected) assertTrue (pClient->receiveAnswer().isOK("/"));
		}
		assertTrue (server.statistics().refused == 0);
	}
}


void EVServerQueueTest::testNobodyIsRefusedWhileThreadsAreFree()
{
	refusesNobody(60, 16, 64, 10);
}


void EVServerQueueTest::testNoMoreClientsThanThreads()
{
	refusesNobody(8, 8, 1, 50);
	refusesNobody(200, 200, 64, 3);
}


void EVServerQueueTest::testWholeQueueIsUsed()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		for (int loops: {1, 2})
		{
			const int threads = 2;
			const int queued = 6;
			Gate gate;
			EVHTTPServerParams::Ptr pParams = httpParams(threads, loops, policy);
			pParams->setAcceptPolicy(EVServerOptions::ACCEPT_ROUND_ROBIN);
			pParams->setMaxQueued(queued);
			EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
			{
				gate.pass();
				answerURI(request, response);
			}), 0, pParams);
			server.start();
			Clients clients = connect(server, threads + queued + 1);
			for (int i = 0; i < threads; i++)
			{
				clients[static_cast<std::size_t>(i)]->get("/");
				assertTrue (gate.holds(i + 1));
			}
			for (int i = threads; i < threads + queued; i++)
			{
				clients[static_cast<std::size_t>(i)]->get("/");
				assertTrue (waitFor([&] { return server.statistics().queued == i + 1 - threads; }));
			}
			// All threads are busy, and the queue is full.
			for (int i = 0; i < 3; i++) assertEqual(503, clients.back()->ask("/").status);
			gate.open();
			for (int i = 0; i < threads + queued; i++) assertTrue (clients[static_cast<std::size_t>(i)]->receiveAnswer().isOK("/"));
			// There is room again at once, not only when half of the queue has been worked off.
			assertTrue (clients.back()->ask("/").isOK("/"));
			assertTrue (server.statistics().refused == 3);
			server.stop();
			assertTrue (balances(server));
		}
	}
}


void EVServerQueueTest::testFloodedLoopTakesNothingFromAnother()
{
	const int threads = 2;
	const int queued = 4;
	Gate gate;
	EVHTTPServerParams::Ptr pParams = httpParams(threads, 2, EVServerOptions::EXECUTE_DEDICATED);
	pParams->setAcceptPolicy(EVServerOptions::ACCEPT_ROUND_ROBIN);
	pParams->setMaxQueued(queued);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		gate.pass();
		answerURI(request, response);
	}), 0, pParams);
	server.start();
	Clients all = connect(server, 16);
	Clients one, other; // of one loop and of the other
	for (std::size_t i = 0; i < all.size(); i++) (i % 2 ? other : one).push_back(std::move(all[i]));
	for (std::size_t i = 0; i < 2; i++)
	{
		one[i]->get("/");
		assertTrue (gate.holds(static_cast<int>(i) + 1));
	}
	// One loop may use the whole queue,
	for (std::size_t i = 2; i < 6; i++)
	{
		one[i]->get("/");
		assertTrue (waitFor([&] { return server.statistics().queued == static_cast<int>(i) - 1; }));
	}
	assertEqual(503, one[6]->ask("/").status);
	// and nevertheless the other one has its part,
	for (std::size_t i = 0; i < 2; i++)
	{
		other[i]->get("/");
		assertTrue (waitFor([&] { return server.statistics().queued == queued + static_cast<int>(i) + 1; }));
	}
	// no more.
	assertEqual(503, other[2]->ask("/").status);
	assertTrue (server.statistics().refused == 2);
	gate.open();
	for (std::size_t i = 0; i < 6; i++) assertTrue (one[i]->receiveAnswer().isOK("/"));
	for (std::size_t i = 0; i < 2; i++) assertTrue (other[i]->receiveAnswer().isOK("/"));
	assertTrue (one[6]->ask("/").isOK("/"));
	assertTrue (other[2]->ask("/").isOK("/"));
}


void EVServerQueueTest::testPlainConnectionsThatThreadsAreFreeFor()
{
	// They come all at once, and are queued for a moment.
	const int clients = 40;
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(clients, 2);
	pParams->setMaxQueued(1);
	EVTCPServer server(servePlain([&](StreamSocket& socket)
	{
		gate.pass();
		sendAll(socket, receiveLine(socket) + "\n");
	}), 0, pParams);
	server.start();
	std::vector<StreamSocket> connected;
	for (int i = 0; i < clients; i++) connected.push_back(connectTo(server));
	assertTrue (gate.holds(clients));
	gate.open();
	for (StreamSocket& client: connected) assertEqual(std::string("x\n"), exchange(client, "x\n"));
	assertEqual(0, server.refusedConnections());
}


CppUnit::Test* EVServerQueueTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVServerQueueTest");

	CppUnit_addTest(pSuite, EVServerQueueTest, testNobodyIsRefusedWhileThreadsAreFree);
	CppUnit_addTest(pSuite, EVServerQueueTest, testNoMoreClientsThanThreads);
	CppUnit_addTest(pSuite, EVServerQueueTest, testWholeQueueIsUsed);
	CppUnit_addTest(pSuite, EVServerQueueTest, testFloodedLoopTakesNothingFromAnother);
	CppUnit_addTest(pSuite, EVServerQueueTest, testPlainConnectionsThatThreadsAreFreeFor);

	return pSuite;
}
