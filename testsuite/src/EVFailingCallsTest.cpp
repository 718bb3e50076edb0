//
// EVFailingCallsTest.cpp
//
// What becomes of a server whose system calls and allocations fail.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVFailingCallsTest.h"
#include "CppUnit/TestCaller.h"
#include "CallFaults.h"
#include "HTTPTestSupport.h"
#include "TestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/SocketImpl.h"
#include <cerrno>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;


namespace
{
	enum Kind
	{
		KIND_LISTENER,
		KIND_CONNECTION,
		KIND_OTHER
	};


	Kind kindOf(int fd, Poco::UInt16 port = 0)
		/// Of a descriptor. A connection is one of the server at the port.
	{
		const int saved = errno;
		int listening = 0;
		socklen_t length = sizeof(listening);
		Kind kind = KIND_OTHER;
		if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0)
		{
			struct sockaddr_in address = sockaddr_in();
			length = sizeof(address);
			::getsockname(fd, reinterpret_cast<struct sockaddr*>(&address), &length);
			if (listening) kind = KIND_LISTENER;
			else if (ntohs(address.sin_port) == port) kind = KIND_CONNECTION;
		}
		errno = saved;
		return kind;
	}


	void survivesFailingAllocations(EVTCPServer& server, const std::string& request, const std::string& answer)
		/// Lets each allocation fail that is made for a connection and its request.
	{
		ErrorCollector errors;
		server.start();
		{
			StreamSocket client = connectTo(server);
			sendAll(client, request);
			if (receive(client, answer.size()).size() != answer.size()) throw Poco::DataException("not served at first");
		}
		if (!waitFor([&] { return server.statistics().open == 0; })) throw Poco::TimeoutException("a connection stays");
		const int before = openDescriptors();
		bool hit = true;
		for (int n = 0; hit; n++)
		{
			{
				AllocationFault fault(n);
				StreamSocket client = connectTo(server);
				try
				{
					sendAll(client, request);
					receive(client, answer.size());
				}
				catch (Poco::TimeoutException&)
				{
					throw Poco::TimeoutException("neither served nor closed without allocation " + std::to_string(n));
				}
				catch (Poco::Exception&)
				{
					// reset
				}
				hit = fault.hit();
			}
			StreamSocket client = connectTo(server);
			sendAll(client, request);
			if (receive(client, answer.size()).size() != answer.size()) throw Poco::DataException("not served after allocation " + std::to_string(n));
		}
		if (!waitFor([&] { return server.statistics().open == 0 && server.statistics().running == 0 && balances(server.statistics()); })) throw Poco::TimeoutException("the statistics do not balance");
		if (!waitFor([&] { return openDescriptors() <= before; })) throw Poco::TimeoutException("a descriptor was not closed");
		server.stop();
		if (!allAccountedFor(server)) throw Poco::DataException("not all are accounted for");
	}
}


EVFailingCallsTest::EVFailingCallsTest(const std::string& name): ClockedTest(name)
{
}


EVFailingCallsTest::~EVFailingCallsTest()
{
}


void EVFailingCallsTest::testAcceptFailsForEver()
{
	for (int error: {EPERM, EPROTO, EIO, ECONNABORTED, EINTR, EMFILE, ENOMEM, ENOSYS, EINVAL})
	{
		ErrorCollector errors;
		EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 1));
		server.start();
		StreamSocket before = connectTo(server);
		assertEqual(std::string("x\n"), exchange(before, "x\n"));
		StreamSocket client;
		{
			std::atomic<int> calls(0);
			CallFault fault(CallFault::CALL_ACCEPT, [&](int) { ++calls; return error; });
			client = connectTo(server);
			sendAll(client, "hello\n");
			assertTrue (waitFor([&] { return server.statistics().acceptPauses >= 3; }));
			assertTrue (calls < 100 + 2*static_cast<int>(server.statistics().acceptPauses));
			assertEqual(std::string("y\n"), exchange(before, "y\n"));
			assertEqual(1, errors.count());
			assertTrue (errors.text().find("accept") != std::string::npos);
		}
		assertEqual(std::string("hello"), receiveLine(client));
		assertEqual(1, errors.count());
		server.stop();
		assertTrue (allAccountedFor(server));
		assertTrue (server.statistics().accepted == 2);
	}
}


