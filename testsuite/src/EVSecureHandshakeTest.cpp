//
// EVSecureHandshakeTest.cpp
//
// Handshakes that stall, clients that do not speak TLS, and that neither disturbs others.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVSecureHandshakeTest.h"
#include "TLSTestSupport.h"
#include "CppUnit/TestCaller.h"
#include <openssl/bio.h>


EVSecureHandshakeTest::EVSecureHandshakeTest(const std::string& name): ClockedTest(name)
{
}


namespace
{
	const EVServerOptions::ExecutionPolicy POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};

	void spoilErrorQueue()
		/// Leaves errors in OpenSSL's queue of this thread, as careless applications do.
	{
		BIO_free(BIO_new_file("/nonexistent/file", "r"));
	}

	void speak(const EVTCPServer& server, const std::string& bytes)
		/// Says something that is not TLS, and waits for the server to close the connection.
	{
		StreamSocket socket = connectTo(server);
		sendAll(socket, bytes);
		if (!isClosed(socket)) throw Poco::TimeoutException("not closed");
	}

	void sendSpoiltRecord(const EVTCPServer& server)
	{
		Relay relay(server);
		SecureRawClient client(relay.address());
		if (!client.ask("/").isOK("/")) throw Poco::DataException("wrong answer");
		relay.allow(0);
		client.get("/spoilt");
		if (!waitFor([&] { return relay.kept() > 0; })) throw Poco::TimeoutException("relay");
		relay.corrupt();
		relay.allow(-1);
		if (!isClosed(client.socket())) throw Poco::TimeoutException("not closed");
	}

	void refuseCertificate(const EVTCPServer& server)
		/// A client that does not trust the server: sends an alert.
	{
		Context::Ptr pContext = new Context(Context::TLS_CLIENT_USE, "", "", strangeCertificate().path(), Context::VERIFY_STRICT);
		if (!isRefused(server, pContext)) throw Poco::DataException("the client trusts the server");
	}

	const int NUISANCES = 5;

	void disturb(const EVTCPServer& server, int nuisance)
		/// Makes the server close a connection with CLOSED_TLS_ERROR.
	{
		switch (nuisance)
		{
		case 0:
			return speak(server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
		case 1:
			return speak(server, pattern(1000));
		case 2:
			{
				std::string hello = clientHello();
				hello[9] = 9; // a version that does not exist, and too long
				hello[6] = 1;
				return speak(server, hello + std::string(70000, '\x16'));
			}
		case 3:
			return sendSpoiltRecord(server);
		default:
			return refuseCertificate(server);
		}
	}
}


void EVSecureHandshakeTest::testStalled()
{
	const std::string hello = clientHello();
	EVHTTPServerParams::Ptr pParams = httpParams(2);
	pParams->setTimeout(Poco::Timespan(10, 0));
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), pParams);
	server.start();
	std::vector<StreamSocket> stalled;
	for (int i = 0; i < 50; i++)
	{
		stalled.push_back(connectTo(server));
		if (i % 2 == 1) sendAll(stalled.back(), hello.substr(0, i == 1 ? 1 : hello.size()/2));
	}
	SecureRawClient client(server);
	for (int i = 0; i < 5; i++) assertTrue (client.ask("/").isOK("/"));
	assertTrue (waitFor([&] { return server.statistics().running == 0 && server.statistics().queued == 0; }));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT, 50));
	for (StreamSocket& socket: stalled) assertTrue (isClosed(socket));
	assertTrue (client.ask("/").isOK("/"));
	assertTrue (balances(server));
	assertEqual (1, server.statistics().open);
}


void EVSecureHandshakeTest::testTrickled()
{
	// The time until the first request does not begin anew with each byte.
	const std::string hello = clientHello();
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
	pParams->setTimeout(Poco::Timespan(5, 0));
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), pParams);
	server.start();
	StreamSocket socket = connectTo(server);
	bool failed = false;
	for (std::size_t i = 0; i + 1 < hello.size() && !failed; i++)
	{
		try
		{
			sendAll(socket, hello.substr(i, 1));
			sleepFor(100);
		}
		catch (Poco::IOException&)
		{
			failed = true; // closed
		}
		if (server.statistics().closes() > 0) break;
	}
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
}


void EVSecureHandshakeTest::testSilentAfterHandshake()
{
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
	pParams->setTimeout(Poco::Timespan(5, 0));
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), pParams);
	server.start();
	SecureRawClient client(server);
	assertTrue (endsOrderly(client.socket()));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_IDLE_TIMEOUT));
}


void EVSecureHandshakeTest::testClientsThatDoNotSpeakTLS()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1, policy));
		server.start();
		for (int nuisance = 0; nuisance < NUISANCES; nuisance++)
		{
			disturb(server, nuisance);
			assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_TLS_ERROR) == static_cast<Poco::UInt64>(nuisance + 1); }));
			assertTrue (SecureRawClient(server).ask("/").isOK("/"));
		}
		assertTrue (balances(server));
	}
}


