//
// EVTCPServerCapacityTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerCapacityTest.h"
#include "CallFaults.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include <set>
#include <sys/resource.h>
#include <unistd.h>


using Poco::Net::SocketAddress;


namespace
{
	class DescriptorLimit
		/// Lowers the number of descriptors the process may have.
	{
	public:
		explicit DescriptorLimit(rlim_t limit)
		{
			::getrlimit(RLIMIT_NOFILE, &_saved);
			struct rlimit lower = _saved;
			lower.rlim_cur = limit;
			::setrlimit(RLIMIT_NOFILE, &lower);
		}

		~DescriptorLimit()
		{
			release();
			::setrlimit(RLIMIT_NOFILE, &_saved);
		}

		void exhaust()
		{
			for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) _taken.push_back(fd);
		}

		void release()
		{
			for (int fd: _taken) ::close(fd);
			_taken.clear();
		}

	private:
		struct rlimit    _saved;
		std::vector<int> _taken;
	};
}


EVTCPServerCapacityTest::EVTCPServerCapacityTest(const std::string& name): ClockedTest(name)
{
}


EVTCPServerCapacityTest::~EVTCPServerCapacityTest()
{
}


void EVTCPServerCapacityTest::testCapacityReachedMakesOthersWait()
{
	for (int loops: {1, 2})
	{
		EVTCPServerParams::Ptr pParams = serverParams(4, loops);
		pParams->setCapacity(3);
		EVTCPServer server(serve(echo, frameLines), 0, pParams);
		server.start();
		std::vector<StreamSocket> clients;
		for (int i = 0; i < 8; i++)
		{
			clients.push_back(connectTo(server)); // by the kernel
			sendAll(clients.back(), "hello\n");
		}
		// at any time three of them are served; when one leaves, another one's turn comes
		std::set<int> waiting;
		for (int i = 0; i < 8; i++) waiting.insert(i);
		std::vector<int> served;
		while (!waiting.empty())
		{
			assertTrue (waitFor([&]
			{
				for (int i: waiting)
				{
					if (!clients[i].poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ)) continue;
					served.push_back(i);
					waiting.erase(i);
					return true;
				}
				return false;
			}));
			assertTrue (!receiveLine(clients[served.back()]).empty());
			assertTrue (server.currentConnections() <= 3);
			if (served.size() >= 3) clients[served[served.size() - 3]].close();
		}
		assertTrue (server.maxConcurrentConnections() <= 3);
		assertTrue (server.statistics().acceptPauses > 0);
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVTCPServerCapacityTest::testOneLoopIsWokenForEachConnection()
{
	EVTCPServerParams::Ptr pParams = serverParams(4, 4);
	pParams->setCapacity(4);
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 60; i++)
	{
		clients.push_back(connectTo(server)); // by the kernel
		sendAll(clients.back(), "hello\n");
	}
	// each time one of those that are served leaves, one of the others is served
	std::vector<bool> left(clients.size());
	for (std::size_t n = 1; n <= clients.size(); n++)
	{
		std::size_t served = 0;
		assertTrue (waitFor([&]
		{
			for (served = 0; served < clients.size(); served++)
			{
				if (!left[served] && clients[served].poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ)) return true;
			}
			return false;
		}));
		assertEqual(std::string("hello"), receiveLine(clients[served]));
		left[served] = true;
		clients[served].close();
		assertTrue (waitFor([&] { return server.statistics().closes() == n; }));
		assertTrue (waitFor([&] { return server.statistics().accepted == std::min(clients.size(), n + 4); }));
	}
	// a pause for each loop at first, and one for each connection that leaves
	assertTrue (server.statistics().acceptPauses <= clients.size() + 8);
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerCapacityTest::testCapacityWithPlainConnections()
{
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(4);
	pParams->setCapacity(2);
	EVTCPServer server(servePlain([&](StreamSocket& s) { gate.pass(); sendAll(s, "done"); }), 0, pParams);
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 5; i++) clients.push_back(connectTo(server));
	assertTrue (gate.holds(2));
	assertTrue (waitFor([&] { return server.statistics().acceptPauses > 0; }));
	assertEqual(2, server.currentConnections());
	gate.open();
	for (auto& client: clients) assertEqual(std::string("done"), receiveToEnd(client));
}


void EVTCPServerCapacityTest::testWithoutDescriptorsAcceptingPauses()
{
	// POCO issue 1156: without a free descriptor, accept() must neither spin nor end the server
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 1));
	server.start();
	StreamSocket before = connectTo(server);
	assertEqual(std::string("x\n"), exchange(before, "x\n"));
	StreamSocket client(SocketAddress::IPv4); // has its descriptor already
	client.setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	std::atomic<int> calls(0);
	const CallFault counter(CallFault::CALL_ACCEPT, [&](int) { ++calls; return 0; });
	DescriptorLimit limit(512);
	limit.exhaust();
	client.connect(SocketAddress("127.0.0.1", server.port()));
	sendAll(client, "hello\n");
	assertTrue (waitFor([&] { return server.statistics().acceptPauses >= 3; }));
	assertTrue (calls < 50);
	assertEqual(0, client.available()); // poll() would need a descriptor
	assertEqual(std::string("y\n"), exchange(before, "y\n"));
	limit.release();
	assertEqual(std::string("hello"), receiveLine(client));
}


void EVTCPServerCapacityTest::testWithoutDescriptorsLoopsShareASocket()
{
	// Without descriptors for sockets of their own, the loops get their connections from the first one.
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(4, 2));
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 10; i++)
	{
		clients.emplace_back(SocketAddress::IPv4);
		clients.back().setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	}
	DescriptorLimit limit(512);
	limit.exhaust();
	server.start();
	limit.release();
	for (auto& client: clients) client.connect(SocketAddress("127.0.0.1", server.port()));
	for (auto& client: clients) assertEqual(std::string("x\n"), exchange(client, "x\n"));
	assertTrue (server.statistics().loops == 2);
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerCapacityTest::testWithoutDescriptorsReusePortDoesNotStart()
{
	EVTCPServerParams::Ptr pParams = serverParams(4, 2);
	pParams->setAcceptPolicy(EVServerOptions::ACCEPT_REUSE_PORT);
	EVTCPServer server(serve(echo), 0, pParams);
	DescriptorLimit limit(512);
	limit.exhaust();
	try
	{
		server.start();
		failmsg("started without what has been asked for");
	}
	catch (Poco::IOException&)
	{
	}
}


CppUnit::Test* EVTCPServerCapacityTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerCapacityTest");

	CppUnit_addTest(pSuite, EVTCPServerCapacityTest, testCapacityReachedMakesOthersWait);
	CppUnit_addTest(pSuite, EVTCPServerCapacityTest, testOneLoopIsWokenForEachConnection);
	CppUnit_addTest(pSuite, EVTCPServerCapacityTest, testCapacityWithPlainConnections);
	CppUnit_addTest(pSuite, EVTCPServerCapacityTest, testWithoutDescriptorsAcceptingPauses);
	CppUnit_addTest(pSuite, EVTCPServerCapacityTest, testWithoutDescriptorsLoopsShareASocket);
	CppUnit_addTest(pSuite, EVTCPServerCapacityTest, testWithoutDescriptorsReusePortDoesNotStart);

	return pSuite;
}
