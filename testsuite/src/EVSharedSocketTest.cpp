//
// EVSharedSocketTest.cpp
//
// Sockets that a process is given, and gives to another one. The processes are real.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVSharedSocketTest.h"
#include "CppUnit/TestCaller.h"
#include "HandoverSupport.h"
#include "Poco/File.h"
#include "Poco/TemporaryFile.h"
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>


using Poco::Net::ServerSocket;


namespace
{
	class Activated
		/// A process that is started as systemd does it, by a shell that knows its own process number.
	{
	public:
		Activated(const std::vector<int>& descriptors, const std::string& variables, const std::string& what = "print")
		{
			int ends[2];
			if (::pipe2(ends, O_CLOEXEC) != 0) throw Poco::SystemException("pipe2");
			// first out of the way, then to their places
			const int beyond = 3 + static_cast<int>(descriptors.size());
			std::vector<int> copies;
			posix_spawn_file_actions_t actions;
			posix_spawn_file_actions_init(&actions);
			posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
			for (int fd: descriptors)
			{
				copies.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, beyond));
				posix_spawn_file_actions_adddup2(&actions, copies.back(), 2 + static_cast<int>(copies.size()));
			}
			const std::string command = variables + " exec " + handoverProgram() + " " + what;
			const char* args[] = {"sh", "-c", command.c_str(), nullptr};
			const int rc = posix_spawn(&_pid, "/bin/sh", &actions, nullptr, const_cast<char**>(args), environ);
			posix_spawn_file_actions_destroy(&actions);
			::close(ends[1]);
			for (int fd: copies) ::close(fd);
			if (rc == 0) readAll(ends[0]);
			::close(ends[0]);
			if (rc != 0) throw Poco::SystemException("posix_spawn");
			_status = waitForProcess(_pid);
		}

		const std::string& output() const
		{
			return _output;
		}

		int status() const
		{
			return _status;
		}

	private:
		void readAll(int fd)
		{
			char buffer[1024];
			for (ssize_t n = ::read(fd, buffer, sizeof(buffer)); n > 0; n = ::read(fd, buffer, sizeof(buffer))) _output.append(buffer, static_cast<std::size_t>(n));
		}

		pid_t       _pid = 0;
		int         _status = 0;
		std::string _output;
	};


	int fdOf(const Poco::Net::Socket& socket)
	{
		return socket.impl()->sockfd();
	}


	EVSharedSocket localSocket()
	{
		return EVSharedSocket(SocketAddress("127.0.0.1", 0));
	}


	std::string refusal(const std::vector<int>& descriptors, const std::string& variables)
	{
		const Activated process(descriptors, variables);
		return process.status() == 2 ? process.output() : "accepted: " + process.output();
	}


	bool says(const std::string& text, const std::string& part)
	{
		return text.find(part) != std::string::npos;
	}
}


EVSharedSocketTest::EVSharedSocketTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVSharedSocketTest::~EVSharedSocketTest()
{
}


void EVSharedSocketTest::testInherited()
{
	Poco::TemporaryFile file; // removes it in the end
	EVSharedSocket tcp = localSocket();
	EVSharedSocket local(SocketAddress(SocketAddress::UNIX_LOCAL, file.path()));
	const Activated process({fdOf(tcp), fdOf(local)}, "LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:local");
	assertEqual("3 web " + tcp.address().toString() + "\n4 local " + file.path() + "\n0 more\n", process.output());
	assertEqual(0, process.status());
}


void EVSharedSocketTest::testInheritedIPv6()
{
	try
	{
		EVSharedSocket socket(SocketAddress("::1", 0));
		const Activated process({fdOf(socket)}, "LISTEN_PID=$$ LISTEN_FDS=1");
		assertEqual("3 unknown " + socket.address().toString() + "\n0 more\n", process.output());
	}
	catch (Poco::Net::NetException&)
	{
		// no IPv6 here
	}
}


void EVSharedSocketTest::testVariablesAreKept()
{
	EVSharedSocket socket = localSocket();
	const Activated process({fdOf(socket)}, "LISTEN_PID=$$ LISTEN_FDS=1", "print-kept");
	assertEqual("3 unknown " + socket.address().toString() + "\n0 more, LISTEN_PID, LISTEN_FDS\n", process.output());
}


void EVSharedSocketTest::testNothingInherited()
{
	EVSharedSocket socket = localSocket();
	assertEqual(std::string("0 more\n"), Activated({}, "").output());
	assertEqual(std::string("0 more\n"), Activated({}, "LISTEN_PID=$$ LISTEN_FDS=0").output());
	// inherited from a process they were meant for
	assertEqual(std::string("0 more, LISTEN_PID, LISTEN_FDS\n"), Activated({fdOf(socket)}, "LISTEN_PID=1 LISTEN_FDS=1").output());
}


