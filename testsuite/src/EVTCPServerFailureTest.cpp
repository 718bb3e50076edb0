//
// EVTCPServerFailureTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPServerFailureTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/SocketImpl.h"
#include <stdexcept>
#include <sys/socket.h>


namespace
{
	EVTCPServerParams::Ptr smallBuffers(int threads, std::size_t maxBufferedBytes)
	{
		EVTCPServerParams::Ptr pParams = serverParams(threads);
		pParams->setMaxBufferedBytes(maxBufferedBytes);
		return pParams;
	}


	bool stillServes(EVTCPServer& server)
	{
		StreamSocket client = connectTo(server);
		return exchange(client, "are you there?\n") == "are you there?\n";
	}
}


EVTCPServerFailureTest::EVTCPServerFailureTest(const std::string& name): ClockedTest(name)
{
}


EVTCPServerFailureTest::~EVTCPServerFailureTest()
{
}


void EVTCPServerFailureTest::testResetWhileIdle()
{
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("x\n"), exchange(client, "x\n"));
	resetConnection(client);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
	assertTrue (stillServes(server));
}


void EVTCPServerFailureTest::testResetInTheMiddleOfARequest()
{
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "half a req");
	assertTrue (waitFor([&] { return server.statistics().reading == 1; }));
	resetConnection(client);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
	assertTrue (stillServes(server));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerFailureTest::testResetWhileTheHandlerRuns()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		ErrorCollector errors;
		Gate gate;
		EVTCPServer server(serve([&](ServedConnection& c)
		{
			if (!gate.opened()) gate.pass();
			echo(c);
		}, frameLines), 0, serverParams(2, 1, policy));
		server.start();
		StreamSocket client = connectTo(server);
		sendAll(client, "x\n");
		assertTrue (gate.holds(1));
		resetConnection(client);
		sleepFor(5);
		gate.open();
		// it depends on the moment whether writing or reading fails
		assertTrue (waitFor([&] { return server.statistics().closes() == 1; }));
		assertTrue (closed(server, EVServerStatistics::CLOSED_RESET) + closed(server, EVServerStatistics::CLOSED_BY_EXCEPTION) == 1);
		assertTrue (stillServes(server));
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVTCPServerFailureTest::testResetWhileOutputIsPending()
{
	EVTCPServerParams::Ptr pParams = serverParams(1);
	pParams->setMaxPendingOutput(32*1024*1024);
	EVTCPServer server(serve([](ServedConnection& c)
	{
		if (c.request() == "much\n") c.reply(std::string(16*1024*1024, 'x'));
		else echo(c);
	}, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "much\n");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	resetConnection(client);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
	assertTrue (stillServes(server));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerFailureTest::testResetBeforeAccept()
{
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2));
	server.start();
	for (int i = 0; i < 100; i++)
	{
		StreamSocket client = connectTo(server);
		if (i & 1) client.sendBytes("abc\n", 4);
		resetConnection(client);
	}
	assertTrue (stillServes(server));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerFailureTest::testHalfCloseAfterTheRequestIsAnswered()
{
	for (int threads: {1, 4})
	{
		EVTCPServer server(serve([](ServedConnection& c) { sleepFor(5); echo(c); }, frameLines), 0, serverParams(threads));
		server.start();
		StreamSocket client = connectTo(server);
		sendAll(client, "one\ntwo\nthree\n");
		client.shutdownSend();
		assertEqual(std::string("one\ntwo\nthree\n"), receiveToEnd(client));
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT));
	}
}


void EVTCPServerFailureTest::testHalfCloseWithALongAnswer()
{
	const std::string answer(16*1024*1024, 'a');
	EVTCPServerParams::Ptr pParams = serverParams(1);
	pParams->setMaxPendingOutput(32*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c) { c.reply(answer); }, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "give me\n");
	client.shutdownSend();
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	assertTrue (receiveToEnd(client) == answer);
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT));
}


