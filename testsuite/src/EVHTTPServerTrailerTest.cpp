//
// EVHTTPServerTrailerTest.cpp
//
// Fields behind the body (RFC 9110, section 6.5).
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerTrailerTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/Exception.h"
#include "Poco/StreamCopier.h"


using Poco::Net::MessageHeader;


namespace
{
	const std::string CHUNKED_POST("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");

	void answerTrailer(HTTPServerRequest& request, HTTPServerResponse& response)
		/// Answers with the trailer field X, as seen before and after reading the body.
	{
		std::string body;
		Poco::StreamCopier::copyToString(request.stream(), body);
		const MessageHeader& trailer = EVHTTPServer::requestTrailer(request);
		const std::string text = std::to_string(body.size()) + " " + std::to_string(trailer.size()) + " " + trailer.get("X", "none") + (request.has("X") ? " merged" : "");
		response.sendBuffer(text.data(), text.size());
	}

	std::string rawResponse(const EVTCPServer& server, const std::string& version)
		/// Returns all bytes of a response without its header.
	{
		RawClient client(server);
		client.send("GET / HTTP/" + version + "\r\nHost: localhost\r\nConnection: close\r\n\r\n");
		const std::string bytes = client.receiveRest();
		return bytes.substr(bytes.find("\r\n\r\n") + 4);
	}
}


EVHTTPServerTrailerTest::EVHTTPServerTrailerTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVHTTPServerTrailerTest::testRequestTrailer()
{
	EVHTTPServer server(serveHTTP(answerTrailer), 0, httpParams());
	server.start();
	RawClient client(server);
	client.send(CHUNKED_POST + "5\r\nhello\r\n0\r\nX: y\r\nZ: \r\n\r\n");
	assertTrue (client.receiveAnswer().isOK("5 2 y"));
}


void EVHTTPServerTrailerTest::testRequestTrailerOfStreamedBody()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxHeaderSize(1024);
	pParams->setMaxBufferedBytes(2048);
	EVHTTPServer server(serveHTTP(answerTrailer), 0, pParams);
	server.start();
	RawClient client(server);
	client.send(CHUNKED_POST + "ffff\r\n" + std::string(0xffff, 'a') + "\r\n0\r\nX: streamed\r\n\r\n");
	assertTrue (client.receiveAnswer().isOK("65535 1 streamed"));
	assertTrue (client.ask("/").isOK("0 0 none"));
}


void EVHTTPServerTrailerTest::testRequestTrailerBelongsToOneRequest()
{
	EVHTTPServer server(serveHTTP(answerTrailer), 0, httpParams());
	server.start();
	RawClient client(server);
	for (int i = 0; i < 3; i++)
	{
		client.send(CHUNKED_POST + "5\r\nhello\r\n0\r\nX: y\r\n\r\n");
		assertTrue (client.receiveAnswer().isOK("5 1 y"));
		client.send(CHUNKED_POST + "5\r\nhello\r\n0\r\n\r\n");
		assertTrue (client.receiveAnswer().isOK("5 0 none"));
		client.send(CHUNKED_POST + "5\r\nhello\r\n0\r\nX: y\r\n\r\n");
		assertTrue (client.receiveAnswer().isOK("5 1 y"));
		client.post("/", "hello");
		assertTrue (client.receiveAnswer().isOK("5 0 none"));
	}
}


void EVHTTPServerTrailerTest::testResponseTrailer()
{
	std::atomic<int> requests(0);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response)
	{
		const bool first = requests++ == 0;
		response.setChunkedTransferEncoding(true);
		response.set("Trailer", "X");
		std::ostream& ostr = response.send();
		ostr << "hello";
		if (first) EVHTTPServer::responseTrailer(response).set("X", "y");
	}), 0, httpParams(1));
	server.start();
	assertTrue (rawResponse(server, "1.1") == "0005\r\nhello\r\n0\r\nX: y\r\n\r\n");
	assertTrue (rawResponse(server, "1.1") == "0005\r\nhello\r\n0\r\n\r\n"); // not that of another response
}


void EVHTTPServerTrailerTest::testResponseTrailerCannotReframe()
{
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response)
	{
		response.setChunkedTransferEncoding(true);
		response.send() << "hello";
		MessageHeader& trailer = EVHTTPServer::responseTrailer(response);
		trailer.set("content-length", "100");
		trailer.set("Transfer-Encoding", "identity");
		trailer.set("Connection", "keep-alive");
		trailer.set("X", "y\r\n\r\nHTTP/1.1 200 OK");
		trailer.set("Large", std::string(40000, 'z'));
	}), 0, httpParams());
	server.start();
	assertTrue (rawResponse(server, "1.1") == "0005\r\nhello\r\n0\r\nX: y    HTTP/1.1 200 OK\r\nLarge: " + std::string(40000, 'z') + "\r\n\r\n");
}


void EVHTTPServerTrailerTest::testResponseTrailerOnlyIfChunked()
{
	std::atomic<int> requests(0);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response)
	{
		EVHTTPServer::responseTrailer(response).set("X", "y");
		if (requests++ == 0) response.sendBuffer("hello", 5);
		else
		{
			response.setChunkedTransferEncoding(true);
			response.send() << "hello";
		}
	}), 0, httpParams());
	server.start();
	assertTrue (rawResponse(server, "1.1") == "hello");
	assertTrue (rawResponse(server, "1.0") == "hello"); // which has no chunks
}


void EVHTTPServerTrailerTest::testForeignObjects()
{
	class ForeignResponse: public HTTPServerResponse
	{
	public:
		void sendContinue() override {}
		std::ostream& send() override { throw Poco::NotImplementedException(); }
		void sendFile(const std::string&, const std::string&) override {}
		void sendBuffer(const void*, std::size_t) override {}
		void redirect(const std::string&, HTTPStatus) override {}
		void requireAuthentication(const std::string&) override {}
		bool sent() const override { return false; }
	};

	ForeignResponse response;
	bool thrown = false;
	try
	{
		EVHTTPServer::responseTrailer(response);
	}
	catch (Poco::InvalidArgumentException&)
	{
		thrown = true;
	}
	assertTrue (thrown);
}


CppUnit::Test* EVHTTPServerTrailerTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerTrailerTest");

	CppUnit_addTest(pSuite, EVHTTPServerTrailerTest, testRequestTrailer);
	CppUnit_addTest(pSuite, EVHTTPServerTrailerTest, testRequestTrailerOfStreamedBody);
	CppUnit_addTest(pSuite, EVHTTPServerTrailerTest, testRequestTrailerBelongsToOneRequest);
	CppUnit_addTest(pSuite, EVHTTPServerTrailerTest, testResponseTrailer);
	CppUnit_addTest(pSuite, EVHTTPServerTrailerTest, testResponseTrailerCannotReframe);
	CppUnit_addTest(pSuite, EVHTTPServerTrailerTest, testResponseTrailerOnlyIfChunked);
	CppUnit_addTest(pSuite, EVHTTPServerTrailerTest, testForeignObjects);

	return pSuite;
}
