//
// EVHTTPServerTest.cpp
//
// Requests and responses of all kinds.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "core/PocoVersion.h"
#include "Poco/DateTime.h"
#include "Poco/DateTimeParser.h"
#include "Poco/FileStream.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/TemporaryFile.h"
#include "Poco/ThreadPool.h"
#include "Poco/Timestamp.h"


EVHTTPServerTest::EVHTTPServerTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVHTTPServerTest::testGet()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	Client client(server);
	for (int i = 0; i < 10; i++)
	{
		const std::string uri = "/" + std::to_string(i);
		assertTrue (client.ask(uri).isOK(uri));
	}
	assertTrue (server.statistics().accepted == 1);
}


void EVHTTPServerTest::testPost()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	Client client(server);
	for (std::size_t length: {0, 1, 100, 4095, 4096, 30000})
	{
		const std::string body = pattern(length);
		assertTrue (client.post(body).isOK(body));
	}
	assertTrue (server.statistics().accepted == 1);
}


void EVHTTPServerTest::testChunkedRequest()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	Client client(server);
	for (std::size_t length: {0, 1, 100, 4096, 30000})
	{
		const std::string body = pattern(length);
		assertTrue (client.post(body, true).isOK(body));
	}
	assertTrue (server.statistics().accepted == 1);
}


void EVHTTPServerTest::testChunkedRequestsPipelined()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	RawClient client(server);
	const std::string header = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
	client.send(header + "3\r\nabc\r\n5;name=value\r\ndefgh\r\n0\r\n\r\n" + header + "0\r\n\r\n" + header + "1\r\nx\r\n0\r\n\r\n");
	assertTrue (client.receiveAnswer().isOK("abcdefgh"));
	assertTrue (client.receiveAnswer().isOK(""));
	assertTrue (client.receiveAnswer().isOK("x"));
}


void EVHTTPServerTest::testChunkedResponse()
{
	const std::string body = pattern(100000);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response)
	{
		response.setChunkedTransferEncoding(true);
		response.send() << body;
	}), 0, httpParams());
	server.start();
	Client client(server);
	assertTrue (client.ask("/").isOK(body));
	assertTrue (client.ask("/").isOK(body));
	RawClient rawClient(server);
	assertTrue (rawClient.ask("/").isOK(body));
	assertTrue (rawClient.ask("/").isOK(body));
	assertTrue (server.statistics().accepted == 2);
}


void EVHTTPServerTest::testResponseWithoutLength()
{
	const std::string body = pattern(50000);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response) { response.send() << body; }), 0, httpParams());
	server.start();
	RawClient client(server);
	const Answer answer = client.ask("/");
	assertTrue (answer.isOK(body)); // it ends where the connection ends
	assertTrue (answer.saysClose());
}


void EVHTTPServerTest::testHead()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("HEAD /head HTTP/1.1\r\nHost: localhost\r\n\r\n");
	const Answer answer = client.receiveAnswer(true);
	assertEqual (200, answer.status);
	assertEqual ("5", answer.field("Content-Length"));
	assertTrue (client.ask("/next").isOK("/next"));
}


void EVHTTPServerTest::testStatusWithoutBody()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/204") response.setStatusAndReason(HTTPResponse::HTTP_NO_CONTENT);
		else if (request.getURI() == "/304") response.setStatusAndReason(HTTPResponse::HTTP_NOT_MODIFIED);
		else return answerURI(request, response);
		response.send();
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	assertEqual (204, client.ask("/204").status);
	assertEqual (304, client.ask("/304").status);
	assertTrue (client.ask("/200").isOK("/200"));
}


void EVHTTPServerTest::testRedirect()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/old") response.redirect("/new");
		else answerURI(request, response);
	}), 0, httpParams());
	server.start();
	Client client(server);
	const Answer answer = client.ask("/old");
	assertEqual (302, answer.status);
	assertEqual ("/new", answer.field("Location"));
	assertTrue (client.ask("/new").isOK("/new"));
	assertTrue (server.statistics().accepted == 1);
}


void EVHTTPServerTest::testRequireAuthentication()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.hasCredentials()) return answerURI(request, response);
		response.requireAuthentication("realm");
		response.setContentLength(0);
		if (!response.sent()) response.send();
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	const Answer answer = client.ask("/");
	assertEqual (401, answer.status);
	assertEqual ("Basic realm=\"realm\"", answer.field("WWW-Authenticate"));
	assertTrue (client.ask("/", "Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n").isOK("/"));
}


