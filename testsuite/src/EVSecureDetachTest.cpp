//
// EVSecureDetachTest.cpp
//
// WebSockets and other sockets that handlers take over from a server with TLS.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVSecureDetachTest.h"
#include "TLSTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/Buffer.h"
#include "Poco/Net/WebSocket.h"


using Poco::Net::WebSocket;


EVSecureDetachTest::EVSecureDetachTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	const EVServerOptions::ExecutionPolicy POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED};

	void echoFrames(HTTPServerRequest& request, HTTPServerResponse& response)
		/// Sends each frame back until the client closes.
	{
		if (request.getURI() != "/ws") return answerURI(request, response);

		WebSocket webSocket(request, response);
		int flags = 0;
		do
		{
			Poco::Buffer<char> frame(0);
			const int n = webSocket.receiveFrame(frame, flags);
			if (n == 0 && flags == 0) return; // gone without a closing frame
			webSocket.sendFrame(frame.begin(), n, flags);
		}
		while ((flags & WebSocket::FRAME_OP_BITMASK) != WebSocket::FRAME_OP_CLOSE);
	}

	class WebSocketClient
	{
	public:
		explicit WebSocketClient(const EVTCPServer& server):
			_client(server),
			_request(HTTPRequest::HTTP_GET, "/ws", HTTPRequest::HTTP_1_1),
			_webSocket(_client.session(), _request, _response)
		{
			_webSocket.setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
		}

		void send(const std::string& payload)
		{
			_webSocket.sendFrame(payload.data(), static_cast<int>(payload.size()));
		}

		std::string receive()
		{
			Poco::Buffer<char> frame(0);
			int flags = 0;
			const int n = _webSocket.receiveFrame(frame, flags);
			return std::string(frame.begin(), n > 0 ? static_cast<std::size_t>(n) : 0);
		}

		WebSocket& webSocket()
		{
			return _webSocket;
		}

	private:
		SecureClient _client;
		HTTPRequest  _request;
		HTTPResponse _response;
		WebSocket    _webSocket;
	};

	const std::string UPGRADE = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

	std::string textFrame(const std::string& payload)
		/// Returns a frame as a client sends it, with a mask that changes nothing.
	{
		return std::string("\x81") + static_cast<char>(0x80 | payload.size()) + std::string(4, '\0') + payload;
	}

	std::string receiveTextFrame(StreamSocket& socket)
	{
		const std::string header = receive(socket, 2);
		if (header.size() < 2 || header[0] != '\x81') return "no text frame";
		return receive(socket, static_cast<std::size_t>(header[1]));
	}

	std::string receiveHeader(StreamSocket& socket)
	{
		std::string header;
		while (header.find("\r\n\r\n") == std::string::npos)
		{
			const std::string byte = receive(socket, 1);
			if (byte.empty()) break;
			header += byte;
		}
		return header;
	}

	std::string upgradeTo(const std::string& protocol)
	{
		return "GET /" + protocol + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: " + protocol + "\r\n\r\n";
	}

	void echoLines(HTTPServerRequest& request, HTTPServerResponse& response)
		/// Takes the socket if the client asks for another protocol, and sends lines back until one says end.
	{
		if (request.getURI() != "/lines") return answerURI(request, response);
		response.setStatusAndReason(HTTPResponse::HTTP_SWITCHING_PROTOCOLS);
		response.set("Connection", "Upgrade");
		response.set("Upgrade", "lines");
		response.setContentLength(0);
		response.send().flush();
		StreamSocket socket = detachSocket(request);
		for (std::string line = receiveLine(socket); line != "end" && !line.empty(); line = receiveLine(socket)) sendAll(socket, line + "\n");
		socket.close();
	}
}


void EVSecureDetachTest::testWebSocket()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP(echoFrames), listenSecure(), httpParams(2, 1, policy));
		server.start();
		WebSocketClient client(server);
		for (int i = 0; i < 200; i++)
		{
			client.send("frame " + std::to_string(i));
			assertEqual ("frame " + std::to_string(i), client.receive());
		}
		for (std::size_t size: {std::size_t(125), std::size_t(126), std::size_t(16384), std::size_t(65536), std::size_t(1000000)})
		{
			client.send(pattern(size));
			assertTrue (client.receive() == pattern(size));
		}
		for (int i = 0; i < 200; i++) client.send("frame " + std::to_string(i)); // many on their way at once
		for (int i = 0; i < 200; i++) assertEqual ("frame " + std::to_string(i), client.receive());
		client.webSocket().shutdown();
		client.receive();
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_DETACHED));
	}
}


