//
// EVHTTPServerStopTest.cpp
//
// stop() and stopAll(), whatever the connections are doing.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerStopTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/Delegate.h"


EVHTTPServerStopTest::EVHTTPServerStopTest(const std::string& name): ClockedTest(name)
{
}


namespace
{
	class StopAwareFactory: public FunctionHandlerFactory
		/// Opens a gate when it hears that the server stops.
	{
	public:
		StopAwareFactory(Gate& gate, std::atomic<int>& heard):
			FunctionHandlerFactory([&gate](const HTTPServerRequest&)
			{
				return new FunctionHandler([&gate](HTTPServerRequest& request, HTTPServerResponse& response)
				{
					gate.pass();
					answerURI(request, response);
				});
			}),
			_gate(gate),
			_heard(heard)
		{
			serverStopped += Poco::delegate(this, &StopAwareFactory::onServerStopped);
		}

		~StopAwareFactory()
		{
			serverStopped -= Poco::delegate(this, &StopAwareFactory::onServerStopped);
		}

		void onServerStopped(const bool& abortCurrent)
		{
			_heard += abortCurrent ? 100 : 1;
			_gate.open();
		}

	private:
		Gate&             _gate;
		std::atomic<int>& _heard;
	};


	class Stopping
		/// Stops the server on a thread of its own.
	{
	public:
		explicit Stopping(EVHTTPServer& server):
			_done(false),
			_thread([this, &server] { server.stop(); _done = true; })
		{
		}

		~Stopping()
		{
			_thread.join();
		}

		bool done() const
		{
			return _done;
		}

	private:
		std::atomic<bool> _done;
		std::thread       _thread;
	};
}


void EVHTTPServerStopTest::testStopWaitsForRunningRequest()
{
	for (EVServerOptions::ExecutionPolicy policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		EVHTTPServerParams::Ptr pParams = patient(httpParams(2, 0, policy));
		Gate gate;
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			gate.pass();
			answerURI(request, response);
		}), 0, pParams);
		server.start();
		RawClient client(server);
		client.get("/last");
		assertTrue (gate.holds(1));
		{
			Stopping stopping(server);
			sleepFor(50); // a stop() that does not wait would be done
			assertTrue (!stopping.done());
			gate.open();
		}
		assertTrue (client.receiveAnswer().isOK("/last"));
		assertTrue (client.hasEnded());
		assertTrue (allAccountedFor(server));
	}
}


void EVHTTPServerStopTest::testStopSendsPendingOutput()
{
	const std::string body = pattern(700*1024);
	EVHTTPServerParams::Ptr pParams = patient(httpParams(1));
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(65536);
		gate.pass();
		answer(response, body);
	}), 0, pParams);
	server.start();
	RawClient client(server);
	client.get("/");
	assertTrue (gate.holds(1));
	Stopping stopping(server);
	gate.open();
	assertTrue (client.receiveAnswer().isOK(body));
	assertTrue (client.hasEnded());
}


void EVHTTPServerStopTest::testStopTimeout()
{
	Gate gate;
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setStopTimeout(Poco::Timespan(100*Poco::Timespan::MILLISECONDS));
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		gate.pass();
		answerURI(request, response);
	}), 0, pParams);
	server.start();
	RawClient client(server);
	client.get("/late");
	assertTrue (gate.holds(1));
	const Stopwatch stopwatch;
	server.stop();
	assertTrue (stopwatch.elapsed() >= 90);
	assertTrue (gate.waiting() == 1);
	gate.open();
	assertTrue (client.receiveAnswer().isOK("/late"));
	assertTrue (allAccountedFor(server));
}


void EVHTTPServerStopTest::testStopAllTellsTheFactoryBeforeItWaits()
{
	std::atomic<int> heard(0);
	Gate gate;
	EVHTTPServerParams::Ptr pParams = patient(httpParams());
	EVHTTPServer server(new StopAwareFactory(gate, heard), 0, pParams);
	server.start();
	RawClient client(server);
	client.get("/last");
	assertTrue (gate.holds(1));
	const Stopwatch stopwatch;
	server.stopAll();
	assertTrue (stopwatch.elapsed() < DEADLINE/2);
	assertEqual (1, heard.load());
	assertTrue (client.receiveAnswer().isOK("/last"));
	assertTrue (client.hasEnded());
}


