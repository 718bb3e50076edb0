//
// EVSecureWaitTest.cpp
//
// Clients with TLS that let a handler or the loop wait: nobody waits for longer than the timeout, and the loop not at all.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVSecureWaitTest.h"
#include "ClientLeavesSupport.h"
#include "TLSTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "CppUnit/TestSuite.h"
#include "Poco/Net/X509Certificate.h"


EVSecureWaitTest::EVSecureWaitTest(const std::string& name): ClockedTest(name)
{
}


namespace
{
	StreamSocket& socketOf(HTTPServerRequest& request)
	{
		return static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
	}

	EVHTTPServerParams::Ptr impatient(int threads, EVServerOptions::ExecutionPolicy policy = EVServerOptions::EXECUTE_ADAPTIVE)
	{
		EVHTTPServerParams::Ptr pParams = httpParams(threads, 1, policy);
		pParams->setTimeout(Poco::Timespan(10, 0)); // holds for the handshake as well, which takes long on a busy machine
		return pParams;
	}

	const std::vector<std::string> ANNOUNCEMENTS = {"Connection: upgrade\r\n", "Connection: upgrade\r\nUpgrade: something\r\n"};

	std::string silentUpgrade(const std::string& method, const std::string& target, const std::string& announcement)
		/// Returns a request whose body never comes.
	{
		return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + announcement + "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n";
	}

	class Dribbler
		/// Lets a relay pass on so many bytes of the client again and again.
	{
	public:
		Dribbler(Relay& relay, int bytes, int milliseconds):
			_ended(false),
			_thread([this, &relay, bytes, milliseconds]
			{
				while (!_ended)
				{
					relay.allow(bytes);
					sleepFor(milliseconds);
				}
			})
		{
		}

		~Dribbler()
		{
			_ended = true;
			_thread.join();
		}

	private:
		std::atomic<bool> _ended;
		std::thread       _thread;
	};
}


void EVSecureWaitTest::testAnnouncedUpgradeThenSilence()
{
	ErrorCollector errors;
	const std::string wrong = inParallel(2, [](int i)
	{
		const EVServerOptions::ExecutionPolicy policy = i == 0 ? EVServerOptions::EXECUTE_ADAPTIVE : EVServerOptions::EXECUTE_DEDICATED;
		EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/read") return answerBody(request, response);
			if (request.getURI() == "/throw") throw Poco::DataException("before an answer");
			if (request.getURI() == "/nothing") return;
			answerURI(request, response);
		}), listenSecure(), impatient(2, policy));
		server.start();
		std::vector<std::unique_ptr<SecureRawClient>> silent;
		for (const std::string& announcement: ANNOUNCEMENTS)
		{
			for (const std::string target: {"/read", "/throw", "/nothing", "/answer"})
			{
				silent.emplace_back(new SecureRawClient(server));
				silent.back()->send(silentUpgrade("POST", target, announcement));
			}
		}
		// Each of them is silent for as long as it is let.
		assertTrue (waitFor([&] { return server.statistics().closes() == silent.size() && server.statistics().running == 0; }));
		assertTrue (SecureRawClient(server).ask("/alive").isOK("/alive"));
		server.stop();
		assertTrue (allAccountedFor(server));
		assertTrue (balances(server));
	});
	assertEqual (std::string(), wrong);
}


void EVSecureWaitTest::testAnnouncedUpgradeThatReadsNothing()
{
	// The rest of its response is for the loop to send, which has other clients; with a plain server in the same process, too.
	EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
	pParams->setTimeout(LONG);
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/alive") return answerURI(request, response);
		socketOf(request).setSendBufferSize(65536);
		response.sendBuffer(MUCH.data(), MUCH.size());
	}), listenSecure(), pParams);
	server.start();
	std::vector<std::unique_ptr<SecureRawClient>> deaf;
	for (int i = 0; i < 4; i++)
	{
		deaf.emplace_back(new SecureRawClient(server));
		deaf.back()->get("/large", ANNOUNCEMENTS[1]);
	}
	assertTrue (waitFor([&] { return server.statistics().flushing == 4; }));
	for (int i = 0; i < 20; i++) assertTrue (SecureRawClient(server).ask("/alive").isOK("/alive"));
	assertEqual (4, server.statistics().flushing);
	assertTrue (deaf[0]->receiveAnswer().isOK(MUCH));
}


