//
// EVTCPServerDetachTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerDetachTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include <sys/socket.h>


namespace
{
	class Handover
		/// Where handlers leave detached sockets for the test.
	{
	public:
		void put(const StreamSocket& socket)
		{
			std::lock_guard<std::mutex> lock(_mutex);
			_sockets.push_back(socket);
		}

		StreamSocket get()
		{
			StreamSocket socket;
			const bool there = waitFor([&]
			{
				std::lock_guard<std::mutex> lock(_mutex);
				if (_sockets.empty()) return false;
				socket = _sockets.front();
				_sockets.erase(_sockets.begin());
				return true;
			});
			if (!there) throw Poco::TimeoutException("no socket was detached");
			return socket;
		}

	private:
		std::mutex _mutex;
		std::vector<StreamSocket> _sockets;
	};


	void detachOnRequest(ServedConnection& c, Handover& handover)
	{
		const std::string request = c.request();
		if (request == "detach\n")
		{
			receiveLine(c.socket());
			handover.put(c.detachSocket());
		}
		else c.reply("server " + request);
	}
}


EVTCPServerDetachTest::EVTCPServerDetachTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVTCPServerDetachTest::~EVTCPServerDetachTest()
{
}


void EVTCPServerDetachTest::testReceiveWithoutWaiting()
{
	EVTCPServer server(serve([](ServedConnection& c)
	{
		receiveLine(c.socket());
		c.socket().setReceiveTimeout(Poco::Timespan(20, 0));
		const Poco::Int64 begin = realTime();
		std::string what;
		char byte;
		try
		{
			what = std::to_string(c.socket().receiveBytes(&byte, 1, MSG_DONTWAIT));
		}
		catch (Poco::TimeoutException&)
		{
			what = "timeout";
		}
		c.reply(what + (realTime() - begin < 10000 ? " at once\n" : " late\n"));
	}, frameLines), 0, serverParams(2, 1));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "x\n");
	assertEqual (std::string("timeout at once"), receiveLine(client));
}


void EVTCPServerDetachTest::testReceiveAll()
{
	EVTCPServer server(serve([](ServedConnection& c)
	{
		receiveLine(c.socket());
		char bytes[4];
		c.reply("go\n");
		c.reply(std::to_string(c.socket().receiveBytes(bytes, 4, MSG_WAITALL)) + "\n");
	}, frameLines), 0, serverParams(2, 1));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "x\n");
	assertEqual (std::string("go"), receiveLine(client));
	sendAll(client, "ab");
	sleepFor(20);
	sendAll(client, "cd");
	assertEqual (std::string("4"), receiveLine(client));
}


void EVTCPServerDetachTest::testLongReceiveTimeout()
{
	EVTCPServer server(serve([](ServedConnection& c)
	{
		receiveLine(c.socket());
		c.socket().setReceiveTimeout(Poco::Timespan(300*365, 0, 0, 0, 0));
		c.reply("go\n");
		c.reply(receiveLine(c.socket()) + "\n");
	}, frameLines), 0, serverParams(2, 1));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "x\n");
	assertEqual (std::string("go"), receiveLine(client));
	sleepFor(20);
	sendAll(client, "later\n");
	assertEqual (std::string("later"), receiveLine(client));
}


void EVTCPServerDetachTest::testReceiveAfterClose()
{
	std::atomic<int> result(0);
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		receiveLine(c.socket());
		c.socket().close();
		char byte;
		try
		{
			c.socket().receiveBytes(&byte, 1);
			result = 1;
		}
		catch (Poco::Net::InvalidSocketException&)
		{
			result = 2;
		}
		catch (Poco::Exception&)
		{
			result = 3;
		}
	}, frameLines), 0, serverParams(2, 1));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "x\n");
	assertTrue (waitFor([&] { return result != 0; }));
	assertEqual (2, static_cast<int>(result));
}


void EVTCPServerDetachTest::testDetachedSocketIsUsedOnByAnotherThread()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		Handover handover;
		EVTCPServer server(serve([&](ServedConnection& c) { detachOnRequest(c, handover); }, frameLines), 0, serverParams(2, 1, policy));
		server.start();
		StreamSocket client = connectTo(server);
		sendAll(client, "detach\n");
		StreamSocket detached = handover.get();
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_DETACHED));
		assertEqual(0, server.currentConnections());

		sendAll(detached, "I have got it\n");
		assertEqual(std::string("I have got it"), receiveLine(client));
		sendAll(client, "go on\n");
		assertEqual(std::string("go on"), receiveLine(detached));
		server.stop(); // no longer has anything to do with it
		sendAll(client, "still there?\n");
		assertEqual(std::string("still there?"), receiveLine(detached));
		detached.close();
		assertTrue (isClosed(client));
		assertTrue (allAccountedFor(server));
	}
}


