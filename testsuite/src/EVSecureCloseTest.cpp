//
// EVSecureCloseTest.cpp
//
// Handlers that end a connection with TLS by themselves, in every way there is.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVSecureCloseTest.h"
#include "ClientLeavesSupport.h"
#include "TLSTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "CppUnit/TestSuite.h"
#include "Poco/Net/WebSocket.h"
#include <cstdlib>


using Poco::Net::WebSocket;


EVSecureCloseTest::EVSecureCloseTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	StreamSocket& socketOf(HTTPServerRequest& request)
	{
		return static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
	}

	bool clientHasLeft(HTTPServerRequest& request)
	{
		return hasLeft(socketOf(request), HALF_CLOSES);
	}

	const std::string UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

	const std::vector<std::string> ENDINGS = {"/close", "/shutdown", "/shutdownSend", "/shutdown-close", "/detach", "/detach-close", "/detach-thread", "/flush-close", "/flush-shutdown",
		"/throw", "/close-throw", "/flush-throw", "/websocket", "/websocket-shutdown", "/websocket-throw", "/unanswered-close", "/keep"};

	void end(HTTPServerRequest& request, HTTPServerResponse& response)
		/// Ends the connection as the target says.
	{
		const std::string how = request.getURI();
		const auto says = [&how](const char* word) { return how.find(word) != std::string::npos; };
		if (says("/websocket"))
		{
			WebSocket webSocket(request, response);
			webSocket.sendFrame("bye", 3);
			if (says("shutdown")) webSocket.shutdown();
			if (says("throw")) throw Poco::DataException("in a WebSocket");
			webSocket.close();
			return;
		}
		if (!says("/unanswered"))
		{
			response.setContentLength(3);
			std::ostream& out = response.send();
			out << "bye";
			if (says("/flush")) out.flush();
		}
		if (says("detach"))
		{
			StreamSocket socket = detachSocket(request);
			if (says("close")) socket.close();
			if (says("thread")) std::thread([&socket] { socket.close(); }).join();
		}
		else if (says("shutdownSend")) socketOf(request).shutdownSend();
		else if (says("shutdown")) socketOf(request).shutdown();
		if (says("-close") || how == "/close") socketOf(request).close();
		if (says("throw")) throw Poco::DataException("after the answer");
	}

	void leaveAtRandom(StreamSocket& socket, unsigned random)
		/// What a client does after its request: waits for the end, or leaves in some way.
	{
		if (random % 4 == 0)
		{
			receiveSome(socket);
			return;
		}
		std::this_thread::sleep_for(std::chrono::microseconds(random % 997));
		if (random % 4 == 1) resetConnection(socket);
		else socket.close();
	}
}


void EVSecureCloseTest::testHandlerCloses()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/other") return answerURI(request, response);
			answer(response, "bye");
			socketOf(request).close();
		}), listenSecure(), httpParams(2, 1, policy));
		server.start();
		for (Poco::UInt64 i = 1; i <= 20; i++)
		{
			SecureRawClient client(server);
			client.get("/close");
			assertTrue (isClosed(client.socket()));
			assertTrue (SecureRawClient(server).ask("/other").isOK("/other"));
			assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_BY_HANDLER) == i; }));
		}
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVSecureCloseTest::testHandlerClosesWhenTheClientHasLeft()
{
	// The leader stops watching when the client leaves, and would watch again when the handler is done.
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/other") return answerURI(request, response);
			waitFor([&] { return clientHasLeft(request); });
			answer(response, "bye");
			socketOf(request).close();
		}), listenSecure(), httpParams(2, 1, policy));
		server.start();
		for (Poco::UInt64 i = 1; i <= 5; i++)
		{
			{
				SecureRawClient client(server);
				client.get("/close");
				assertTrue (waitFor([&] { return server.statistics().requests >= 2*i - 1; }));
			}
			assertTrue (SecureRawClient(server).ask("/other").isOK("/other"));
		}
		assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_BY_HANDLER) == 5; }));
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVSecureCloseTest::testNumberOfAnotherClient()
{
	// The number of a descriptor that a handler has closed is given to the next client while the handler still runs.
	for (EVServerOptions::ExecutionPolicy policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		Gate gate;
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() != "/close") return answerURI(request, response);
			socketOf(request).close();
			gate.pass();
			response.setContentLength(3);
			response.send() << "bye"; // to nobody
			request.stream().get();
		}), listenSecure(), httpParams(3, 1, policy));
		server.start();
		SecureRawClient first(server);
		first.get("/close");
		assertTrue (gate.holds(1));
		std::vector<std::unique_ptr<SecureRawClient>> next;
		for (int i = 0; i < 10; i++)
		{
			next.emplace_back(new SecureRawClient(server));
			assertTrue (next.back()->ask("/next").isOK("/next"));
		}
		gate.open();
		assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_BY_HANDLER) == 1; }));
		for (auto& pClient: next) assertTrue (pClient->ask("/again").isOK("/again"));
		assertEqual (10, server.statistics().open);
	}
}


