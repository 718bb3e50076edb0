//
// EVTCPServerAdoptTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerAdoptTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "Poco/Net/ServerSocket.h"


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;


namespace
{
	class Pair
		/// A connection that no server knows of.
	{
	public:
		Pair():
			_listener(SocketAddress("127.0.0.1", 0))
		{
		}

		void make(StreamSocket& client, StreamSocket& server)
		{
			client = connectTo(_listener.address());
			server = _listener.acceptConnection();
		}

	private:
		ServerSocket _listener;
	};
}


EVTCPServerAdoptTest::EVTCPServerAdoptTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVTCPServerAdoptTest::~EVTCPServerAdoptTest()
{
}


void EVTCPServerAdoptTest::testAdoptFromSeveralThreads()
{
	const int THREADS = 4;
	const int EACH = 50;
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(4, 2));
	server.start();
	std::string errors = inParallel(THREADS, [&](int t)
	{
		Pair pair;
		std::vector<StreamSocket> clients;
		for (int i = 0; i < EACH; i++)
		{
			StreamSocket client;
			StreamSocket peer;
			pair.make(client, peer);
			if (i & 1) sendAll(client, "sent before\n");
			server.adopt(peer);
			clients.push_back(client);
		}
		for (int i = 0; i < EACH; i++)
		{
			if ((i & 1) && receiveLine(clients[i]) != "sent before") throw Poco::DataException("sent before");
			const std::string text = std::to_string(t*1000 + i) + "\n";
			if (exchange(clients[i], text) != text) throw Poco::DataException(text);
		}
	});
	assertEqual(std::string(), errors);
	assertTrue (server.statistics().adopted == THREADS*EACH);
	assertEqual(THREADS*EACH, server.totalConnections());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT, THREADS*EACH));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerAdoptTest::testAdoptedConnectionsCountAsConcurrent()
{
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2));
	server.start();
	Pair pair;
	std::vector<StreamSocket> clients(5);
	for (auto& client: clients)
	{
		StreamSocket peer;
		pair.make(client, peer);
		server.adopt(peer);
	}
	for (auto& client: clients) assertEqual(std::string("x\n"), exchange(client, "x\n"));
	assertEqual(5, server.currentConnections());
	assertEqual(5, server.maxConcurrentConnections());
}


void EVTCPServerAdoptTest::testAdoptAConnectionTheApplicationHasMade()
{
	// The application connects to some other server, and has this server handle what comes from there.
	ServerSocket other(SocketAddress("127.0.0.1", 0));
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket made = connectTo(other.address());
	server.adopt(made);
	made = StreamSocket();
	StreamSocket peer = other.acceptConnection();
	peer.setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	assertEqual(std::string("hello\n"), exchange(peer, "hello\n"));
	assertTrue (server.statistics().adopted == 1);
}


void EVTCPServerAdoptTest::testAdoptPlainConnections()
{
	EVTCPServer server(servePlain([](StreamSocket& s) { sendAll(s, "hello " + receiveLine(s)); }), 0, serverParams(2));
	server.start();
	Pair pair;
	for (int i = 0; i < 5; i++)
	{
		StreamSocket client;
		StreamSocket peer;
		pair.make(client, peer);
		server.adopt(peer);
		peer = StreamSocket();
		sendAll(client, "world\n");
		assertEqual(std::string("hello world"), receiveToEnd(client));
	}
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerAdoptTest::testAdoptIsRefusedClearly()
{
	EVTCPServer server(serve(echo), 0, serverParams(2));
	Pair pair;
	StreamSocket client;
	StreamSocket peer;
	pair.make(client, peer);
	for (int stopped = 0; stopped < 2; stopped++)
	{
		try
		{
			server.adopt(peer);
			failmsg("adopted by a server that is not running");
		}
		catch (Poco::IllegalStateException&)
		{
		}
		// the socket is still the caller's
		sendAll(peer, "mine\n");
		assertEqual(std::string("mine"), receiveLine(client));
		if (stopped) break;
		server.start();
		try
		{
			server.adopt(StreamSocket());
			failmsg("adopted a socket that is not open");
		}
		catch (Poco::InvalidArgumentException&)
		{
		}
		server.stop();
	}
	assertTrue (server.statistics().adopted == 0);
}


void EVTCPServerAdoptTest::testAdoptGoesBeyondCapacity()
{
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setCapacity(1);
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	StreamSocket accepted = connectTo(server);
	assertEqual(std::string("x\n"), exchange(accepted, "x\n"));
	Pair pair;
	StreamSocket client;
	StreamSocket peer;
	pair.make(client, peer);
	server.adopt(peer); // the application has decided
	assertEqual(std::string("x\n"), exchange(client, "x\n"));
	StreamSocket waiting = connectTo(server);
	accepted.close();
	sendAll(waiting, "x\n");
	assertTrue (waitFor([&] { return server.currentConnections() == 1; }));
	sleepFor(20);
	assertFalse (waiting.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
	client.close();
	assertEqual(std::string("x"), receiveLine(waiting));
}


void EVTCPServerAdoptTest::testAdoptedSocketKeepsItsReceiveTimeout()
{
	EVTCPServer server(serve([](ServedConnection& c) { c.reply(std::to_string(c.socket().getReceiveTimeout().totalMilliseconds()) + "\n"); }, frameLines), 0, serverParams(2));
	server.start();
	Pair pair;
	StreamSocket client;
	StreamSocket peer;
	pair.make(client, peer);
	peer.setReceiveTimeout(Poco::Timespan(7, 0));
	server.adopt(peer);
	sendAll(client, "x\n");
	assertEqual(std::string("7000"), receiveLine(client));
}


void EVTCPServerAdoptTest::setUp()
{
}


void EVTCPServerAdoptTest::tearDown()
{
}


CppUnit::Test* EVTCPServerAdoptTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerAdoptTest");

	CppUnit_addTest(pSuite, EVTCPServerAdoptTest, testAdoptFromSeveralThreads);
	CppUnit_addTest(pSuite, EVTCPServerAdoptTest, testAdoptedConnectionsCountAsConcurrent);
	CppUnit_addTest(pSuite, EVTCPServerAdoptTest, testAdoptAConnectionTheApplicationHasMade);
	CppUnit_addTest(pSuite, EVTCPServerAdoptTest, testAdoptPlainConnections);
	CppUnit_addTest(pSuite, EVTCPServerAdoptTest, testAdoptIsRefusedClearly);
	CppUnit_addTest(pSuite, EVTCPServerAdoptTest, testAdoptGoesBeyondCapacity);
	CppUnit_addTest(pSuite, EVTCPServerAdoptTest, testAdoptedSocketKeepsItsReceiveTimeout);

	return pSuite;
}
