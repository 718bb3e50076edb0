//
// EVHTTPServerDrainTest.cpp
//
// EVTCPServer::drain(): what has been received is answered, then the server ends.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerDrainTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/Net/ServerSocket.h"
#include <future>
#include <memory>
#include <thread>
#include <vector>


namespace
{
	const Poco::Timespan LONG(20, 0);

	std::future<bool> drainInBackground(EVHTTPServer& server, const Poco::Timespan& timeout = LONG)
	{
		return std::async(std::launch::async, [&server, timeout] { return server.drain(timeout); });
	}

	bool drainHasBegun(const EVTCPServer& server)
		/// Waits until the port is closed.
	{
		return waitFor([&]
		{
			try
			{
				StreamSocket().connect(Poco::Net::SocketAddress("127.0.0.1", server.port()));
			}
			catch (Poco::Exception&)
			{
				return true;
			}
			return false;
		});
	}

	bool allEnded(const EVServerStatistics& statistics)
	{
		return balances(statistics) && statistics.open == 0;
	}
}


EVHTTPServerDrainTest::EVHTTPServerDrainTest(const std::string& name): ClockedTest(name)
{
}


void EVHTTPServerDrainTest::testNothingOpen()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	assertTrue (server.drain(LONG)); // not even started
	server.start();
	const Stopwatch stopwatch;
	assertTrue (server.drain(LONG));
	assertTrue (server.drain(LONG));
	assertTrue (stopwatch.elapsed() < 5000);
}


void EVHTTPServerDrainTest::testIdleConnectionsAreClosed()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		EVHTTPServer server(serveHTTP(answerURI), 0, httpParams(2, 2, policy));
		server.start();
		std::vector<std::unique_ptr<RawClient>> clients;
		for (int i = 0; i < 20; i++)
		{
			clients.emplace_back(new RawClient(server));
			assertTrue (clients.back()->ask("/").isOK("/"));
		}
		const Stopwatch stopwatch;
		assertTrue (server.drain(LONG));
		assertTrue (stopwatch.elapsed() < 5000);
		for (auto& pClient: clients) assertTrue (pClient->hasEnded());
		assertTrue (allEnded(server.statistics()));
	}
}


void EVHTTPServerDrainTest::testRunningRequestIsAnswered()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		Gate gate;
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/slow") gate.pass();
			answerURI(request, response);
		}), 0, httpParams(2, 1, policy));
		server.start();
		RawClient slow(server);
		slow.get("/slow");
		assertTrue (gate.holds(1));
		std::future<bool> drained = drainInBackground(server);
		Poco::Thread::sleep(20);
		gate.open();
		const Answer answer = slow.receiveAnswer();
		assertTrue (answer.isOK("/slow"));
		assertTrue (slow.hasEnded());
		assertTrue (drained.get());
		assertTrue (allEnded(server.statistics()));
	}
}


void EVHTTPServerDrainTest::testPipelinedRequestsAreAnswered()
{
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/0") gate.pass();
		answerURI(request, response);
	}), 0, httpParams(2, 1));
	server.start();
	RawClient client(server);
	client.get("/0");
	assertTrue (gate.holds(1));
	for (int i = 1; i < 20; i++) client.get("/" + std::to_string(i)); // behind what the server has looked at
	std::future<bool> drained = drainInBackground(server);
	assertTrue (drainHasBegun(server));
	gate.open();
	for (int i = 0; i < 20; i++)
	{
		const Answer answer = client.receiveAnswer();
		assertTrue (answer.isOK("/" + std::to_string(i)));
		assertTrue (answer.saysClose() == (i == 19));
	}
	assertTrue (client.hasEnded());
	assertTrue (drained.get());
}


void EVHTTPServerDrainTest::testPartOfARequestIsWaitedFor()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n01234");
	assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
	std::future<bool> drained = drainInBackground(server);
	Poco::Thread::sleep(50);
	client.send("56789");
	const Answer answer = client.receiveAnswer();
	assertTrue (answer.isOK("0123456789") && answer.saysClose());
	assertTrue (client.hasEnded());
	assertTrue (drained.get());
}