void EVSecureCloseTest::testEveryEnding()
{
	ErrorCollector errors;
	const int clients = 4;
	const char* pRounds = std::getenv("EVNET_ENDINGS"); // 17: 3,500 connections
	const int rounds = pRounds ? std::atoi(pRounds) : 6;
	int before = 0;
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP(end), listenSecure(), httpParams(8, 2, policy));
		server.start();
		const std::string wrong = inParallel(clients, [&](int i)
		{
			unsigned random = 7919u*static_cast<unsigned>(i + 1);
			for (int round = 0; round < rounds; round++)
			{
				for (const std::string& how: ENDINGS)
				{
					random = 1664525*random + 1013904223;
					try
					{
						SecureRawClient client(server);
						client.get(how, how.find("websocket") != std::string::npos ? UPGRADE : "");
						leaveAtRandom(client.socket(), random >> 16);
					}
					catch (Poco::TimeoutException&)
					{
						throw Poco::DataException("no end: " + how);
					}
					catch (Poco::Exception&)
					{
						// the server was first
					}
				}
			}
		});
		assertEqual ("", wrong);
		assertTrue (SecureRawClient(server).ask("/keep").status == 200);
		server.stop();
		assertTrue (allAccountedFor(server));
		assertTrue (balances(server));
		if (before == 0) before = openDescriptors();
		else assertTrue (waitFor([&] { return openDescriptors() <= before; }));
	}
}


void EVSecureCloseTest::testEveryEndingOfTheSecureSocket()
{
	// the same for those who have only the socket below that of the connection
	ErrorCollector errors;
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVTCPServer server(serve([](ServedConnection& connection)
		{
			const std::string how = connection.request();
			connection.reply(how);
			StreamSocket socket = connection.secureSocket();
			if (how == "close\n") socket.close();
			else if (how == "shutdown\n") socket.shutdown();
			else if (how == "both\n")
			{
				connection.socket().close();
				socket.close();
			}
			else if (how == "reverse\n")
			{
				socket.close();
				connection.socket().close();
			}
			else if (how == "detach\n")
			{
				connection.detachSocket();
				socket.close();
			}
			else if (how == "use\n")
			{
				socket.close();
				try
				{
					connection.reply("more"); // to nobody
				}
				catch (Poco::Exception&)
				{
				}
				connection.socket().available();
			}
			else throw Poco::DataException("as told");
		}, frameLines), listenSecure(), serverParams(4, 2, policy));
		server.start();
		Poco::UInt64 count = 0;
		for (int round = 0; round < 5; round++)
		{
			for (const std::string how: {"close\n", "shutdown\n", "both\n", "reverse\n", "detach\n", "use\n", "throw\n"})
			{
				SecureStreamSocket client = connectSecure(server);
				sendAll(client, how);
				assertEqual (how, receive(client, how.size()));
				assertTrue (isClosed(client));
				client.close();
				count++;
				assertTrue (waitFor([&] { return server.statistics().closes() == count; }));
			}
		}
		server.stop();
		assertTrue (allAccountedFor(server));
		assertTrue (balances(server));
	}
}


void EVSecureCloseTest::testAddressIsFreeAgain()
{
	EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
	pParams->setMaxConnectionsPerAddress(1);
	EVHTTPServer server(serveHTTP(end), listenSecure(), pParams);
	server.start();
	for (Poco::UInt64 i = 1; i <= 5; i++)
	{
		SecureRawClient client(server);
		client.get("/flush-close");
		assertEqual ("bye", client.receiveAnswer().body);
		assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_BY_HANDLER) == i; }));
	}
	assertTrue (closed(server, EVServerStatistics::CLOSED_ADDRESS_LIMIT) == 0);
}


