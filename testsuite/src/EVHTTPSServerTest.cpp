//
// EVHTTPSServerTest.cpp
//
// HTTPS: persistent connections, records and requests, certificates of clients, ends of connections.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPSServerTest.h"
#include "TestClock.h"
#include "TLSTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/X509Certificate.h"


EVHTTPSServerTest::EVHTTPSServerTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	const EVServerOptions::ExecutionPolicy POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};

	void answerClient(HTTPServerRequest& request, HTTPServerResponse& response)
		/// Says how and by whom the server is being asked.
	{
		answer(response, (request.secure() ? "secure, " : "plain, ") + request.clientAddress().toString());
	}

	void answerCertificate(HTTPServerRequest& request, HTTPServerResponse& response)
		/// Says who the client is.
	{
		SecureStreamSocket socket(static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket());
		answer(response, socket.havePeerCertificate() ? socket.peerCertificate().commonName() : "nobody");
	}

	std::string request(const std::string& uri, const std::string& fields = "")
	{
		return "GET " + uri + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
	}
}


void EVHTTPSServerTest::testKeepAlive()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP(answerClient), listenSecure(), httpParams(1, 1, policy));
		server.start();
		std::vector<std::unique_ptr<SecureRawClient>> clients;
		for (int i = 0; i < 20; i++) clients.emplace_back(new SecureRawClient(server));
		for (int round = 0; round < 2; round++)
		{
			for (auto& pClient: clients) assertTrue (pClient->ask("/").isOK("secure, " + pClient->socket().address().toString()));
		}
		assertEqual (20, server.statistics().open);
		assertTrue (server.statistics().accepted == 20);
		assertTrue (waitFor([&] { return server.statistics().running == 0 && server.statistics().idle == 20; }));
		server.stop();
		for (auto& pClient: clients) assertTrue (endsOrderly(pClient->socket()));
		assertTrue (allAccountedFor(server));
		assertTrue (balances(server));
	}
}


void EVHTTPSServerTest::testPocoClient()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP(answerBody), listenSecure(), httpParams(2, 1, policy));
		server.start();
		const std::string errors = inParallel(4, [&](int i)
		{
			SecureClient client(server);
			for (std::size_t n = 0; n < 25; n++)
			{
				const std::string body = pattern(n*1000 + static_cast<std::size_t>(i));
				if (!client.post(body, n % 2 == 1).isOK(body)) throw Poco::DataException("wrong answer");
			}
		});
		assertEqual ("", errors);
		assertTrue (server.statistics().accepted == 4);
		assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_BY_CLIENT) == 4; }));
	}
}


void EVHTTPSServerTest::testPipelinedInOneRecord()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1, policy));
		server.start();
		SecureRawClient client(server);
		for (int round = 0; round < 3; round++)
		{
			std::string requests;
			for (int i = 0; i < 10; i++) requests += request("/" + std::to_string(i));
			client.send(requests);
			for (int i = 0; i < 10; i++) assertTrue (client.receiveAnswer().isOK("/" + std::to_string(i)));
		}
	}
}


void EVHTTPSServerTest::testRecordLargerThanBuffers()
{
	// What is left in OpenSSL raises no event.
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		for (std::size_t maxBuffered: {std::size_t(1024), std::size_t(8192), std::size_t(65536)})
		{
			EVHTTPServerParams::Ptr pParams = httpParams(1, 1, policy);
			pParams->setMaxBufferedBytes(maxBuffered);
			EVHTTPServer server(serveHTTP(answerURI), listenSecure(), pParams);
			server.start();
			SecureRawClient client(server);
			std::string requests;
			int count = 0;
			while (requests.size() < 15*1024) requests += request("/" + std::to_string(count++), "X-Filler: " + std::string(100, 'x') + "\r\n");
			assertTrue (requests.size() <= 16384);
			client.send(requests);
			for (int i = 0; i < count; i++) assertTrue (client.receiveAnswer().isOK("/" + std::to_string(i)));

			// one that ends at the end of a block, and one that begins at the end of one
			for (std::size_t length: {std::size_t(1000), std::size_t(8192), std::size_t(16384)})
			{
				if (length > maxBuffered && length > 1000) continue;
				const std::string rest = request("/second");
				std::string first = request("/first", "X-Filler: \r\n");
				first = request("/first", "X-Filler: " + std::string(length - first.size() - rest.size()/2, 'x') + "\r\n");
				if (first.size() + rest.size() > 16384) continue;
				client.send(first + rest);
				const Answer answer = client.receiveAnswer();
				assertTrue (answer.isOK("/first"));
				assertTrue (client.receiveAnswer().isOK("/second"));
			}
		}
	}
}


