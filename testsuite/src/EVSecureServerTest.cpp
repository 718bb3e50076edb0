//
// EVSecureServerTest.cpp
//
// EVTCPServer with TLS: multiplexed and plain connections, and sockets given back.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVSecureServerTest.h"
#include "TLSTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/Net/X509Certificate.h"


EVSecureServerTest::EVSecureServerTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	const EVServerOptions::ExecutionPolicy POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};

	class Greeter: public Poco::Net::TCPServerConnection
		/// Speaks first, says who the client is, then sends everything back.
	{
	public:
		explicit Greeter(const StreamSocket& socket):
			Poco::Net::TCPServerConnection(socket)
		{
		}

		void run() override
		{
			SecureStreamSocket secure(socket());
			secure.completeHandshake(); // or nobody would know the client yet
			sendAll(socket(), "hello, " + (secure.havePeerCertificate() ? secure.peerCertificate().commonName() : "nobody") + "\n");
			for (std::string data = receiveSome(socket()); !data.empty(); data = receiveSome(socket())) sendAll(socket(), data);
		}
	};

	EVTCPServerParams::Ptr plainParams(EVServerOptions::DispatchPolicy policy, int threads = 2)
	{
		EVTCPServerParams::Ptr pParams = serverParams(threads, 1);
		pParams->setDispatchPolicy(policy);
		return pParams;
	}
}


void EVSecureServerTest::testEcho()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVTCPServer server(serve(echo), listenSecure(), serverParams(1, 1, policy));
		server.start();
		std::vector<SecureStreamSocket> clients;
		for (int i = 0; i < 20; i++) clients.push_back(connectSecure(server));
		for (int round = 0; round < 3; round++)
		{
			for (SecureStreamSocket& client: clients) assertEqual ("hello", ::exchange(client, "hello"));
			for (SecureStreamSocket& client: clients) assertTrue (::exchange(client, pattern(16384)) == pattern(16384));
		}
		for (SecureStreamSocket& client: clients) client.close();
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT, 20));
		assertTrue (balances(server));
	}
}


void EVSecureServerTest::testLines()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVTCPServer server(serve(echo, frameLines), listenSecure(), serverParams(1, 1, policy));
		server.start();
		SecureStreamSocket client = connectSecure(server);
		std::string lines;
		for (int i = 0; i < 1000; i++) lines += "line " + std::to_string(i) + "\n";
		sendAll(client, lines.substr(0, 16384)); // many in one record
		assertTrue (receive(client, lines.rfind('\n', 16383) + 1) == lines.substr(0, lines.rfind('\n', 16383) + 1));
		for (char c: std::string("\nmany records\n")) sendAll(client, std::string(1, c));
		receiveLine(client);
		assertEqual ("many records", receiveLine(client));
	}
}


void EVSecureServerTest::testReadInHandler()
{
	// The handler reads more than the frame, and what it gets is decrypted by whoever comes first.
	EVTCPServer server(serve([](ServedConnection& connection)
	{
		std::string data = receive(connection.socket(), 20000);
		sendAll(connection.socket(), data);
	}), listenSecure(), serverParams(1, 1));
	server.start();
	SecureStreamSocket client = connectSecure(server);
	const std::string data = pattern(20000);
	for (int i = 0; i < 3; i++)
	{
		assertTrue (::exchange(client, data) == data);
		sendAll(client, data.substr(0, 5));
		sendAll(client, data.substr(5, 12000));
		sendAll(client, data.substr(12005));
		assertTrue (receive(client, data.size()) == data);
	}
}


void EVSecureServerTest::testReadTimesOut()
{
	ErrorCollector errors;
	EVTCPServer server(serve([](ServedConnection& connection)
	{
		connection.socket().setReceiveTimeout(Poco::Timespan(100*Poco::Timespan::MILLISECONDS));
		try
		{
			receive(connection.socket(), 100);
		}
		catch (Poco::TimeoutException&)
		{
			connection.reply("too late");
		}
	}), listenSecure(), serverParams(1, 1));
	server.start();
	SecureStreamSocket client = connectSecure(server);
	assertEqual ("too late", ::exchange(client, "request!"));
	assertEqual (0, errors.count());
}


