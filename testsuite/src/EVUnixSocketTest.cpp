//
// EVUnixSocketTest.cpp
//
// Unix domain sockets are served as TCP sockets are.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVUnixSocketTest.h"
#include "CppUnit/TestCaller.h"
#include "HTTPTestSupport.h"
#include "Poco/Buffer.h"
#include "Poco/File.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/StreamSocketImpl.h"
#include "Poco/Net/WebSocket.h"
#include "Poco/TemporaryFile.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;


namespace
{
	class LocalSocket: public ServerSocket
		/// Listens at a temporary path, which is removed in the end.
	{
	public:
		LocalSocket():
			_address(SocketAddress::UNIX_LOCAL, _file.path())
		{
			bind(_address);
			listen();
		}

		const SocketAddress& path() const
		{
			return _address;
		}

	private:
		Poco::TemporaryFile _file;
		SocketAddress       _address;
	};


	StreamSocket connectFrom(const std::string& ownPath, const SocketAddress& address)
		/// Most clients have no name; this one has.
	{
		struct sockaddr_un own = sockaddr_un();
		own.sun_family = AF_UNIX;
		ownPath.copy(own.sun_path, sizeof(own.sun_path) - 1);
		StreamSocket named(SocketAddress::UNIX_LOCAL);
		if (::bind(named.impl()->sockfd(), reinterpret_cast<struct sockaddr*>(&own), sizeof(own)) != 0) throw Poco::SystemException("bind");
		named.connect(address);
		return named;
	}


	std::string ask(StreamSocket& client)
	{
		sendAll(client, "x\n");
		return receiveLine(client);
	}


	const EVServerOptions::ExecutionPolicy ALL_POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};
}


EVUnixSocketTest::EVUnixSocketTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVUnixSocketTest::~EVUnixSocketTest()
{
}


void EVUnixSocketTest::testEcho()
{
	for (auto policy: ALL_POLICIES)
	{
		LocalSocket socket;
		EVTCPServer server(serve(echo, frameLines), socket, serverParams(3, 2, policy));
		server.start();
		assertTrue (server.port() == 0);
		assertEqual(socket.path().toString(), server.socket().address().toString());
		const std::string large = std::string(50000, 'x') + "\n";
		assertEqual(std::string(), inParallel(4, [&](int)
		{
			StreamSocket client = connectTo(socket.path());
			for (int i = 0; i < 20; i++)
			{
				if (exchange(client, "hello\n") != "hello\n" || exchange(client, large) != large) throw Poco::DataException("wrong answer");
			}
		}));
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVUnixSocketTest::testPlainConnection()
{
	LocalSocket socket;
	EVTCPServer server(servePlain([](StreamSocket& s) { sendAll(s, receiveLine(s) + "\n"); }), socket, serverParams(2));
	server.start();
	StreamSocket client = connectTo(socket.path());
	sendAll(client, "hello\n");
	assertEqual(std::string("hello\n"), receiveToEnd(client));
}


void EVUnixSocketTest::testAddresses()
{
	LocalSocket socket;
	EVTCPServer server(serve([](ServedConnection& c)
	{
		const SocketAddress own = c.socket().address();
		const SocketAddress peer = c.socket().peerAddress();
		const bool local = own.family() == SocketAddress::UNIX_LOCAL && peer.family() == SocketAddress::UNIX_LOCAL;
		c.reply(own.toString() + " " + (local ? "" : "not ") + "local [" + peer.toString() + "]\n");
	}, frameLines), socket, serverParams(2));
	server.start();
	const std::string path = socket.path().toString();
	StreamSocket client = connectTo(socket.path());
	assertEqual(path + " local []", ask(client));
	Poco::TemporaryFile name;
	StreamSocket named = connectFrom(name.path(), socket.path());
	assertEqual(path + " local [" + name.path() + "]", ask(named));
}


void EVUnixSocketTest::testFilter()
{
	class Filter: public Poco::Net::TCPServerConnectionFilter
	{
	public:
		bool accept(const StreamSocket& socket) override
		{
			return !socket.peerAddress().toString().empty();
		}
	};

	LocalSocket socket;
	EVTCPServer server(serve(echo), socket, serverParams(2));
	server.setConnectionFilter(new Filter);
	server.start();
	StreamSocket nameless = connectTo(socket.path());
	assertTrue (isClosed(nameless));
	Poco::TemporaryFile name;
	StreamSocket named = connectFrom(name.path(), socket.path());
	assertEqual(std::string("x"), exchange(named, "x"));
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_FILTER) == 1);
}


