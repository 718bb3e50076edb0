//
// EVTCPServerDescriptorTest.cpp
//
// Sockets that their owners close while a loop may still be watching them. A mistake
// aborts the process: libev does not bear invalid descriptors.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerDescriptorTest.h"
#include "CppUnit/TestCaller.h"
#include "CallFaults.h"
#include "TestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/SocketImpl.h"
#include <cerrno>
#include <fcntl.h>


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;


namespace
{
	bool isBlocking(const ServerSocket& socket)
	{
		return (::fcntl(socket.impl()->sockfd(), F_GETFL) & O_NONBLOCK) == 0;
	}
}


EVTCPServerDescriptorTest::EVTCPServerDescriptorTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVTCPServerDescriptorTest::~EVTCPServerDescriptorTest()
{
}


void EVTCPServerDescriptorTest::testDetachedSocketsAreClosedUnderLoad()
{
	// A handler that closes the socket it has detached makes room for a new connection with the
	// same descriptor, before its loop knows that the old one is gone.
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			const std::string request = c.request();
			if (request != "leave\n") c.reply(request);
			else
			{
				StreamSocket socket = c.detachSocket();
				sendAll(socket, "left\n");
				socket.close();
				if (c.id() % 3 == 0) sleepFor(1);
			}
		}, frameLines), 0, serverParams(4, 2, policy));
		server.start();
		std::string errors = inParallel(8, [&](int t)
		{
			for (int i = 0; i < 100; i++)
			{
				StreamSocket client = connectTo(server);
				const std::string text = std::to_string(t) + " " + std::to_string(i) + "\n";
				for (int k = 0; k < 3; k++)
				{
					if (exchange(client, text) != text) throw Poco::DataException("wrong answer");
				}
				if (t % 2 == 0) continue;
				sendAll(client, "leave\n");
				if (receiveToEnd(client) != "left\n") throw Poco::DataException("wrong last answer");
			}
		});
		assertEqual(std::string(), errors);
		server.stop();
		assertTrue (allAccountedFor(server));
		assertTrue (closed(server, EVServerStatistics::CLOSED_DETACHED) == 400);
	}
}


void EVTCPServerDescriptorTest::testDetachedSocketsAreClosedWhileTheLoopIsAboutToWatchThem()
{
	// The requests arrive while the one before is running, so that the loop has stopped watching
	// and begins again while the handler, in another thread, closes the socket it has detached.
	// libev aborts the process if it is given a closed descriptor.
	const int rounds = SLOWED_DOWN ? 10 : 60;
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			const std::string request = c.request();
			if (request == "wait\n") sleepFor(1);
			else if (request == "much\n") c.reply(std::string(2*1024*1024, 'x'));
			else if (request == "leave\n") c.detachSocket().close();
		}, frameLines), 0, serverParams(6, 1, policy));
		server.start();
		std::string errors = inParallel(6, [&](int t)
		{
			for (int i = 0; i < rounds; i++)
			{
				StreamSocket client = connectTo(server);
				sendAll(client, t % 2 ? "much\n" : "wait\n");
				sendAll(client, "x\n");
				sendAll(client, "leave\nmore\n");
				if (!isClosed(client)) throw Poco::TimeoutException("not closed");
			}
		});
		assertEqual(std::string(), errors);
		server.stop();
		assertTrue (allAccountedFor(server));
		assertTrue (closed(server, EVServerStatistics::CLOSED_DETACHED) == static_cast<Poco::UInt64>(6*rounds));
	}
}