void EVSecureServerTest::testSecureSocket()
{
	EVTCPServer server(serve([](ServedConnection& connection)
	{
		SecureStreamSocket socket(connection.secureSocket());
		connection.reply((socket.havePeerCertificate() ? socket.peerCertificate().commonName() : "nobody") + (connection.socket().secure() ? ", secure\n" : "\n"));
	}), listenSecure(serverContext(Context::VERIFY_RELAXED)), serverParams(1, 1));
	server.start();
	SecureStreamSocket known = connectSecure(server, clientContext(&clientCertificate()));
	SecureStreamSocket unknown = connectSecure(server);
	for (int i = 0; i < 3; i++)
	{
		sendAll(known, "who?");
		assertEqual ("client, secure", receiveLine(known));
		sendAll(unknown, "who?");
		assertEqual ("nobody, secure", receiveLine(unknown));
	}
}


void EVSecureServerTest::testNoSecureSocketWithoutTLS()
{
	EVTCPServer server(serve([](ServedConnection& connection)
	{
		try
		{
			connection.secureSocket();
			connection.reply("secure\n");
		}
		catch (Poco::InvalidAccessException&)
		{
			connection.reply("not secure\n");
		}
	}), 0, serverParams(1, 1));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "?");
	assertEqual ("not secure", receiveLine(client));
}


void EVSecureServerTest::testClientWithoutCertificate()
{
	EVTCPServer server(serve(echo), listenSecure(serverContext(Context::VERIFY_STRICT)), serverParams(1, 1));
	server.start();
	assertTrue (isRefused(server, clientContext()));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_TLS_ERROR));
	SecureStreamSocket known = connectSecure(server, clientContext(&clientCertificate()));
	assertEqual ("hello", ::exchange(known, "hello"));
}


void EVSecureServerTest::testServerSpeaksFirst()
{
	EVTCPServer server(new Poco::Net::TCPServerConnectionFactoryImpl<Greeter>, listenSecure(serverContext(Context::VERIFY_RELAXED)), plainParams(EVServerOptions::DISPATCH_ON_ACCEPT));
	server.start();
	for (Poco::UInt64 i = 1; i <= 3; i++)
	{
		SecureStreamSocket client = connectSecure(server, clientContext(&clientCertificate()));
		assertEqual ("hello, client", receiveLine(client));
		assertEqual ("echo", ::exchange(client, "echo"));
		client.close();
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER, i));
	}
	assertTrue (balances(server));
}


void EVSecureServerTest::testPlainConnection()
{
	for (EVServerOptions::DispatchPolicy policy: {EVServerOptions::DISPATCH_ON_ACCEPT, EVServerOptions::DISPATCH_ON_DATA})
	{
		EVTCPServer server(new Poco::Net::TCPServerConnectionFactoryImpl<Greeter>, listenSecure(serverContext(Context::VERIFY_RELAXED)), plainParams(policy));
		server.start();
		const std::string errors = inParallel(2, [&](int)
		{
			SecureStreamSocket client = connectSecure(server);
			if (receiveLine(client) != "hello, nobody") throw Poco::DataException("wrong greeting");
			for (std::size_t size: {std::size_t(1), std::size_t(1000), std::size_t(100000)})
			{
				if (::exchange(client, pattern(size)) != pattern(size)) throw Poco::DataException("wrong echo");
			}
			client.shutdown();
			client.close();
		});
		assertEqual ("", errors);
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER, 2));
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVSecureServerTest::testPlainConnectionEndsOrderly()
{
	for (EVServerOptions::DispatchPolicy policy: {EVServerOptions::DISPATCH_ON_ACCEPT, EVServerOptions::DISPATCH_ON_DATA})
	{
		EVTCPServer server(servePlain([](StreamSocket& socket) { sendAll(socket, "bye\n"); }), listenSecure(), plainParams(policy));
		server.start();
		SecureStreamSocket client = connectSecure(server);
		assertEqual ("bye", receiveLine(client));
		assertTrue (endsOrderly(client));
	}
}


