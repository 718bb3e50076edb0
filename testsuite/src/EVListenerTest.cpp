//
// EVListenerTest.cpp
//
// The listening sockets of a server, its number of loops, and what it does before start() and after stop().
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVListenerTest.h"
#include "CppUnit/TestCaller.h"
#include "CallFaults.h"
#include "server/ListenerGroup.h"
#include "core/Processors.h"
#include "TestSupport.h"
#include "Poco/File.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/SocketImpl.h"
#include "Poco/TemporaryFile.h"
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>


using Poco::EVNet::ListenerGroup;
using Poco::EVNet::Processors;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;


namespace
{
	std::vector<int> listenersAt(Poco::UInt16 port)
		/// Returns the descriptors of this process that listen there.
	{
		std::vector<int> result;
		DIR* pDirectory = ::opendir("/proc/self/fd");
		while (struct dirent* pEntry = ::readdir(pDirectory))
		{
			const int fd = std::atoi(pEntry->d_name);
			int listening = 0;
			socklen_t length = sizeof(listening);
			struct sockaddr_in address = sockaddr_in();
			if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 || !listening) continue;
			length = sizeof(address);
			::getsockname(fd, reinterpret_cast<struct sockaddr*>(&address), &length);
			if (ntohs(address.sin_port) == port) result.push_back(fd);
		}
		::closedir(pDirectory);
		return result;
	}


	int option(int fd, int level, int name)
	{
		int value = -1;
		socklen_t length = sizeof(value);
		::getsockopt(fd, level, name, &value, &length);
		return value;
	}


	bool setOption(const ServerSocket& socket, int level, int name, int value)
	{
		return ::setsockopt(socket.impl()->sockfd(), level, name, &value, sizeof(value)) == 0;
	}


	bool intruderGetsIn(const std::string& host, Poco::UInt16 port)
	{
		try
		{
			ServerSocket intruder;
			intruder.bind(SocketAddress(host, port), true, true);
			intruder.listen();
			return true;
		}
		catch (Poco::Net::NetException&)
		{
			return false;
		}
	}


	ServerSocket unshared()
		/// Returns a socket that an application has bound exclusively.
	{
		ServerSocket socket;
		socket.bind(SocketAddress("127.0.0.1", 0), true, false);
		socket.listen();
		return socket;
	}


	EVTCPServerParams::Ptr fourLoops(EVServerOptions::AcceptPolicy policy)
	{
		EVTCPServerParams::Ptr pParams = serverParams(8, 4);
		pParams->setAcceptPolicy(policy);
		return pParams;
	}


	void write(const Poco::File& folder, const std::string& path, const std::string& text)
	{
		const std::string file = folder.path() + path;
		Poco::File(file.substr(0, file.rfind('/'))).createDirectories();
		std::ofstream(file) << text;
	}
}


EVListenerTest::EVListenerTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVListenerTest::~EVListenerTest()
{
}


void EVListenerTest::testOptionsReachEveryConnection()
{
	for (auto policy: {EVServerOptions::ACCEPT_AUTO, EVServerOptions::ACCEPT_REUSE_PORT, EVServerOptions::ACCEPT_ROUND_ROBIN})
	{
		ServerSocket socket(SocketAddress("127.0.0.1", 0));
		const struct
		{
			int level;
			int name;
			int value;
		}
		options[] =
		{
			{SOL_SOCKET, SO_KEEPALIVE, 1},
			{SOL_SOCKET, SO_RCVBUF, 20000},
			{SOL_SOCKET, SO_SNDBUF, 30000},
			{SOL_SOCKET, SO_RCVLOWAT, 2},
			{SOL_SOCKET, SO_MARK, 77},
			{IPPROTO_TCP, TCP_KEEPIDLE, 71},
			{IPPROTO_TCP, TCP_KEEPINTVL, 13},
			{IPPROTO_TCP, TCP_KEEPCNT, 3},
			{IPPROTO_TCP, TCP_USER_TIMEOUT, 12345},
			{IPPROTO_TCP, TCP_NOTSENT_LOWAT, 9999},
			{IPPROTO_IP, IP_TOS, 0x10},
			{IPPROTO_IP, IP_TTL, 33}
		};
		struct linger linger = {1, 7};
		::setsockopt(socket.impl()->sockfd(), SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		std::vector<int> expected;
		for (const auto& item: options)
		{
			if (!setOption(socket, item.level, item.name, item.value)) assertTrue (item.name == SO_MARK); // for root only
			expected.push_back(option(socket.impl()->sockfd(), item.level, item.name));
		}
		std::mutex mutex;
		std::vector<std::string> wrong;
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			const int fd = c.socket().impl()->sockfd();
			std::string text;
			for (std::size_t i = 0; i < expected.size(); i++)
			{
				const int value = option(fd, options[i].level, options[i].name);
				if (value != expected[i]) text += " " + std::to_string(options[i].name) + ":" + std::to_string(value);
			}
			struct linger own = linger;
			socklen_t length = sizeof(own);
			::getsockopt(fd, SOL_SOCKET, SO_LINGER, &own, &length);
			if (own.l_onoff != 1 || own.l_linger != 7) text += " linger";
			std::lock_guard<std::mutex> lock(mutex);
			if (!text.empty()) wrong.push_back(text);
			c.reply("x\n");
		}, frameLines), socket, fourLoops(policy));
		server.start();
		assertEqual(policy == EVServerOptions::ACCEPT_ROUND_ROBIN ? 1 : 4, static_cast<int>(listenersAt(server.port()).size()));
		for (int i = 0; i < 64; i++)
		{
			StreamSocket client = connectTo(server);
			assertEqual(std::string("x\n"), exchange(client, "x\n"));
		}
		server.stop();
		std::lock_guard<std::mutex> lock(mutex);
		assertEqual(std::string(), wrong.empty() ? std::string() : wrong.front());
	}
}


