//
// EVTCPServerStartTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerStartTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "Poco/File.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/SocketImpl.h"
#include "Poco/TemporaryFile.h"
#include "Poco/ThreadPool.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::ThreadPool;


namespace
{
	const EVServerOptions::ExecutionPolicy ALL_POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};


	ServerSocket localSocket()
	{
		return ServerSocket(SocketAddress("127.0.0.1", 0));
	}


	void serveFifty(EVTCPServer& server)
	{
		std::vector<StreamSocket> clients;
		for (int i = 0; i < 50; i++) clients.push_back(connectTo(server));
		for (int round = 0; round < 3; round++)
		{
			for (auto& client: clients) sendAll(client, "x\n");
			for (auto& client: clients)
			{
				if (receiveLine(client) != "x") throw Poco::DataException("wrong answer");
			}
		}
	}
}


EVTCPServerStartTest::EVTCPServerStartTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVTCPServerStartTest::~EVTCPServerStartTest()
{
}


void EVTCPServerStartTest::testPortInUse()
{
	EVTCPServer first(serve(echo), 0, serverParams(2));
	try
	{
		EVTCPServer second(serve(echo), first.port(), serverParams(2));
		failmsg("two servers on one port");
	}
	catch (Poco::Net::NetException&)
	{
	}
	first.start(); // its loops share the port now
	try
	{
		EVTCPServer second(serve(echo), first.port(), serverParams(2));
		failmsg("two servers on one port");
	}
	catch (Poco::Net::NetException&)
	{
	}
	StreamSocket client = connectTo(first);
	assertEqual(std::string("x"), exchange(client, "x"));
}


void EVTCPServerStartTest::testPortInUseBySomebodyWhoShares()
{
	ServerSocket other;
	other.bind(SocketAddress(Poco::UInt16(0)), true, true);
	other.listen();
	try
	{
		EVTCPServer server(serve(echo), other.address().port(), serverParams(2));
		failmsg("the port has been taken");
	}
	catch (Poco::Net::NetException&)
	{
	}
}


void EVTCPServerStartTest::testPortIsFreeAfterwards()
{
	Poco::UInt16 port = 0;
	for (int i = 0; i < 5; i++)
	{
		EVTCPServer server(serve(echo), port, serverParams(4, 2));
		server.start();
		if (i > 0) assertEqual(port, server.port());
		port = server.port();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x"), exchange(client, "x"));
		server.stop();
		assertEqual(port, server.port());
	}
}


void EVTCPServerStartTest::testBackendThatIsNotThere()
{
	for (auto backend: {EVServerOptions::BACKEND_KQUEUE, EVServerOptions::BACKEND_PORT})
	{
		EVTCPServerParams::Ptr pParams = serverParams(2);
		pParams->setBackend(backend);
		try
		{
			EVTCPServer server(serve(echo), 0, pParams);
			failmsg("no such backend on this system");
		}
		catch (Poco::NotImplementedException& exc)
		{
			assertTrue (exc.message().find("backend") != std::string::npos);
		}
	}
}


void EVTCPServerStartTest::testAllBackendsServe()
{
	for (auto backend: {EVServerOptions::BACKEND_SELECT, EVServerOptions::BACKEND_POLL, EVServerOptions::BACKEND_EPOLL, EVServerOptions::BACKEND_AUTO})
	{
		for (auto policy: ALL_POLICIES)
		{
			EVTCPServerParams::Ptr pParams = serverParams(3, 2, policy);
			pParams->setBackend(backend);
			EVTCPServer server(serve(echo, frameLines), 0, pParams);
			server.start();
			serveFifty(server);
			server.stop();
			assertTrue (allAccountedFor(server));
		}
	}
}


void EVTCPServerStartTest::testPoolWithoutAFreeThread()
{
	ThreadPool pool(1, 1);
	Poco::Event release;
	class Busy: public Poco::Runnable
	{
	public:
		explicit Busy(Poco::Event& event): _event(event) { }
		void run() override { _event.tryWait(DEADLINE); }
	private:
		Poco::Event& _event;
	} busy(release);
	pool.start(busy);
	{
		EVTCPServer server(serve(echo), pool, localSocket(), serverParams(1, 1));
		try
		{
			server.start();
			failmsg("started without a thread");
		}
		catch (Poco::NoThreadAvailableException&)
		{
		}
	}
	release.set();
	assertTrue (waitFor([&] { return pool.used() == 0; }));
	EVTCPServer server(serve(echo, frameLines), pool, localSocket(), serverParams(1, 1));
	server.start();
	serveFifty(server);
}