void EVFailingCallsTest::testAcceptFailsForSingleClients()
{
	for (int error: {ECONNABORTED, ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, ENETUNREACH, EPERM, EINTR})
	{
		ErrorCollector errors;
		EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 1));
		server.start();
		std::atomic<int> calls(0);
		CallFault fault(CallFault::CALL_ACCEPT, [&](int) { return ++calls % 3 == 0 ? 0 : error; });
		for (int i = 0; i < 20; i++)
		{
			StreamSocket client = connectTo(server);
			assertEqual(std::string("x\n"), exchange(client, "x\n"));
		}
		assertTrue (server.statistics().acceptPauses == 0);
		assertEqual(0, errors.count());
	}
}


void EVFailingCallsTest::testAcceptFailsForEverAndTheServerIsStopped()
{
	for (int error: {EPROTO, EIO})
	{
		ErrorCollector errors;
		EVTCPServerParams::Ptr pParams = serverParams(2, 2);
		pParams->setStopTimeout(Poco::Timespan(2*DEADLINE*Poco::Timespan::MILLISECONDS));
		EVTCPServer server(serve(echo, frameLines), 0, pParams);
		server.start();
		CallFault fault(CallFault::CALL_ACCEPT, [&](int) { return error; });
		StreamSocket client = connectTo(server);
		assertTrue (waitFor([&] { return server.statistics().acceptPauses > 0; }));
		Stopwatch stopwatch;
		server.stop();
		assertTrue (stopwatch.elapsed() < DEADLINE);
	}
}


void EVFailingCallsTest::testListenerIsClosedByTheApplication()
{
	// At capacity and afterwards, the loop must not give the closed descriptor to libev, which would abort the process.
	ErrorCollector errors;
	ServerSocket socket(SocketAddress("127.0.0.1", 0));
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setCapacity(2);
	EVTCPServer server(serve(echo, frameLines), socket, pParams);
	server.start();
	StreamSocket first = connectTo(server);
	assertEqual(std::string("x\n"), exchange(first, "x\n"));
	::shutdown(socket.impl()->sockfd(), SHUT_RD);
	assertTrue (waitFor([&] { return errors.count() == 1; }));
	assertTrue (errors.text().find("not open") != std::string::npos);
	assertEqual(std::string("y\n"), exchange(first, "y\n"));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVFailingCallsTest::testListenerIsNotWatched()
{
	for (int error: {ENOSPC, ENOMEM, EIO})
	{
		ErrorCollector errors;
		EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 1));
		std::atomic<int> calls(0);
		CallFault fault(CallFault::CALL_EPOLL_CTL, [&](int fd) { return kindOf(fd) == KIND_LISTENER && ++calls <= 2 ? error : 0; });
		server.start();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		assertTrue (calls >= 3);
		assertEqual(1, errors.count());
		assertTrue (errors.text().find("listening socket") != std::string::npos);
	}
}