void EVSecureCloseTest::testClosedWithPipelinedBytes()
{
	// Where the client may still be sending, the loop would linger on a descriptor that is closed.
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP(end), listenSecure(), httpParams(2, 1, policy));
		server.start();
		for (Poco::UInt64 i = 1; i <= 5; i++)
		{
			SecureRawClient client(server);
			client.send("GET /close HTTP/1.1\r\nHost: localhost\r\n\r\nGET /keep HTTP/1.1\r\nHost: localhost\r\n\r\nGET /keep");
			assertTrue (isClosed(client.socket()));
			SecureRawClient half(server);
			half.send("POST /close HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + std::string(70000, 'x'));
			assertTrue (isClosed(half.socket()));
			assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_BY_HANDLER) == 2*i; }));
		}
		assertTrue (SecureRawClient(server).ask("/keep").status == 200);
	}
}


void EVSecureCloseTest::testFlushedResponseIsWhole()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			socketOf(request).setSendBufferSize(65536);
			response.setContentLength64(static_cast<Poco::Int64>(MUCH.size()));
			std::ostream& out = response.send();
			out << MUCH;
			out.flush();
			if (request.getURI() == "/close") socketOf(request).close();
			else socketOf(request).shutdown();
		}), listenSecure(), httpParams(2, 1, policy));
		server.start();
		for (const std::string how: {"/close", "/shutdown"})
		{
			SecureRawClient client(server);
			client.get(how);
			assertTrue (waitFor([&] { return server.statistics().running == 1; }));
			assertTrue (client.receiveAnswer().isOK(MUCH));
			assertTrue (isClosed(client.socket()));
		}
		assertTrue (waitFor([&] { return server.statistics().closes() == 2; }));
	}
}


void EVSecureCloseTest::testConstructorCloses()
{
	// without TLS, too: a connection that is closed before the loop has seen it
	for (bool secure: {false, true})
	{
		EVTCPServer server(new FunctionFactory([](const StreamSocket& socket)
		{
			StreamSocket copy(socket);
			copy.close();
			return new ServedConnection(socket, [](ServedConnection&) {}, nullptr);
		}), secure ? static_cast<Poco::Net::ServerSocket>(listenSecure()) : Poco::Net::ServerSocket(SocketAddress("127.0.0.1", 0)), serverParams(2, 1));
		server.start();
		for (Poco::UInt64 i = 1; i <= 5; i++)
		{
			StreamSocket client = connectTo(server);
			assertTrue (isClosed(client));
			assertTrue (waitFor([&] { return server.statistics().closes() == i; }));
		}
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVSecureCloseTest::testStopAllWhileHandlersClose()
{
	// stopAll() shuts down what is running, which closes its descriptors at the same time.
	ErrorCollector errors;
	for (int round = 0; round < 5; round++)
	{
		Gate gate;
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&)
		{
			gate.pass();
			socketOf(request).close();
		}), listenSecure(), httpParams(8, 2));
		server.start();
		std::vector<std::unique_ptr<SecureRawClient>> clients;
		for (int i = 0; i < 8; i++)
		{
			clients.emplace_back(new SecureRawClient(server));
			clients.back()->get("/");
		}
		assertTrue (gate.holds(8));
		gate.open();
		server.stopAll(true);
		for (auto& pClient: clients) assertTrue (isClosed(pClient->socket()));
		assertTrue (allAccountedFor(server));
		assertTrue (balances(server));
	}
}


CppUnit::Test* EVSecureCloseTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVSecureCloseTest");

	CppUnit_addTest(pSuite, EVSecureCloseTest, testHandlerCloses);
	CppUnit_addTest(pSuite, EVSecureCloseTest, testHandlerClosesWhenTheClientHasLeft);
	CppUnit_addTest(pSuite, EVSecureCloseTest, testNumberOfAnotherClient);
	CppUnit_addTest(pSuite, EVSecureCloseTest, testEveryEnding);
	CppUnit_addTest(pSuite, EVSecureCloseTest, testEveryEndingOfTheSecureSocket);
	CppUnit_addTest(pSuite, EVSecureCloseTest, testAddressIsFreeAgain);
	CppUnit_addTest(pSuite, EVSecureCloseTest, testClosedWithPipelinedBytes);
	CppUnit_addTest(pSuite, EVSecureCloseTest, testFlushedResponseIsWhole);
	CppUnit_addTest(pSuite, EVSecureCloseTest, testConstructorCloses);
	CppUnit_addTest(pSuite, EVSecureCloseTest, testStopAllWhileHandlersClose);

	return pSuite;
}