void EVSecureWaitTest::testHandlerThatWantsToWait()
{
	// What it has made of its socket counts for its own use only.
	const std::string body = pattern(300000);
	EVHTTPServerParams::Ptr pParams = impatient(1);
	pParams->setMaxPendingOutput(0);
	ErrorCollector errors;
	std::atomic<int> timeouts(0);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/alive") return answerURI(request, response);
		StreamSocket& socket = socketOf(request);
		socket.setSendBufferSize(8192);
		socket.setBlocking(true);
		response.setContentLength64(static_cast<Poco::Int64>(body.size()));
		response.send() << body;
		if (socket.getBlocking()) timeouts++;
	}), listenSecure(), pParams);
	server.start();
	SecureRawClient deaf(server, 4096);
	deaf.get("/large");
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_SEND_TIMEOUT) == 1; }));
	assertEqual (1, timeouts.load());
	assertTrue (SecureRawClient(server).ask("/alive").isOK("/alive"));
}


void EVSecureWaitTest::testDribbledRecord()
{
	// The handler waits for the rest of a record, of which another byte comes each time before its timeout.
	EVHTTPServerParams::Ptr pParams = impatient(1);
	pParams->setMaxBufferedBytes(SMALL_BUFFER);
	ErrorCollector errors;
	std::atomic<bool> reading(false);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		reading = true;
		answerBody(request, response);
	}), listenSecure(), pParams);
	server.start();
	Relay relay(server);
	SecureRawClient client(relay.address());
	client.send("POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n\r\n" + std::string(SMALL_BUFFER, 'x'));
	assertTrue (waitFor([&] { return reading.load(); }));
	relay.allow(0);
	client.send(std::string(10000, 'x'));
	assertTrue (waitFor([&] { return relay.kept() > 10000; }));
	Dribbler dribbler(relay, 1, 250);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT));
}


void EVSecureWaitTest::testSlowRecord()
{
	// A record may take longer than the timeout, as long as it comes fast enough.
	EVHTTPServerParams::Ptr pParams = impatient(1);
	pParams->setMinDataRate(0);
	pParams->setMaxBufferedBytes(SMALL_BUFFER);
	std::atomic<bool> reading(false);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		reading = true;
		answerBody(request, response);
	}), listenSecure(), pParams);
	server.start();
	Relay relay(server);
	SecureRawClient client(relay.address());
	const std::string body = pattern(5000);
	client.send("POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n" + body.substr(0, SMALL_BUFFER));
	assertTrue (waitFor([&] { return reading.load(); }));
	relay.allow(0);
	client.send(body.substr(SMALL_BUFFER));
	Dribbler dribbler(relay, 50, 250); // 20 seconds for the whole of it
	assertTrue (client.receiveAnswer().isOK(body));
}


void EVSecureWaitTest::testSendTimeoutOfTheHandler()
{
	for (bool secure: {true, false})
	{
		ErrorCollector errors;
		EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
		pParams->setTimeout(LONG);
		pParams->setMaxPendingOutput(0);
		EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/alive") return answerURI(request, response);
			socketOf(request).setSendBufferSize(8192);
			socketOf(request).setSendTimeout(SHORT);
			assertTrue (socketOf(request).getSendTimeout() >= SHORT);
			response.setContentLength64(static_cast<Poco::Int64>(MORE.size()));
			response.send() << MORE;
		}), secure ? static_cast<Poco::Net::ServerSocket>(listenSecure()) : Poco::Net::ServerSocket(SocketAddress("127.0.0.1", 0)), pParams);
		server.start();
		StreamSocket plain;
		if (!secure)
		{
			plain = connectTo(server);
			plain.setReceiveBufferSize(4096);
		}
		RawClient deaf(secure ? static_cast<StreamSocket>(connectSecure(server, clientContext(), 4096)) : plain);
		deaf.get("/large");
		assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_SEND_TIMEOUT) == 1; }));
	}
}


void EVSecureWaitTest::testReceiveTimeoutOfTheHandler()
{
	ErrorCollector errors;
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
	pParams->setMaxBufferedBytes(SMALL_BUFFER);
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		socketOf(request).setReceiveTimeout(SHORT);
		answerBody(request, response);
	}), listenSecure(), pParams);
	server.start();
	SecureRawClient client(server);
	client.send("POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n\r\n" + std::string(SMALL_BUFFER, 'x'));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_REQUEST_TIMEOUT));
}


