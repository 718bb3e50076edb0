//
// EVHTTPClientLeavesHandlerTest.cpp
//
// HTTP clients that reset, half-close or go silent while a handler runs.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPClientLeavesHandlerTest.h"
#include "ClientLeavesSupport.h"
#include "CppUnit/TestCaller.h"


EVHTTPClientLeavesHandlerTest::EVHTTPClientLeavesHandlerTest(const std::string& name): ClockedTest(name)
{
}


void EVHTTPClientLeavesHandlerTest::testResetWhileRunning()
{
	for (auto policy: POLICIES)
	{
		HTTPCase c(RESETS, policy);
		c.client.get("/wait");
		assertTrue (c.gate.holds(1));
		assertEqual (1, c.server.statistics().running);
		c.leave();
		assertTrue (c.audit.nothingClosed());
		c.gate.open();
		assertEqual (OK, c.audit.ended({RESET}));
		assertTrue (c.goesOn());
	}
}


void EVHTTPClientLeavesHandlerTest::testHalfCloseWhileRunning()
{
	for (auto policy: POLICIES)
	{
		HTTPCase c(HALF_CLOSES, policy);
		c.client.get("/wait");
		assertTrue (c.gate.holds(1));
		assertEqual (1, c.server.statistics().running);
		c.leave();
		assertTrue (c.audit.nothingClosed());
		c.gate.open();
		assertTrue (c.client.receiveAnswer().isOK("/wait"));
		assertTrue (c.client.hasEnded());
		assertEqual (OK, c.audit.ended({BY_CLIENT}));
		assertTrue (c.goesOn());
	}
}


void EVHTTPClientLeavesHandlerTest::testSilenceWhileRunning()
{
	for (auto policy: POLICIES)
	{
		HTTPCase c(IS_SILENT, policy);
		c.client.get("/wait");
		assertTrue (c.gate.holds(1));
		assertEqual (1, c.server.statistics().running);
		sleepFor(1500); // longer than all timeouts
		assertTrue (c.audit.nothingClosed());
		c.gate.open();
		assertTrue (c.client.receiveAnswer().isOK("/wait"));
		assertTrue (c.client.hasEnded());
		assertEqual (OK, c.audit.ended({IDLE_TIMEOUT}));
		assertTrue (c.goesOn());
	}
}