void EVListenerTest::testOtherInterfaceIsNotServed()
{
	std::string name;
	struct if_nameindex* pInterfaces = ::if_nameindex();
	for (struct if_nameindex* p = pInterfaces; p->if_index != 0; p++)
	{
		if (std::strcmp(p->if_name, "lo") != 0) name = p->if_name;
	}
	::if_freenameindex(pInterfaces);
	for (auto policy: {EVServerOptions::ACCEPT_AUTO, EVServerOptions::ACCEPT_REUSE_PORT})
	{
		ServerSocket socket(SocketAddress("0.0.0.0", 0));
		if (::setsockopt(socket.impl()->sockfd(), SOL_SOCKET, SO_BINDTODEVICE, name.data(), static_cast<socklen_t>(name.size())) != 0 || name.empty()) return; // not allowed, or no other one
		EVTCPServer server(serve(echo, frameLines), socket, fourLoops(policy));
		server.start();
		for (int i = 0; i < 20; i++)
		{
			try
			{
				StreamSocket client = connectTo(server);
				failmsg("served over another interface");
			}
			catch (Poco::Net::ConnectionRefusedException&)
			{
			}
		}
	}
}


void EVListenerTest::testOptionThatCannotBeCopied()
{
	ServerSocket socket(SocketAddress("127.0.0.1", 0));
	struct sock_filter all = {BPF_RET | BPF_K, 0, 0, 0xFFFFFFFF};
	struct sock_fprog program = {1, &all};
	assertTrue (::setsockopt(socket.impl()->sockfd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0);
	{
		EVTCPServer server(serve(echo, frameLines), socket, fourLoops(EVServerOptions::ACCEPT_AUTO));
		server.start();
		assertEqual(1, static_cast<int>(listenersAt(server.port()).size()));
		for (int i = 0; i < 8; i++)
		{
			StreamSocket client = connectTo(server);
			assertEqual(std::string("x\n"), exchange(client, "x\n"));
		}
		server.stop();
		assertTrue (allAccountedFor(server));
	}
	EVTCPServer server(serve(echo, frameLines), socket, fourLoops(EVServerOptions::ACCEPT_REUSE_PORT));
	try
	{
		server.start();
		failmsg("started without what has been asked for");
	}
	catch (Poco::IOException& exc)
	{
		assertTrue (exc.message().find("acceptPolicy") != std::string::npos);
	}
	assertEqual(1, static_cast<int>(listenersAt(server.port()).size()));
}


void EVListenerTest::testPortStaysExclusive()
{
	EVTCPServer server(serve(echo, frameLines), 0, fourLoops(EVServerOptions::ACCEPT_AUTO));
	const Poco::UInt16 port = server.port();
	assertFalse (intruderGetsIn("0.0.0.0", port));
	const bool sealed = ListenerGroup::trySeal(server.socket()); // needs IPv6
	server.start();
	assertEqual(sealed ? 4 : 1, static_cast<int>(listenersAt(port).size()));
	for (const std::string host: {"0.0.0.0", "127.0.0.1", "127.0.0.2"}) assertFalse (intruderGetsIn(host, port));
	for (int i = 0; i < 64; i++)
	{
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
	}
	assertTrue (server.statistics().accepted == 64);
	assertFalse (intruderGetsIn("0.0.0.0", port));
	server.stop();
	assertTrue (allAccountedFor(server));
	assertTrue (waitFor([&] { return intruderGetsIn("0.0.0.0", port); }));
}


void EVListenerTest::testPortOfTheApplicationStaysExclusive()
{
	for (auto policy: {EVServerOptions::ACCEPT_AUTO, EVServerOptions::ACCEPT_REUSE_PORT})
	{
		ServerSocket socket = unshared();
		const bool sealed = ListenerGroup::trySeal(socket);
		EVTCPServer server(serve(echo, frameLines), socket, fourLoops(policy));
		server.start();
		assertEqual(policy == EVServerOptions::ACCEPT_AUTO ? 1 : 4, static_cast<int>(listenersAt(server.port()).size()));
		if (sealed || policy == EVServerOptions::ACCEPT_AUTO) assertFalse (intruderGetsIn("127.0.0.1", server.port()));
		for (int i = 0; i < 16; i++)
		{
			StreamSocket client = connectTo(server);
			assertEqual(std::string("x\n"), exchange(client, "x\n"));
		}
		server.stop();
		assertTrue (allAccountedFor(server));
		assertFalse (ListenerGroup::sharesPort(socket));
		assertFalse (intruderGetsIn("127.0.0.1", server.port()));
		assertTrue (socket.getBlocking());
	}
}


void EVListenerTest::testSharedPortStaysShared()
{
	ServerSocket socket(SocketAddress("127.0.0.1", 0));
	EVTCPServer first(serve(echo, frameLines), socket, fourLoops(EVServerOptions::ACCEPT_AUTO));
	first.start();
	ServerSocket other;
	other.bind(socket.address(), true, true);
	other.listen();
	EVTCPServer second(serve(echo, frameLines), other, fourLoops(EVServerOptions::ACCEPT_AUTO));
	second.start();
	assertEqual(8, static_cast<int>(listenersAt(first.port()).size()));
	for (int i = 0; i < 64; i++)
	{
		StreamSocket client = connectTo(first);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
	}
	assertTrue (first.statistics().accepted + second.statistics().accepted == 64);
	first.stop();
	assertTrue (ListenerGroup::sharesPort(socket));
}


void EVListenerTest::testProgramsDoNotInheritSockets()
{
	for (bool own: {true, false})
	{
		std::atomic<int> fd(-1);
		auto factory = serve([&](ServedConnection& c) { fd = c.socket().impl()->sockfd(); echo(c); }, frameLines);
		ServerSocket socket(SocketAddress("127.0.0.1", 0));
		std::unique_ptr<EVTCPServer> pServer(own ? new EVTCPServer(factory, 0, fourLoops(EVServerOptions::ACCEPT_AUTO)) : new EVTCPServer(factory, socket, fourLoops(EVServerOptions::ACCEPT_AUTO)));
		for (bool started: {false, true})
		{
			if (started) pServer->start();
			const std::vector<int> listeners = listenersAt(pServer->port());
			assertTrue (!listeners.empty());
			for (int listener: listeners) assertTrue ((::fcntl(listener, F_GETFD) & FD_CLOEXEC) != 0);
		}
		StreamSocket client = connectTo(*pServer);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		assertTrue ((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	}
}


void EVListenerTest::testLoopsRespectAffinity()
{
	cpu_set_t saved;
	assertTrue (::sched_getaffinity(0, sizeof(saved), &saved) == 0);
	cpu_set_t one;
	CPU_ZERO(&one);
	for (int i = 0; CPU_COUNT(&one) == 0; i++)
	{
		if (CPU_ISSET(i, &saved)) CPU_SET(i, &one);
	}
	assertTrue (::sched_setaffinity(0, sizeof(one), &one) == 0);
	const int processors = Processors::available();
	EVTCPServer server(serve(echo), 0, serverParams(8));
	::sched_setaffinity(0, sizeof(saved), &saved);
	assertEqual(1, processors);
	assertEqual(1, server.statistics().loops);
}


void EVListenerTest::testLoopsRespectQuota()
{
	Poco::TemporaryFile folder;
	folder.createDirectories();
	assertEqual(0, Processors::quota(folder.path())); // no files at all
	// version 2
	write(folder, "/proc/self/cgroup", "0::/a/b\n");
	assertEqual(0, Processors::quota(folder.path()));
	write(folder, "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
	assertEqual(0, Processors::quota(folder.path()));
	write(folder, "/sys/fs/cgroup/a/b/cpu.max", "250000 100000\n");
	assertEqual(3, Processors::quota(folder.path()));
	write(folder, "/sys/fs/cgroup/a/cpu.max", "200000 100000\n"); // the group around it
	assertEqual(2, Processors::quota(folder.path()));
	write(folder, "/sys/fs/cgroup/cpu.max", "50000 100000\n"); // as seen in a container
	assertEqual(1, Processors::quota(folder.path()));
	assertEqual(1, Processors::available(folder.path()));
	write(folder, "/sys/fs/cgroup/cpu.max", "nonsense\n");
	assertEqual(2, Processors::quota(folder.path()));
	write(folder, "/sys/fs/cgroup/a/cpu.max", "-1 0\n");
	assertEqual(3, Processors::quota(folder.path()));
	assertTrue (Processors::available(folder.path()) >= 1);
	// version 1
	write(folder, "/proc/self/cgroup", "12:cpuset:/x\n4:cpu,cpuacct:/c\n0::/\nnonsense\n");
	assertEqual(0, Processors::quota(folder.path()));
	write(folder, "/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "-1\n");
	write(folder, "/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_period_us", "100000\n");
	assertEqual(0, Processors::quota(folder.path()));
	write(folder, "/sys/fs/cgroup/cpu,cpuacct/c/cpu.cfs_quota_us", "400000\n");
	assertEqual(4, Processors::quota(folder.path()));
	write(folder, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
	write(folder, "/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	assertEqual(2, Processors::quota(folder.path()));
	folder.remove(true);
}


void EVListenerTest::testDrainOfAnEmptyServerAcceptsTheBacklog()
{
	for (auto accept: {EVServerOptions::ACCEPT_AUTO, EVServerOptions::ACCEPT_ROUND_ROBIN})
	{
		EVTCPServerParams::Ptr pParams = serverParams(4, 1);
		pParams->setAcceptPolicy(accept);
		pParams->setCapacity(20); // less than there are
		EVTCPServer server(serve(echo, frameLines), 0, pParams);
		// What is accepted fails until drain() has been called: so these are in the backlog then.
		std::vector<StreamSocket> clients;
		bool drained = false;
		{
			std::atomic<bool> draining(false);
			CallFault fault(CallFault::CALL_ACCEPT, [&](int) { return draining ? 0 : EAGAIN; });
			server.start();
			for (int i = 0; i < 50; i++)
			{
				clients.push_back(connectTo(server));
				sendAll(clients.back(), "x\n");
			}
			draining = true;
			drained = server.drain(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
		}
		assertTrue (drained);
		for (auto& client: clients) assertEqual(std::string("x\n"), receiveToEnd(client));
		assertTrue (server.statistics().accepted == 50);
		assertTrue (allAccountedFor(server));
	}
}


void EVListenerTest::testMailIsRefusedBeforeAndAfter()
{
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 1));
	const Poco::UInt64 id = (Poco::UInt64(1) << 32);
	for (bool started: {false, true})
	{
		if (started)
		{
			server.start();
			server.stop();
		}
		AllocationFault fault(0);
		const std::string errors = inParallel(1, [&](int)
		{
			for (int i = 0; i < 10; i++)
			{
				server.notify(id);
				server.closeConnection(id);
			}
		});
		assertEqual(std::string(), errors);
	}
}


void EVListenerTest::setUp()
{
}


void EVListenerTest::tearDown()
{
}


CppUnit::Test* EVListenerTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVListenerTest");

	CppUnit_addTest(pSuite, EVListenerTest, testOptionsReachEveryConnection);
	CppUnit_addTest(pSuite, EVListenerTest, testOtherInterfaceIsNotServed);
	CppUnit_addTest(pSuite, EVListenerTest, testOptionThatCannotBeCopied);
	CppUnit_addTest(pSuite, EVListenerTest, testPortStaysExclusive);
	CppUnit_addTest(pSuite, EVListenerTest, testPortOfTheApplicationStaysExclusive);
	CppUnit_addTest(pSuite, EVListenerTest, testSharedPortStaysShared);
	CppUnit_addTest(pSuite, EVListenerTest, testProgramsDoNotInheritSockets);
	CppUnit_addTest(pSuite, EVListenerTest, testLoopsRespectAffinity);
	CppUnit_addTest(pSuite, EVListenerTest, testLoopsRespectQuota);
	CppUnit_addTest(pSuite, EVListenerTest, testDrainOfAnEmptyServerAcceptsTheBacklog);
	CppUnit_addTest(pSuite, EVListenerTest, testMailIsRefusedBeforeAndAfter);

	return pSuite;
}
