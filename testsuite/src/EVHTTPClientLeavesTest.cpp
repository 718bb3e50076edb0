//
// EVHTTPClientLeavesTest.cpp
//
// HTTP clients that reset, half-close or go silent while no handler runs: one case
// for each state of the connection.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPClientLeavesTest.h"
#include "ClientLeavesSupport.h"
#include "CppUnit/TestCaller.h"


EVHTTPClientLeavesTest::EVHTTPClientLeavesTest(const std::string& name): ClockedTest(name)
{
}


void EVHTTPClientLeavesTest::testResetWhileNew()
{
	HTTPCase c(RESETS);
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testHalfCloseWhileNew()
{
	HTTPCase c(HALF_CLOSES);
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({BY_CLIENT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testSilenceWhileNew()
{
	HTTPCase c(IS_SILENT);
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({IDLE_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testResetWhileIdle()
{
	HTTPCase c(RESETS);
	assertTrue (c.client.ask("/first").isOK("/first"));
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testHalfCloseWhileIdle()
{
	HTTPCase c(HALF_CLOSES);
	assertTrue (c.client.ask("/first").isOK("/first"));
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({BY_CLIENT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testSilenceWhileIdle()
{
	HTTPCase c(IS_SILENT);
	assertTrue (c.client.ask("/first").isOK("/first"));
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({IDLE_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testResetWhileReadingHeader()
{
	HTTPCase c(RESETS);
	c.client.send(HALF_A_HEADER);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testHalfCloseWhileReadingHeader()
{
	HTTPCase c(HALF_CLOSES);
	c.client.send(HALF_A_HEADER);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.leave();
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({INCOMPLETE}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testSilenceWhileReadingHeader()
{
	HTTPCase c(IS_SILENT);
	c.client.send(HALF_A_HEADER);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	assertEqual (408, c.client.receiveAnswer().status);
	assertTrue (c.client.hasEnded());
	assertTrue (c.audit.reached(&EVServerStatistics::lingering)); // it might still be sending
	assertEqual (OK, c.audit.ended({REQUEST_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testResetWhileReadingBody()
{
	HTTPCase c(RESETS);
	c.client.send(HALF_A_BODY);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testHalfCloseWhileReadingBody()
{
	HTTPCase c(HALF_CLOSES);
	c.client.send(HALF_A_BODY);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.leave();
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({INCOMPLETE}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testSilenceWhileReadingBody()
{
	HTTPCase c(IS_SILENT);
	c.client.send(HALF_A_BODY);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	assertEqual (408, c.client.receiveAnswer().status);
	assertTrue (c.client.hasEnded());
	assertTrue (c.audit.reached(&EVServerStatistics::lingering)); // it might still be sending
	assertEqual (OK, c.audit.ended({REQUEST_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testResetWhileQueued()
{
	HTTPCase c(RESETS, EVServerOptions::EXECUTE_DEDICATED, 1);
	RawClient other(c.server);
	other.get("/block", "Connection: close\r\n");
	assertTrue (c.gate.holds(1));
	c.client.get("/wait");
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	c.leave();
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertTrue (other.receiveAnswer().isOK("/block"));
	assertEqual (OK, c.audit.ended({BY_HANDLER, RESET}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testHalfCloseWhileQueued()
{
	HTTPCase c(HALF_CLOSES, EVServerOptions::EXECUTE_DEDICATED, 1);
	RawClient other(c.server);
	other.get("/block", "Connection: close\r\n");
	assertTrue (c.gate.holds(1));
	c.client.get("/wait");
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	c.leave();
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertTrue (other.receiveAnswer().isOK("/block"));
	assertTrue (c.client.receiveAnswer().isOK("/wait"));
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({BY_HANDLER, BY_CLIENT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testSilenceWhileQueued()
{
	HTTPCase c(IS_SILENT, EVServerOptions::EXECUTE_DEDICATED, 1);
	c.client.get("/block", "Connection: close\r\n");
	assertTrue (c.gate.holds(1));
	RawClient silent(c.server);
	silent.get("/wait");
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	sleepFor(1500); // longer than all timeouts
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertTrue (c.client.receiveAnswer().isOK("/block"));
	assertTrue (silent.receiveAnswer().isOK("/wait"));
	assertTrue (silent.hasEnded());
	assertEqual (OK, c.audit.ended({BY_HANDLER, IDLE_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testResetWhileFlushing()
{
	HTTPCase c(RESETS);
	c.client.get("/much");
	assertTrue (c.audit.reached(&EVServerStatistics::flushing));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testHalfCloseWhileFlushing()
{
	HTTPCase c(HALF_CLOSES);
	c.client.get("/much");
	assertTrue (c.audit.reached(&EVServerStatistics::flushing));
	c.leave();
	assertTrue (c.client.receiveAnswer().isOK(MUCH));
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({BY_CLIENT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testSilenceWhileFlushing()
{
	HTTPCase c(IS_SILENT);
	c.client.get("/much");
	assertTrue (c.audit.reached(&EVServerStatistics::flushing));
	assertEqual (OK, c.audit.ended({SEND_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testResetWhileFlushingLastResponse()
{
	HTTPCase c(RESETS);
	c.client.get("/much", "Connection: close\r\n");
	assertTrue (c.audit.reached(&EVServerStatistics::flushing));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testHalfCloseWhileFlushingLastResponse()
{
	HTTPCase c(HALF_CLOSES);
	c.client.get("/much", "Connection: close\r\n");
	assertTrue (c.audit.reached(&EVServerStatistics::flushing));
	c.leave();
	assertTrue (c.client.receiveAnswer().isOK(MUCH));
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({BY_HANDLER}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testSilenceWhileFlushingLastResponse()
{
	HTTPCase c(IS_SILENT);
	c.client.get("/much", "Connection: close\r\n");
	assertTrue (c.audit.reached(&EVServerStatistics::flushing));
	assertEqual (OK, c.audit.ended({SEND_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testResetWhileLingering()
{
	HTTPCase c(RESETS);
	c.client.send("GET / HTTP/1.1\r\nno colon\r\n\r\n");
	assertEqual (400, c.client.receiveAnswer().status);
	assertTrue (c.client.hasEnded());
	assertTrue (c.audit.reached(&EVServerStatistics::lingering));
	assertTrue (c.audit.nothingClosed());
	c.leave();
	assertEqual (OK, c.audit.ended({BAD_REQUEST}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testHalfCloseWhileLingering()
{
	HTTPCase c(HALF_CLOSES);
	c.client.send("GET / HTTP/1.1\r\nno colon\r\n\r\n");
	assertEqual (400, c.client.receiveAnswer().status);
	assertTrue (c.client.hasEnded());
	assertTrue (c.audit.reached(&EVServerStatistics::lingering));
	assertTrue (c.audit.nothingClosed());
	c.leave();
	assertEqual (OK, c.audit.ended({BAD_REQUEST}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testSilenceWhileLingering()
{
	HTTPCase c(IS_SILENT);
	c.client.send("GET / HTTP/1.1\r\nno colon\r\n\r\n");
	assertEqual (400, c.client.receiveAnswer().status);
	assertTrue (c.client.hasEnded());
	assertTrue (c.audit.reached(&EVServerStatistics::lingering));
	assertEqual (OK, c.audit.ended({BAD_REQUEST}));
	assertTrue (c.goesOn());
}


void EVHTTPClientLeavesTest::testTalkingWhileLingering()
{
	HTTPCase c(IS_SILENT);
	c.client.send("GET / HTTP/1.1\r\nno colon\r\n\r\n");
	assertEqual (400, c.client.receiveAnswer().status);
	try
	{
		for (const Stopwatch stopwatch; c.audit.nothingClosed() && stopwatch.elapsed() < DEADLINE; sleepFor(50)) c.client.send("more");
	}
	catch (Poco::Exception&)
	{
		// reset
	}
	assertEqual (OK, c.audit.ended({BAD_REQUEST}));
	assertTrue (c.goesOn());
}


CppUnit::Test* EVHTTPClientLeavesTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPClientLeavesTest");

	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testResetWhileNew);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testHalfCloseWhileNew);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testSilenceWhileNew);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testResetWhileIdle);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testHalfCloseWhileIdle);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testSilenceWhileIdle);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testResetWhileReadingHeader);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testHalfCloseWhileReadingHeader);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testSilenceWhileReadingHeader);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testResetWhileReadingBody);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testHalfCloseWhileReadingBody);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testSilenceWhileReadingBody);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testResetWhileQueued);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testHalfCloseWhileQueued);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testSilenceWhileQueued);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testResetWhileFlushing);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testHalfCloseWhileFlushing);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testSilenceWhileFlushing);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testResetWhileFlushingLastResponse);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testHalfCloseWhileFlushingLastResponse);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testSilenceWhileFlushingLastResponse);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testResetWhileLingering);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testHalfCloseWhileLingering);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testSilenceWhileLingering);
	CppUnit_addTest(pSuite, EVHTTPClientLeavesTest, testTalkingWhileLingering);

	return pSuite;
}