void EVSecureDetachTest::testWebSocketsBesideRequests()
{
	EVHTTPServer server(serveHTTP(echoFrames), listenSecure(), httpParams(6, 0));
	server.start();
	const std::string errors = inParallel(6, [&](int i)
	{
		if (i < 3) // each has a thread as long as it lives
		{
			WebSocketClient client(server);
			for (int n = 0; n < 50; n++)
			{
				client.send(std::to_string(n));
				if (client.receive() != std::to_string(n)) throw Poco::DataException("wrong frame");
			}
			client.webSocket().shutdown();
			client.receive();
			return;
		}
		SecureClient client(server);
		for (int n = 0; n < 50; n++)
		{
			if (!client.ask("/http").isOK("/http")) throw Poco::DataException("wrong answer");
		}
	});
	assertEqual ("", errors);
	assertTrue (waitFor([&] { return server.currentThreads() == 0; }));
}


void EVSecureDetachTest::testServerSpeaksFirst()
{
	const std::string payload = pattern(1000000);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		WebSocket webSocket(request, response);
		for (int i = 0; i < 100; i++) webSocket.sendFrame("news", 4);
		webSocket.sendFrame(payload.data(), static_cast<int>(payload.size()));
		Poco::Buffer<char> frame(0);
		int flags = 0;
		webSocket.receiveFrame(frame, flags);
	}), listenSecure(), httpParams());
	server.start();
	WebSocketClient client(server);
	for (int i = 0; i < 100; i++) assertEqual ("news", client.receive());
	assertTrue (client.receive() == payload);
	client.send("thanks");
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_DETACHED));
}


void EVSecureDetachTest::testFramesBehindTheUpgradeRequest()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP(echoFrames), listenSecure(), httpParams(2, 1, policy));
		server.start();
		const std::string third = textFrame("third");
		for (std::size_t split = 0; split <= third.size(); split++)
		{
			SecureRawClient client(server);
			StreamSocket& socket = client.socket();
			sendAll(socket, UPGRADE + textFrame("first") + textFrame("second") + third.substr(0, split));
			assertTrue (receiveHeader(socket).find("HTTP/1.1 101") == 0);
			assertEqual ("first", receiveTextFrame(socket));
			assertEqual ("second", receiveTextFrame(socket));
			sendAll(socket, third.substr(split));
			if (split == 0) sleepFor(5);
			assertEqual ("third", receiveTextFrame(socket));
			sendAll(socket, textFrame("fourth"));
			assertEqual ("fourth", receiveTextFrame(socket));
		}
	}
}


void EVSecureDetachTest::testFramesInTheNextRecord()
{
	EVHTTPServer server(serveHTTP(echoFrames), listenSecure(), httpParams(2, 1));
	server.start();
	for (int i = 0; i < 20; i++)
	{
		SecureRawClient client(server);
		StreamSocket& socket = client.socket();
		sendAll(socket, UPGRADE);
		sendAll(socket, textFrame("first"));
		sendAll(socket, textFrame("second"));
		assertTrue (receiveHeader(socket).find("HTTP/1.1 101") == 0);
		assertEqual ("first", receiveTextFrame(socket));
		assertEqual ("second", receiveTextFrame(socket));
	}
}


void EVSecureDetachTest::testUpgradeBehindOtherRequests()
{
	EVHTTPServer server(serveHTTP(echoFrames), listenSecure(), httpParams(2, 1));
	server.start();
	SecureRawClient client(server);
	assertTrue (client.ask("/first").isOK("/first"));
	client.send("GET /second HTTP/1.1\r\nHost: localhost\r\n\r\n" + UPGRADE + textFrame("hello"));
	assertTrue (client.receiveAnswer().isOK("/second"));
	assertEqual (101, client.receiveAnswer().status);
	client.send(textFrame("again"));
	const std::string expected = std::string("\x81\x05") + "hello" + std::string("\x81\x05") + "again";
	client.send(textFrame("\n"));
	assertEqual (expected + "\x81\x01", client.receiveLine());
}