void EVFailingCallsTest::testConnectionIsNotWatched()
{
	for (int error: {ENOSPC, ENOMEM, EIO})
	{
		EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 1));
		server.start();
		{
			CallFault fault(CallFault::CALL_EPOLL_CTL, [&](int fd) { return kindOf(fd, server.port()) == KIND_CONNECTION ? error : 0; });
			StreamSocket client = connectTo(server);
			assertTrue (isClosed(client));
			assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
		}
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		assertEqual(std::string("y\n"), exchange(client, "y\n"));
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVFailingCallsTest::testConnectionIsNotWatchedWhileItsRequestRuns()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		for (bool forEver: {false, true})
		{
			Gate gate;
			EVTCPServer server(serve([&](ServedConnection& c)
			{
				if (c.request() == "wait\n") gate.pass();
				echo(c);
			}, frameLines), 0, serverParams(4, 1, policy));
			server.start();
			std::atomic<int> failures(0);
			CallFault fault(CallFault::CALL_EPOLL_CTL, [&](int fd) { return kindOf(fd, server.port()) == KIND_CONNECTION && (forEver || failures == 0) ? ++failures, ENOSPC : 0; });
			StreamSocket client(SocketAddress::IPv4);
			client.setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
			client.connect(SocketAddress("127.0.0.1", server.port()));
			// It may be too late for being run before the loop would watch it, or even for being sent.
			::send(client.impl()->sockfd(), "wait\n", 5, MSG_NOSIGNAL);
			if (waitFor([&] { return gate.waiting() == 1 || server.statistics().closes() == 1; }) && gate.waiting() == 1)
			{
				assertTrue (waitFor([&] { return failures > 0; }));
				if (!forEver)
				{
					StreamSocket other = connectTo(server);
					assertEqual(std::string("y\n"), exchange(other, "y\n")); // the loop knows of it by then
				}
				gate.open();
				assertEqual(std::string("wait"), receiveLine(client));
				if (forEver) assertTrue (isClosed(client));
				else assertEqual(std::string("x\n"), exchange(client, "x\n"));
			}
			if (forEver) assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
			server.stop();
			assertTrue (allAccountedFor(server));
			assertTrue (balances(server));
		}
	}
}


void EVFailingCallsTest::testConnectionIsNotWatchedForWriting()
{
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setMaxPendingOutput(32*1024*1024);
	EVTCPServer server(serve([](ServedConnection& c) { c.reply(std::string(16*1024*1024, 'x')); }, frameLines), 0, pParams);
	server.start();
	std::atomic<bool> failing(false);
	CallFault fault(CallFault::CALL_EPOLL_CTL, [&](int fd) { return failing && kindOf(fd, server.port()) == KIND_CONNECTION ? ENOMEM : 0; });
	StreamSocket client = connectTo(server);
	assertTrue (waitFor([&] { return server.statistics().open == 1; }));
	failing = true;
	sendAll(client, "much\n");
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVFailingCallsTest::testEventsOfRefusedDescriptorsDoNotSpin()
{
	// libev takes a descriptor that epoll refuses with EPERM for one that is always ready.
	for (Kind kind: {KIND_LISTENER, KIND_CONNECTION})
	{
		EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 1));
		std::atomic<bool> failed(false);
		std::atomic<int> waits(0);
		CallFault fault(CallFault::CALL_EPOLL_CTL, [&](int fd) { return kindOf(fd, server.port()) == kind && !failed.exchange(true) ? EPERM : 0; });
		CallFault counter(CallFault::CALL_EPOLL_WAIT, [&](int) { ++waits; return 0; });
		server.start();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		assertTrue (waitFor([&] { return failed.load(); }));
		// until nothing has happened for a while
		assertTrue (waitFor([&] { const int before = waits; sleepFor(50); return waits - before < 5; }));
		assertEqual(std::string("y\n"), exchange(client, "y\n"));
	}
}


void EVFailingCallsTest::testLoopThatCannotBeWokenIsNotCreated()
{
	for (int error: {ENOSPC, ENOMEM, EIO})
	{
		const int before = openDescriptors();
		try
		{
			CallFault fault(CallFault::CALL_EPOLL_CTL, [&](int fd) { return kindOf(fd) == KIND_OTHER ? error : 0; });
			EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 2));
			failmsg("a loop that cannot be woken");
		}
		catch (Poco::SystemException& exc)
		{
			assertTrue (exc.message().find("event loop") != std::string::npos);
		}
		assertTrue (waitFor([&] { return openDescriptors() <= before; })); // a server of another case may have had some still
	}
}


