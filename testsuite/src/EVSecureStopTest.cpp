//
// EVSecureStopTest.cpp
//
// stop(), stopAll() and drain() with TLS connections in every state.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVSecureStopTest.h"
#include "TLSTestSupport.h"
#include "CppUnit/TestCaller.h"
#include <ctime>


EVSecureStopTest::EVSecureStopTest(const std::string& name): ClockedTest(name)
{
}


namespace
{
	const Poco::Timespan LONG(DEADLINE*Poco::Timespan::MILLISECONDS);
	const std::size_t RESPONSE_SIZE = 5*1024*1024;

	class Scene
		/// A server with one connection in each state.
	{
	public:
		explicit Scene(bool withFlushing = true):
			_body(pattern(RESPONSE_SIZE)),
			_server(serveHTTP([this](HTTPServerRequest& request, HTTPServerResponse& response) { handle(request, response); }), listenSecure(), params())
		{
			const std::string hello = clientHello();
			_server.start();
			_silent = connectTo(_server);
			_stalled = connectTo(_server);
			sendAll(_stalled, hello.substr(0, hello.size()/2));
			_pShaken.reset(new SecureRawClient(_server));
			_pIdle.reset(new SecureRawClient(_server));
			if (!_pIdle->ask("/idle").isOK("/idle")) throw Poco::DataException("wrong answer");
			_pReading.reset(new SecureRawClient(_server));
			_pReading->send("GET /reading HTTP/1.1\r\n");
			_pRunning.reset(new SecureRawClient(_server));
			_pRunning->get("/wait");
			_pFlushing.reset(new SecureRawClient(_server, 16384));
			if (withFlushing) _pFlushing->get("/large");
			if (!waitFor([&] { const EVServerStatistics s = _server.statistics(); return _gate.waiting() == 1 && s.reading == 1 && s.flushing == (withFlushing ? 1 : 0) && s.queued == 0; })) throw Poco::TimeoutException("the scene is not set");
		}

		~Scene()
		{
			_gate.open();
			_server.stop();
		}

		EVHTTPServer& server() { return _server; }
		Gate& gate() { return _gate; }
		SecureRawClient& idle() { return *_pIdle; }
		SecureRawClient& running() { return *_pRunning; }
		SecureRawClient& flushing() { return *_pFlushing; }

		bool othersAreClosed()
		{
			return endsOrderly(_pIdle->socket()) && isClosed(_pShaken->socket()) && isClosed(_pReading->socket()) && isClosed(_silent) && isClosed(_stalled);
		}

		const std::string& body() const { return _body; }

	private:
		static EVHTTPServerParams::Ptr params()
		{
			EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
			pParams->setMaxPendingOutput(2*RESPONSE_SIZE);
			pParams->setStopTimeout(LONG);
			return pParams;
		}

		void handle(HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/wait") _gate.pass();
			answer(response, request.getURI() == "/large" ? _body : request.getURI());
		}

		const std::string                _body;
		Gate                             _gate;
		EVHTTPServer                     _server;
		StreamSocket                     _silent;
		StreamSocket                     _stalled;
		std::unique_ptr<SecureRawClient> _pShaken;
		std::unique_ptr<SecureRawClient> _pIdle;
		std::unique_ptr<SecureRawClient> _pReading;
		std::unique_ptr<SecureRawClient> _pRunning;
		std::unique_ptr<SecureRawClient> _pFlushing;
	};