void EVSecureDetachTest::testWebSocketClientResets()
{
	ErrorCollector errors;
	EVHTTPServer server(serveHTTP(echoFrames), listenSecure(), httpParams(1, 1));
	server.start();
	for (Poco::UInt64 i = 1; i <= 5; i++)
	{
		Relay relay(server);
		SecureRawClient client(relay.address());
		client.send(UPGRADE + textFrame("hello"));
		receiveHeader(client.socket());
		assertEqual ("hello", receiveTextFrame(client.socket()));
		relay.end(i % 2 == 0);
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_DETACHED, i));
	}
	assertTrue (SecureRawClient(server).ask("/http").isOK("/http"));
}


void EVSecureDetachTest::testDetachedSocket()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP(echoLines), listenSecure(), httpParams(1, 1, policy));
		server.start();
		for (bool behind: {false, true})
		{
			SecureRawClient client(server);
			assertTrue (client.ask("/http").isOK("/http"));
			client.send(upgradeTo("lines") + (behind ? "first\n" : ""));
			assertEqual (101, client.receiveAnswer().status);
			if (!behind) client.send("first\n");
			assertEqual ("first", client.receiveLine());
			client.send("second\nend\n");
			assertEqual ("second", client.receiveLine());
			assertTrue (client.hasEnded());
		}
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_DETACHED, 2));
		assertTrue (balances(server));
	}
}


void EVSecureDetachTest::testDetachedSocketGivenBack()
{
	EVHTTPServer* pServer = nullptr;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() != "/once") return answerURI(request, response);
		response.setStatusAndReason(HTTPResponse::HTTP_SWITCHING_PROTOCOLS);
		response.set("Connection", "Upgrade");
		response.set("Upgrade", "once");
		response.send().flush();
		StreamSocket socket = detachSocket(request);
		sendAll(socket, receiveLine(socket) + "\n");
		pServer->adopt(socket);
	}), listenSecure(), httpParams(2, 1));
	pServer = &server;
	server.start();
	SecureRawClient client(server);
	for (Poco::UInt64 i = 1; i <= 6; i++)
	{
		const std::string next = "GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n";
		client.send(upgradeTo("once") + (i % 3 == 0 ? "line\n" + next : i % 3 == 1 ? "li" : ""));
		assertEqual (101, client.receiveAnswer().status);
		if (i % 3 == 1) client.send("ne\n" + next); // the rest of the record stays in OpenSSL
		if (i % 3 == 2)
		{
			client.send("line\n");
			client.send(next);
		}
		assertEqual ("line", client.receiveLine());
		assertTrue (client.receiveAnswer().isOK("/next"));
		assertTrue (client.ask("/last").isOK("/last"));
		assertTrue (server.statistics().adopted == i);
	}
	server.stop();
	assertTrue (allAccountedFor(server));
}


CppUnit::Test* EVSecureDetachTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVSecureDetachTest");

	CppUnit_addTest(pSuite, EVSecureDetachTest, testWebSocket);
	CppUnit_addTest(pSuite, EVSecureDetachTest, testWebSocketsBesideRequests);
	CppUnit_addTest(pSuite, EVSecureDetachTest, testServerSpeaksFirst);
	CppUnit_addTest(pSuite, EVSecureDetachTest, testFramesBehindTheUpgradeRequest);
	CppUnit_addTest(pSuite, EVSecureDetachTest, testFramesInTheNextRecord);
	CppUnit_addTest(pSuite, EVSecureDetachTest, testUpgradeBehindOtherRequests);
	CppUnit_addTest(pSuite, EVSecureDetachTest, testWebSocketClientResets);
	CppUnit_addTest(pSuite, EVSecureDetachTest, testDetachedSocket);
	CppUnit_addTest(pSuite, EVSecureDetachTest, testDetachedSocketGivenBack);

	return pSuite;
}