void EVTCPServerDetachTest::testDetachedSocketYieldsAllBytesInOrder()
{
	Handover handover;
	EVTCPServer server(serve([&](ServedConnection& c) { detachOnRequest(c, handover); }, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	// more than the server reads ahead
	std::string rest;
	for (int i = 0; i < 30000; i++) rest += "line " + std::to_string(i) + "\n";
	std::string errors = inParallel(2, [&](int i)
	{
		if (i == 0) sendAll(client, "first\ndetach\n" + rest);
		else
		{
			StreamSocket detached = handover.get();
			if (receive(detached, rest.size()) != rest) throw Poco::DataException("the bytes differ");
		}
	});
	assertEqual(std::string(), errors);
	assertEqual(std::string("server first"), receiveLine(client));
}


void EVTCPServerDetachTest::testUnreadRequestIsYieldedToo()
{
	Handover handover;
	EVTCPServer server(serve([&](ServedConnection& c) { handover.put(c.detachSocket()); }, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "one\ntwo\n");
	StreamSocket detached = handover.get();
	assertEqual(std::string("one"), receiveLine(detached));
	assertEqual(std::string("two"), receiveLine(detached));
}


void EVTCPServerDetachTest::testPollAndAvailableSeeBufferedBytes()
{
	Handover handover;
	EVTCPServer server(serve([&](ServedConnection& c) { detachOnRequest(c, handover); }, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "detach\nrest");
	StreamSocket detached = handover.get();
	assertTrue (detached.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
	assertTrue (detached.available() >= 4);
	assertEqual(std::string("rest"), receive(detached, 4));
	assertFalse (detached.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
	sendAll(client, "more");
	assertTrue (detached.poll(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS), Poco::Net::Socket::SELECT_READ));
	assertEqual(std::string("more"), receive(detached, 4));
	assertEqual(client.address().toString(), detached.peerAddress().toString());
	assertEqual(client.peerAddress().toString(), detached.address().toString());
}


void EVTCPServerDetachTest::testDetachInHandlerThatGoesOn()
{
	// the handler itself uses the socket on, and then just drops it
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		receiveLine(c.socket());
		StreamSocket socket = c.detachSocket();
		for (std::string line = receiveLine(socket); line != "end"; line = receiveLine(socket)) sendAll(socket, line + "!\n");
		socket.close();
	}, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "detach\none\n");
	assertEqual(std::string("one!"), receiveLine(client));
	sendAll(client, "two\n");
	assertEqual(std::string("two!"), receiveLine(client));
	sendAll(client, "end\n");
	assertTrue (isClosed(client));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_DETACHED));
}


void EVTCPServerDetachTest::testDetachSendsPendingOutputFirst()
{
	const std::string much(4*1024*1024, 'p');
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setMaxPendingOutput(8*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		c.reply(much);
		StreamSocket socket = c.detachSocket();
		sendAll(socket, "after it\n");
		socket.close();
	}, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "go\n");
	assertTrue (receiveToEnd(client) == much + "after it\n");
}


void EVTCPServerDetachTest::testDetachAndAdoptBack()
{
	Handover handover;
	EVTCPServer server(serve([&](ServedConnection& c) { detachOnRequest(c, handover); }, frameLines), 0, serverParams(2, 2));
	server.start();
	StreamSocket client = connectTo(server);
	for (int round = 0; round < 20; round++)
	{
		const std::string n = std::to_string(round);
		// what follows in the same packet belongs to who detaches, and then to the server again
		sendAll(client, "before " + n + "\ndetach\nouter " + n + "\nafter " + n + "\n");
		assertEqual("server before " + n, receiveLine(client));
		StreamSocket detached = handover.get();
		assertEqual("outer " + n, receiveLine(detached));
		sendAll(detached, "thread " + n + "\n");
		server.adopt(detached);
		detached = StreamSocket();
		assertEqual("thread " + n, receiveLine(client));
		assertEqual("server after " + n, receiveLine(client));
	}
	client.close();
	assertTrue (waitFor([&] { return server.currentConnections() == 0; }));
	server.stop();
	assertTrue (allAccountedFor(server));
	assertTrue (server.statistics().adopted == 20);
	assertTrue (server.statistics().accepted == 1);
	assertTrue (closed(server, EVServerStatistics::CLOSED_DETACHED) == 20);
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_CLIENT) == 1);
}


void EVTCPServerDetachTest::testHandlerMovesConnectionToAnotherServer()
{
	EVTCPServer second(serve([](ServedConnection& c) { c.reply("second " + c.request()); }, frameLines), 0, serverParams(2));
	second.start();
	EVTCPServer first(serve([&](ServedConnection& c)
	{
		if (c.request() == "move\n")
		{
			receiveLine(c.socket());
			second.adopt(c.detachSocket());
		}
		else c.reply("first " + c.request());
	}, frameLines), 0, serverParams(2));
	first.start();
	for (int i = 0; i < 20; i++)
	{
		StreamSocket client = connectTo(first);
		sendAll(client, "a\nmove\nb\n");
		assertEqual(std::string("first a"), receiveLine(client));
		assertEqual(std::string("second b"), receiveLine(client));
		sendAll(client, "c\n");
		assertEqual(std::string("second c"), receiveLine(client));
	}
	first.stop();
	second.stop();
	assertTrue (allAccountedFor(first));
	assertTrue (allAccountedFor(second));
	assertTrue (second.statistics().adopted == 20);
}


void EVTCPServerDetachTest::setUp()
{
}


void EVTCPServerDetachTest::tearDown()
{
}


CppUnit::Test* EVTCPServerDetachTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerDetachTest");

	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testReceiveWithoutWaiting);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testReceiveAll);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testLongReceiveTimeout);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testReceiveAfterClose);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testDetachedSocketIsUsedOnByAnotherThread);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testDetachedSocketYieldsAllBytesInOrder);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testUnreadRequestIsYieldedToo);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testPollAndAvailableSeeBufferedBytes);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testDetachInHandlerThatGoesOn);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testDetachSendsPendingOutputFirst);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testDetachAndAdoptBack);
	CppUnit_addTest(pSuite, EVTCPServerDetachTest, testHandlerMovesConnectionToAnotherServer);

	return pSuite;
}
