//
// EVTCPServerOutputTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerOutputTest.h"
#include "CppUnit/TestCaller.h"
#include "core/PocoVersion.h"
#include "TestSupport.h"
#include "Poco/FileStream.h"
#include "Poco/TemporaryFile.h"


namespace
{
	EVTCPServerParams::Ptr outputParams(int threads, std::size_t maxPendingOutput, int sendTimeout = DEADLINE)
	{
		EVTCPServerParams::Ptr pParams = serverParams(threads, 1);
		pParams->setMaxPendingOutput(maxPendingOutput);
		pParams->setSendTimeout(Poco::Timespan(sendTimeout*Poco::Timespan::MILLISECONDS));
		return pParams;
	}


	StreamSocket slowReader(EVTCPServer& server)
		/// A client that takes in little if it does not read.
	{
		StreamSocket socket(Poco::Net::SocketAddress::IPv4);
		socket.setReceiveBufferSize(8192);
		socket.connect(Poco::Net::SocketAddress("127.0.0.1", server.port()));
		socket.setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
		return socket;
	}


	std::string receiveQuickly(StreamSocket& socket, std::size_t length)
		/// For a client that has been slow for long enough.
	{
		socket.setReceiveBufferSize(1024*1024);
		return receive(socket, length);
	}
}


EVTCPServerOutputTest::EVTCPServerOutputTest(const std::string& name): ClockedTest(name)
{
}


EVTCPServerOutputTest::~EVTCPServerOutputTest()
{
}


void EVTCPServerOutputTest::testSlowReaderDoesNotHoldTheThread()
{
	// POCO issues 2388, 2630
	for (std::size_t size: {512*1024, 16*1024*1024})
	{
		const std::string much = pattern(size);
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			if (c.request() == "much\n") c.reply(much);
			else echo(c);
		}, frameLines), 0, outputParams(1, 32*1024*1024));
		server.start();
		StreamSocket slow = slowReader(server);
		sendAll(slow, "much\n");
		for (int i = 0; i < 10; i++)
		{
			StreamSocket other = connectTo(server);
			assertEqual(std::string("quick\n"), exchange(other, "quick\n"));
		}
		assertTrue (waitFor([&] { return server.currentThreads() == 0; }));
		if (size > 8*1024*1024) assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
		assertTrue (receiveQuickly(slow, much.size()) == much);
		assertTrue (waitFor([&] { return server.statistics().flushing == 0; }));
		// and the connection goes on
		assertEqual(std::string("after\n"), exchange(slow, "after\n"));
	}
}


void EVTCPServerOutputTest::testRequestsWaitForTheOutput()
{
	// The next request of a connection is not run while it does not take the output of the one before.
	const std::string much = pattern(16*1024*1024);
	std::atomic<int> runs(0);
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		++runs;
		c.reply(much);
	}, frameLines), 0, outputParams(1, 32*1024*1024));
	server.start();
	StreamSocket client = slowReader(server);
	sendAll(client, "1\n2\n");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	sendAll(client, "3\n");
	sleepFor(50);
	assertEqual(1, runs.load());
	for (int i = 0; i < 3; i++) assertTrue (receiveQuickly(client, much.size()) == much);
	assertEqual(3, runs.load());
}


void EVTCPServerOutputTest::testWriterWaitsBeyondMaxPendingOutput()
{
	const std::string much = pattern(16*1024*1024);
	std::atomic<bool> written(false);
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		for (std::size_t i = 0; i < much.size(); i += 65536) c.reply(much.substr(i, 65536));
		written = true;
	}, frameLines), 0, outputParams(2, 64*1024));
	server.start();
	StreamSocket client = slowReader(server);
	sendAll(client, "much\n");
	sleepFor(100);
	assertFalse (written);
	assertEqual(1, server.currentThreads());
	assertTrue (receiveQuickly(client, much.size()) == much);
	assertTrue (waitFor([&] { return written.load(); }));
}


void EVTCPServerOutputTest::testNoPendingOutputAtAll()
{
	const std::string much = pattern(4*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c) { c.reply(much); }, frameLines), 0, outputParams(2, 0));
	server.start();
	StreamSocket client = slowReader(server);
	for (int i = 0; i < 2; i++)
	{
		sendAll(client, "much\n");
		assertTrue (receiveQuickly(client, much.size()) == much);
	}
	assertTrue (waitFor([&] { return server.statistics().flushing == 0; }));
}


void EVTCPServerOutputTest::testWaitingWriterIsTimedOut()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		ErrorCollector errors;
		EVTCPServerParams::Ptr pParams = outputParams(2, 64*1024, 2000);
		pParams->setExecutionPolicy(policy);
		EVTCPServer server(serve([&](ServedConnection& c) { c.reply(pattern(32*1024*1024)); }, frameLines), 0, pParams);
		server.start();
		StreamSocket client = slowReader(server);
		Stopwatch watch;
		sendAll(client, "much\n");
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_SEND_TIMEOUT));
		assertTrue (watch.elapsed() >= 1995);
		assertEqual(1, errors.pocoExceptions());
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVTCPServerOutputTest::testPendingOutputIsTimedOut()
{
	EVTCPServer server(serve([&](ServedConnection& c) { c.reply(pattern(16*1024*1024)); }, frameLines), 0, outputParams(1, 32*1024*1024, 2000));
	server.start();
	StreamSocket client = slowReader(server);
	Stopwatch watch;
	sendAll(client, "much\n");
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_SEND_TIMEOUT));
	assertTrue (watch.elapsed() >= 1995);
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerOutputTest::testReaderThatMakesProgressIsNotTimedOut()
{
	const std::string much = pattern(16*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c) { c.reply(much); }, frameLines), 0, outputParams(1, 32*1024*1024, 5000));
	server.start();
	StreamSocket client = slowReader(server);
	sendAll(client, "much\n");
	std::string received;
	Stopwatch watch;
	while (watch.elapsed() < 6000)
	{
		received += receive(client, 64*1024);
		sleepFor(100);
	}
	received += receiveQuickly(client, much.size() - received.size());
	assertTrue (received == much);
	assertTrue (server.statistics().closes() == 0);
}


