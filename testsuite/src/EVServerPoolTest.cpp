//
// EVServerPoolTest.cpp
//
// Thread pools that are small, shared, or locked by somebody else.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVServerPoolTest.h"
#include "CppUnit/TestCaller.h"
#include "HandoverSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/TCPServerConnection.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/Process.h"
#include "Poco/TaskManager.h"
#include "Poco/TemporaryFile.h"
#include "Poco/ThreadPool.h"
#include <future>
#include <limits>
#include <memory>


using Poco::Net::ServerSocket;
using Poco::ThreadPool;


namespace
{
	class PlainEcho: public Poco::Net::TCPServerConnection
	{
	public:
		using Poco::Net::TCPServerConnection::TCPServerConnection;

		void run() override
		{
			char buffer[100];
			while (const int n = socket().receiveBytes(buffer, sizeof(buffer))) socket().sendBytes(buffer, n);
		}
	};


	const EVServerOptions::ExecutionPolicy ALL_POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};


	class OtherWork: public Poco::Runnable
		/// Keeps a thread of the pool until it is told to stop.
	{
	public:
		explicit OtherWork(ThreadPool& pool)
		{
			pool.start(*this);
		}

		~OtherWork()
		{
			end();
		}

		void run() override
		{
			_gate.pass();
			_done = true;
		}

		void end()
		{
			_gate.open();
			waitFor([this] { return _done.load(); });
		}

	private:
		Gate              _gate;
		std::atomic<bool> _done{false};
	};


	ServerSocket localSocket()
	{
		return ServerSocket(SocketAddress("127.0.0.1", 0));
	}


	ServedConnection::Run blockOn(Gate& gate)
	{
		return [&gate](ServedConnection& c)
		{
			const std::string request = c.request();
			if (request[0] == 'b') gate.pass();
			c.reply(request);
		};
	}


	bool isLocked(ThreadPool& pool, std::vector<std::future<int>>& probes)
		/// Returns true if the pool answers no question now.
	{
		probes.push_back(std::async(std::launch::async, [&pool] { return pool.capacity(); }));
		sleepFor(100);
		return probes.back().wait_for(std::chrono::seconds(0)) == std::future_status::timeout;
	}
}


EVServerPoolTest::EVServerPoolTest(const std::string& name): ClockedTest(name)
{
}


void EVServerPoolTest::testThreadThatThePoolHasLater()
{
	ThreadPool pool(1, 2);
	OtherWork other(pool);
	Gate gate;
	EVTCPServer server(serve(blockOn(gate), frameLines), pool, localSocket(), serverParams(4, 1));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("x\n"), exchange(client, "x\n")); // there is one thread for all
	assertEqual(1, server.statistics().threads);
	other.end();
	assertTrue (waitFor([&]
	{
		sleepFor(50);
		return exchange(client, "x\n") == "x\n" && server.statistics().threads == 2;
	}));
	// Now the loop goes on while a handler blocks.
	StreamSocket blocked = connectTo(server);
	sendAll(blocked, "block\n");
	assertTrue (gate.holds(1));
	StreamSocket late = connectTo(server);
	assertTrue (waitFor([&] { return server.statistics().accepted == 3; }));
	gate.open();
	assertEqual(std::string("block"), receiveLine(blocked));
	assertEqual(std::string("x\n"), exchange(late, "x\n"));
}


void EVServerPoolTest::testTwoLoopsOnTwoThreads()
{
	// None to watch them, and none to run requests: they do it themselves.
	ThreadPool pool(1, 2);
	OtherWork other(pool);
	Gate gate;
	EVTCPServer server(serve(blockOn(gate), frameLines), pool, localSocket(), serverParams(4, 2));
	try
	{
		server.start();
		failmsg("two loops on one thread");
	}
	catch (Poco::NoThreadAvailableException&)
	{
	}
	other.end();
	assertTrue (waitFor([&] { return pool.used() == 0; }));
	server.start(); // two threads for two loops, none to watch
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 10; i++)
	{
		clients.push_back(connectTo(server));
		assertEqual(std::string("x\n"), exchange(clients.back(), "x\n"));
	}
	assertEqual(2, server.statistics().threads);
}


