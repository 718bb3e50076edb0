//
// WebSocketTest.cpp
//
// WebSockets, which request handlers take over from the server.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "WebSocketTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/Buffer.h"
#include "Poco/Net/WebSocket.h"
#include <algorithm>


using Poco::Net::WebSocket;


WebSocketTest::WebSocketTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	void echoFrames(HTTPServerRequest& request, HTTPServerResponse& response)
		/// Sends each frame back, and a pong for a ping, until the client closes.
	{
		if (request.getURI() != "/ws") return answerURI(request, response);

		WebSocket webSocket(request, response);
		int flags = 0;
		do
		{
			Poco::Buffer<char> frame(0);
			const int n = webSocket.receiveFrame(frame, flags);
			if (n == 0 && flags == 0) return; // gone without a closing frame
			const bool ping = (flags & WebSocket::FRAME_OP_BITMASK) == WebSocket::FRAME_OP_PING;
			webSocket.sendFrame(frame.begin(), n, ping ? static_cast<int>(WebSocket::FRAME_FLAG_FIN) | static_cast<int>(WebSocket::FRAME_OP_PONG) : flags);
		}
		while ((flags & WebSocket::FRAME_OP_BITMASK) != WebSocket::FRAME_OP_CLOSE);
	}

	class WebSocketClient
	{
	public:
		explicit WebSocketClient(const EVTCPServer& server):
			_client(server),
			_request(HTTPRequest::HTTP_GET, "/ws", HTTPRequest::HTTP_1_1),
			_webSocket(_client.session(), _request, _response),
			_flags(0)
		{
		}

		std::string exchange(const std::string& payload, int flags = WebSocket::FRAME_TEXT)
		{
			_webSocket.sendFrame(payload.data(), static_cast<int>(payload.size()), flags);
			return receive();
		}

		std::string receive()
		{
			Poco::Buffer<char> frame(0);
			const int n = _webSocket.receiveFrame(frame, _flags);
			return std::string(frame.begin(), static_cast<std::size_t>(std::max(n, 0)));
		}

		int opcode() const
			/// Returns that of the last frame received.
		{
			return _flags & WebSocket::FRAME_OP_BITMASK;
		}

		WebSocket& webSocket()
		{
			return _webSocket;
		}

	private:
		Client       _client;
		HTTPRequest  _request;
		HTTPResponse _response;
		WebSocket    _webSocket;
		int          _flags;
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
}


void WebSocketTest::testEcho()
{
	EVHTTPServer server(serveHTTP(echoFrames), 0, httpParams());
	server.start();
	WebSocketClient client(server);
	for (int i = 0; i < 20; i++)
	{
		assertEqual ("hello", client.exchange("hello"));
		assertEqual (static_cast<int>(WebSocket::FRAME_OP_TEXT), client.opcode());
	}
	assertEqual (std::string(200, '\0'), client.exchange(std::string(200, '\0'), WebSocket::FRAME_BINARY));
	assertEqual (static_cast<int>(WebSocket::FRAME_OP_BINARY), client.opcode());
	client.webSocket().shutdown();
	client.receive();
	assertEqual (static_cast<int>(WebSocket::FRAME_OP_CLOSE), client.opcode());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_DETACHED));
	assertTrue (isClosed(client.webSocket()));
}


void WebSocketTest::testPing()
{
	EVHTTPServer server(serveHTTP(echoFrames), 0, httpParams());
	server.start();
	WebSocketClient client(server);
	assertEqual ("ping", client.exchange("ping", static_cast<int>(WebSocket::FRAME_FLAG_FIN) | static_cast<int>(WebSocket::FRAME_OP_PING)));
	assertEqual (static_cast<int>(WebSocket::FRAME_OP_PONG), client.opcode());
}


void WebSocketTest::testLargeFrames()
{
	for (int threads: {1, 4})
	{
		EVHTTPServer server(serveHTTP(echoFrames), 0, httpParams(threads));
		server.start();
		WebSocketClient client(server);
		for (std::size_t size: {125, 126, 65535, 65536, 200000, 2000000})
		{
			const std::string payload = pattern(size);
			assertTrue (client.exchange(payload) == payload);
		}
	}
}


void WebSocketTest::testServerSpeaksFirst()
{
	Gate gate;
	const std::string payload = pattern(200000);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		WebSocket webSocket(request, response);
		webSocket.sendFrame(payload.data(), static_cast<int>(payload.size()));
		gate.pass();
	}), 0, httpParams());
	server.start();
	WebSocketClient client(server);
	assertTrue (client.receive() == payload);
	gate.open();
}


void WebSocketTest::testPushToClientThatWasSlow()
{
	const std::string payload = pattern(300000);
	std::atomic<bool> ended(false);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(16384);
		WebSocket webSocket(request, response);
		webSocket.sendFrame(payload.data(), static_cast<int>(payload.size())); // more than the kernel takes
		while (!ended)
		{
			webSocket.sendFrame("news", 4);
			sleepFor(5);
		}
	}), 0, httpParams());
	server.start();
	WebSocketClient client(server);
	client.webSocket().setReceiveTimeout(Poco::Timespan(DEADLINE/4*Poco::Timespan::MILLISECONDS));
	std::string large, small;
	try
	{
		large = client.receive();
		small = client.receive();
	}
	catch (Poco::TimeoutException&)
	{
	}
	ended = true;
	assertTrue (large == payload);
	assertEqual ("news", small);
}