void EVTCPServerStartTest::testMoreLoopsThanThreads()
{
	ThreadPool pool(1, 2);
	try
	{
		EVTCPServer server(serve(echo), pool, localSocket(), serverParams(2, 5));
		server.start();
		failmsg("five loops on two threads");
	}
	catch (Poco::InvalidArgumentException& exc)
	{
		assertTrue (exc.message().find("eventLoops") != std::string::npos);
	}
	assertEqual(0, pool.used());
}


void EVTCPServerStartTest::testPoolOfOneServes()
{
	// ThreadPool(1, 1): one thread does everything in turn
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_INLINE})
	{
		ThreadPool pool(1, 1);
		{
			EVTCPServerParams::Ptr pParams = serverParams(0, 0, policy);
			EVTCPServer server(serve(echo, frameLines), pool, localSocket(), pParams);
			server.start();
			assertEqual(1, server.maxThreads());
			serveFifty(server);
			assertTrue (server.statistics().loops == 1);
			server.stop();
			assertTrue (allAccountedFor(server));
		}
		assertTrue (waitFor([&] { return pool.used() == 0; }));
	}
}


void EVTCPServerStartTest::testPoolOfOneServesPlainConnections()
{
	ThreadPool pool(1, 1);
	EVTCPServer server(servePlain([](StreamSocket& s) { sendAll(s, receiveLine(s) + "\n"); }), pool, localSocket(), serverParams(0));
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 20; i++)
	{
		clients.push_back(connectTo(server));
		sendAll(clients.back(), "hello\n");
	}
	for (auto& client: clients) assertEqual(std::string("hello\n"), receiveToEnd(client));
}


void EVTCPServerStartTest::testPoolOfOneIsNotEnoughForDedicated()
{
	ThreadPool pool(1, 1);
	try
	{
		EVTCPServer server(serve(echo), pool, localSocket(), serverParams(1, 1, EVServerOptions::EXECUTE_DEDICATED));
		server.start();
		failmsg("a leader and a worker on one thread");
	}
	catch (Poco::InvalidArgumentException& exc)
	{
		assertTrue (!exc.message().empty());
	}
	catch (Poco::NoThreadAvailableException& exc)
	{
		assertTrue (!exc.message().empty());
	}
	assertTrue (waitFor([&] { return pool.used() == 0; }));
}


void EVTCPServerStartTest::testPoolOfTwoServesDedicated()
{
	ThreadPool pool(1, 2);
	EVTCPServer server(serve(echo, frameLines), pool, localSocket(), serverParams(0, 0, EVServerOptions::EXECUTE_DEDICATED));
	server.start();
	serveFifty(server);
}


void EVTCPServerStartTest::testStartTwice()
{
	EVTCPServer server(serve(echo), 0, serverParams(2));
	server.start();
	for (int i = 0; i < 2; i++)
	{
		try
		{
			server.start();
			failmsg(i == 0 ? "started twice" : "started after stop()");
		}
		catch (Poco::IllegalStateException&)
		{
		}
		if (i == 1) break;
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x"), exchange(client, "x"));
		server.stop();
	}
}


void EVTCPServerStartTest::testNoFactory()
{
	try
	{
		EVTCPServer server(nullptr, 0, serverParams(2));
		failmsg("a server without a factory");
	}
	catch (Poco::Exception&)
	{
	}
}


void EVTCPServerStartTest::testPlainParamsMeanTheDefaults()
{
	Poco::Net::TCPServerParams::Ptr pParams = new Poco::Net::TCPServerParams;
	pParams->setMaxThreads(3);
	EVTCPServer server(serve(echo, frameLines), localSocket(), pParams);
	assertTrue (&server.params() == pParams.get());
	server.start();
	assertEqual(3, server.maxThreads());
	serveFifty(server);
}