void EVSecureServerTest::testSilentClientOfAPlainConnection()
{
	EVTCPServer server(new Poco::Net::TCPServerConnectionFactoryImpl<Greeter>, listenSecure(), plainParams(EVServerOptions::DISPATCH_ON_DATA, 1));
	server.start();
	std::vector<StreamSocket> silent;
	for (int i = 0; i < 10; i++) silent.push_back(connectTo(server));
	SecureStreamSocket client = connectSecure(server);
	assertEqual ("hello, nobody", receiveLine(client));
	assertEqual ("echo", ::exchange(client, "echo"));
}


void EVSecureServerTest::testDetachedSocketGivenBack()
{
	for (EVServerOptions::ExecutionPolicy policy: POLICIES)
	{
		EVTCPServer* pServer = nullptr;
		EVTCPServer server(serve([&](ServedConnection& connection)
		{
			if (connection.request() != "detach\n") return echo(connection);
			StreamSocket socket = connection.detachSocket();
			receiveLine(socket); // the request itself
			sendAll(socket, "detached\n");
			if (receiveLine(socket) != "back") return;
			sendAll(socket, "back\n");
			pServer->adopt(socket);
		}, frameLines), listenSecure(), serverParams(2, 1, policy));
		pServer = &server;
		server.start();
		SecureStreamSocket client = connectSecure(server);
		for (Poco::UInt64 i = 1; i <= 5; i++)
		{
			sendAll(client, "before\ndetach\n");
			assertEqual ("before", receiveLine(client));
			assertEqual ("detached", receiveLine(client));
			if (i % 2 == 1) sendAll(client, "back\nafter\n"); // in one record: the rest of it is in OpenSSL, or in the buffer
			else
			{
				sendAll(client, "back\n");
				sendAll(client, "after\n");
			}
			assertEqual ("back", receiveLine(client));
			assertEqual ("after", receiveLine(client));
			assertTrue (waitFor([&] { return server.statistics().adopted == i && closed(server, EVServerStatistics::CLOSED_DETACHED) == i; }));
		}
		server.stop();
		assertTrue (allAccountedFor(server));
		assertTrue (endsOrderly(client));
	}
}


void EVSecureServerTest::testSecureStreamSocketAdopted()
{
	// One that has never been in a server: with its handshake done, and with bytes waiting in OpenSSL.
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(1, 1));
	server.start();
	SecureServerSocket listener = listenSecure();
	for (bool withBytes: {false, true})
	{
		SecureStreamSocket client;
		std::thread thread([&]
		{
			client = connectSecure(listener.address());
			sendAll(client, withBytes ? "first\nsecond\n" : "first\n");
		});
		StreamSocket socket = listener.acceptConnection();
		const std::string first = receiveLine(socket);
		thread.join();
		server.adopt(socket);
		socket = StreamSocket();
		assertEqual ("first", first);
		if (withBytes) assertEqual ("second", receiveLine(client));
		assertEqual ("third\n", ::exchange(client, "third\n"));
	}
}


CppUnit::Test* EVSecureServerTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVSecureServerTest");

	CppUnit_addTest(pSuite, EVSecureServerTest, testEcho);
	CppUnit_addTest(pSuite, EVSecureServerTest, testLines);
	CppUnit_addTest(pSuite, EVSecureServerTest, testReadInHandler);
	CppUnit_addTest(pSuite, EVSecureServerTest, testReadTimesOut);
	CppUnit_addTest(pSuite, EVSecureServerTest, testSecureSocket);
	CppUnit_addTest(pSuite, EVSecureServerTest, testNoSecureSocketWithoutTLS);
	CppUnit_addTest(pSuite, EVSecureServerTest, testClientWithoutCertificate);
	CppUnit_addTest(pSuite, EVSecureServerTest, testServerSpeaksFirst);
	CppUnit_addTest(pSuite, EVSecureServerTest, testPlainConnection);
	CppUnit_addTest(pSuite, EVSecureServerTest, testPlainConnectionEndsOrderly);
	CppUnit_addTest(pSuite, EVSecureServerTest, testSilentClientOfAPlainConnection);
	CppUnit_addTest(pSuite, EVSecureServerTest, testDetachedSocketGivenBack);
	CppUnit_addTest(pSuite, EVSecureServerTest, testSecureStreamSocketAdopted);

	return pSuite;
}