void EVHTTPServerTest::testNoHandler()
{
	EVHTTPServer server(new FunctionHandlerFactory([](const HTTPServerRequest&) { return nullptr; }), 0, httpParams());
	server.start();
	RawClient client(server);
	const Answer answer = client.ask("/");
	assertEqual (501, answer.status);
	assertTrue (answer.saysClose());
	assertTrue (client.hasEnded());
}


void EVHTTPServerTest::testChunkedHTTP10()
{
	// What Poco's HTTPClientSession sends for an HTTPRequest(method, uri): its version is HTTP/1.0.
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.setChunkedTransferEncoding(true);
		const std::string body = bodyOf(request);
		response.send() << body;
	}), 0, httpParams());
	server.start();
	RawClient chunks(server);
	chunks.send("POST / HTTP/1.0\r\nConnection: Keep-Alive\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
	const Answer answer = chunks.receiveAnswer();
	assertTrue (answer.isOK("abc") && answer.saysClose());
	assertTrue (answer.header.getChunkedTransferEncoding());
	assertTrue (chunks.hasEnded());
	// a client that may not know them
	RawClient plain(server);
	plain.send("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc");
	const Answer other = plain.receiveAnswer();
	assertTrue (other.isOK("abc"));
	assertTrue (!other.header.getChunkedTransferEncoding());
}


void EVHTTPServerTest::testHTTP10()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("GET /1.0 HTTP/1.0\r\n\r\n");
	const Answer answer = client.receiveAnswer();
	assertTrue (answer.isOK("/1.0"));
	assertEqual ("HTTP/1.0", answer.header.getVersion());
	assertTrue (answer.saysClose());
	assertTrue (client.hasEnded());
}


void EVHTTPServerTest::testHTTP10KeepAlive()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient client(server);
	for (int i = 0; i < 3; i++)
	{
		client.send("GET /1.0 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
		const Answer answer = client.receiveAnswer();
		assertTrue (answer.isOK("/1.0"));
		assertTrue (!answer.saysClose());
	}
}


void EVHTTPServerTest::testDateAndServer()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setSoftwareVersion("EVNetTest/1.0");
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	RawClient client(server);
	for (int i = 0; i < 2; i++)
	{
		const Poco::Timestamp before;
		const Answer answer = client.ask("/");
		const Poco::Timestamp after;
		assertEqual ("EVNetTest/1.0", answer.field("Server"));
		int zone = 0;
		const std::time_t date = Poco::DateTimeParser::parse(answer.field("Date"), zone).timestamp().epochTime();
		// The clock of the server is a cheap one: it may be some milliseconds late.
		assertTrue (before.epochTime() - 1 <= date && date <= after.epochTime());
		if (i == 0) waitFor([&] { return Poco::Timestamp().epochTime() > after.epochTime(); });
	}
	EVHTTPServer nameless(serveHTTP(answerURI), 0, httpParams());
	nameless.start();
	assertTrue (!RawClient(nameless).ask("/").header.has("Server"));
}


void EVHTTPServerTest::testAddresses()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		answer(response, request.clientAddress().toString() + " " + request.serverAddress().toString());
	}), 0, httpParams());
	server.start();
	for (int i = 0; i < 3; i++)
	{
		RawClient client(server);
		const std::string expected = client.socket().address().toString() + " " + client.socket().peerAddress().toString();
		assertTrue (client.ask("/").isOK(expected));
		assertTrue (client.ask("/").isOK(expected));
	}
}


void EVHTTPServerTest::testSendFile()
{
	const std::string content = pattern(300000);
	Poco::TemporaryFile file;
	Poco::FileOutputStream(file.path()) << content;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/buffer") response.sendBuffer(content.data(), content.size());
		else response.sendFile(file.path(), "text/plain");
	}), 0, httpParams());
	server.start();
	Client client(server);
	for (const char* uri: {"/file", "/buffer", "/file"})
	{
		const Answer answer = client.ask(uri);
		assertTrue (answer.isOK(content));
		assertEqual (std::string(uri) == "/file" ? "text/plain" : "", answer.field("Content-Type"));
	}
	assertTrue (server.statistics().accepted == 1);
}


void EVHTTPServerTest::testPipelining()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient client(server);
	std::string requests;
	for (int i = 0; i < 50; i++) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
	client.send(requests);
	for (int i = 0; i < 50; i++) assertTrue (client.receiveAnswer().isOK("/" + std::to_string(i)));
	assertTrue (client.ask("/next").isOK("/next"));
	assertTrue (server.statistics().requests == 51);
}