void EVFailingCallsTest::testLoopWithoutDescriptorsIsNotCreated()
{
	ServerSocket socket(SocketAddress("127.0.0.1", 0));
	{
		// UndefinedBehaviorSanitizer needs descriptors to look at an object for the first time.
		EVTCPServer server(serve(echo), socket, serverParams(2, 1));
	}
	struct rlimit saved;
	::getrlimit(RLIMIT_NOFILE, &saved);
	int created = 0;
	for (int free = 0; created == 0; free++)
	{
		struct rlimit lower = saved;
		lower.rlim_cur = 512;
		::setrlimit(RLIMIT_NOFILE, &lower);
		std::vector<int> taken;
		for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) taken.push_back(fd);
		for (int i = 0; i < free; i++)
		{
			::close(taken.back());
			taken.pop_back();
		}
		try
		{
			EVTCPServer server(serve(echo), socket, serverParams(2, 1));
			created = free;
		}
		catch (Poco::SystemException&)
		{
		}
		for (int fd: taken) ::close(fd);
		::setrlimit(RLIMIT_NOFILE, &saved);
	}
	assertTrue (created <= 3); // epoll, to wake it, and one that libev tries out
}


void EVFailingCallsTest::testWaitingFails()
{
	// libev ends the process by default.
	ErrorCollector errors;
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 1));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("x\n"), exchange(client, "x\n"));
	{
		std::atomic<int> calls(0);
		CallFault fault(CallFault::CALL_EPOLL_WAIT, [&](int) { return ++calls % 2 ? EIO : 0; });
		for (int i = 0; i < 5; i++) assertEqual(std::string("y\n"), exchange(client, "y\n"));
		assertTrue (calls > 1);
	}
	assertEqual(1, errors.count());
	assertEqual(std::string("z\n"), exchange(client, "z\n"));
}


void EVFailingCallsTest::testAllocationsFail()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		for (auto accept: {EVServerOptions::ACCEPT_AUTO, EVServerOptions::ACCEPT_ROUND_ROBIN})
		{
			EVTCPServerParams::Ptr pParams = serverParams(4, 2, policy);
			pParams->setAcceptPolicy(accept);
			pParams->setMaxConnectionsPerAddress(1000);
			EVTCPServer server(serve(echo, frameLines), 0, pParams);
			survivesFailingAllocations(server, "hello\n", "hello\n");
		}
	}
}


void EVFailingCallsTest::testAllocationsFailWithPlainConnections()
{
	for (auto policy: {EVServerOptions::DISPATCH_ON_ACCEPT, EVServerOptions::DISPATCH_ON_DATA})
	{
		EVTCPServerParams::Ptr pParams = serverParams(4, 1);
		pParams->setDispatchPolicy(policy);
		EVTCPServer server(servePlain([](StreamSocket& s) { sendAll(s, receiveLine(s) + "\n"); }), 0, pParams);
		survivesFailingAllocations(server, "hello\n", "hello\n");
	}
}


void EVFailingCallsTest::testAllocationsFailWithHTTP()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		EVHTTPServer server(serveHTTP(answerURI), 0, httpParams(4, 1, policy));
		survivesFailingAllocations(server, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\n");
	}
}


void EVFailingCallsTest::testDrainWhileAcceptingBacksOff()
{
	ErrorCollector errors;
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 1));
	server.start();
	{
		CallFault fault(CallFault::CALL_ACCEPT, [&](int) { return EMFILE; });
		connectTo(server).close();
		assertTrue (waitFor([&] { return server.statistics().acceptPauses >= 1; }));
	}
	assertTrue (server.drain(Poco::Timespan(10, 0)));
	assertTrue (allAccountedFor(server));
}


CppUnit::Test* EVFailingCallsTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVFailingCallsTest");

	CppUnit_addTest(pSuite, EVFailingCallsTest, testAcceptFailsForEver);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testAcceptFailsForSingleClients);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testAcceptFailsForEverAndTheServerIsStopped);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testListenerIsClosedByTheApplication);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testListenerIsNotWatched);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testConnectionIsNotWatched);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testConnectionIsNotWatchedWhileItsRequestRuns);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testConnectionIsNotWatchedForWriting);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testEventsOfRefusedDescriptorsDoNotSpin);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testLoopThatCannotBeWokenIsNotCreated);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testLoopWithoutDescriptorsIsNotCreated);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testWaitingFails);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testAllocationsFail);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testAllocationsFailWithPlainConnections);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testAllocationsFailWithHTTP);
	CppUnit_addTest(pSuite, EVFailingCallsTest, testDrainWhileAcceptingBacksOff);

	return pSuite;
}
