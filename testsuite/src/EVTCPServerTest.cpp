//
// EVTCPServerTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "Poco/EVNet/EVFraming.h"
#include "Poco/Buffer.h"
#include "Poco/Net/ServerSocket.h"
#include <memory>


using Poco::EVNet::EVFraming;


EVTCPServerTest::EVTCPServerTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVTCPServerTest::~EVTCPServerTest()
{
}


void EVTCPServerTest::echoOverConnections(EVServerOptions::ExecutionPolicy execution, EVServerOptions::AcceptPolicy accept, int threads)
{
	const int CONNECTIONS = 200;
	const int MESSAGES = 4;
	ErrorCollector errors;
	EVTCPServerParams::Ptr pParams = serverParams(threads, threads > 1 ? 2 : 1, execution);
	pParams->setAcceptPolicy(accept);
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();

	std::vector<StreamSocket> clients;
	for (int i = 0; i < CONNECTIONS; i++) clients.push_back(connectTo(server));
	for (int m = 0; m < MESSAGES; m++)
	{
		const std::string text = "message " + std::to_string(m) + " of ";
		for (int i = 0; i < CONNECTIONS; i++) sendAll(clients[i], text + std::to_string(i) + "\n");
		for (int i = 0; i < CONNECTIONS; i++) assertEqual(text + std::to_string(i), receiveLine(clients[i]));
	}
	assertEqual(CONNECTIONS, server.currentConnections());
	assertEqual(CONNECTIONS, server.totalConnections());
	assertTrue (server.statistics().requests == CONNECTIONS*MESSAGES);

	for (auto& client: clients) client.close();
	assertTrue (waitFor([&] { return server.currentConnections() == 0; }));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT, CONNECTIONS));
	server.stop();
	assertTrue (allAccountedFor(server));
	assertEqual(std::string(), errors.text());
}


void EVTCPServerTest::testEcho()
{
	EVTCPServer server(serve(echo));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("hello, world"), exchange(client, "hello, world"));
	assertEqual(1, server.currentConnections());
	assertEqual(1, server.totalConnections());
	assertEqual(1, server.maxConcurrentConnections());
	assertEqual(0, server.queuedConnections());
	assertEqual(0, server.refusedConnections());
	// the connection costs no thread now
	assertTrue (waitFor([&] { return server.currentThreads() == 0; }));
	assertEqual(std::string("again"), exchange(client, "again"));
	client.close();
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT));
}


void EVTCPServerTest::testEchoAdaptiveReusePort()
{
	echoOverConnections(EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::ACCEPT_REUSE_PORT, 4);
}


void EVTCPServerTest::testEchoAdaptiveRoundRobin()
{
	echoOverConnections(EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::ACCEPT_ROUND_ROBIN, 4);
}


void EVTCPServerTest::testEchoAdaptiveOneThread()
{
	echoOverConnections(EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::ACCEPT_REUSE_PORT, 1);
	echoOverConnections(EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::ACCEPT_ROUND_ROBIN, 1);
}


void EVTCPServerTest::testEchoDedicatedReusePort()
{
	echoOverConnections(EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::ACCEPT_REUSE_PORT, 4);
}


void EVTCPServerTest::testEchoDedicatedRoundRobin()
{
	echoOverConnections(EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::ACCEPT_ROUND_ROBIN, 4);
}


void EVTCPServerTest::testEchoDedicatedOneThread()
{
	echoOverConnections(EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::ACCEPT_REUSE_PORT, 1);
	echoOverConnections(EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::ACCEPT_ROUND_ROBIN, 1);
}


void EVTCPServerTest::testEchoInlineReusePort()
{
	echoOverConnections(EVServerOptions::EXECUTE_INLINE, EVServerOptions::ACCEPT_REUSE_PORT, 4);
}


void EVTCPServerTest::testEchoInlineRoundRobin()
{
	echoOverConnections(EVServerOptions::EXECUTE_INLINE, EVServerOptions::ACCEPT_ROUND_ROBIN, 4);
}


void EVTCPServerTest::testEchoInlineOneThread()
{
	echoOverConnections(EVServerOptions::EXECUTE_INLINE, EVServerOptions::ACCEPT_REUSE_PORT, 1);
	echoOverConnections(EVServerOptions::EXECUTE_INLINE, EVServerOptions::ACCEPT_ROUND_ROBIN, 1);
}