void EVTCPServerFailureTest::testCloseInTheMiddleOfARequestIsIncomplete()
{
	EVTCPServer server(serve(echo, frameLines), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "done\nhalf");
	client.shutdownSend();
	assertEqual(std::string("done\n"), receiveToEnd(client));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_INCOMPLETE));
}


void EVTCPServerFailureTest::testRequestTooLargeIsClosed()
{
	EVTCPServer server(serve(echo, frameLines), 0, smallBuffers(2, 1024));
	server.start();
	// what just fits is served, however much is pipelined
	const std::string fits = std::string(1023, 'x') + "\n";
	StreamSocket client = connectTo(server);
	for (int i = 0; i < 3; i++) assertTrue (exchange(client, fits) == fits);
	std::string many;
	for (int i = 0; i < 50; i++) many += fits;
	assertTrue (::exchange(client, many) == many);

	StreamSocket greedy = connectTo(server);
	sendAll(greedy, "small\n");
	assertEqual(std::string("small"), receiveLine(greedy));
	sendAll(greedy, std::string(5000, 'x'));
	assertTrue (isClosed(greedy));
	greedy.close();
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_TOO_LARGE));
	assertTrue (exchange(client, fits) == fits);
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerFailureTest::testRequestTooLargeWithDefaults()
{
	EVTCPServer server(serve(echo, frameLines));
	server.start();
	const std::string fits = std::string(64*1024 - 1, 'x') + "\n";
	StreamSocket client = connectTo(server);
	assertTrue (exchange(client, fits) == fits);
	try
	{
		sendAll(client, std::string(256*1024, 'x'));
	}
	catch (Poco::Net::NetException&)
	{
		// closed before all was sent
	}
	assertTrue (isClosed(client));
	client.close();
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_TOO_LARGE));
}


void EVTCPServerFailureTest::testTotalBufferUsedUpMakesOthersWait()
{
	// 64 KiB for all: eight connections with half a request use it up. The ninth waits
	// with its bytes in the kernel, and is served when one of them is gone.
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setMaxTotalBufferedBytes(65536);
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	std::vector<StreamSocket> halves;
	for (int i = 0; i < 8; i++)
	{
		halves.push_back(connectTo(server));
		sendAll(halves.back(), "half ");
		assertTrue (waitFor([&] { return server.statistics().reading == i + 1; }));
	}
	StreamSocket ninth = connectTo(server);
	sendAll(ninth, "whole\n");
	sleepFor(100);
	assertFalse (ninth.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ));
	halves.pop_back();
	assertEqual(std::string("whole"), receiveLine(ninth));
	for (auto& client: halves)
	{
		sendAll(client, "done\n");
		assertEqual(std::string("half done"), receiveLine(client));
	}
}


void EVTCPServerFailureTest::testFramingRefusalIsCounted()
{
	EVTCPServer server(serve(echo, [](const char* p, std::size_t n) -> std::ptrdiff_t
	{
		if (p[0] == '!') return EVTCPServerConnection::FRAME_REFUSED;
		return frameLines(p, n);
	}), 0, serverParams(2));
	server.start();
	StreamSocket client = connectTo(server);
	// what was answered before arrives, in spite of the garbage that nobody reads
	sendAll(client, "good\n!bad\n" + std::string(100000, 'g'));
	assertEqual(std::string("good"), receiveLine(client));
	assertEqual(std::string(), receiveToEnd(client));
	client.close();
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BAD_REQUEST));
	assertTrue (stillServes(server));
}