void EVTCPServerDescriptorTest::testDetachedSocketIsClosedWithEveryBackend()
{
	// The handler goes on after it has closed the socket, and the loop gets other events meanwhile:
	// poll() and select() look at all descriptors each time.
	for (auto backend: {EVServerOptions::BACKEND_EPOLL, EVServerOptions::BACKEND_SELECT, EVServerOptions::BACKEND_POLL})
	{
		Gate gate;
		EVTCPServerParams::Ptr pParams = serverParams(4, 1, EVServerOptions::EXECUTE_DEDICATED);
		pParams->setBackend(backend);
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			if (c.request() != "leave\n") echo(c);
			else
			{
				c.detachSocket().close();
				gate.pass();
			}
		}, frameLines), 0, pParams);
		server.start();
		StreamSocket other = connectTo(server);
		assertEqual(std::string("x\n"), exchange(other, "x\n"));
		StreamSocket client = connectTo(server);
		sendAll(client, "leave\n");
		assertTrue (gate.holds(1));
		assertTrue (isClosed(client)); // at once, not only when run() returns
		for (int i = 0; i < 10; i++)
		{
			assertEqual(std::string("x\n"), exchange(other, "x\n"));
			StreamSocket next = connectTo(server); // with the same descriptor
			assertEqual(std::string("y\n"), exchange(next, "y\n"));
		}
		gate.open();
		assertEqual(std::string("x\n"), exchange(other, "x\n"));
		assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_DETACHED) == 1; }));
	}
}


void EVTCPServerDescriptorTest::testAdoptedSocketsAreDetachedAndClosed()
{
	// The bytes are there already when the connection is adopted, so its request
	// is run before the loop has begun to watch the socket.
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		EVTCPServer second(serve([&](ServedConnection& c) { c.detachSocket().close(); }, frameLines), 0, serverParams(4, 1, policy));
		second.start();
		EVTCPServer first(serve([&](ServedConnection& c)
		{
			receiveLine(c.socket());
			second.adopt(c.detachSocket());
		}, frameLines), 0, serverParams(4, 2, policy));
		first.start();
		std::string errors = inParallel(4, [&](int)
		{
			for (int i = 0; i < 100; i++)
			{
				StreamSocket client = connectTo(first);
				sendAll(client, "move\nleave\n");
				if (!isClosed(client)) throw Poco::TimeoutException("not closed");
			}
		});
		assertEqual(std::string(), errors);
		first.stop();
		second.stop();
		assertTrue (allAccountedFor(first));
		assertTrue (allAccountedFor(second));
	}
}


void EVTCPServerDescriptorTest::testFailedStartLeavesNothingOpen()
{
	// Each call of fcntl() fails in turn, while the sockets of three loops are prepared: then all is as before, and
	// start() may be called again.
	bool enough = false;
	for (int n = 1; !enough; n++)
	{
		const ServerSocket socket(SocketAddress("127.0.0.1", 0)); // with SO_REUSEPORT: each loop has a copy
		EVTCPServer server(serve(echo, frameLines), socket, serverParams(4, 3));
		bool failed = false;
		{
			std::atomic<int> calls(0);
			const CallFault fault(CallFault::CALL_FCNTL, [&](int) { return ++calls == n ? ENOLCK : 0; });
			try
			{
				server.start();
			}
			catch (Poco::Exception&)
			{
				failed = true;
			}
			enough = calls < n;
		}
		if (failed)
		{
			assertTrue (isBlocking(socket));
			server.start();
		}
		for (int i = 0; i < 20; i++)
		{
			StreamSocket client = connectTo(socket.address());
			assertEqual (std::string("x\n"), exchange(client, "x\n"));
		}
	}
}


void EVTCPServerDescriptorTest::setUp()
{
}


void EVTCPServerDescriptorTest::tearDown()
{
}


CppUnit::Test* EVTCPServerDescriptorTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerDescriptorTest");

	CppUnit_addTest(pSuite, EVTCPServerDescriptorTest, testDetachedSocketsAreClosedUnderLoad);
	CppUnit_addTest(pSuite, EVTCPServerDescriptorTest, testDetachedSocketsAreClosedWhileTheLoopIsAboutToWatchThem);
	CppUnit_addTest(pSuite, EVTCPServerDescriptorTest, testDetachedSocketIsClosedWithEveryBackend);
	CppUnit_addTest(pSuite, EVTCPServerDescriptorTest, testAdoptedSocketsAreDetachedAndClosed);
	CppUnit_addTest(pSuite, EVTCPServerDescriptorTest, testFailedStartLeavesNothingOpen);

	return pSuite;
}