void EVHTTPServerDrainTest::testNewConnectionsHaveASecond()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient late(server);
	RawClient silent(server);
	assertTrue (waitFor([&] { return server.currentConnections() == 2; }));
	const Stopwatch stopwatch;
	std::future<bool> drained = drainInBackground(server);
	Poco::Thread::sleep(100);
	assertTrue (late.ask("/").isOK("/"));
	assertTrue (late.hasEnded());
	assertTrue (silent.hasEnded());
	assertTrue (stopwatch.elapsed() >= 900);
	assertTrue (drained.get());
}


void EVHTTPServerDrainTest::testTimeout()
{
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		gate.pass();
		answerURI(request, response);
	}), 0, httpParams());
	server.start();
	RawClient slow(server);
	slow.get("/slow");
	RawClient incomplete(server);
	incomplete.send("GET");
	assertTrue (waitFor([&] { return gate.waiting() == 1 && server.statistics().reading == 1; }));
	std::future<bool> drained = drainInBackground(server, Poco::Timespan(2, 0));
	assertTrue (incomplete.hasEnded());
	assertTrue (slow.hasEnded());
	gate.open();
	assertTrue (!drained.get());
	assertTrue (!slow.receiveAnswer().complete);
}


void EVHTTPServerDrainTest::testBacklogIsServed()
{
	// The only thread, which also accepts, is busy while others connect: as many as Linux keeps.
	const int CLIENTS = 100;
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1, EVServerOptions::EXECUTE_INLINE);
	pParams->setAcceptBacklog(CLIENTS - 1);
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/slow") gate.pass();
		answerURI(request, response);
	}), 0, pParams);
	server.start();
	RawClient slow(server);
	slow.get("/slow");
	assertTrue (gate.holds(1));
	std::vector<std::unique_ptr<RawClient>> clients;
	for (int i = 0; i < CLIENTS; i++)
	{
		clients.emplace_back(new RawClient(server));
		clients.back()->get("/" + std::to_string(i));
	}
	std::future<bool> drained = drainInBackground(server);
	Poco::Thread::sleep(20);
	gate.open();
	for (int i = 0; i < CLIENTS; i++) assertTrue (clients[i]->receiveAnswer().isOK("/" + std::to_string(i)));
	assertTrue (drained.get());
}


void EVHTTPServerDrainTest::testUnderLoad()
{
	std::atomic<bool> draining(false);
	std::atomic<int> lost(0);
	std::atomic<int> answered(0);
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/sleep") Poco::Thread::sleep(2);
		answerURI(request, response);
	}), 0, httpParams(4, 2));
	server.start();
	std::vector<std::thread> clients;
	for (int i = 0; i < 16; i++)
	{
		clients.emplace_back([&, i]
		{
			const std::string uri = i % 2 ? "/sleep" : "/";
			try
			{
				RawClient client(server);
				for (;;)
				{
					client.get(uri);
					const bool before = !draining; // sent completely before drain() was called
					const Answer answer = client.receiveAnswer();
					if (answer.isOK(uri)) ++answered;
					else if (before) ++lost;
					if (!answer.complete || answer.saysClose()) break;
				}
			}
			catch (Poco::Exception&)
			{
				if (!draining) ++lost;
			}
		});
	}
	assertTrue (waitFor([&] { return answered > 1000; }));
	draining = true;
	const bool drained = server.drain(LONG);
	for (auto& client: clients) client.join();
	assertTrue (drained);
	assertEqual (0, lost.load());
	assertTrue (allEnded(server.statistics()));
}


void EVHTTPServerDrainTest::testNewConnectionsGetTheirTime()
{
	// Whether there are deadlines or not. Each time anew, because the time they get is short, and a machine may be slow.
	for (int seconds: {0, 60})
	{
		bool answered = false;
		for (int i = 0; i < 20 && !answered; i++)
		{
			EVTCPServerParams::Ptr pParams = serverParams(2, 1);
			pParams->setFirstRequestTimeout(Poco::Timespan(seconds, 0));
			EVTCPServer server(serve(echo, frameLines), 0, pParams);
			server.start();
			StreamSocket client = connectTo(server);
			assertTrue (waitFor([&] { return server.statistics().open == 1; }));
			std::future<bool> drained = std::async(std::launch::async, [&server] { return server.drain(LONG); });
			// It has begun when nobody is accepted any more
			waitFor([&]
			{
				try
				{
					StreamSocket another;
					another.connect(Poco::Net::SocketAddress("127.0.0.1", server.port()));
					return false;
				}
				catch (Poco::Exception&)
				{
					return true;
				}
			});
			try
			{
				sendAll(client, "x\n");
				answered = receiveSome(client) == "x\n";
			}
			catch (Poco::Exception&)
			{
				// closed before
			}
			assertTrue (drained.get());
		}
		assertTrue (answered);
	}
}


