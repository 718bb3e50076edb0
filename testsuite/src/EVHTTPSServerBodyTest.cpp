//
// EVHTTPSServerBodyTest.cpp
//
// HTTPS: large responses to slow clients, and uploads.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPSServerBodyTest.h"
#include "TLSTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/TemporaryFile.h"
#include <fstream>


EVHTTPSServerBodyTest::EVHTTPSServerBodyTest(const std::string& name): ClockedTest(name)
{
}


namespace
{
	const std::size_t RESPONSE_SIZE = 5*1024*1024;
	const std::size_t UPLOAD_SIZE = 1024*1024;
	const int RECEIVE_BUFFER = 16384;

	EVHTTPServerParams::Ptr outputParams(std::size_t maxPendingOutput)
	{
		EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
		pParams->setMaxPendingOutput(maxPendingOutput);
		return pParams;
	}

	std::string receiveSlowly(SecureRawClient& client)
		/// Takes the first of it in small pieces.
	{
		std::string received;
		for (int i = 0; i < 40; i++)
		{
			received += receiveSome(client.socket(), 1000);
			if (i % 20 == 0) sleepFor(2);
		}
		takeAll(client.socket());
		const std::size_t header = received.find("\r\n\r\n") + 4;
		received += receive(client.socket(), header + RESPONSE_SIZE - received.size());
		return received.substr(header);
	}

	std::string inChunks(const std::string& body, std::size_t length)
	{
		std::ostringstream ostr;
		for (std::size_t i = 0; i < body.size(); i += length)
		{
			const std::string chunk = body.substr(i, length);
			ostr << std::hex << chunk.size() << "\r\n" << chunk << "\r\n";
		}
		ostr << "0\r\n\r\n";
		return ostr.str();
	}
}


void EVHTTPSServerBodyTest::testResponseFromMemory()
{
	// It fits into the pending output, so the loop sends it.
	const std::string body = pattern(RESPONSE_SIZE);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response) { answer(response, request.getURI() == "/large" ? body : "small"); }),
		listenSecure(), outputParams(2*RESPONSE_SIZE));
	server.start();
	SecureRawClient client(server, RECEIVE_BUFFER);
	client.get("/large");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1 && server.statistics().running == 0; }));
	SecureRawClient other(server);
	for (int i = 0; i < 5; i++) assertTrue (other.ask("/").isOK("small"));
	assertEqual (1, server.statistics().flushing);
	assertTrue (receiveSlowly(client) == body);
	assertTrue (client.ask("/").isOK("small"));
}


void EVHTTPSServerBodyTest::testResponseLargerThanPendingOutput()
{
	// The handler has to wait for the client, but once it has written all the rest costs no thread.
	const std::string body = pattern(RESPONSE_SIZE);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response) { answer(response, body); }), listenSecure(), outputParams(65536));
	server.start();
	SecureRawClient client(server, RECEIVE_BUFFER);
	client.get("/large");
	assertTrue (waitFor([&] { return server.statistics().running == 1; }));
	assertTrue (receiveSlowly(client) == body);
	assertTrue (waitFor([&] { return server.statistics().running == 0 && server.statistics().flushing == 0; }));
	assertTrue (client.ask("/").isOK(body));
}


void EVHTTPSServerBodyTest::testResponseInPieces()
{
	const std::string body = pattern(RESPONSE_SIZE);
	for (std::size_t maxPendingOutput: {std::size_t(0), std::size_t(10000), 2*RESPONSE_SIZE})
	{
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response)
		{
			response.setContentLength64(static_cast<Poco::Int64>(body.size()));
			std::ostream& ostr = response.send();
			for (std::size_t i = 0, n = 1; i < body.size(); i += n)
			{
				n = std::min<std::size_t>(i % 40000 + 1, body.size() - i);
				ostr.write(body.data() + i, static_cast<std::streamsize>(n));
				if (i % 3 == 0) ostr.flush();
			}
		}), listenSecure(), outputParams(maxPendingOutput));
		server.start();
		SecureRawClient client(server, RECEIVE_BUFFER);
		client.get("/large");
		assertTrue (receiveSlowly(client) == body);
		assertTrue (client.ask("/").isOK(body));
	}
}


void EVHTTPSServerBodyTest::testResponseFromFile()
{
	const std::string body = pattern(RESPONSE_SIZE);
	Poco::TemporaryFile file;
	std::ofstream(file.path(), std::ios::binary) << body;
	for (std::size_t maxPendingOutput: {std::size_t(65536), 2*RESPONSE_SIZE})
	{
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/file") response.sendFile(file.path(), "text/plain");
			else answer(response, "small");
		}), listenSecure(), outputParams(maxPendingOutput));
		server.start();
		SecureRawClient client(server, RECEIVE_BUFFER);
		client.get("/file");
		assertTrue (waitFor([&] { return server.statistics().flushing == 1 && server.statistics().running == 0; }));
		SecureRawClient other(server);
		for (int i = 0; i < 5; i++) assertTrue (other.ask("/").isOK("small"));
		assertEqual (1, server.statistics().flushing);
		assertTrue (receiveSlowly(client) == body);
		assertTrue (client.ask("/").isOK("small"));
		client.send("GET /file HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
		assertTrue (client.receiveAnswer().isOK(body));
		assertTrue (client.receiveAnswer().isOK("small"));
		assertTrue (client.receiveAnswer().isOK(body));
	}
}


void EVHTTPSServerBodyTest::testClientTakesNothing()
{
	const std::string body = pattern(RESPONSE_SIZE);
	EVHTTPServerParams::Ptr pParams = outputParams(2*RESPONSE_SIZE);
	pParams->setTimeout(Poco::Timespan(5, 0));
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response) { answer(response, body); }), listenSecure(), pParams);
	server.start();
	SecureRawClient client(server, RECEIVE_BUFFER);
	client.get("/large");
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_SEND_TIMEOUT));
}