void EVTCPServerFailureTest::testFramingThatThrows()
{
	ErrorCollector errors;
	EVTCPServer server(serve(echo, [](const char* p, std::size_t n) -> std::ptrdiff_t
	{
		if (p[0] == 'P') throw Poco::RuntimeException("thrown on purpose");
		if (p[0] == 'S') throw std::runtime_error("thrown on purpose");
		if (p[0] == 'I') throw 42;
		return frameLines(p, n);
	}), 0, serverParams(2));
	server.start();
	StreamSocket well = connectTo(server);
	for (const char* bad: {"Poco\n", "Std\n", "Int\n"})
	{
		StreamSocket client = connectTo(server);
		sendAll(client, bad);
		assertTrue (isClosed(client));
	}
	assertEqual(std::string("well\n"), exchange(well, "well\n"));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_EXCEPTION, 3));
	assertEqual(1, errors.pocoExceptions());
	assertEqual(1, errors.stdExceptions());
	assertEqual(1, errors.otherExceptions());
}


void EVTCPServerFailureTest::testHandlerThatThrows()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE})
	{
		ErrorCollector errors;
		EVTCPServer server(serve([](ServedConnection& c)
		{
			const std::string request = c.request();
			c.reply("so far\n");
			if (request == "poco\n") throw Poco::RuntimeException("thrown on purpose");
			if (request == "std\n") throw std::runtime_error("thrown on purpose");
			if (request == "int\n") throw 42;
		}, frameLines), 0, serverParams(4, 1, policy));
		server.start();
		StreamSocket well = connectTo(server);
		for (const char* what: {"poco\n", "std\n", "int\n"})
		{
			StreamSocket client = connectTo(server);
			sendAll(client, what);
			assertEqual(std::string("so far"), receiveLine(client));
			assertTrue (isClosed(client));
		}
		sendAll(well, "well\n");
		assertEqual(std::string("so far"), receiveLine(well));
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_EXCEPTION, 3));
		assertEqual(1, errors.pocoExceptions());
		assertEqual(1, errors.stdExceptions());
		assertEqual(1, errors.otherExceptions());
		server.stop();
		assertTrue (allAccountedFor(server));
	}
}


void EVTCPServerFailureTest::testFactoryThatFails()
{
	ErrorCollector errors;
	std::atomic<int> calls(0);
	EVTCPServer server(new FunctionFactory([&calls](const StreamSocket& socket) -> Poco::Net::TCPServerConnection*
	{
		switch (calls++)
		{
		case 0:
			throw Poco::RuntimeException("thrown on purpose");
		case 1:
			return nullptr;
		case 3:
			throw std::runtime_error("thrown on purpose");
		case 4:
			throw 42;
		default:
			return new ServedConnection(socket, echo, frameLines);
		}
	}), 0, serverParams(2));
	server.start();
	for (int i = 0; i < 5; i++)
	{
		StreamSocket client = connectTo(server);
		if (i == 2) assertEqual(std::string("x\n"), exchange(client, "x\n"));
		else assertTrue (isClosed(client));
	}
	assertTrue (stillServes(server));
	assertEqual(4, errors.count());
	server.stop();
	assertTrue (allAccountedFor(server));
	assertTrue (closed(server, EVServerStatistics::CLOSED_BY_EXCEPTION) == 4);
}


void EVTCPServerFailureTest::testFactoryThatFailsForPlainConnections()
{
	for (auto dispatch: {EVServerOptions::DISPATCH_ON_ACCEPT, EVServerOptions::DISPATCH_ON_DATA})
	{
		ErrorCollector errors;
		std::atomic<int> calls(0);
		EVTCPServerParams::Ptr pParams = serverParams(2);
		pParams->setDispatchPolicy(dispatch);
		EVTCPServer server(new FunctionFactory([&calls](const StreamSocket& socket) -> Poco::Net::TCPServerConnection*
		{
			if (calls++ & 1) throw Poco::RuntimeException("thrown on purpose");
			return new PlainConnection(socket, [](StreamSocket& s) { sendAll(s, receiveLine(s)); });
		}), 0, pParams);
		server.start();
		for (int i = 0; i < 6; i++)
		{
			StreamSocket client = connectTo(server);
			sendAll(client, "x\n");
			if (i & 1) assertTrue (isClosed(client));
			else assertEqual(std::string("x"), receiveToEnd(client));
		}
		assertEqual(3, errors.count());
		server.stop();
		assertTrue (allAccountedFor(server));
		assertTrue (closed(server, EVServerStatistics::CLOSED_BY_EXCEPTION) == 3);
		assertTrue (closed(server, EVServerStatistics::CLOSED_BY_HANDLER) == 3);
	}
}