void EVHTTPServerTest::testByteByByte()
{
	EVHTTPServer server(serveHTTP(answerBody), 0, httpParams());
	server.start();
	RawClient client(server);
	for (char c: std::string("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n0123456789"
		"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) client.send(std::string(1, c));
	assertTrue (client.receiveAnswer().isOK("0123456789"));
	assertTrue (client.receiveAnswer().isOK("abcde"));
	assertTrue (server.statistics().requests == 2);
}


void EVHTTPServerTest::testSlowClientsHoldNoThread()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams(1));
	server.start();
	std::vector<RawClient> slow;
	for (int i = 0; i < 20; i++)
	{
		slow.emplace_back(server);
		slow.back().send("GET /slow HTTP/1.1\r\nHost: loc");
	}
	assertTrue (waitFor([&] { return server.statistics().reading == 20; }));
	assertTrue (RawClient(server).ask("/fast").isOK("/fast"));
	for (RawClient& client: slow) client.send("alhost\r\n\r\n");
	for (RawClient& client: slow) assertTrue (client.receiveAnswer().isOK("/slow"));
}


void EVHTTPServerTest::testLeadingEmptyLine()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response) { answer(response, request.getURI() + bodyOf(request)); }), 0, httpParams());
	server.start();
	RawClient client(server);
	const std::string post = "POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody";
	client.send("\r\n" + post + "\r\nGET /get HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n" + post);
	assertTrue (client.receiveAnswer().isOK("/postbody"));
	assertTrue (client.receiveAnswer().isOK("/get"));
	assertTrue (client.receiveAnswer().isOK("/postbody"));
	client.send("\r");
	client.send("\n");
	assertTrue (client.ask("/next").isOK("/next"));
}


void EVHTTPServerTest::testLargeHeader()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		std::string cookies;
		for (const auto& field: request)
		{
			if (field.first == "Cookie") cookies += field.second;
		}
		answer(response, cookies);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	std::string fields;
	const std::string cookies = pattern(8*7500);
	for (std::size_t i = 0; i < cookies.size(); i += 7500) fields += "Cookie: " + cookies.substr(i, 7500) + "\r\n";
	assertTrue (client.ask("/", fields).isOK(cookies));

	// Poco's MessageHeader takes at most 8192 bytes for one field.
	const std::string longest = pattern(16000);
	assertTrue (client.ask("/", "Cookie: " + longest + "\r\n").isOK(longest));
	const Answer answer = client.ask("/", "Cookie: " + cookies + "\r\n");
	assertTrue (answer.status == 431); // never a part of it
}


void EVHTTPServerTest::testCounters()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	{
		std::vector<RawClient> clients;
		for (int i = 0; i < 5; i++) clients.emplace_back(server);
		for (int round = 0; round < 4; round++)
		{
			for (RawClient& client: clients) assertTrue (client.ask("/").isOK("/"));
		}
		assertEqual (5, server.currentConnections());
		assertEqual (5, server.totalConnections());
		assertTrue (server.statistics().requests == 20);
		assertTrue (waitFor([&] { return server.statistics().idle == 5 && server.currentThreads() == 0; }));
	}
	assertTrue (waitFor([&] { return server.currentConnections() == 0; }));
	assertEqual (5, server.totalConnections());
	assertEqual (5, server.maxConcurrentConnections());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT, 5));
}


void EVHTTPServerTest::testServerSocketOfTheApplication()
{
	Poco::Net::ServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", 0));
	EVHTTPServer server(serveHTTP(answerURI), socket, httpParams());
	server.start();
	assertTrue (server.socket() == socket);
	assertEqual (socket.address().port(), server.port());
	assertTrue (RawClient(server).ask("/").isOK("/"));
}


void EVHTTPServerTest::testThreadPoolOfTheApplication()
{
	Poco::ThreadPool pool(1, 3);
	{
		EVHTTPServer server(serveHTTP(answerURI), pool, Poco::Net::ServerSocket(Poco::Net::SocketAddress("127.0.0.1", 0)), httpParams(2, 1));
		server.start();
		assertTrue (RawClient(server).ask("/").isOK("/"));
		assertTrue (pool.used() > 0);
	}
	assertTrue (waitFor([&] { return pool.used() == 0; }));
}