void EVHTTPSServerTest::testRequestInManyRecords()
{
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
	server.start();
	SecureRawClient client(server);
	for (std::size_t length: {1, 7, 20})
	{
		client.sendInPieces(request("/many") + request("/more"), length);
		assertTrue (client.receiveAnswer().isOK("/many"));
		assertTrue (client.receiveAnswer().isOK("/more"));
	}
}


void EVHTTPSServerTest::testRecordsInManySegments()
{
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
	server.start();
	Relay relay(server);
	relay.passInPieces();
	SecureRawClient client(relay.address());
	SecureRawClient other(server);
	for (int i = 0; i < 5; i++)
	{
		assertTrue (client.ask("/slow").isOK("/slow"));
		assertTrue (other.ask("/other").isOK("/other"));
	}
}


void EVHTTPSServerTest::testHalfARecordHoldsNoThread()
{
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
	server.start();
	Relay relay(server);
	SecureRawClient client(relay.address());
	assertTrue (client.ask("/first").isOK("/first"));
	relay.allow(20);
	client.get("/second");
	assertTrue (waitFor([&] { return relay.kept() > 0; }));
	SecureRawClient other(server);
	for (int i = 0; i < 5; i++) assertTrue (other.ask("/other").isOK("/other"));
	assertTrue (waitFor([&] { return server.statistics().running == 0; }));
	relay.allow(-1);
	assertTrue (client.receiveAnswer().isOK("/second"));
}


void EVHTTPSServerTest::testClientCertificate()
{
	for (Context::VerificationMode verify: {Context::VERIFY_RELAXED, Context::VERIFY_STRICT})
	{
		ErrorCollector errors;
		EVHTTPServer server(serveHTTP(answerCertificate), listenSecure(serverContext(verify)), httpParams(1, 1));
		server.start();
		RawClient known(connectSecure(server, clientContext(&clientCertificate())));
		for (int i = 0; i < 3; i++) assertTrue (known.ask("/").isOK("client"));
		if (verify == Context::VERIFY_RELAXED)
		{
			RawClient unknown(connectSecure(server));
			assertTrue (unknown.ask("/").isOK("nobody"));
		}
		else
		{
			assertTrue (isRefused(server, clientContext()));
			assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_TLS_ERROR));
		}
		assertTrue (known.ask("/").isOK("client"));
	}
}


void EVHTTPSServerTest::testClientWithStrangeCertificate()
{
	EVHTTPServer server(serveHTTP(answerCertificate), listenSecure(serverContext(Context::VERIFY_STRICT)), httpParams(1, 1));
	server.start();
	RawClient known(connectSecure(server, clientContext(&clientCertificate())));
	assertTrue (known.ask("/").isOK("client"));
	assertTrue (isRefused(server, clientContext(&strangeCertificate())));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_TLS_ERROR));
	assertTrue (known.ask("/").isOK("client"));
}


void EVHTTPSServerTest::testCloseNotify()
{
	const TestClock clock;
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
	pParams->setKeepAliveTimeout(Poco::Timespan(3, 0));
	pParams->setLingerTimeout(Poco::Timespan(3, 0));
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), pParams);
	server.start();

	SecureRawClient asked(server);
	const Answer last = asked.ask("/last", "Connection: close\r\n");
	assertTrue (last.isOK("/last"));
	assertTrue (last.saysClose());
	assertTrue (endsOrderly(asked.socket()));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER));

	SecureRawClient refused(server);
	refused.send("no request\r\n\r\n");
	assertEqual (400, refused.receiveAnswer().status);
	assertTrue (endsOrderly(refused.socket()));
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_BAD_REQUEST) == 1; }));

	SecureRawClient idle(server);
	assertTrue (idle.ask("/idle").isOK("/idle"));
	assertTrue (endsOrderly(idle.socket()));
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT) == 1; }));
}


void EVHTTPSServerTest::testRefusedClientMaySendOn()
{
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
	pParams->setLingerTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), pParams);
	server.start();
	SecureRawClient client(server);
	client.send("no request\r\n\r\n");
	assertTrue (waitFor([&] { return server.statistics().lingering == 1; }));
	for (int i = 0; i < 20; i++) client.send(std::string(1000, 'x')); // would be answered with a reset
	assertEqual (400, client.receiveAnswer().status);
	client.socket().close();
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BAD_REQUEST));
}