void EVSharedSocketTest::testNotWhatItShouldBe()
{
	EVSharedSocket socket = localSocket();
	const int fd = fdOf(socket);
	StreamSocket client = connectTo(socket.address());
	const int datagram = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);

	const std::string one("LISTEN_PID=$$ LISTEN_FDS=1");
	assertTrue (says(refusal({fdOf(client)}, one), "descriptor 3 (unknown) is not listening"));
	assertTrue (says(refusal({datagram}, one), "descriptor 3 (unknown) is not a stream socket"));
	assertTrue (says(refusal({file}, one), "descriptor 3 (unknown) is not a socket"));
	assertTrue (says(refusal({fd}, "exec 4>&-; LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:admin"), "descriptor 4 (admin) is not open"));
	assertTrue (says(refusal({fd}, one + " LISTEN_FDNAMES=web:admin"), "LISTEN_FDNAMES has 2 names for the 1 descriptors"));
	assertTrue (says(refusal({fd}, "LISTEN_PID=$$ LISTEN_FDS=many"), "LISTEN_FDS must be a number from 0 to 1024, not 'many'"));
	assertTrue (says(refusal({fd}, "LISTEN_PID=$$ LISTEN_FDS=-1"), "LISTEN_FDS must be a number"));
	assertTrue (says(refusal({fd}, "LISTEN_PID=$$"), "LISTEN_FDS must be a number"));
	assertTrue (says(refusal({fd}, one + " EVNET_READY_FD=9"), "EVNET_READY_FD must be a number from 4 to 4, not '9'"));
	::close(datagram);
	::close(file);
}


void EVSharedSocketTest::testAddressInUse()
{
	EVSharedSocket socket = localSocket();
	try
	{
		EVSharedSocket second(socket.address());
		failmsg("two sockets at one port");
	}
	catch (Poco::Net::NetException&)
	{
	}
}


void EVSharedSocketTest::testCopies()
{
	EVSharedSocket socket = localSocket();
	const EVSharedSocket copy(socket);
	const ServerSocket base(socket);
	EVSharedSocket other = localSocket();
	other = socket;
	assertTrue (other.address() == socket.address());
	assertTrue (EVSharedSocket::isShared(copy) && EVSharedSocket::isShared(base) && EVSharedSocket::isShared(other));
	assertTrue (!EVSharedSocket::isShared(ServerSocket(SocketAddress("127.0.0.1", 0))));
	assertEqual(std::string("unknown"), other.name());
	assertTrue (!EVSharedSocket::ready()); // nobody waits
}


void EVSharedSocketTest::testOneQueueForAllLoops()
{
	// The server must not open a second socket on the same port: with one loop that does nothing
	// but accept, the others get their connections from there.
	EVSharedSocket socket = localSocket();
	EVTCPServer server(serve(echo, frameLines), socket, serverParams(4, 3));
	server.start();
	int sharesPort = 1;
	socket.impl()->getOption(SOL_SOCKET, SO_REUSEPORT, sharesPort);
	assertEqual(0, sharesPort);
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 12; i++) clients.push_back(connectTo(server));
	for (auto& client: clients) assertEqual(std::string("x\n"), exchange(client, "x\n"));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVSharedSocketTest::testReusePortIsRefused()
{
	EVTCPServerParams::Ptr pParams = serverParams(4, 2);
	pParams->setAcceptPolicy(EVServerOptions::ACCEPT_REUSE_PORT);
	EVTCPServer server(serve(echo), localSocket(), pParams);
	try
	{
		server.start();
		failmsg("connections would be lost");
	}
	catch (Poco::InvalidArgumentException& exc)
	{
		assertTrue (says(exc.message(), "acceptPolicy"));
	}
}


void EVSharedSocketTest::testStopLeavesTheQueue()
{
	// The second descriptor stands for that of another process.
	EVSharedSocket socket = localSocket();
	const int other = ::fcntl(fdOf(socket), F_DUPFD_CLOEXEC, 0);
	SocketAddress address = socket.address();
	{
		EVTCPServer server(serve(echo), socket, serverParams(2, 2));
		server.start();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x"), exchange(client, "x"));
		server.stop();
		socket = localSocket(); // nobody in this process has the old one any more
	}
	StreamSocket waiting = connectTo(address); // in the queue
	const int accepted = ::accept4(other, nullptr, nullptr, SOCK_CLOEXEC);
	assertTrue (accepted >= 0);
	::close(accepted);
	// The mode is shared as well. A loop of the other process that accepts once more must not block.
	assertTrue ((::fcntl(other, F_GETFL) & O_NONBLOCK) != 0);
	::close(other);
}