void EVHTTPServerStopTest::testStopAllTellsWhetherItAborts()
{
	std::atomic<int> heard(0);
	Gate gate;
	EVHTTPServer server(new StopAwareFactory(gate, heard), 0, httpParams());
	server.start();
	server.stopAll(true);
	assertEqual (100, heard.load());
}


void EVHTTPServerStopTest::testStopAllAborts()
{
	std::atomic<bool> reading(false), ended(false);
	EVHTTPServerParams::Ptr pParams = patient(smallBuffers());
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&)
	{
		reading = true;
		bodyOf(request);
		ended = true;
	}), 0, pParams);
	server.start();
	RawClient client(server);
	client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n" + std::string(SMALL_BUFFER, 'x'));
	assertTrue (waitFor([&] { return reading.load(); }));
	const Stopwatch stopwatch;
	server.stopAll(true);
	assertTrue (stopwatch.elapsed() < DEADLINE/2);
	assertTrue (ended);
	assertTrue (isClosed(client.socket()));
	assertTrue (allAccountedFor(server));
}


void EVHTTPServerStopTest::testStopAllAbortsWriting()
{
	EVHTTPServerParams::Ptr pParams = patient(httpParams());
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response) { answer(response, std::string(20000000, 'x')); }), 0, pParams);
	server.start();
	RawClient client(server);
	client.get("/"); // and reads nothing
	assertTrue (waitFor([&] { return server.currentThreads() == 1; }));
	const Stopwatch stopwatch;
	server.stopAll(true);
	assertTrue (stopwatch.elapsed() < DEADLINE/2);
	assertTrue (allAccountedFor(server));
}


void EVHTTPServerStopTest::testStopClosesIdleConnections()
{
	EVHTTPServerParams::Ptr pParams = patient(httpParams());
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	std::vector<RawClient> clients;
	for (int i = 0; i < 300; i++)
	{
		clients.emplace_back(server);
		if (i % 3 == 0) assertTrue (clients.back().ask("/").isOK("/")); // others have said nothing yet
		if (i % 3 == 1) clients.back().send("GET / HTTP");
	}
	assertTrue (waitFor([&] { return server.statistics().open == 300 && server.statistics().reading == 100; }));
	const Stopwatch stopwatch;
	server.stop();
	assertTrue (stopwatch.elapsed() < DEADLINE/2);
	for (RawClient& client: clients) assertTrue (isClosed(client.socket()));
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_SERVER) == 300);
	assertTrue (allAccountedFor(server));
	assertEqual (0, server.currentConnections());
}


void EVHTTPServerStopTest::testNoConnectionAfterStop()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	assertTrue (RawClient(server).ask("/").isOK("/"));
	server.stop();
	try
	{
		RawClient client(server);
		failmsg("a stopped server accepts connections");
	}
	catch (Poco::Net::ConnectionRefusedException&)
	{
	}
}


void EVHTTPServerStopTest::testStopTwice()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	assertTrue (RawClient(server).ask("/").isOK("/"));
	server.stop();
	server.stop();
	server.stopAll(true);
	assertTrue (allAccountedFor(server));
}


void EVHTTPServerStopTest::testStopWithoutStart()
{
	EVHTTPServer first(serveHTTP(answerURI), 0, httpParams());
	first.stop();
	EVHTTPServer second(serveHTTP(answerURI), 0, httpParams());
	second.stopAll();
	EVHTTPServer third(serveHTTP(answerURI), 0, httpParams());
}


void EVHTTPServerStopTest::testStopFromHandler()
{
	EVHTTPServer* pServer = nullptr;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		answerURI(request, response);
		pServer->stop();
	}), 0, httpParams());
	pServer = &server;
	server.start();
	RawClient client(server);
	assertTrue (client.ask("/stop").isOK("/stop"));
	assertTrue (client.hasEnded());
	assertTrue (allAccountedFor(server));
}


