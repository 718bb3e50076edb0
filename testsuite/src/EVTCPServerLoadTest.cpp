//
// EVTCPServerLoadTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerLoadTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/ThreadPool.h"


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::ThreadPool;


namespace
{
	void hammer(const SocketAddress& address, const std::atomic<bool>& stopped)
		/// Connects and asks until the server does not answer any more. Throws if an
		/// answer is wrong, not if there is none.
	{
		while (!stopped)
		{
			try
			{
				StreamSocket client = connectTo(address);
				for (int i = 0; i < 10; i++)
				{
					const std::string request = std::to_string(i) + "\n";
					const std::string answer = exchange(client, request);
					if (answer.empty()) break;
					if (answer != request) throw Poco::DataException("wrong answer", answer);
				}
			}
			catch (Poco::Net::NetException&)
			{
			}
			catch (Poco::TimeoutException&)
			{
				throw;
			}
			catch (Poco::IOException&)
			{
			}
		}
	}
}


EVTCPServerLoadTest::EVTCPServerLoadTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVTCPServerLoadTest::~EVTCPServerLoadTest()
{
}


void EVTCPServerLoadTest::stopUnderLoad(EVServerOptions::ExecutionPolicy policy, int times)
{
	// POCO issues 2085, 2746, 1884, 2634, 4000
	for (int i = 0; i < times; i++)
	{
		ThreadPool pool(1, 8);
		{
			ServerSocket socket(SocketAddress("127.0.0.1", 0));
			EVTCPServer server(serve(echo, frameLines), pool, socket, serverParams(4, 2, policy));
			server.start();
			const SocketAddress address = socket.address();
			std::atomic<bool> stopped(false);
			std::string errors = inParallel(17, [&](int t)
			{
				if (t < 16) hammer(address, stopped);
				else
				{
					waitFor([&] { return server.statistics().requests > 200; });
					server.stop();
					stopped = true;
					socket.close(); // ends connections that wait in the backlog
				}
			});
			assertEqual(std::string(), errors);
			assertTrue (allAccountedFor(server));
		}
		assertTrue (waitFor([&] { return pool.used() == 0; }));
	}
}


void EVTCPServerLoadTest::testStopUnderLoadAdaptive()
{
	stopUnderLoad(EVServerOptions::EXECUTE_ADAPTIVE, 20);
}


void EVTCPServerLoadTest::testStopUnderLoadDedicated()
{
	stopUnderLoad(EVServerOptions::EXECUTE_DEDICATED, 20);
}


void EVTCPServerLoadTest::testStopUnderLoadInline()
{
	stopUnderLoad(EVServerOptions::EXECUTE_INLINE, 20);
}


void EVTCPServerLoadTest::testDetachAndAdoptUnderLoad()
{
	// Handlers detach their sockets, other threads give them back, while clients keep
	// asking, and until after the server has been stopped.
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		std::mutex mutex;
		std::vector<StreamSocket> detached;
		ServerSocket socket(SocketAddress("127.0.0.1", 0));
		EVTCPServerParams::Ptr pParams = serverParams(4, 2, policy);
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			if (c.request() == "5\n")
			{
				receiveLine(c.socket());
				std::lock_guard<std::mutex> lock(mutex);
				detached.push_back(c.detachSocket());
			}
			else echo(c);
		}, frameLines), socket, pParams);
		server.start();
		const SocketAddress address = socket.address();
		std::atomic<bool> stopped(false);
		std::string errors = inParallel(8 + 3, [&](int t)
		{
			if (t < 8) hammer(address, stopped);
			else if (t < 10)
			{
				for (;;)
				{
					std::vector<StreamSocket> mine;
					{
						std::lock_guard<std::mutex> lock(mutex);
						mine.swap(detached);
					}
					if (mine.empty() && stopped) break;
					for (StreamSocket& one: mine)
					{
						try
						{
							sendAll(one, "5\n");
							server.adopt(one);
						}
						catch (Poco::IllegalStateException&)
						{
							one.close(); // stopped meanwhile
						}
						catch (Poco::IOException&)
						{
							one.close(); // the client has left
						}
					}
					mine.clear();
					sleepFor(1);
				}
			}
			else
			{
				waitFor([&] { return server.statistics().adopted > 200; });
				server.stop();
				{
					std::lock_guard<std::mutex> lock(mutex);
					for (StreamSocket& one: detached) one.close();
					detached.clear();
				}
				stopped = true;
				socket.close();
			}
		});
		assertEqual(std::string(), errors);
		assertTrue (allAccountedFor(server));
		assertTrue (server.statistics().adopted > 200);
	}
}


void EVTCPServerLoadTest::testStartAndStopManyServersAtOnce()
{
	std::string errors = inParallel(4, [&](int t)
	{
		for (int i = 0; i < 10; i++)
		{
			EVTCPServer server(serve(echo, frameLines), 0, serverParams(1 + (t + i) % 4));
			server.start();
			StreamSocket client = connectTo(server);
			if (exchange(client, "x\n") != "x\n") throw Poco::DataException("wrong answer");
			if (i % 2) server.stop();
		}
	});
	assertEqual(std::string(), errors);
}


void EVTCPServerLoadTest::testConnectionsComeAndGo()
{
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(4, 2));
	server.start();
	std::string errors = inParallel(8, [&](int t)
	{
		for (int i = 0; i < 100; i++)
		{
			StreamSocket client = connectTo(server);
			const std::string text = std::to_string(1000*t + i) + "\n";
			if (exchange(client, text) != text) throw Poco::DataException("wrong answer");
			if (i % 3 == 0) resetConnection(client);
		}
	});
	assertEqual(std::string(), errors);
	assertTrue (waitFor([&] { return server.statistics().closes() == 800; }));
	assertEqual(800, server.totalConnections());
	server.stop();
	assertTrue (allAccountedFor(server));
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_CLIENT) + closed(server, EVServerStatistics::CLOSED_RESET) == 800);
}


void EVTCPServerLoadTest::setUp()
{
}


void EVTCPServerLoadTest::tearDown()
{
}


CppUnit::Test* EVTCPServerLoadTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerLoadTest");

	CppUnit_addTest(pSuite, EVTCPServerLoadTest, testStopUnderLoadAdaptive);
	CppUnit_addTest(pSuite, EVTCPServerLoadTest, testStopUnderLoadDedicated);
	CppUnit_addTest(pSuite, EVTCPServerLoadTest, testStopUnderLoadInline);
	CppUnit_addTest(pSuite, EVTCPServerLoadTest, testDetachAndAdoptUnderLoad);
	CppUnit_addTest(pSuite, EVTCPServerLoadTest, testStartAndStopManyServersAtOnce);
	CppUnit_addTest(pSuite, EVTCPServerLoadTest, testConnectionsComeAndGo);

	return pSuite;
}