void EVTCPServerTest::testRoundRobinSpreadsEvenly()
{
	// the loop is a part of the id (bits 22 to 31)
	EVTCPServerParams::Ptr pParams = serverParams(4, 4);
	pParams->setAcceptPolicy(EVServerOptions::ACCEPT_ROUND_ROBIN);
	EVTCPServer server(serve([](ServedConnection& c) { c.reply(std::to_string((c.id() >> 22) & 0x3FF) + "\n"); }), 0, pParams);
	server.start();
	int loops[4] = {};
	std::vector<StreamSocket> clients;
	for (int i = 0; i < 16; i++)
	{
		clients.push_back(connectTo(server));
		sendAll(clients.back(), "?");
		const int loop = std::stoi(receiveLine(clients.back()));
		assertTrue (loop >= 0 && loop < 4);
		++loops[loop];
	}
	for (int n: loops) assertEqual(4, n);
}


void EVTCPServerTest::testStateIsKeptBetweenRequests()
{
	EVTCPServer server(serve([](ServedConnection& c) { c.reply(std::to_string(++c.state) + "\n"); }, frameLines), 0, serverParams(4));
	server.start();
	StreamSocket one = connectTo(server);
	StreamSocket two = connectTo(server);
	for (int i = 1; i <= 50; i++)
	{
		sendAll(one, "next\n");
		assertEqual(std::to_string(i), receiveLine(one));
	}
	sendAll(two, "next\n");
	assertEqual(std::string("1"), receiveLine(two));
}


void EVTCPServerTest::testIdIsUniqueAndConstant()
{
	std::atomic<int> zeroInConstructor(0);
	EVTCPServer server(new FunctionFactory([&](const StreamSocket& socket)
	{
		ServedConnection* pConnection = new ServedConnection(socket, [](ServedConnection& c) { c.reply(std::to_string(c.id()) + "\n"); }, frameLines);
		if (pConnection->id() == 0) ++zeroInConstructor;
		return pConnection;
	}), 0, serverParams(2));
	server.start();
	std::vector<std::string> ids;
	for (int i = 0; i < 20; i++)
	{
		// one after the other: the slots are used again
		StreamSocket client = connectTo(server);
		sendAll(client, "a\n");
		const std::string id = receiveLine(client);
		assertTrue (id != "0");
		sendAll(client, "b\n");
		assertEqual(id, receiveLine(client));
		for (const auto& other: ids) assertTrue (other != id);
		ids.push_back(id);
		client.close();
		assertTrue (waitFor([&] { return server.currentConnections() == 0; }));
	}
	assertEqual(20, zeroInConstructor.load());
}


void EVTCPServerTest::testLineDribblesInByteByByte()
{
	EVTCPServer server(serve(echo, [](const char* p, std::size_t n) { return EVFraming::line(p, n, 1024); }), 0, serverParams(1));
	server.start();
	StreamSocket client = connectTo(server);
	for (int round = 0; round < 2; round++)
	{
		for (char c: std::string("a line that comes in pieces"))
		{
			sendAll(client, std::string(1, c));
			sleepFor(1);
		}
		assertFalse (client.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
		assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
		sendAll(client, "\n");
		assertEqual(std::string("a line that comes in pieces"), receiveLine(client));
	}
	assertTrue (server.statistics().requests == 2);
}


void EVTCPServerTest::testRequestsInOnePacketEachGetTheirRun()
{
	for (int threads: {1, 4})
	{
		EVTCPServer server(serve([](ServedConnection& c) { c.reply(std::to_string(++c.state) + ":" + c.request()); }, frameLines), 0, serverParams(threads));
		server.start();
		StreamSocket client = connectTo(server);
		std::string packet;
		std::string expected;
		for (int i = 1; i <= 100; i++)
		{
			packet += "request " + std::to_string(i) + "\n";
			expected += std::to_string(i) + ":request " + std::to_string(i) + "\n";
		}
		sendAll(client, packet + "unfinished");
		assertEqual(expected, receive(client, expected.size()));
		sendAll(client, " one\n");
		assertEqual(std::string("101:unfinished one"), receiveLine(client));
		assertTrue (server.statistics().requests == 101);
	}
}


void EVTCPServerTest::testPipelinerDoesNotDelayOthersForAllItsRequests()
{
	// One connection has sent 1,000 requests at once. Another one comes while the first of them
	// is running: its request must not have to wait for all of them.
	Gate gate;
	std::mutex mutex;
	std::string order;
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		const std::string request = c.request();
		if (request == "first\n") gate.pass();
		std::lock_guard<std::mutex> lock(mutex);
		order += request[0];
	}, frameLines), 0, serverParams(1, 1, EVServerOptions::EXECUTE_INLINE));
	server.start();

	StreamSocket pipeliner = connectTo(server);
	std::string many = "first\n";
	for (int i = 1; i < 1000; i++) many += "p\n";
	sendAll(pipeliner, many);
	assertTrue (gate.holds(1));
	StreamSocket other = connectTo(server);
	sendAll(other, "x\n");
	gate.open();
	assertTrue (waitFor([&] { std::lock_guard<std::mutex> lock(mutex); return order.size() == 1001; }));
	std::lock_guard<std::mutex> lock(mutex);
	// A few turns of 16 requests; several of them when accept4() fails at first, as the fault tests make it.
	assertTrue (order.find('x') != std::string::npos);
	assertTrue (order.find('x') < 500);
}


