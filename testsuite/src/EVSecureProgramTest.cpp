//
// EVSecureProgramTest.cpp
//
// The program openssl s_client as a client: sessions, key updates, renegotiation.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVSecureProgramTest.h"
#include "TLSTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/TemporaryFile.h"
#include "Poco/Version.h"
#include <openssl/ssl.h>


EVSecureProgramTest::EVSecureProgramTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	std::string request(const std::string& uri)
	{
		return "GET " + uri + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
	}

	void checkResumption(const std::string& protocol, const std::vector<std::string>& options)
	{
		// Most of the time is that of the programs.
		assertEqual(std::string(), inParallel(2, [&](int i)
		{
			const EVServerOptions::ExecutionPolicy policy = i == 0 ? EVServerOptions::EXECUTE_ADAPTIVE : EVServerOptions::EXECUTE_DEDICATED;
			Context::Ptr pContext = serverContext();
			EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
			{
				SecureStreamSocket socket(static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket());
				answer(response, request.getURI() + (socket.sessionWasReused() ? " in a session" : " for the first time"));
			}), listenSecure(pContext), httpParams(1, 1, policy));
			server.start();
			Poco::TemporaryFile session;
			std::vector<std::string> first = options;
			first.push_back("-sess_out");
			first.push_back(session.path());
			std::vector<std::string> later = options;
			later.push_back("-sess_in");
			later.push_back(session.path());
			{
				SClient client(server, first);
				client.type(request("/program"));
				if (!client.says("/program for the first time")) throw Poco::DataException(client.output());
				client.quit();
			}
			for (int i = 0; i < 3; i++)
			{
				SClient client(server, later);
				client.type(request("/program"));
				if (!client.says("Reused, " + protocol) || !client.says("/program in a session")) throw Poco::DataException(client.output());
				client.quit();
			}
			if (!isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT, 4)) throw Poco::DataException("connections were not closed by the client");
		}));
	}
}


void EVSecureProgramTest::testSessionId()
{
	checkResumption("TLSv1.2", {"-tls1_2", "-no_ticket"});
}


void EVSecureProgramTest::testTicket()
{
	checkResumption("TLSv1.2", {"-tls1_2"});
}


void EVSecureProgramTest::testTicketOfTLS13()
{
	checkResumption("TLSv1.3", {"-tls1_3"});
}


void EVSecureProgramTest::testKeyUpdate()
{
	for (const char* command: {"K\n", "k\n"})
	{
		EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
		server.start();
		SClient client(server, {"-tls1_3"});
		client.type(request("/start/"));
		assertTrue (client.says("/start/"));
		for (int i = 1; i <= 3; i++)
		{
			client.type(command);
			assertTrue (client.says("KEYUPDATE", i));
			const std::string uri = "/after" + std::to_string(i) + "/";
			client.type(request(uri));
			assertTrue (client.says(uri));
		}
		client.quit();
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT));
	}
}


void EVSecureProgramTest::testKeyUpdateBeforeTheFirstRequest()
{
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
	server.start();
	SClient client(server, {"-tls1_3"});
	assertTrue (client.says("Verify return code"));
	client.type("K\n");
	assertTrue (client.says("KEYUPDATE"));
	client.type(request("/start/"));
	assertTrue (client.says("/start/"));
	client.quit();
}


void EVSecureProgramTest::testManyKeyUpdates()
{
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
	server.start();
	SecureRawClient other(server);
	SClient client(server, {"-tls1_3"});
	client.type(request("/start/"));
	assertTrue (client.says("/start/"));
	std::atomic<bool> ended(false);
	std::thread flood([&]
	{
		for (int i = 1; !ended && i < 2000; i++)
		{
			client.type("K\n");
			if (i % 10 == 0) sleepFor(1);
		}
	});
	std::string failures;
	for (int i = 0; i < 50; i++)
	{
		if (!other.ask("/other").isOK("/other")) failures += "!";
		if (i == 25 && !client.says("KEYUPDATE", 10)) failures += "no updates";
	}
	ended = true;
	flood.join();
	assertEqual ("", failures);
	sleepFor(50);
	client.type(request("/end/"));
	assertTrue (client.says("/end/") || client.ends());
	client.quit();
	assertTrue (other.ask("/other").isOK("/other"));
}


void EVSecureProgramTest::testRenegotiation()
{
	for (bool allowed: {false, true})
	{
		Context::Ptr pContext = serverContext();
#ifdef SSL_OP_ALLOW_CLIENT_RENEGOTIATION
		if (allowed) SSL_CTX_set_options(pContext->sslContext(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
#endif
		EVHTTPServer server(serveHTTP(answerURI), listenSecure(pContext), httpParams(1, 1));
		server.start();
		SecureRawClient other(server);
		SClient client(server, {"-tls1_2"});
		client.type(request("/before/"));
		assertTrue (client.says("/before/"));
		client.type("R\n");
		assertTrue (client.says("RENEGOTIATING"));
		sleepFor(50);
		client.type(request("/after/"));
		assertTrue (waitFor([&] { return client.output().find("/after/") != std::string::npos || server.statistics().closes() == 1; }));
#ifdef SSL_OP_ALLOW_CLIENT_RENEGOTIATION
		if (allowed) assertTrue (client.says("/after/"));
#endif
		client.quit();
		assertTrue (waitFor([&] { return server.statistics().closes() == 1; }));
		assertTrue (other.ask("/other").isOK("/other"));
	}
}


void EVSecureProgramTest::testServerCloses()
{
	EVHTTPServer server(serveHTTP(answerURI), listenSecure(), httpParams(1, 1));
	server.start();
	for (const char* protocol: {"-tls1_2", "-tls1_3"})
	{
		SClient client(server, {protocol});
		client.type("GET /last/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
		assertTrue (client.says("/last/"));
		assertTrue (client.ends());
		assertTrue (client.output().find("unexpected eof") == std::string::npos);
	}
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER, 2));
}


CppUnit::Test* EVSecureProgramTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVSecureProgramTest");

	CppUnit_addTest(pSuite, EVSecureProgramTest, testSessionId);
	CppUnit_addTest(pSuite, EVSecureProgramTest, testTicket);
#if POCO_VERSION < 0x010D0000
	// Since 1.13, Poco's servers send no tickets with TLS 1.3
	CppUnit_addTest(pSuite, EVSecureProgramTest, testTicketOfTLS13);
#endif
	CppUnit_addTest(pSuite, EVSecureProgramTest, testKeyUpdate);
	CppUnit_addTest(pSuite, EVSecureProgramTest, testKeyUpdateBeforeTheFirstRequest);
	CppUnit_addTest(pSuite, EVSecureProgramTest, testManyKeyUpdates);
	CppUnit_addTest(pSuite, EVSecureProgramTest, testRenegotiation);
	CppUnit_addTest(pSuite, EVSecureProgramTest, testServerCloses);

	return pSuite;
}