void EVHTTPServerTest::testHeadOfAFile()
{
	Poco::TemporaryFile file;
	Poco::FileOutputStream(file.path()) << "content";
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response) { response.sendFile(file.path(), "text/plain"); }), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	const Answer answer = client.receiveAnswer(true);
	assertEqual (200, answer.status);
	assertEqual ("7", answer.field("Content-Length"));
	assertTrue (client.ask("/").isOK("content")); // nothing of the file came with the header
}


void EVHTTPServerTest::testResponseByteByByte()
{
	const std::string body = pattern(50000);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/length") response.setContentLength64(static_cast<Poco::Int64>(body.size()));
		if (request.getURI() == "/chunked") response.setChunkedTransferEncoding(true);
		std::ostream& ostr = response.send();
		for (char c: body) ostr.put(c);
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	for (const char* uri: {"/length", "/chunked", "/end"}) assertTrue (client.ask(uri).isOK(body));
	assertTrue (client.hasEnded());
}


void EVHTTPServerTest::testFieldValuesAreNotDecoded()
{
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
#if defined(EVNet_HAS_GET_DECODED)
		answer(response, request.get("X-Name") + " " + request.getDecoded("X-Name"));
#else
		answer(response, request.get("X-Name") + " A");
#endif
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	for (int i = 0; i < 2; i++) assertTrue (client.ask("/", "X-Name: =?utf-8?Q?=41?=\r\n").isOK("=?utf-8?Q?=41?= A"));
}


void EVHTTPServerTest::testResponseInPieces()
{
	const std::string body = pattern(100000);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/length") response.setContentLength64(static_cast<Poco::Int64>(body.size()));
		if (request.getURI() == "/chunked") response.setChunkedTransferEncoding(true);
		std::ostream& ostr = response.send();
		for (std::size_t i = 0; i < body.size(); i += 7000) ostr << body.substr(i, 7000); // the buffer takes two of them
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	for (const char* uri: {"/length", "/chunked", "/end"}) assertTrue (client.ask(uri).isOK(body));
	assertTrue (client.hasEnded());
}


void EVHTTPServerTest::testNoBodyByteByByte()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest&, HTTPServerResponse& response)
	{
		response.setContentLength(3);
		std::ostream& ostr = response.send();
		for (char c: std::string("abc")) ostr.put(c);
		if (!ostr.good()) throw Poco::IOException("a handler need not know that there is no body");
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
	assertEqual ("3", client.receiveAnswer(true).field("Content-Length"));
	assertTrue (client.ask("/").isOK("abc"));
}


void EVHTTPServerTest::testLineEndInAFieldOfTheResponse()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest&, HTTPServerResponse& response)
	{
		response.set("X-Field", "a\r\nX-Injected: b");
		answer(response, "body");
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	const Answer answer = client.ask("/");
	assertTrue (answer.isOK("body"));
	assertEqual ("a  X-Injected: b", answer.field("X-Field"));
	assertTrue (!answer.header.has("X-Injected"));
}


void EVHTTPServerTest::testPipeliningOneRequestAndAHalf()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send("GET /whole HTTP/1.1\r\nHost: localhost\r\n\r\nGET /half HT");
	assertTrue (client.receiveAnswer().isOK("/whole")); // held for no other response, there may be none
	client.send("TP/1.1\r\nHost: localhost\r\n\r\n");
	assertTrue (client.receiveAnswer().isOK("/half"));
}


CppUnit::Test* EVHTTPServerTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerTest");

	CppUnit_addTest(pSuite, EVHTTPServerTest, testGet);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testPost);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testChunkedRequest);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testChunkedRequestsPipelined);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testChunkedResponse);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testResponseWithoutLength);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testHead);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testStatusWithoutBody);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testRedirect);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testRequireAuthentication);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testNoHandler);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testChunkedHTTP10);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testHTTP10);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testHTTP10KeepAlive);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testDateAndServer);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testAddresses);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testSendFile);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testFieldValuesAreNotDecoded);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testPipelining);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testByteByByte);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testSlowClientsHoldNoThread);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testLeadingEmptyLine);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testLargeHeader);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testCounters);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testServerSocketOfTheApplication);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testThreadPoolOfTheApplication);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testHeadOfAFile);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testResponseByteByByte);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testResponseInPieces);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testNoBodyByteByByte);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testLineEndInAFieldOfTheResponse);
	CppUnit_addTest(pSuite, EVHTTPServerTest, testPipeliningOneRequestAndAHalf);

	return pSuite;
}