void EVTCPServerFailureTest::testHandlerClosesAfterAReset()
{
	ErrorCollector errors;
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setMaxPendingOutput(32*1024*1024);
	EVTCPServer server(serve([&](ServedConnection& c)
	{
		if (c.request() != "much\n") return echo(c);
		c.reply(std::string(16*1024*1024, 'x'));
		gate.pass();
		c.socket().close(); // what is pending cannot be sent any more
	}, frameLines), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "much\n");
	assertTrue (gate.holds(1));
	resetConnection(client);
	assertTrue (stillServes(server)); // the reset has arrived by then
	gate.open();
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_BY_HANDLER) == 1; }));
	assertEqual(std::string(), errors.text());
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerFailureTest::testFactoryThatFailsFirstWithDispatchOnData()
{
	ErrorCollector errors;
	std::atomic<int> calls(0);
	EVTCPServerParams::Ptr pParams = serverParams(2);
	pParams->setDispatchPolicy(EVServerOptions::DISPATCH_ON_DATA);
	EVTCPServer server(new FunctionFactory([&calls](const StreamSocket& socket) -> Poco::Net::TCPServerConnection*
	{
		if (calls++ == 0) throw Poco::RuntimeException("thrown on purpose");
		return new PlainConnection(socket, [](StreamSocket& s) { sendAll(s, receiveLine(s)); });
	}), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	sendAll(client, "x\n");
	assertTrue (isClosed(client));
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_EXCEPTION));
	assertEqual(1, errors.pocoExceptions());
	StreamSocket next = connectTo(server);
	sendAll(next, "x\n");
	assertEqual(std::string("x"), receiveToEnd(next));
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVTCPServerFailureTest::testListeningSocketIsShutDown()
{
	// by the application; accepting ends, and must not spin
	ErrorCollector errors;
	Poco::Net::ServerSocket socket(Poco::Net::SocketAddress("127.0.0.1", 0));
	EVTCPServer server(serve(echo, frameLines), socket, serverParams(2, 1));
	server.start();
	StreamSocket client = connectTo(server);
	assertEqual(std::string("x\n"), exchange(client, "x\n"));
	::shutdown(socket.impl()->sockfd(), SHUT_RDWR);
	assertTrue (waitFor([&] { return errors.count() > 0; }));
	for (int i = 0; i < 10; i++) assertEqual(std::string("x\n"), exchange(client, "x\n"));
	assertEqual(1, errors.pocoExceptions());
	assertTrue (server.statistics().acceptPauses == 1);
	server.stop();
	assertTrue (allAccountedFor(server));
}


CppUnit::Test* EVTCPServerFailureTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPServerFailureTest");

	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testResetWhileIdle);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testResetInTheMiddleOfARequest);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testResetWhileTheHandlerRuns);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testResetWhileOutputIsPending);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testResetBeforeAccept);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testHalfCloseAfterTheRequestIsAnswered);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testHalfCloseWithALongAnswer);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testCloseInTheMiddleOfARequestIsIncomplete);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testRequestTooLargeIsClosed);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testRequestTooLargeWithDefaults);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testTotalBufferUsedUpMakesOthersWait);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testFramingRefusalIsCounted);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testFramingThatThrows);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testHandlerThatThrows);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testFactoryThatFails);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testFactoryThatFailsForPlainConnections);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testHandlerClosesAfterAReset);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testFactoryThatFailsFirstWithDispatchOnData);
	CppUnit_addTest(pSuite, EVTCPServerFailureTest, testListeningSocketIsShutDown);

	return pSuite;
}