void EVServerPoolTest::leadersGoOn(int threads, int loops)
{
	ThreadPool pool(1, threads);
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(8, loops);
	pParams->setAcceptPolicy(EVServerOptions::ACCEPT_ROUND_ROBIN);
	pParams->setIdleTimeout(Poco::Timespan(3, 0));
	EVTCPServer server(serve(blockOn(gate), frameLines), pool, localSocket(), pParams);
	server.start();
	std::vector<StreamSocket> idle;
	std::vector<StreamSocket> blocked;
	for (int i = 0; i < loops; i++) idle.push_back(connectTo(server)); // one in each loop
	for (int i = 0; i < 2*threads; i++)
	{
		blocked.push_back(connectTo(server));
		sendAll(blocked.back(), "block\n");
	}
	assertTrue (gate.holds(std::max(1, threads - loops)));
	// Deadlines are kept by each of them, and all connections accepted.
	for (StreamSocket& client: idle) assertTrue (isClosed(client));
	StreamSocket late = connectTo(server);
	assertTrue (waitFor([&] { return server.statistics().accepted == static_cast<Poco::UInt64>(loops + 2*threads + 1); }));
	assertEqual(std::max(1, threads - loops), gate.waiting());
	gate.open();
	for (StreamSocket& client: blocked) assertEqual(std::string("block"), receiveLine(client));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVServerPoolTest::testLeadersGoOnInASmallPool()
{
	leadersGoOn(2, 1);
	leadersGoOn(3, 2);
	leadersGoOn(4, 1);
	leadersGoOn(4, 2);
	leadersGoOn(5, 3);
}


void EVServerPoolTest::testNoMorePermitsThanThreads()
{
	ThreadPool pool(1, 4);
	EVTCPServer adaptive(serve(echo, frameLines), pool, localSocket(), serverParams(8, 1));
	assertEqual(3, adaptive.maxThreads());
	EVTCPServer tiny(serve(echo, frameLines), pool, localSocket(), serverParams(8, 4));
	assertEqual(1, tiny.maxThreads());
	EVTCPServer enough(serve(echo, frameLines), pool, localSocket(), serverParams(2, 2));
	assertEqual(2, enough.maxThreads());
}


void EVServerPoolTest::testTwoServersInASmallPool()
{
	for (int threads: {2, 3, 4, 5})
	{
		for (int maxThreads: {0, 4})
		{
			ThreadPool pool(1, threads);
			{
				EVTCPServer first(serve(echo, frameLines), pool, localSocket(), serverParams(maxThreads));
				EVTCPServer second(serve(echo, frameLines), pool, localSocket(), serverParams(maxThreads));
				first.start();
				if (pool.available() == 0) continue;
				second.start();
				std::vector<StreamSocket> clients;
				for (int i = 0; i < 10; i++)
				{
					for (EVTCPServer* pServer: {&first, &second})
					{
						clients.push_back(connectTo(*pServer));
						assertEqual(std::string("x\n"), exchange(clients.back(), "x\n"));
					}
				}
				assertTrue (second.statistics().loops >= 1);
			}
			assertTrue (waitFor([&] { return pool.used() == 0; }));
		}
	}
}


void EVServerPoolTest::testStartAgain()
{
	for (auto policy: ALL_POLICIES)
	{
		ThreadPool pool(1, 3);
		OtherWork one(pool), two(pool), three(pool);
		const ServerSocket socket = localSocket();
		EVTCPServer server(serve(echo, frameLines), pool, socket, serverParams(2, 1, policy));
		for (int i = 0; i < 3; i++)
		{
			try
			{
				server.start();
				failmsg("started without a thread");
			}
			catch (Poco::NoThreadAvailableException&)
			{
			}
		}
		one.end();
		two.end();
		assertTrue (waitFor([&] { return pool.used() == 1; }));
		assertEqual(3, pool.capacity());
		server.start();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVServerPoolTest::testStartAgainAfterBadOptions()
{
	ThreadPool pool(1, 4);
	Poco::TemporaryFile file; // removes it in the end
	ServerSocket socket;
	socket.bind(SocketAddress(SocketAddress::UNIX_LOCAL, file.path()));
	socket.listen();
	EVTCPServerParams::Ptr pParams = serverParams(2, 2);
	pParams->setAcceptPolicy(EVServerOptions::ACCEPT_REUSE_PORT);
	EVTCPServer server(serve(echo), pool, socket, pParams);
	for (int i = 0; i < 3; i++)
	{
		try
		{
			server.start();
			failmsg("several sockets on one path");
		}
		catch (Poco::InvalidArgumentException&)
		{
		}
		assertTrue (waitFor([&] { return pool.used() == 0; }));
	}
	server.stop();
}


void EVServerPoolTest::testJoinAllOfTheDefaultPool()
{
	Gate gate;
	EVTCPServer server(serve(blockOn(gate), frameLines), 0, serverParams(8, 1));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("x\n"), exchange(client, "x\n"));
	Poco::TaskManager tasks;
	std::future<void> joined = std::async(std::launch::async, [&] { tasks.joinAll(); });
	std::vector<StreamSocket> blocked;
	for (int i = 0; i < 6; i++)
	{
		blocked.push_back(connectTo(server));
		sendAll(blocked.back(), "block\n");
	}
	assertTrue (gate.holds(6));
	assertTrue (joined.wait_for(std::chrono::milliseconds(DEADLINE)) == std::future_status::ready);
	assertEqual(0, ThreadPool::defaultPool().used());
	gate.open();
	for (StreamSocket& c: blocked) assertEqual(std::string("block"), receiveLine(c));
}


void EVServerPoolTest::testJoinAllOfAPoolOfTheApplication()
{
	// Who waits there holds the pool's lock until the server has stopped.
	for (auto policy: ALL_POLICIES)
	{
		ThreadPool pool(1, 16);
		Gate gate;
		EVTCPServer server(serve(blockOn(gate), frameLines), pool, localSocket(), serverParams(8, 1, policy));
		server.start();
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		std::vector<std::future<int>> probes;
		std::future<void> joined = std::async(std::launch::async, [&] { pool.joinAll(); });
		assertTrue (waitFor([&] { return isLocked(pool, probes); }));
		std::vector<StreamSocket> blocked;
		for (int i = 0; i < 6; i++)
		{
			blocked.push_back(connectTo(server));
			sendAll(blocked.back(), "block\n");
		}
		assertTrue (waitFor([&] { return gate.waiting() >= 1; }));
		if (policy != EVServerOptions::EXECUTE_INLINE) assertTrue (waitFor([&] { return server.statistics().accepted == 7; }));
		gate.open();
		for (StreamSocket& c: blocked) assertEqual(std::string("block"), receiveLine(c));
		assertEqual(std::string("x\n"), exchange(client, "x\n"));
		server.stop();
		assertTrue (allAccountedFor(server));
		assertTrue (joined.wait_for(std::chrono::milliseconds(DEADLINE)) == std::future_status::ready);
		assertTrue (waitFor([&] { return pool.used() == 0; }));
	}
}


void EVServerPoolTest::testServerDestroyedByItsHandler()
{
	for (auto policy: ALL_POLICIES)
	{
		ThreadPool pool(1, 8);
		std::unique_ptr<EVTCPServer> pServer;
		std::atomic<bool> destroyed(false);
		pServer.reset(new EVTCPServer(serve([&](ServedConnection& c)
		{
			pServer.reset();
			destroyed = true;
			c.reply("destroyed\n");
		}, frameLines), pool, localSocket(), serverParams(2, 2, policy)));
		pServer->start();
		StreamSocket client = connectTo(*pServer);
		sendAll(client, "x\n");
		assertEqual(std::string("destroyed\n"), receiveToEnd(client));
		assertTrue (destroyed);
		assertTrue (waitFor([&] { return pool.used() == 0; }));
	}
}


void EVServerPoolTest::testStartWhileStopping()
{
	for (int i = 0; i < 30; i++)
	{
		ThreadPool pool(1, 8);
		{
			EVTCPServer server(serve(echo, frameLines), pool, localSocket(), serverParams(4, 2, ALL_POLICIES[i % 3]));
			std::atomic<int> ready(0);
			const std::string errors = inParallel(3, [&](int k)
			{
				++ready;
				waitFor([&] { return ready == 3; });
				if (k == 0) server.start();
				else server.stop();
			});
			assertEqual(std::string(), errors);
			server.stop();
			assertTrue (allAccountedFor(server));
		}
		assertTrue (waitFor([&] { return pool.used() == 0; }));
	}
}


void EVServerPoolTest::testDrainAndStopTogether()
{
	// stop() ends a drain() that is waiting: what runs may finish, and nobody waits for the rest of the time.
	Gate gate;
	EVTCPServerParams::Ptr pParams = patient(serverParams(2, 1));
	EVTCPServer server(serve(blockOn(gate), frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "block\n");
	assertTrue (gate.holds(1));
	const std::string errors = inParallel(3, [&](int i)
	{
		if (i == 0) server.drain(Poco::Timespan(1000, 0));
		else if (i == 1) server.stop();
		else
		{
			StreamSocket late;
			waitFor([&]
			{
				try
				{
					late = StreamSocket(SocketAddress("127.0.0.1", server.port()));
					return false;
				}
				catch (Poco::Exception&)
				{
					return true; // nobody listens any more
				}
			});
			gate.open();
		}
	});
	assertEqual(std::string(), errors);
	assertEqual(std::string("block\n"), receiveToEnd(client));
	assertTrue (allAccountedFor(server));
}


void EVServerPoolTest::testProcessEndsWithRunningServers()
{
	// Servers that nobody has stopped: never destroyed, or with main()'s statics, while a handler ends the process, or never returns. POCO's pool
	// waits 10 seconds for a thread that does not.
	std::vector<pid_t> processes;
	for (const std::string what: {"/", "/exit", "/hang", "static/", "static/hang"}) processes.push_back(Poco::Process::launch(handoverProgram(), {what}).id());
	for (pid_t pid: processes) assertEqual(0, waitForProcess(pid));
}


void EVServerPoolTest::testThreadForPlainConnections()
{
	// The pool had none when the server started, and is asked again: a connection that stays does not keep the others waiting for ever.
	ThreadPool pool(1, 2);
	OtherWork other(pool);
	EVTCPServer server(new Poco::Net::TCPServerConnectionFactoryImpl<PlainEcho>(), pool, localSocket(), serverParams(4, 1));
	server.start();
	{
		StreamSocket client = connectTo(server);
		assertEqual(std::string("x"), exchange(client, "x"));
	}
	other.end();
	assertTrue (waitFor([&]
	{
		sleepFor(50);
		StreamSocket client = connectTo(server);
		return exchange(client, "x") == "x" && server.statistics().threads == 2;
	}));
}


void EVServerPoolTest::testLargestNumbers()
{
	// Whatever "as many as possible" is, it is more than one.
	const int most = std::numeric_limits<int>::max();
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(most, 1);
	pParams->setMaxQueued(most);
	EVTCPServer server(serve(blockOn(gate), frameLines), 0, pParams);
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 4; i++)
	{
		clients.push_back(connectTo(server));
		sendAll(clients.back(), "block\n");
	}
	assertTrue (gate.holds(4));
	gate.open();
	EVTCPServer plain(new Poco::Net::TCPServerConnectionFactoryImpl<PlainEcho>(), 0, pParams);
	plain.start();
	StreamSocket client = connectTo(plain);
	assertEqual(std::string("x"), exchange(client, "x"));
}


void EVServerPoolTest::testLoopIsLedOnWhenStopGivesUp()
{
	const std::size_t much = 12*1024*1024;
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(4, 1, EVServerOptions::EXECUTE_INLINE);
	pParams->setMaxPendingOutput(2*much);
	pParams->setStopTimeout(Poco::Timespan(1, 0));
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		if (c.request() == "much\n") c.reply(std::string(much, 'x'));
		else gate.pass();
	}, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "much\n");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	StreamSocket blocking = connectTo(server);
	sendAll(blocking, "block\n");
	assertTrue (gate.holds(1));
	std::future<void> stopped = std::async(std::launch::async, [&] { server.stop(); });
	assertTrue (waitFor([&] { return server.statistics().promotions == 1; })); // stop() leads the loop
	gate.open();
	stopped.get();
	assertEqual(static_cast<long>(much), static_cast<long>(receiveToEnd(client).size()));
	assertTrue (allAccountedFor(server));
}