void EVHTTPSServerTest::testClientCloses()
{
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
	server.start();
	{
		SecureRawClient client(server);
		assertTrue (client.ask("/").isOK("/"));
		client.socket().close();
	}
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT));
	{
		SecureRawClient client(server); // without a request, and without reading the tickets of TLS 1.3: the system may make that a reset, even in the last step of the handshake
		client.socket().close();
	}
	assertTrue (waitFor([&] { return server.statistics().closes() == 2; }));
	assertTrue (closed(server, EVServerStatistics::CLOSED_TLS_ERROR) == 0);
	{
		SecureRawClient client(server);
		assertTrue (client.ask("/").isOK("/"));
		client.send("GET / HTTP/1.1\r\n");
		client.socket().close();
	}
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_INCOMPLETE) == 1; }));
}


void EVHTTPSServerTest::testClientResets()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1, policy));
		server.start();
		Relay relay(server);
		SecureRawClient client(relay.address());
		assertTrue (client.ask("/").isOK("/"));
		relay.end(true);
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
		assertTrue (SecureRawClient(server).ask("/other").isOK("/other"));
	}
}


void EVHTTPSServerTest::testClientEndsWithoutCloseNotify()
{
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
	server.start();
	SecureRawClient other(server);
	Relay relay(server);
	SecureRawClient client(relay.address());
	assertTrue (client.ask("/").isOK("/"));
	relay.end(false);
	assertTrue (waitFor([&] { return server.statistics().closes() == 1; }));
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_CLIENT) == 1);
	assertTrue (other.ask("/other").isOK("/other"));
}


void EVHTTPSServerTest::testMaxConnectionsPerAddress()
{
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
	pParams->setMaxConnectionsPerAddress(2);
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), pParams);
	server.start();
	for (Poco::UInt64 round = 1; round <= 3; round++)
	{
		SecureRawClient first(server);
		SecureRawClient second(server);
		assertTrue (first.ask("/first").isOK("/first"));
		assertTrue (second.ask("/second").isOK("/second"));
		assertTrue (isRefused(server, clientContext()));
		assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_ADDRESS_LIMIT) == round; }));
		assertTrue (first.ask("/again").isOK("/again"));
		first.socket().close();
		second.socket().close();
		assertTrue (waitFor([&] { return server.statistics().open == 0; }));
	}
	assertTrue (balances(server));
}


void EVHTTPSServerTest::testConnectionFilter()
{
	class Filter: public Poco::Net::TCPServerConnectionFilter
	{
	public:
		bool accept(const StreamSocket& socket) override
		{
			secure = socket.secure();
			lastPort = socket.peerAddress().port();
			return !refuses;
		}

		std::atomic<bool> refuses{false};
		std::atomic<bool> secure{false};
		std::atomic<int>  lastPort{0};
	};

	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
	Poco::AutoPtr<Filter> pFilter(new Filter);
	server.setConnectionFilter(pFilter);
	server.start();
	SecureRawClient client(server);
	assertTrue (client.ask("/").isOK("/"));
	assertTrue (pFilter->secure);
	assertEqual (static_cast<int>(client.socket().address().port()), pFilter->lastPort.load());
	pFilter->refuses = true;
	assertTrue (isRefused(server, clientContext()));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_FILTER));
	assertTrue (client.ask("/").isOK("/"));
}


void EVHTTPSServerTest::testAddressesOfAClientThatIsGone()
{
	for (bool reset: {false, true})
	{
		Gate gate;
		std::mutex mutex;
		std::string seen;
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&)
		{
			gate.pass();
			waitFor([&] { return !EVHTTPServer::clientConnected(request); });
			std::lock_guard<std::mutex> lock(mutex);
			seen = "?";
			seen = request.clientAddress().toString() + " " + request.serverAddress().toString();
		}), listenSecure(), httpParams());
		server.start();
		SecureRawClient client(server);
		const std::string expected = client.socket().address().toString() + " " + client.socket().peerAddress().toString();
		client.get("/");
		assertTrue (gate.holds(1));
		if (reset) resetConnection(client.socket());
		else client.socket().close();
		gate.open();
		assertTrue (waitFor([&] { return server.statistics().closes() == 1; }));
		std::lock_guard<std::mutex> lock(mutex);
		assertEqual (expected, seen);
	}
}


CppUnit::Test* EVHTTPSServerTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPSServerTest");

	CppUnit_addTest(pSuite, EVHTTPSServerTest, testKeepAlive);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testPocoClient);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testPipelinedInOneRecord);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testRecordLargerThanBuffers);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testRequestInManyRecords);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testRecordsInManySegments);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testHalfARecordHoldsNoThread);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testClientCertificate);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testClientWithStrangeCertificate);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testCloseNotify);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testRefusedClientMaySendOn);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testClientCloses);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testClientResets);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testClientEndsWithoutCloseNotify);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testMaxConnectionsPerAddress);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testConnectionFilter);
	CppUnit_addTest(pSuite, EVHTTPSServerTest, testAddressesOfAClientThatIsGone);

	return pSuite;
}