void EVUnixSocketTest::testHTTPKeepAlive()
{
	for (auto policy: ALL_POLICIES)
	{
		LocalSocket socket;
		EVHTTPServer server(serveHTTP(answerBody), socket, httpParams(2, 2, policy));
		server.start();
		RawClient client(socket.path());
		const std::string large = pattern(300000); // streamed, and more than the socket takes at once
		for (int i = 0; i < 20; i++)
		{
			client.post("/", "small");
			assertTrue (client.receiveAnswer().isOK("small"));
		}
		std::thread sender([&] { client.post("/", large); });
		const Answer answer = client.receiveAnswer();
		sender.join();
		assertTrue (answer.isOK(large));
		assertTrue (server.statistics().accepted == 1);
	}
}


void EVUnixSocketTest::testHTTPClientAddress()
{
	LocalSocket socket;
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		answer(response, "[" + request.clientAddress().toString() + "] " + request.serverAddress().toString() + (request.secure() ? " secure" : ""));
	}), socket, httpParams());
	server.start();
	RawClient client(socket.path());
	for (int i = 0; i < 3; i++) assertEqual("[] " + socket.path().toString(), client.ask("/").body);
}


void EVUnixSocketTest::testHTTPFile()
{
	Poco::TemporaryFile file;
	const std::string content = pattern(500000);
	const int fd = ::open(file.path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assertTrue (::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
	::close(fd);
	LocalSocket socket;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response) { response.sendFile(file.path(), "text/plain"); }), socket, httpParams());
	server.start();
	RawClient client(socket.path());
	for (int i = 0; i < 2; i++) assertTrue (client.ask("/").isOK(content));
}


void EVUnixSocketTest::testWebSocket()
{
	using Poco::Net::WebSocket;

	LocalSocket socket;
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		WebSocket webSocket(request, response);
		Poco::Buffer<char> frame(0);
		int flags = 0;
		const int n = webSocket.receiveFrame(frame, flags);
		webSocket.sendFrame(frame.begin(), n, flags);
	}), socket, httpParams());
	server.start();
	HTTPClientSession session(connectTo(socket.path()));
	HTTPRequest request(HTTPRequest::HTTP_GET, "/", HTTPRequest::HTTP_1_1);
	request.setHost("localhost");
	HTTPResponse response;
	WebSocket webSocket(session, request, response);
	webSocket.sendFrame("hello", 5);
	Poco::Buffer<char> frame(0);
	int flags = 0;
	assertEqual(5, webSocket.receiveFrame(frame, flags));
	assertEqual(std::string("hello"), std::string(frame.begin(), 5));
}


void EVUnixSocketTest::testStop()
{
	LocalSocket socket;
	EVHTTPServerParams::Ptr pParams = patient(httpParams());
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/last") gate.pass();
		answerURI(request, response);
	}), socket, pParams);
	server.start();
	RawClient idle(socket.path());
	assertTrue (idle.ask("/").isOK("/"));
	RawClient running(socket.path());
	running.get("/last");
	assertTrue (gate.holds(1));
	std::thread stopper([&] { server.stop(); });
	assertTrue (idle.hasEnded());
	gate.open();
	assertTrue (running.receiveAnswer().isOK("/last"));
	assertTrue (running.hasEnded());
	stopper.join();
	assertTrue (allAccountedFor(server));
	// What the application has opened is left for the application to close.
	assertTrue (Poco::File(socket.path().toString()).exists());
	assertTrue (socket.impl()->initialized());
}


void EVUnixSocketTest::testAdoptPair()
{
	LocalSocket socket;
	EVTCPServer server(serve([](ServedConnection& c) { c.reply("[" + c.socket().peerAddress().toString() + "]\n"); }, frameLines), socket, serverParams(2));
	server.start();

	class PairEnd: public StreamSocket
	{
	public:
		explicit PairEnd(int fd): StreamSocket(new Poco::Net::StreamSocketImpl(fd)) { }
	};

	int ends[2];
	assertEqual(0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	server.adopt(PairEnd(ends[0]));
	PairEnd client(ends[1]);
	client.setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	sendAll(client, "x\n");
	assertEqual(std::string("[]"), receiveLine(client));
}


void EVUnixSocketTest::setUp()
{
}


void EVUnixSocketTest::tearDown()
{
}


CppUnit::Test* EVUnixSocketTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVUnixSocketTest");

	CppUnit_addTest(pSuite, EVUnixSocketTest, testEcho);
	CppUnit_addTest(pSuite, EVUnixSocketTest, testPlainConnection);
	CppUnit_addTest(pSuite, EVUnixSocketTest, testAddresses);
	CppUnit_addTest(pSuite, EVUnixSocketTest, testFilter);
	CppUnit_addTest(pSuite, EVUnixSocketTest, testHTTPKeepAlive);
	CppUnit_addTest(pSuite, EVUnixSocketTest, testHTTPClientAddress);
	CppUnit_addTest(pSuite, EVUnixSocketTest, testHTTPFile);
	CppUnit_addTest(pSuite, EVUnixSocketTest, testWebSocket);
	CppUnit_addTest(pSuite, EVUnixSocketTest, testStop);
	CppUnit_addTest(pSuite, EVUnixSocketTest, testAdoptPair);

	return pSuite;
}