	class Background
		/// Does something on another thread.
	{
	public:
		explicit Background(const std::function<void()>& function):
			_done(false),
			_thread([this, function] { function(); _done = true; })
		{
		}

		~Background()
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


void EVSecureStopTest::testStop()
{
	Scene scene;
	{
		Background stop([&] { scene.server().stop(); });
		assertTrue (scene.othersAreClosed());
		assertTrue (!stop.done());
		scene.gate().open();
		takeAll(scene.flushing().socket());
		const Answer large = scene.flushing().receiveAnswer();
		assertTrue (large.isOK(scene.body()));
		assertTrue (scene.running().receiveAnswer().isOK("/wait"));
		assertTrue (waitFor([&] { return stop.done(); }));
	}
	assertTrue (allAccountedFor(scene.server()));
	assertTrue (balances(scene.server()));
}


void EVSecureStopTest::testStopAll()
{
	ErrorCollector errors;
	Scene scene;
	{
		Background stop([&] { scene.server().stopAll(true); });
		assertTrue (scene.othersAreClosed());
		takeAll(scene.flushing().socket());
		assertTrue (isClosed(scene.flushing().socket()));
		assertTrue (isClosed(scene.running().socket())); // its handler still waits
		scene.gate().open();
		assertTrue (waitFor([&] { return stop.done(); }));
	}
	assertTrue (allAccountedFor(scene.server()));
	assertTrue (balances(scene.server()));
}


void EVSecureStopTest::testStopAllEndsHandlersThatRead()
{
	ErrorCollector errors;
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
	pParams->setStopTimeout(LONG);
	pParams->setMaxBufferedBytes(SMALL_BUFFER);
	EVHTTPServer server(serveHTTP(answerBody), listenSecure(), pParams);
	server.start();
	SecureRawClient client(server);
	client.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10000\r\n\r\n");
	assertEqual (100, client.receiveAnswer().status);
	client.send(pattern(2*SMALL_BUFFER)); // then the handler reads
	assertTrue (waitFor([&] { return server.statistics().running == 1; }));
	const Stopwatch stopwatch;
	server.stopAll(true);
	assertTrue (stopwatch.elapsed() < DEADLINE/2);
	assertTrue (isClosed(client.socket()));
	assertTrue (allAccountedFor(server));
}


void EVSecureStopTest::testDrain()
{
	Scene scene;
	std::atomic<bool> clean(false);
	{
		auto pHold = std::make_unique<TestClock::Hold>(); // the window of the client opens by the clock of the system
		Background drain([&] { clean = scene.server().drain(Poco::Timespan(10, 0)); });
		assertTrue (endsOrderly(scene.idle().socket()));
		assertTrue (!drain.done());
		scene.gate().open();
		const Answer last = scene.running().receiveAnswer();
		assertTrue (last.isOK("/wait"));
		assertTrue (endsOrderly(scene.running().socket()));
		takeAll(scene.flushing().socket());
		assertTrue (scene.flushing().receiveAnswer().isOK(scene.body()));
		assertTrue (endsOrderly(scene.flushing().socket()));
		pHold.reset();
	}
	assertTrue (!clean); // half a request had to be cut
	assertTrue (allAccountedFor(scene.server()));
	assertTrue (balances(scene.server()));
}


void EVSecureStopTest::testDrainWithHandshakes()
{
	// They are given a second, and cost no CPU time meanwhile.
	const std::string hello = clientHello();
	for (EVServerOptions::ExecutionPolicy policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1, policy));
		server.start();
		StreamSocket silent = connectTo(server);
		StreamSocket stalled = connectTo(server);
		sendAll(stalled, hello.substr(0, hello.size()/2));
		SecureRawClient shaken(server);
		assertTrue (waitFor([&] { return server.statistics().open == 3 && server.statistics().running == 0; }));
		const std::clock_t cpu = std::clock();
		assertTrue (server.drain(LONG));
		assertTrue (std::clock() - cpu < CLOCKS_PER_SEC/2);
		assertTrue (isClosed(silent));
		assertTrue (isClosed(stalled));
		assertTrue (endsOrderly(shaken.socket()));
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_SERVER, 3));
	}
}


void EVSecureStopTest::testDrainAnswersWhatIsReceived()
{
	// a client in its handshake when the drain begins
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(2, 1));
	server.start();
	Relay relay(server);
	relay.allow(100);
	Answer first;
	std::string rest = "not asked";
	{
		Background client([&]
		{
			SecureRawClient client(relay.address());
			first = client.ask("/first");
			rest = client.receiveRest();
		});
		waitFor([&] { return relay.kept() > 0 && server.statistics().open == 1; });
		std::atomic<bool> clean(false);
		{
			Background drain([&] { clean = server.drain(LONG); });
			sleepFor(20);
			relay.allow(-1);
		}
		assertTrue (clean);
	}
	assertTrue (first.isOK("/first"));
	assertTrue (first.saysClose());
	assertEqual ("", rest);
}


void EVSecureStopTest::testNoDescriptorsAreLeft()
{
	{
		Scene warmUp(false);
	}
	const int before = openDescriptors();
	for (int i = 0; i < 3; i++)
	{
		ErrorCollector errors;
		Scene scene(i % 2 == 1);
		scene.gate().open();
		if (i == 0) scene.server().stop();
		else if (i == 1) scene.server().stopAll(true);
		else scene.server().drain(Poco::Timespan(10, 0));
		assertTrue (allAccountedFor(scene.server()));
	}
	assertTrue (waitFor([&] { return openDescriptors() <= before; }));
}


void EVSecureStopTest::testServerDestroyedWithConnections()
{
	const std::string hello = clientHello();
	StreamSocket stalled;
	std::unique_ptr<SecureRawClient> pIdle;
	{
		EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
		server.start();
		stalled = connectTo(server);
		sendAll(stalled, hello.substr(0, 50));
		pIdle.reset(new SecureRawClient(server));
		assertTrue (pIdle->ask("/").isOK("/"));
	}
	assertTrue (endsOrderly(pIdle->socket()));
	assertTrue (isClosed(stalled));
}


CppUnit::Test* EVSecureStopTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVSecureStopTest");

	CppUnit_addTest(pSuite, EVSecureStopTest, testStop);
	CppUnit_addTest(pSuite, EVSecureStopTest, testStopAll);
	CppUnit_addTest(pSuite, EVSecureStopTest, testStopAllEndsHandlersThatRead);
	CppUnit_addTest(pSuite, EVSecureStopTest, testDrain);
	CppUnit_addTest(pSuite, EVSecureStopTest, testDrainWithHandshakes);
	CppUnit_addTest(pSuite, EVSecureStopTest, testDrainAnswersWhatIsReceived);
	CppUnit_addTest(pSuite, EVSecureStopTest, testNoDescriptorsAreLeft);
	CppUnit_addTest(pSuite, EVSecureStopTest, testServerDestroyedWithConnections);

	return pSuite;
}