void EVTCPServerOutputTest::testManySmallWritesArriveInOrder()
{
	const int WRITES = 50000;
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		for (int i = 0; i < WRITES; i++) c.reply(std::to_string(i) + "\n");
	}, frameLines), 0, outputParams(1, 1024*1024));
	server.start();
	StreamSocket client = slowReader(server);
	sendAll(client, "go\n");
	std::string expected;
	for (int i = 0; i < WRITES; i++) expected += std::to_string(i) + "\n";
	sleepFor(50);
	assertTrue (receive(client, expected.size()) == expected);
}


void EVTCPServerOutputTest::testHandlerThatReadsGetsItsQuestionAcrossFirst()
{
	// The client answers only when it has received all of the question, which is more than the
	// socket takes: reading has to send first what is pending.
	const std::string question = pattern(8*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		receiveLine(c.socket());
		c.reply(question);
		c.reply("answer: " + receiveLine(c.socket()) + "\n");
	}, frameLines), 0, outputParams(2, 16*1024*1024));
	server.start();
	StreamSocket client = slowReader(server);
	sendAll(client, "ask me\n");
	assertTrue (receiveQuickly(client, question.size()) == question);
	sendAll(client, "42\n");
	assertEqual(std::string("answer: 42"), receiveLine(client));
}


void EVTCPServerOutputTest::testSocketBufVec()
{
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		char first[3];
		char second[100];
		Poco::Net::SocketBufVec in;
		in.push_back(Poco::Net::Socket::makeBuffer(first, sizeof(first)));
		in.push_back(Poco::Net::Socket::makeBuffer(second, sizeof(second)));
		const int n = c.socket().receiveBytes(in);
		Poco::Net::SocketBufVec out;
		out.push_back(Poco::Net::Socket::makeBuffer(first, 3));
		out.push_back(Poco::Net::Socket::makeBuffer(second, static_cast<std::size_t>(n) - 3));
		c.socket().sendBytes(out);
	}, frameLines), 0, outputParams(2, 1024*1024));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("scattered and gathered\n"), exchange(client, "scattered and gathered\n"));
}


void EVTCPServerOutputTest::testManySlowReadersAtOnce()
{
	const int CLIENTS = 20;
	const std::string much = pattern(2*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c) { c.reply(much); }, frameLines), 0, outputParams(2, 4*1024*1024));
	server.start();
	std::vector<StreamSocket> clients;
	for (int i = 0; i < CLIENTS; i++)
	{
		clients.push_back(slowReader(server));
		sendAll(clients.back(), "much\n");
	}
	assertTrue (waitFor([&] { return server.statistics().requests == CLIENTS && server.currentThreads() == 0; }));
	std::string errors = inParallel(4, [&](int t)
	{
		for (int i = t; i < CLIENTS; i += 4)
		{
			if (receiveQuickly(clients[i], much.size()) != much) throw Poco::DataException("the bytes differ");
		}
	});
	assertEqual(std::string(), errors);
}


void EVTCPServerOutputTest::testShutdownSendSendsPendingOutputFirst()
{
	const std::string much = pattern(4*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		c.reply(much);
		c.socket().shutdownSend();
	}, frameLines), 0, outputParams(2, 8*1024*1024));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "much\n");
	assertTrue (receiveToEnd(client) == much);
}


void EVTCPServerOutputTest::testSocketSendFileSendsPendingOutputFirst()
{
	// StreamSocket::sendFile(), which Poco has since 1.13. The one of 1.13 and 1.14.0 goes past EVNet.
#if defined(EVNet_OVERRIDES_SEND_FILE)
	const std::string much = pattern(4*1024*1024);
	Poco::TemporaryFile file;
	Poco::FileOutputStream(file.path()) << "the file";
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		Poco::FileInputStream stream(file.path());
		c.reply(much);
		c.socket().sendFile(stream, 4);
		c.reply("\n");
	}, frameLines), 0, outputParams(2, 8*1024*1024));
	server.start();
	StreamSocket client = slowReader(server);
	sendAll(client, "much\n");
	assertTrue (receiveQuickly(client, much.size()) == much);
	assertEqual(std::string("file\n"), receive(client, 5));
#endif
}


CppUnit::Test* EVTCPServerOutputTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerOutputTest");

	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testSlowReaderDoesNotHoldTheThread);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testRequestsWaitForTheOutput);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testWriterWaitsBeyondMaxPendingOutput);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testNoPendingOutputAtAll);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testWaitingWriterIsTimedOut);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testPendingOutputIsTimedOut);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testReaderThatMakesProgressIsNotTimedOut);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testManySmallWritesArriveInOrder);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testHandlerThatReadsGetsItsQuestionAcrossFirst);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testSocketBufVec);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testManySlowReadersAtOnce);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testShutdownSendSendsPendingOutputFirst);
	CppUnit_addTest(pSuite, EVTCPServerOutputTest, testSocketSendFileSendsPendingOutputFirst);

	return pSuite;
}