void EVTCPServerTest::testUnreadBytesOfARequestAreGone()
{
	EVTCPServer server(serve([](ServedConnection& c)
	{
		c.reply(receive(c.socket(), 3) + "\n");
	}, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "one is longer\ntwo\nthree\n");
	assertEqual(std::string("one"), receiveLine(client));
	assertEqual(std::string("two"), receiveLine(client));
	assertEqual(std::string("thr"), receiveLine(client));
}


void EVTCPServerTest::testHandlerReadsOnFromTheNetwork()
{
	// The frame is larger than what has arrived: run() is called now and reads the rest itself.
	const std::size_t SIZE = 300000; // more than maxBufferedBytes
	EVTCPServer server(serve([](ServedConnection& c)
	{
		std::string data = receive(c.socket(), SIZE);
		c.reply(std::to_string(data.size()) + data.substr(data.size() - 1) + "\n");
	}, [](const char*, std::size_t) { return static_cast<std::ptrdiff_t>(SIZE); }), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	for (char c: {'a', 'b', 'c'})
	{
		sendAll(client, std::string(1000, c));
		sleepFor(5);
		sendAll(client, std::string(SIZE - 1000, c));
		assertEqual(std::to_string(SIZE) + c, receiveLine(client));
	}
	assertTrue (server.statistics().requests == 3);
}


void EVTCPServerTest::testFactoryCountsEachConnectionOnce()
{
	std::atomic<int> created(0);
	std::atomic<int> destroyed(0);
	std::shared_ptr<int> pToken(new int(0), [&destroyed](int* p) { ++destroyed; delete p; });
	{
		EVTCPServer server(new FunctionFactory([&created, pToken](const StreamSocket& socket)
		{
			++created;
			return new ServedConnection(socket, echo, frameLines);
		}), 0, serverParams(2));
		pToken.reset();
		server.start();
		for (int i = 0; i < 10; i++)
		{
			StreamSocket client = connectTo(server);
			sendAll(client, "x\n");
			assertEqual(std::string("x"), receiveLine(client));
		}
		assertEqual(10, created.load());
		assertEqual(0, destroyed.load());
	}
	assertTrue (waitFor([&] { return destroyed == 1; })); // the server has destroyed the factory
}


void EVTCPServerTest::testSeveralServersShareThePool()
{
	EVTCPServer one(serve(echo), 0, serverParams(2));
	EVTCPServer two(serve([](ServedConnection& c) { c.reply("two"); }), 0, serverParams(2));
	one.start();
	two.start();
	for (int i = 0; i < 10; i++)
	{
		StreamSocket first = connectTo(one);
		StreamSocket second = connectTo(two);
		assertEqual(std::string("one"), exchange(first, "one"));
		assertEqual(std::string("two"), exchange(second, "xxx"));
	}
	one.stop();
	StreamSocket second = connectTo(two);
	assertEqual(std::string("two"), exchange(second, "xxx"));
}


void EVTCPServerTest::testMoreRequestsThanTheBufferTakes()
{
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2, 1));
	server.start();
	StreamSocket client = connectTo(server);
	std::string requests;
	for (int i = 0; i < 3000; i++) requests += "this is line " + std::to_string(i) + "\n"; // of which one is cut at the end of the buffer
	assertTrue (::exchange(client, requests) == requests);
	assertTrue (server.statistics().requests == 3000);
}


void EVTCPServerTest::testHandlerDoesNotReadTheRestOfItsRequest()
{
	// The bytes that follow belong to the request: nobody knows where the next one begins.
	EVTCPServer server(serve(echo, [](const char*, std::size_t n) -> std::ptrdiff_t { return n < 13 ? 0 : 1000; }), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "thirteen char");
	assertEqual(std::string("thirteen char"), receiveToEnd(client));
	client.close();
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_HANDLER));
}