CppUnit::Test* EVServerPoolTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVServerPoolTest");

	CppUnit_addTest(pSuite, EVServerPoolTest, testThreadThatThePoolHasLater);
	CppUnit_addTest(pSuite, EVServerPoolTest, testTwoLoopsOnTwoThreads);
	CppUnit_addTest(pSuite, EVServerPoolTest, testLeadersGoOnInASmallPool);
	CppUnit_addTest(pSuite, EVServerPoolTest, testNoMorePermitsThanThreads);
	CppUnit_addTest(pSuite, EVServerPoolTest, testTwoServersInASmallPool);
	CppUnit_addTest(pSuite, EVServerPoolTest, testStartAgain);
	CppUnit_addTest(pSuite, EVServerPoolTest, testStartAgainAfterBadOptions);
	CppUnit_addTest(pSuite, EVServerPoolTest, testJoinAllOfTheDefaultPool);
	CppUnit_addTest(pSuite, EVServerPoolTest, testJoinAllOfAPoolOfTheApplication);
	CppUnit_addTest(pSuite, EVServerPoolTest, testServerDestroyedByItsHandler);
	CppUnit_addTest(pSuite, EVServerPoolTest, testStartWhileStopping);
	CppUnit_addTest(pSuite, EVServerPoolTest, testDrainAndStopTogether);
	CppUnit_addTest(pSuite, EVServerPoolTest, testProcessEndsWithRunningServers);
	CppUnit_addTest(pSuite, EVServerPoolTest, testThreadForPlainConnections);
	CppUnit_addTest(pSuite, EVServerPoolTest, testLargestNumbers);
	CppUnit_addTest(pSuite, EVServerPoolTest, testLoopIsLedOnWhenStopGivesUp);

	return pSuite;
}