void EVSecureWaitTest::testSecureSocketWithBytesBehind()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		SecureStreamSocket secure(socketOf(request));
		const std::string name = secure.havePeerCertificate() ? secure.peerCertificate().commonName() : "nobody";
		response.setStatusAndReason(HTTPResponse::HTTP_SWITCHING_PROTOCOLS);
		response.set("Connection", "Upgrade");
		response.set("Upgrade", "lines");
		response.send().flush();
		StreamSocket socket = detachSocket(request);
		sendAll(socket, name + "\n");
		for (std::string line = receiveLine(socket); line != "end"; line = receiveLine(socket)) sendAll(socket, line + "\n");
		socket.close();
	}), listenSecure(serverContext(Context::VERIFY_RELAXED)), httpParams(2, 1));
	server.start();
	for (const std::string behind: {"", "first\n", "first\nsec"})
	{
		RawClient client(connectSecure(server, clientContext(&clientCertificate())));
		client.send("GET /lines HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n" + behind);
		assertEqual (101, client.receiveAnswer().status);
		assertEqual ("client", client.receiveLine());
		client.send(std::string("first\nsecond\nend\n").substr(behind.size()));
		assertEqual ("first", client.receiveLine());
		assertEqual ("second", client.receiveLine());
		assertTrue (client.hasEnded());
	}
}


void EVSecureWaitTest::testTakenForAnOrdinaryRequestAndGivenBack()
{
	// By the handler, or by another thread while it still runs: the loop that has the socket then must not find that it waits.
	for (bool otherThread: {false, true})
	{
		EVHTTPServer* pServer = nullptr;
		Gate gate;
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() != "/take") return answerURI(request, response);
			response.setContentLength(5);
			(response.send() << "taken").flush();
			StreamSocket socket = detachSocket(request);
			if (otherThread) std::thread([&] { pServer->adopt(socket); }).join();
			else pServer->adopt(socket);
			waitFor([&] { return server.statistics().adopted > 0; });
			gate.pass();
		}), listenSecure(), httpParams(2, 1));
		pServer = &server;
		server.start();
		SecureRawClient client(server);
		client.get("/take");
		assertTrue (client.receiveAnswer().isOK("taken"));
		assertTrue (gate.holds(1));
		gate.open();
		assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_DETACHED) == 1; }));
		assertTrue (client.ask("/again").isOK("/again"));
		// The loop is asked for bytes that are not there.
		client.send("GET /ha");
		assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
		SecureRawClient other(server);
		for (int i = 0; i < 5; i++) assertTrue (other.ask("/other").isOK("/other"));
		client.send("lf HTTP/1.1\r\nHost: localhost\r\n\r\n");
		assertTrue (client.receiveAnswer().isOK("/half"));
	}
}


void EVSecureWaitTest::testResponseThenConnect()
{
	// in one write: the handler of the second one writes to its socket
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/first") return answerURI(request, response);
			sendAll(socketOf(request), "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ntunnel");
		}), listenSecure(), httpParams(1, 1, policy));
		server.start();
		for (int i = 0; i < 5; i++)
		{
			SecureRawClient client(server);
			client.send("GET /first HTTP/1.1\r\nHost: localhost\r\n\r\nCONNECT host:1 HTTP/1.1\r\nHost: host:1\r\n\r\n");
			assertTrue (client.receiveAnswer().isOK("/first"));
			assertTrue (client.receiveAnswer().isOK("tunnel"));
		}
	}
}


CppUnit::Test* EVSecureWaitTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVSecureWaitTest");

	CppUnit_addTest(pSuite, EVSecureWaitTest, testAnnouncedUpgradeThenSilence);
	CppUnit_addTest(pSuite, EVSecureWaitTest, testAnnouncedUpgradeThatReadsNothing);
	CppUnit_addTest(pSuite, EVSecureWaitTest, testHandlerThatWantsToWait);
	CppUnit_addTest(pSuite, EVSecureWaitTest, testDribbledRecord);
	CppUnit_addTest(pSuite, EVSecureWaitTest, testSlowRecord);
	CppUnit_addTest(pSuite, EVSecureWaitTest, testSendTimeoutOfTheHandler);
	CppUnit_addTest(pSuite, EVSecureWaitTest, testReceiveTimeoutOfTheHandler);
	CppUnit_addTest(pSuite, EVSecureWaitTest, testSecureSocketWithBytesBehind);
	CppUnit_addTest(pSuite, EVSecureWaitTest, testTakenForAnOrdinaryRequestAndGivenBack);
	CppUnit_addTest(pSuite, EVSecureWaitTest, testResponseThenConnect);

	return pSuite;
}