void EVTCPServerTest::testReceiveIntoAPocoBuffer()
{
	EVTCPServer server(serve([](ServedConnection& c)
	{
		const Poco::Timespan timeout(DEADLINE*Poco::Timespan::MILLISECONDS);
		Poco::Buffer<char> buffer(0);
		c.socket().receiveBytes(buffer, 0, timeout); // the request
		c.reply(std::string(buffer.begin(), buffer.size()));
		Poco::Buffer<char> larger(1000);
		std::string more;
		while (more.size() < 5 && c.socket().receiveBytes(larger, 0, timeout) > 0) more.append(larger.begin(), larger.size());
		c.reply(more);
		if (c.socket().receiveBytes(larger, 0, Poco::Timespan(0)) != 0) throw Poco::DataException("nothing has been sent");
		c.reply("nothing\n");
	}, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("request\n"), exchange(client, "request\n"));
	sendAll(client, "more\n");
	assertEqual(std::string("more"), receiveLine(client));
	assertEqual(std::string("nothing"), receiveLine(client));
}


void EVTCPServerTest::testReceiveTimeoutIsWhatHasBeenSet()
{
	EVTCPServer server(serve([](ServedConnection& c)
	{
		c.reply(std::to_string(c.socket().getReceiveTimeout().totalMilliseconds()) + "\n");
		c.socket().setReceiveTimeout(Poco::Timespan(1500*Poco::Timespan::MILLISECONDS));
		c.reply(std::to_string(c.socket().getReceiveTimeout().totalMilliseconds()) + "\n");
	}, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "x\n");
	assertEqual(std::string("0"), receiveLine(client)); // as with Poco: no limit
	assertEqual(std::string("1500"), receiveLine(client));
}


void EVTCPServerTest::testSocket()
{
	Poco::Net::ServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", 0));
	EVTCPServer server(serve(echo), socket, serverParams(2));
	assertTrue (server.socket() == socket);
	EVTCPServer other(serve(echo), 0, serverParams(2));
	assertEqual(other.port(), other.socket().address().port());
}


void EVTCPServerTest::setUp()
{
}


void EVTCPServerTest::tearDown()
{
}


CppUnit::Test* EVTCPServerTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerTest");

	CppUnit_addTest(pSuite, EVTCPServerTest, testEcho);
	CppUnit_addTest(pSuite, EVTCPServerTest, testEchoAdaptiveReusePort);
	CppUnit_addTest(pSuite, EVTCPServerTest, testEchoAdaptiveRoundRobin);
	CppUnit_addTest(pSuite, EVTCPServerTest, testEchoAdaptiveOneThread);
	CppUnit_addTest(pSuite, EVTCPServerTest, testEchoDedicatedReusePort);
	CppUnit_addTest(pSuite, EVTCPServerTest, testEchoDedicatedRoundRobin);
	CppUnit_addTest(pSuite, EVTCPServerTest, testEchoDedicatedOneThread);
	CppUnit_addTest(pSuite, EVTCPServerTest, testEchoInlineReusePort);
	CppUnit_addTest(pSuite, EVTCPServerTest, testEchoInlineRoundRobin);
	CppUnit_addTest(pSuite, EVTCPServerTest, testEchoInlineOneThread);
	CppUnit_addTest(pSuite, EVTCPServerTest, testRoundRobinSpreadsEvenly);
	CppUnit_addTest(pSuite, EVTCPServerTest, testStateIsKeptBetweenRequests);
	CppUnit_addTest(pSuite, EVTCPServerTest, testIdIsUniqueAndConstant);
	CppUnit_addTest(pSuite, EVTCPServerTest, testLineDribblesInByteByByte);
	CppUnit_addTest(pSuite, EVTCPServerTest, testRequestsInOnePacketEachGetTheirRun);
	CppUnit_addTest(pSuite, EVTCPServerTest, testPipelinerDoesNotDelayOthersForAllItsRequests);
	CppUnit_addTest(pSuite, EVTCPServerTest, testUnreadBytesOfARequestAreGone);
	CppUnit_addTest(pSuite, EVTCPServerTest, testHandlerReadsOnFromTheNetwork);
	CppUnit_addTest(pSuite, EVTCPServerTest, testFactoryCountsEachConnectionOnce);
	CppUnit_addTest(pSuite, EVTCPServerTest, testSeveralServersShareThePool);
	CppUnit_addTest(pSuite, EVTCPServerTest, testMoreRequestsThanTheBufferTakes);
	CppUnit_addTest(pSuite, EVTCPServerTest, testHandlerDoesNotReadTheRestOfItsRequest);
	CppUnit_addTest(pSuite, EVTCPServerTest, testReceiveIntoAPocoBuffer);
	CppUnit_addTest(pSuite, EVTCPServerTest, testReceiveTimeoutIsWhatHasBeenSet);
	CppUnit_addTest(pSuite, EVTCPServerTest, testSocket);

	return pSuite;
}