void EVHTTPServerStopTest::testStopUnderLoad()
{
	for (int i = 0; i < 10; i++)
	{
		const EVServerOptions::ExecutionPolicy policies[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};
		EVHTTPServer server(serveHTTP(answerURI), 0, httpParams(4, 0, policies[i % 3]));
		server.start();
		std::atomic<int> answered(0), wrong(0);
		std::atomic<bool> stopped(false);
		std::thread stopper([&]
		{
			waitFor([&] { return answered > 100; });
			if (i % 2 == 0) server.stop();
			else server.stopAll(true);
			stopped = true;
		});
		inParallel(8, [&](int)
		{
			while (!stopped)
			{
				RawClient client(server); // throws when the port has been closed
				for (;;)
				{
					const Answer answer = client.ask("/load");
					if (!answer.complete) break;
					if (!answer.isOK("/load")) ++wrong;
					++answered;
				}
			}
		});
		stopper.join();
		assertTrue (answered > 100);
		assertEqual (0, wrong.load());
		assertTrue (allAccountedFor(server));
	}
}


void EVHTTPServerStopTest::testDestroyUnderLoad()
{
	for (int i = 0; i < 5; i++)
	{
		std::atomic<int> answered(0), wrong(0);
		std::unique_ptr<EVHTTPServer> pServer(new EVHTTPServer(serveHTTP(answerURI), 0, httpParams(2)));
		pServer->start();
		std::vector<RawClient> clients;
		for (int n = 0; n < 4; n++) clients.emplace_back(*pServer);
		std::thread destroyer([&]
		{
			waitFor([&] { return answered > 50; });
			pServer.reset();
		});
		inParallel(4, [&](int n)
		{
			for (;;)
			{
				const Answer answer = clients[n].ask("/load");
				if (!answer.complete) break;
				if (!answer.isOK("/load")) ++wrong;
				++answered;
			}
		});
		destroyer.join();
		assertEqual (0, wrong.load());
	}
}


void EVHTTPServerStopTest::testPortInUse()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	try
	{
		EVHTTPServer second(serveHTTP(answerURI), server.port(), httpParams());
		failmsg("two servers at one port");
	}
	catch (Poco::Net::NetException&)
	{
	}
	assertTrue (RawClient(server).ask("/").isOK("/"));
}


void EVHTTPServerStopTest::testStopAllAbortsThoughAClientIsGone()
{
	ErrorCollector errors;
	Gate gate;
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setStopTimeout(Poco::Timespan(100*Poco::Timespan::MILLISECONDS));
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/wait") gate.pass();
		answerURI(request, response);
	}), 0, pParams);
	server.start();
	RawClient client(server);
	client.get("/wait");
	assertTrue (gate.holds(1));
	resetConnection(client.socket());
	assertTrue (RawClient(server).ask("/").isOK("/")); // the reset has arrived by then
	server.stopAll(true);
	gate.open();
	assertTrue (allAccountedFor(server));
	assertEqual ("", errors.text());
}


void EVHTTPServerStopTest::testStopBetweenPipelinedRequests()
{
	// What has been answered arrives, though the responses are held to leave together.
	Gate gate;
	std::atomic<int> heard(0);
	EVHTTPServerParams::Ptr pParams = patient(httpParams(1, 1, EVServerOptions::EXECUTE_INLINE));
	EVHTTPServer server(new StopAwareFactory(gate, heard), 0, pParams);
	server.start();
	RawClient client(server);
	std::string requests;
	for (int i = 0; i < 60; i++) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
	client.send(requests);
	assertTrue (gate.holds(1));
	server.stopAll();
	Poco::UInt64 answers = 0;
	while (client.receiveAnswer().isOK("/" + std::to_string(answers))) ++answers;
	assertTrue (answers > 0);
	assertTrue (answers == server.statistics().requests);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_SERVER));
}


CppUnit::Test* EVHTTPServerStopTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerStopTest");

	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopWaitsForRunningRequest);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopSendsPendingOutput);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopTimeout);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopAllTellsTheFactoryBeforeItWaits);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopAllTellsWhetherItAborts);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopAllAborts);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopAllAbortsWriting);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopClosesIdleConnections);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testNoConnectionAfterStop);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopTwice);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopWithoutStart);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopFromHandler);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopUnderLoad);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testDestroyUnderLoad);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testPortInUse);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopAllAbortsThoughAClientIsGone);
	CppUnit_addTest(pSuite, EVHTTPServerStopTest, testStopBetweenPipelinedRequests);

	return pSuite;
}