void EVSecureHandshakeTest::testTLSToAPlainPort()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams(1, 1));
	server.start();
	RawClient other(server);
	RawClient client(server);
	client.send(clientHello());
	const Answer answer = client.receiveAnswer();
	assertTrue (answer.status == 400 || answer.status == 0);
	assertTrue (isClosed(client.socket()));
	assertTrue (other.ask("/").isOK("/"));
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_BAD_REQUEST) == 1; }));
}


void EVSecureHandshakeTest::testOthersAreNotDisturbed()
{
	// OpenSSL's queue of errors belongs to the thread: those of one connection must not be taken for those of another one.
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		for (int nuisance = 0; nuisance < NUISANCES; nuisance++)
		{
			EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1, policy));
			server.start();
			Relay relay(server);
			SecureRawClient inRecord(relay.address());
			SecureRawClient inRequest(server);
			SecureRawClient idle(server);
			assertTrue (inRecord.ask("/").isOK("/"));
			assertTrue (idle.ask("/").isOK("/"));
			inRequest.send("GET /rest HTTP/1.1\r\n");
			relay.allow(3);
			inRecord.get("/record");
			assertTrue (waitFor([&] { return relay.kept() > 0; }));

			disturb(server, nuisance);
			relay.allow(7); // the server looks, and the record is still not complete
			sleepFor(20);
			disturb(server, nuisance);
			relay.allow(-1);
			assertTrue (inRecord.receiveAnswer().isOK("/record"));
			inRequest.send("Host: localhost\r\n\r\n");
			assertTrue (inRequest.receiveAnswer().isOK("/rest"));
			assertTrue (idle.ask("/idle").isOK("/idle"));
			assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_TLS_ERROR) == 2; }));
		}
	}
}


void EVSecureHandshakeTest::testFlushIsNotDisturbed()
{
	const std::string body = pattern(5*1024*1024);
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServerParams::Ptr pParams = httpParams(1, 1, policy);
		pParams->setMaxPendingOutput(2*body.size());
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response) { answer(response, request.getURI() == "/large" ? body : request.getURI()); }),
			listenSecure(), pParams);
		server.start();
		SecureRawClient client(server, 16384);
		client.get("/large");
		assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
		std::string received;
		for (int i = 0; i < 2*NUISANCES; i++)
		{
			disturb(server, i % NUISANCES);
			received += receiveSome(client.socket(), 1000);
		}
		takeAll(client.socket());
		const std::size_t header = received.find("\r\n\r\n") + 4;
		received += receive(client.socket(), header + body.size() - received.size());
		assertTrue (received.substr(header) == body);
	}
}


void EVSecureHandshakeTest::testErrorsOfHandlersDisturbNobody()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			spoilErrorQueue();
			answerBody(request, response);
			spoilErrorQueue();
		}), listenSecure(), httpParams(1, 1, policy));
		server.start();
		Relay relay(server);
		SecureRawClient inRecord(relay.address());
		SecureRawClient other(server);
		for (int i = 0; i < 5; i++)
		{
			inRecord.post("/", "first");
			assertTrue (inRecord.receiveAnswer().isOK("first"));
			relay.allow(3);
			inRecord.post("/", "second");
			assertTrue (waitFor([&] { return relay.kept() > 0; }));
			other.post("/", "other");
			assertTrue (other.receiveAnswer().isOK("other"));
			relay.allow(5);
			sleepFor(10);
			relay.allow(-1);
			assertTrue (inRecord.receiveAnswer().isOK("second"));
			// the handler has to wait for the body
			other.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
			assertEqual (100, other.receiveAnswer().status);
			other.send("bo");
			other.send("dy");
			assertTrue (other.receiveAnswer().isOK("body"));
		}
	}
}


CppUnit::Test* EVSecureHandshakeTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVSecureHandshakeTest");

	CppUnit_addTest(pSuite, EVSecureHandshakeTest, testStalled);
	CppUnit_addTest(pSuite, EVSecureHandshakeTest, testTrickled);
	CppUnit_addTest(pSuite, EVSecureHandshakeTest, testSilentAfterHandshake);
	CppUnit_addTest(pSuite, EVSecureHandshakeTest, testClientsThatDoNotSpeakTLS);
	CppUnit_addTest(pSuite, EVSecureHandshakeTest, testTLSToAPlainPort);
	CppUnit_addTest(pSuite, EVSecureHandshakeTest, testOthersAreNotDisturbed);
	CppUnit_addTest(pSuite, EVSecureHandshakeTest, testFlushIsNotDisturbed);
	CppUnit_addTest(pSuite, EVSecureHandshakeTest, testErrorsOfHandlersDisturbNobody);

	return pSuite;
}
