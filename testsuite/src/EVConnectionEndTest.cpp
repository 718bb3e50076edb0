//
// EVConnectionEndTest.cpp
//
// HTTP clients that reset, half-close or go silent while no handler runs: one case
// for each state of the connection.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVConnectionEndTest.h"
#include "ConnectionEndSupport.h"
#include "CppUnit/TestCaller.h"


EVConnectionEndTest::EVConnectionEndTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVConnectionEndTest::testResetWhileNew()
{
	HTTPCase c(RESETS);
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testHalfCloseWhileNew()
{
	HTTPCase c(HALF_CLOSES);
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({BY_CLIENT}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testSilenceWhileNew()
{
	HTTPCase c(IS_SILENT);
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({IDLE_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testResetWhileIdle()
{
	HTTPCase c(RESETS);
	assertTrue (c.client.ask("/first").isOK("/first"));
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testHalfCloseWhileIdle()
{
	HTTPCase c(HALF_CLOSES);
	assertTrue (c.client.ask("/first").isOK("/first"));
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({BY_CLIENT}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testSilenceWhileIdle()
{
	HTTPCase c(IS_SILENT);
	assertTrue (c.client.ask("/first").isOK("/first"));
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({IDLE_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testResetWhileReadingHeader()
{
	HTTPCase c(RESETS);
	c.client.send(HALF_A_HEADER);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testHalfCloseWhileReadingHeader()
{
	HTTPCase c(HALF_CLOSES);
	c.client.send(HALF_A_HEADER);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.leave();
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({INCOMPLETE}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testSilenceWhileReadingHeader()
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


void EVConnectionEndTest::testResetWhileReadingBody()
{
	HTTPCase c(RESETS);
	c.client.send(HALF_A_BODY);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testHalfCloseWhileReadingBody()
{
	HTTPCase c(HALF_CLOSES);
	c.client.send(HALF_A_BODY);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.leave();
	assertTrue (c.client.hasEnded());
	assertEqual (OK, c.audit.ended({INCOMPLETE}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testSilenceWhileReadingBody()
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


void EVConnectionEndTest::testResetWhileQueued()
{
	HTTPCase c(RESETS, EVServerOptions::EXECUTE_DEDICATED, 1);
	RawClient other(c.server);
	other.get("/block", "Connection: close\r\n");
	assertTrue (waitFor([&] { return c.gate.waiting() == 1; }));
	c.client.get("/wait");
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	c.leave();
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertTrue (other.receiveAnswer().isOK("/block"));
	assertEqual (OK, c.audit.ended({BY_HANDLER, RESET}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testHalfCloseWhileQueued()
{
	HTTPCase c(HALF_CLOSES, EVServerOptions::EXECUTE_DEDICATED, 1);
	RawClient other(c.server);
	other.get("/block", "Connection: close\r\n");
	assertTrue (waitFor([&] { return c.gate.waiting() == 1; }));
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


void EVConnectionEndTest::testSilenceWhileQueued()
{
	HTTPCase c(IS_SILENT, EVServerOptions::EXECUTE_DEDICATED, 1);
	c.client.get("/block", "Connection: close\r\n");
	assertTrue (waitFor([&] { return c.gate.waiting() == 1; }));
	RawClient silent(c.server);
	silent.get("/wait");
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	sleepFor(600); // longer than all timeouts
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertTrue (c.client.receiveAnswer().isOK("/block"));
	assertTrue (silent.receiveAnswer().isOK("/wait"));
	assertTrue (silent.hasEnded());
	assertEqual (OK, c.audit.ended({BY_HANDLER, IDLE_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testResetWhileFlushing()
{
	HTTPCase c(RESETS);
	c.client.get("/much");
	assertTrue (c.audit.reached(&EVServerStatistics::flushing));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testHalfCloseWhileFlushing()
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


void EVConnectionEndTest::testSilenceWhileFlushing()
{
	HTTPCase c(IS_SILENT);
	c.client.get("/much");
	assertTrue (c.audit.reached(&EVServerStatistics::flushing));
	assertEqual (OK, c.audit.ended({SEND_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testResetWhileFlushingLastResponse()
{
	HTTPCase c(RESETS);
	c.client.get("/much", "Connection: close\r\n");
	assertTrue (c.audit.reached(&EVServerStatistics::flushing));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testHalfCloseWhileFlushingLastResponse()
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


void EVConnectionEndTest::testSilenceWhileFlushingLastResponse()
{
	HTTPCase c(IS_SILENT);
	c.client.get("/much", "Connection: close\r\n");
	assertTrue (c.audit.reached(&EVServerStatistics::flushing));
	assertEqual (OK, c.audit.ended({SEND_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testResetWhileLingering()
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


void EVConnectionEndTest::testHalfCloseWhileLingering()
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


void EVConnectionEndTest::testSilenceWhileLingering()
{
	HTTPCase c(IS_SILENT);
	c.client.send("GET / HTTP/1.1\r\nno colon\r\n\r\n");
	assertEqual (400, c.client.receiveAnswer().status);
	assertTrue (c.client.hasEnded());
	assertTrue (c.audit.reached(&EVServerStatistics::lingering));
	assertEqual (OK, c.audit.ended({BAD_REQUEST}));
	assertTrue (c.goesOn());
}


void EVConnectionEndTest::testTalkingWhileLingering()
{
	HTTPCase c(IS_SILENT);
	c.client.send("GET / HTTP/1.1\r\nno colon\r\n\r\n");
	assertEqual (400, c.client.receiveAnswer().status);
	try
	{
		for (const Stopwatch stopwatch; c.audit.nothingClosed() && stopwatch.elapsed() < DEADLINE; sleepFor(5)) c.client.send("more");
	}
	catch (Poco::Exception&)
	{
		// reset
	}
	assertEqual (OK, c.audit.ended({BAD_REQUEST}));
	assertTrue (c.goesOn());
}


CppUnit::Test* EVConnectionEndTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVConnectionEndTest");

	CppUnit_addTest(pSuite, EVConnectionEndTest, testResetWhileNew);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testHalfCloseWhileNew);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testSilenceWhileNew);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testResetWhileIdle);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testHalfCloseWhileIdle);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testSilenceWhileIdle);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testResetWhileReadingHeader);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testHalfCloseWhileReadingHeader);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testSilenceWhileReadingHeader);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testResetWhileReadingBody);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testHalfCloseWhileReadingBody);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testSilenceWhileReadingBody);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testResetWhileQueued);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testHalfCloseWhileQueued);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testSilenceWhileQueued);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testResetWhileFlushing);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testHalfCloseWhileFlushing);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testSilenceWhileFlushing);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testResetWhileFlushingLastResponse);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testHalfCloseWhileFlushingLastResponse);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testSilenceWhileFlushingLastResponse);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testResetWhileLingering);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testHalfCloseWhileLingering);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testSilenceWhileLingering);
	CppUnit_addTest(pSuite, EVConnectionEndTest, testTalkingWhileLingering);

	return pSuite;
}