void EVSharedSocketTest::testSuccessorStartsClean()
{
	const int leaked = ::fcntl(2, F_DUPFD, 50); // without FD_CLOEXEC
	sigset_t signals, previous;
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	::pthread_sigmask(SIG_BLOCK, &signals, &previous);
	std::vector<EVSharedSocket> sockets = {localSocket(), localSocket()};
	const Poco::Timespan forEver(400*365, 0, 0, 0, 0); // more than the clocks can count
	const pid_t pid = EVSharedSocket::startSuccessor(sockets, handoverProgram(), {"state"}, forEver);
	::pthread_sigmask(SIG_SETMASK, &previous, nullptr);
	::close(leaked);
	StreamSocket client = connectTo(sockets[0].address());
	// Two sockets, and where it says that it is ready: it cannot have taken that before it looked.
	assertEqual(std::string("3 4 5 unknown unknown "), receiveToEnd(client));
	assertEqual(0, waitForProcess(pid));
}


void EVSharedSocketTest::testSuccessorFails()
{
	const std::vector<EVSharedSocket> sockets(1, localSocket());
	struct Case { std::string program; std::string what; std::string reason; };
	const int before = openDescriptors();
	for (const Case& c: {Case{"/no/such/program", "", "No such file"}, Case{"/", "", "Permission denied"}, Case{handoverProgram(), "end", "ended before it was ready"}})
	{
		try
		{
			EVSharedSocket::startSuccessor(sockets, c.program, {c.what});
			failmsg("a successor that is none");
		}
		catch (Poco::SystemException& exc)
		{
			assertTrue (says(exc.displayText(), c.reason));
			assertTrue (says(exc.displayText(), c.program));
		}
	}
	assertTrue (waitFor([&] { return openDescriptors() <= before; })); // a server of another case may have had some still
	assertTrue (::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD);
}


void EVSharedSocketTest::testSuccessorHangs()
{
	const std::vector<EVSharedSocket> sockets(1, localSocket());
	const Stopwatch stopwatch;
	try
	{
		EVSharedSocket::startSuccessor(sockets, handoverProgram(), {"hang"}, Poco::Timespan(100*Poco::Timespan::MILLISECONDS));
		failmsg("a successor that is not ready");
	}
	catch (Poco::TimeoutException&)
	{
	}
	assertTrue (stopwatch.elapsed() >= 90 && stopwatch.elapsed() < DEADLINE/2);
	assertTrue (::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD); // it is gone
}


void EVSharedSocketTest::testSuccessorsAreStartedByAllThreads()
{
	// While others start processes, take locks and open descriptors
	std::atomic<bool> done(false);
	std::thread busy([&]
	{
		while (!done)
		{
			std::string memory(1000, 'x');
			::close(::fcntl(0, F_DUPFD_CLOEXEC, 3));
		}
	});
	const std::string errors = inParallel(4, [&](int)
	{
		for (int i = 0; i < 5; i++)
		{
			const std::vector<EVSharedSocket> sockets(1, localSocket());
			const pid_t pid = EVSharedSocket::startSuccessor(sockets, handoverProgram(), {"state"});
			StreamSocket client = connectTo(sockets[0].address());
			if (receiveToEnd(client) != "3 4 unknown ") throw Poco::DataException("other descriptors");
			if (waitForProcess(pid) != 0) throw Poco::DataException("the successor has failed");
		}
	});
	done = true;
	busy.join();
	assertEqual(std::string(), errors);
}


void EVSharedSocketTest::setUp()
{
}


void EVSharedSocketTest::tearDown()
{
}


CppUnit::Test* EVSharedSocketTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVSharedSocketTest");

	CppUnit_addTest(pSuite, EVSharedSocketTest, testInherited);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testInheritedIPv6);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testVariablesAreKept);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testNothingInherited);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testNotWhatItShouldBe);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testAddressInUse);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testCopies);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testOneQueueForAllLoops);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testReusePortIsRefused);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testStopLeavesTheQueue);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testSuccessorStartsClean);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testSuccessorFails);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testSuccessorHangs);
	CppUnit_addTest(pSuite, EVSharedSocketTest, testSuccessorsAreStartedByAllThreads);

	return pSuite;
}