void EVHTTPSServerBodyTest::testClientResetsWhileFlushing()
{
	const std::string body = pattern(RESPONSE_SIZE);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response) { answer(response, request.getURI() == "/large" ? body : "small"); }),
		listenSecure(), outputParams(2*RESPONSE_SIZE));
	server.start();
	SecureRawClient other(server);
	Relay relay(server);
	SecureRawClient client(relay.address());
	client.get("/large");
	assertTrue (waitFor([&] { return server.statistics().requests == 1; }));
	relay.end(true);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
	assertTrue (other.ask("/").isOK("small"));
}


void EVHTTPSServerBodyTest::testUpload()
{
	const std::string body = pattern(UPLOAD_SIZE);
	for (std::size_t maxBuffered: {std::size_t(1024), std::size_t(65536), 2*UPLOAD_SIZE})
	{
		EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
		pParams->setMaxBufferedBytes(maxBuffered);
		EVHTTPServer server(serveHTTP(answerBody), listenSecure(), pParams);
		server.start();
		SecureRawClient client(server);
		client.post("/", body);
		assertTrue (client.receiveAnswer().isOK(body));
		client.sendInPieces("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body, 499);
		assertTrue (client.receiveAnswer().isOK(body));
		assertTrue (server.statistics().accepted == 1);
	}
}


void EVHTTPSServerBodyTest::testUploadInChunks()
{
	const std::string body = pattern(UPLOAD_SIZE);
	for (std::size_t maxBuffered: {std::size_t(1024), std::size_t(65536), 2*UPLOAD_SIZE})
	{
		EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
		pParams->setMaxBufferedBytes(maxBuffered);
		EVHTTPServer server(serveHTTP(answerBody), listenSecure(), pParams);
		server.start();
		SecureRawClient client(server);
		for (std::size_t length: {std::size_t(1000), std::size_t(100000)})
		{
			const std::string bytes = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + inChunks(body, length);
			client.send(bytes);
			assertTrue (client.receiveAnswer().isOK(body));
			client.sendInPieces(bytes, 777);
			assertTrue (client.receiveAnswer().isOK(body));
		}
	}
}


void EVHTTPSServerBodyTest::testUploadInOneRecord()
{
	// Whoever waits for the rest of the body must know that OpenSSL has it.
	for (EVServerOptions::ExecutionPolicy policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		for (std::size_t maxBuffered: {std::size_t(1024), std::size_t(8192), std::size_t(65536)})
		{
			EVHTTPServerParams::Ptr pParams = httpParams(1, 1, policy);
			pParams->setMaxBufferedBytes(maxBuffered);
			EVHTTPServer server(serveHTTP(answerBody), listenSecure(), pParams);
			server.start();
			SecureRawClient client(server);
			for (std::size_t size: {std::size_t(900), std::size_t(8000), std::size_t(8192), std::size_t(16000)})
			{
				const std::string body = pattern(size);
				client.post("/", body);
				assertTrue (client.receiveAnswer().isOK(body));
			}
		}
	}
}


void EVHTTPSServerBodyTest::testSlowUploadHoldsNoThread()
{
	EVHTTPServer server(serveHTTP(answerBody), listenSecure(), httpParams(1, 1));
	server.start();
	const std::string body = pattern(30000);
	SecureRawClient client(server);
	client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30000\r\n\r\n" + body.substr(0, 10000));
	assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
	SecureRawClient other(server);
	for (int i = 0; i < 5; i++)
	{
		other.post("/", "other");
		assertTrue (other.receiveAnswer().isOK("other"));
	}
	assertEqual (1, server.statistics().reading);
	client.send(body.substr(10000));
	assertTrue (client.receiveAnswer().isOK(body));
}


void EVHTTPSServerBodyTest::testRecordThatTakesLong()
{
	// Its bytes count, though TLS has none of them before the last one is there.
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1);
	pParams->setTimeout(Poco::Timespan(300*Poco::Timespan::MILLISECONDS));
	pParams->setMinDataRate(20);
	EVHTTPServer server(serveHTTP(answerBody), listenSecure(), pParams);
	server.start();
	Relay relay(server);
	SecureRawClient client(relay.address());
	const std::string body = pattern(2000);
	client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n");
	assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
	relay.allow(0);
	client.send(body);
	assertTrue (waitFor([&] { return relay.kept() > body.size(); }));
	for (int i = 0; i < 20; i++) // more than three periods
	{
		sleepFor(50);
		relay.allow(10); // 200 bytes a second
	}
	relay.allow(-1);
	assertTrue (client.receiveAnswer().isOK(body));
}


void EVHTTPSServerBodyTest::testExpectContinue()
{
	EVHTTPServer server(serveHTTP(answerBody), listenSecure(), httpParams(1, 1));
	server.start();
	const std::string body = pattern(20000);
	SecureRawClient client(server);
	for (int i = 0; i < 2; i++)
	{
		client.send("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 20000\r\n\r\n");
		assertEqual (100, client.receiveAnswer().status);
		client.send(body);
		assertTrue (client.receiveAnswer().isOK(body));
	}
}


CppUnit::Test* EVHTTPSServerBodyTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPSServerBodyTest");

	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testResponseFromMemory);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testResponseLargerThanPendingOutput);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testResponseInPieces);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testResponseFromFile);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testClientTakesNothing);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testClientResetsWhileFlushing);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testUpload);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testUploadInChunks);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testUploadInOneRecord);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testSlowUploadHoldsNoThread);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testRecordThatTakesLong);
	CppUnit_addTest(pSuite, EVHTTPSServerBodyTest, testExpectContinue);

	return pSuite;
}