void EVHTTPClientLeavesHandlerTest::testResetWhileRecalled()
{
	// A part of the next request has arrived while the first one runs.
	HTTPCase c(RESETS, EVServerOptions::EXECUTE_DEDICATED);
	c.client.get("/wait");
	assertTrue (c.gate.holds(1));
	c.client.send(HALF_A_HEADER);
	RawClient other(c.server);
	assertTrue (other.ask("/other", "Connection: close\r\n").isOK("/other")); // the loop has seen it by then
	c.leave();
	c.gate.open();
	assertEqual (OK, c.audit.ended({BY_HANDLER, RESET}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesHandlerTest::testHalfCloseWhileRecalled()
{
	// A part of the next request has arrived while the first one runs.
	HTTPCase c(HALF_CLOSES, EVServerOptions::EXECUTE_DEDICATED);
	c.client.get("/wait");
	assertTrue (c.gate.holds(1));
	c.client.send(HALF_A_HEADER);
	RawClient other(c.server);
	assertTrue (other.ask("/other", "Connection: close\r\n").isOK("/other")); // the loop has seen it by then
	c.leave();
	c.gate.open();
	assertTrue (c.client.receiveAnswer().isOK("/wait"));
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({BY_HANDLER, INCOMPLETE}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesHandlerTest::testSilenceWhileRecalled()
{
	// A part of the next request has arrived while the first one runs.
	HTTPCase c(IS_SILENT, EVServerOptions::EXECUTE_DEDICATED);
	c.client.get("/wait");
	assertTrue (c.gate.holds(1));
	c.client.send(HALF_A_HEADER);
	RawClient other(c.server);
	assertTrue (other.ask("/other", "Connection: close\r\n").isOK("/other")); // the loop has seen it by then
	c.gate.open();
	assertTrue (c.client.receiveAnswer().isOK("/wait"));
	assertEqual (408, c.client.receiveAnswer().status);
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({BY_HANDLER, REQUEST_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesHandlerTest::testResetWhileHandlerReads()
{
	for (auto policy: POLICIES)
	{
		HTTPCase c(RESETS, policy);
		c.client.send(HALF_A_LARGE_BODY);
		assertTrue (c.audit.reached(&EVServerStatistics::running));
		c.leave();
		assertEqual (OK, c.audit.ended({RESET}));
		assertTrue (c.goesOn());
	}
}


void EVHTTPClientLeavesHandlerTest::testHalfCloseWhileHandlerReads()
{
	for (auto policy: POLICIES)
	{
		HTTPCase c(HALF_CLOSES, policy);
		c.client.send(HALF_A_LARGE_BODY);
		assertTrue (c.audit.reached(&EVServerStatistics::running));
		c.leave();
		const Answer answer = c.client.receiveAnswer(); // what the handler makes of it
		assertTrue (answer.status == 400 && answer.complete && answer.body == "/body");
		assertTrue (c.client.hasEnded());
		assertEqual (OK, c.audit.ended({INCOMPLETE}));
		assertTrue (c.goesOn());
	}
}


void EVHTTPClientLeavesHandlerTest::testSilenceWhileHandlerReads()
{
	for (auto policy: POLICIES)
	{
		HTTPCase c(IS_SILENT, policy);
		c.client.send(HALF_A_LARGE_BODY);
		assertTrue (c.audit.reached(&EVServerStatistics::running));
		const Answer answer = c.client.receiveAnswer(); // what the handler makes of it
		assertTrue (answer.status == 400 && answer.complete && answer.body == "/body");
		assertTrue (c.client.hasEnded());
		assertEqual (OK, c.audit.ended({REQUEST_TIMEOUT}));
		assertTrue (c.goesOn());
	}
}


void EVHTTPClientLeavesHandlerTest::testHalfCloseWhileHandlerReadsAndWritesChunks()
{
	HTTPCase c(HALF_CLOSES);
	c.client.send("POST /chunked HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n" + std::string(64*1024, 'x'));
	assertTrue (c.audit.reached(&EVServerStatistics::running));
	c.leave();
	const Answer answer = c.client.receiveAnswer();
	assertTrue (answer.status == 200 && answer.body == "a part");
	assertTrue (!answer.complete); // or the client would take what the handler has made of a part for the whole
	assertEqual (OK, c.audit.ended({INCOMPLETE}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesHandlerTest::testResetWhileHandlerWrites()
{
	for (auto policy: POLICIES)
	{
		HTTPCase c(RESETS, policy);
		c.client.get("/more");
		assertTrue (c.client.socket().poll(LONG, StreamSocket::SELECT_READ));
		assertTrue (c.audit.reached(&EVServerStatistics::running)); // it waits for the client
		c.leave();
		assertEqual (OK, c.audit.ended({RESET}));
		assertTrue (c.goesOn());
	}
}


void EVHTTPClientLeavesHandlerTest::testHalfCloseWhileHandlerWrites()
{
	for (auto policy: POLICIES)
	{
		HTTPCase c(HALF_CLOSES, policy);
		c.client.get("/more");
		assertTrue (c.client.socket().poll(LONG, StreamSocket::SELECT_READ));
		assertTrue (c.audit.reached(&EVServerStatistics::running)); // it waits for the client
		c.leave();
		assertTrue (c.client.receiveAnswer().isOK(MORE));
		assertTrue (c.client.hasEnded());
		assertEqual (OK, c.audit.ended({BY_CLIENT}));
		assertTrue (c.goesOn());
	}
}


void EVHTTPClientLeavesHandlerTest::testSilenceWhileHandlerWrites()
{
	for (auto policy: POLICIES)
	{
		HTTPCase c(IS_SILENT, policy);
		c.client.get("/more");
		assertTrue (c.client.socket().poll(LONG, StreamSocket::SELECT_READ));
		assertTrue (c.audit.reached(&EVServerStatistics::running)); // it waits for the client
		assertEqual (OK, c.audit.ended({SEND_TIMEOUT}));
		assertTrue (c.goesOn());
	}
}


void EVHTTPClientLeavesHandlerTest::testResetWhileRunningWithOutput()
{
	// The loop sends what the handler has said, while that does something else.
	HTTPCase c(RESETS);
	c.client.get("/said");
	assertTrue (c.gate.holds(1));
	c.leave();
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesHandlerTest::testHalfCloseWhileRunningWithOutput()
{
	// The loop sends what the handler has said, while that does something else.
	HTTPCase c(HALF_CLOSES);
	c.client.get("/said");
	assertTrue (c.gate.holds(1));
	c.leave();
	assertTrue (c.client.receiveAnswer().isOK(MUCH));
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (OK, c.audit.ended({BY_CLIENT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesHandlerTest::testSilenceWhileRunningWithOutput()
{
	// The loop sends what the handler has said, while that does something else.
	HTTPCase c(IS_SILENT);
	c.client.get("/said");
	assertTrue (c.gate.holds(1));
	sleepFor(1500);
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (OK, c.audit.ended({SEND_TIMEOUT}));
	assertTrue (c.goesOn());
}


CppUnit::Test* EVHTTPClientLeavesHandlerTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPClientLeavesHandlerTest");

	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testResetWhileRunning);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testHalfCloseWhileRunning);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testSilenceWhileRunning);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testResetWhileRecalled);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testHalfCloseWhileRecalled);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testSilenceWhileRecalled);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testResetWhileHandlerReads);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testHalfCloseWhileHandlerReads);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testSilenceWhileHandlerReads);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testHalfCloseWhileHandlerReadsAndWritesChunks);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testResetWhileHandlerWrites);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testHalfCloseWhileHandlerWrites);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testSilenceWhileHandlerWrites);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testResetWhileRunningWithOutput);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testHalfCloseWhileRunningWithOutput);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesHandlerTest, testSilenceWhileRunningWithOutput);

	return pSuite;
}