void EVTCPServerStartTest::testUnixDomainSocket()
{
	const std::string path = Poco::TemporaryFile::tempName();
	for (auto policy: {EVServerOptions::ACCEPT_AUTO, EVServerOptions::ACCEPT_ROUND_ROBIN})
	{
		{
			// POCO issues 2578, 3207
			ServerSocket socket;
			socket.bind(SocketAddress(SocketAddress::UNIX_LOCAL, path));
			socket.listen();
			EVTCPServerParams::Ptr pParams = serverParams(4, 2);
			pParams->setAcceptPolicy(policy);
			EVTCPServer server(serve(echo, frameLines), socket, pParams);
			server.start();
			std::vector<StreamSocket> clients;
			for (int i = 0; i < 20; i++) clients.push_back(connectTo(SocketAddress(SocketAddress::UNIX_LOCAL, path)));
			for (auto& client: clients) assertEqual(std::string("local\n"), exchange(client, "local\n"));
			assertEqual(20, server.currentConnections());
			server.stop();
			assertTrue (allAccountedFor(server));
		}
		Poco::File(path).remove();
	}
}


void EVTCPServerStartTest::testIPv6()
{
	ServerSocket socket;
	try
	{
		socket.bind6(SocketAddress("::1", 0), true, true);
		socket.listen();
	}
	catch (Poco::Exception&)
	{
		return; // no IPv6 here
	}
	EVTCPServer server(serve([](ServedConnection& c) { c.reply(c.socket().peerAddress().host().toString() + "\n"); }, frameLines), socket, serverParams(4, 2));
	server.start();
	for (int i = 0; i < 20; i++)
	{
		StreamSocket client = connectTo(SocketAddress("::1", server.port()));
		sendAll(client, "who am I?\n");
		assertEqual(std::string("::1"), receiveLine(client));
	}
}


void EVTCPServerStartTest::testReusePortIsForTCPOnly()
{
	Poco::TemporaryFile file; // removes it in the end
	ServerSocket socket;
	socket.bind(SocketAddress(SocketAddress::UNIX_LOCAL, file.path()));
	socket.listen();
	EVTCPServerParams::Ptr pParams = serverParams(4, 2);
	pParams->setAcceptPolicy(EVServerOptions::ACCEPT_REUSE_PORT);
	EVTCPServer server(serve(echo), socket, pParams);
	try
	{
		server.start();
		failmsg("several sockets on one path");
	}
	catch (Poco::InvalidArgumentException& exc)
	{
		assertTrue (exc.message().find("acceptPolicy") == 0);
	}
}


void EVTCPServerStartTest::testAcceptBacklog()
{
	ServerSocket socket = localSocket();
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setAcceptBacklog(7);
	EVTCPServer server(serve(echo), socket, pParams);
	server.start();
	struct tcp_info info = tcp_info();
	socklen_t length = sizeof(info);
	assertEqual(0, ::getsockopt(socket.impl()->sockfd(), IPPROTO_TCP, TCP_INFO, &info, &length));
	assertTrue (info.tcpi_sacked == 7); // of a listening socket: its backlog
}


void EVTCPServerStartTest::setUp()
{
}


void EVTCPServerStartTest::tearDown()
{
}


CppUnit::Test* EVTCPServerStartTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerStartTest");

	CppUnit_addTest(pSuite, EVTCPServerStartTest, testPortInUse);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testPortInUseBySomebodyWhoShares);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testPortIsFreeAfterwards);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testBackendThatIsNotThere);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testAllBackendsServe);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testPoolWithoutAFreeThread);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testMoreLoopsThanThreads);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testPoolOfOneServes);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testPoolOfOneServesPlainConnections);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testPoolOfOneIsNotEnoughForDedicated);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testPoolOfTwoServesDedicated);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testStartTwice);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testNoFactory);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testPlainParamsMeanTheDefaults);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testUnixDomainSocket);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testIPv6);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testReusePortIsForTCPOnly);
	CppUnit_addTest(pSuite, EVTCPServerStartTest, testAcceptBacklog);

	return pSuite;
}