void EVHTTPServerDrainTest::testWhatBecomesIdleLater()
{
	// Long after drain() was called, requests are done by other threads, and connections come.
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		Gate gate;
		EVTCPServerParams::Ptr pParams = serverParams(4, 1, policy);
		pParams->setFirstRequestTimeout(Poco::Timespan(600, 0));
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			if (c.request() == "wait\n") gate.pass();
			echo(c);
		}, frameLines), 0, pParams);
		server.start();
		StreamSocket client = connectTo(server);
		sendAll(client, "wait\nbehind\n");
		assertTrue (gate.holds(1));
		Poco::Net::ServerSocket listener(Poco::Net::SocketAddress("127.0.0.1", 0));
		StreamSocket silent = connectTo(listener.address());
		std::future<bool> drained = std::async(std::launch::async, [&server] { return server.drain(LONG); });
		sleepFor(1500); // longer than new connections are waited for
		server.adopt(listener.acceptConnection());
		gate.open();
		assertEqual(std::string("wait"), receiveLine(client));
		assertEqual(std::string("behind"), receiveLine(client));
		assertTrue (drained.get());
		assertTrue (isClosed(silent));
		assertTrue (allEnded(server.statistics()));
	}
}


void EVHTTPServerDrainTest::testTwoDrains()
{
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		gate.pass();
		answerURI(request, response);
	}), 0, httpParams(2, 2));
	server.start();
	RawClient client(server);
	client.get("/");
	assertTrue (gate.holds(1));
	std::future<bool> first = drainInBackground(server);
	assertTrue (drainHasBegun(server));
	std::future<bool> second = drainInBackground(server);
	sleepFor(20); // else it may come too late to disturb the first one
	gate.open();
	assertTrue (receiveToEnd(client.socket()).find("Connection: Close") != std::string::npos); // though the handler had begun before
	assertTrue (first.get());
	assertTrue (second.get());
	assertTrue (allEnded(server.statistics()));
}


void EVHTTPServerDrainTest::testRefusalWhileDraining()
{
	// What is said is what happens.
	Gate gate;
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
	pParams->setMaxQueued(1);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		gate.pass();
		answerURI(request, response);
	}), 0, pParams);
	server.start();
	RawClient running(server);
	running.get("/running");
	assertTrue (gate.holds(1));
	RawClient queued(server);
	queued.get("/queued");
	assertTrue (waitFor([&] { return server.statistics().queued == 1; }));
	RawClient refused(server);
	refused.send("GET / HTTP/1.1\r\n");
	assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
	std::future<bool> drained = drainInBackground(server);
	assertTrue (drainHasBegun(server));
	refused.send("Host: localhost\r\n\r\n");
	const std::string answer = receiveToEnd(refused.socket());
	assertTrue (answer.find("HTTP/1.1 503") == 0);
	assertTrue (answer.find("Connection: Close") != std::string::npos);
	gate.open();
	assertTrue (running.receiveAnswer().isOK("/running"));
	assertTrue (queued.receiveAnswer().isOK("/queued"));
	assertTrue (drained.get());
	assertTrue (allEnded(server.statistics()));
}


CppUnit::Test* EVHTTPServerDrainTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerDrainTest");

	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testNothingOpen);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testIdleConnectionsAreClosed);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testRunningRequestIsAnswered);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testPipelinedRequestsAreAnswered);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testPartOfARequestIsWaitedFor);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testNewConnectionsHaveASecond);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testTimeout);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testBacklogIsServed);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testUnderLoad);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testNewConnectionsGetTheirTime);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testWhatBecomesIdleLater);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testTwoDrains);
	CppUnit_addTest(pSuite, EVHTTPServerDrainTest, testRefusalWhileDraining);

	return pSuite;
}