void WebSocketTest::testFramesBehindTheUpgradeRequest()
{
	EVHTTPServer server(serveHTTP(echoFrames), 0, httpParams());
	server.start();
	const std::string third = textFrame("third");
	for (std::size_t split = 0; split <= third.size(); split++)
	{
		StreamSocket socket = connectTo(server);
		sendAll(socket, UPGRADE + textFrame("first") + textFrame("second") + third.substr(0, split));
		const std::string header = receiveHeader(socket);
		assertTrue (header.find("HTTP/1.1 101") == 0);
		assertTrue (header.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos);
		assertEqual ("first", receiveTextFrame(socket));
		assertEqual ("second", receiveTextFrame(socket));
		sendAll(socket, third.substr(split));
		assertEqual ("third", receiveTextFrame(socket));
	}
}


void WebSocketTest::testUpgradeBehindOtherRequests()
{
	EVHTTPServer server(serveHTTP(echoFrames), 0, httpParams());
	server.start();
	RawClient client(server);
	assertTrue (client.ask("/first").isOK("/first"));
	client.send("GET /second HTTP/1.1\r\nHost: localhost\r\n\r\n" + UPGRADE);
	assertTrue (client.receiveAnswer().isOK("/second"));
	assertEqual (101, client.receiveAnswer().status);
	client.send(textFrame("hello"));
	assertEqual ("hello", receiveTextFrame(client.socket()));
}


void WebSocketTest::testUpgradeRefused()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		try
		{
			WebSocket webSocket(request, response);
		}
		catch (Poco::Net::WebSocketException&)
		{
			response.setStatusAndReason(HTTPResponse::HTTP_BAD_REQUEST);
			answer(response, "no");
		}
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	const Answer refused = client.ask("/ws");
	assertEqual (400, refused.status);
	assertEqual ("no", refused.body);
	assertEqual (400, client.ask("/ws").status);
}


void WebSocketTest::testWebSocketsBesideRequests()
{
	for (EVServerOptions::ExecutionPolicy policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		EVHTTPServer server(serveHTTP(echoFrames), 0, httpParams(6, 0, policy));
		server.start();
		const std::string errors = inParallel(8, [&](int i)
		{
			if (i < 4) // each has a thread as long as it lives
			{
				WebSocketClient client(server);
				for (int n = 0; n < 50; n++)
				{
					if (client.exchange(std::to_string(n)) != std::to_string(n)) throw Poco::DataException("wrong frame");
				}
				client.webSocket().shutdown();
				client.receive();
				return;
			}
			Client client(server);
			for (int n = 0; n < 50; n++)
			{
				if (!client.ask("/http").isOK("/http")) throw Poco::DataException("wrong answer");
			}
		});
		assertEqual ("", errors);
		assertTrue (waitFor([&] { return server.currentThreads() == 0; }));
		assertTrue (RawClient(server).ask("/http").isOK("/http"));
	}
}


void WebSocketTest::testClientResets()
{
	ErrorCollector errors;
	EVHTTPServer server(serveHTTP(echoFrames), 0, httpParams(1));
	server.start();
	for (Poco::UInt64 i = 1; i <= 5; i++)
	{
		StreamSocket socket = connectTo(server);
		sendAll(socket, UPGRADE + textFrame("hello"));
		receiveHeader(socket);
		assertEqual ("hello", receiveTextFrame(socket));
		resetConnection(socket);
		assertTrue (waitFor([&] { return server.statistics().closes() == i; }));
	}
	assertTrue (RawClient(server).ask("/http").isOK("/http"));
}


void WebSocketTest::testStopAllEndsWebSocket()
{
	EVHTTPServerParams::Ptr pParams = patient(httpParams());
	ErrorCollector errors;
	EVHTTPServer server(serveHTTP(echoFrames), 0, pParams);
	server.start();
	WebSocketClient client(server);
	assertEqual ("hello", client.exchange("hello"));
	const Stopwatch stopwatch;
	server.stopAll(true);
	assertTrue (stopwatch.elapsed() < DEADLINE/2);
	assertTrue (isClosed(client.webSocket()));
}


CppUnit::Test* WebSocketTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("WebSocketTest");

	CppUnit_addTest(pSuite, WebSocketTest, testEcho);
	CppUnit_addTest(pSuite, WebSocketTest, testPing);
	CppUnit_addTest(pSuite, WebSocketTest, testLargeFrames);
	CppUnit_addTest(pSuite, WebSocketTest, testServerSpeaksFirst);
	CppUnit_addTest(pSuite, WebSocketTest, testPushToClientThatWasSlow);
	CppUnit_addTest(pSuite, WebSocketTest, testFramesBehindTheUpgradeRequest);
	CppUnit_addTest(pSuite, WebSocketTest, testUpgradeBehindOtherRequests);
	CppUnit_addTest(pSuite, WebSocketTest, testUpgradeRefused);
	CppUnit_addTest(pSuite, WebSocketTest, testWebSocketsBesideRequests);
	CppUnit_addTest(pSuite, WebSocketTest, testClientResets);
	CppUnit_addTest(pSuite, WebSocketTest, testStopAllEndsWebSocket);

	return pSuite;
}
