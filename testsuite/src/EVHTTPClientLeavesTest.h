//
// EVHTTPClientLeavesTest.h
//
// Definition of the EVHTTPClientLeavesTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPClientLeavesTest_INCLUDED
#define EVHTTPClientLeavesTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVHTTPClientLeavesTest: public ClockedTest
{
public:
	explicit EVHTTPClientLeavesTest(const std::string& name);

	void testResetWhileNew();
	void testHalfCloseWhileNew();
	void testSilenceWhileNew();
	void testResetWhileIdle();
	void testHalfCloseWhileIdle();
	void testSilenceWhileIdle();
	void testResetWhileReadingHeader();
	void testHalfCloseWhileReadingHeader();
	void testSilenceWhileReadingHeader();
	void testResetWhileReadingBody();
	void testHalfCloseWhileReadingBody();
	void testSilenceWhileReadingBody();
	void testResetWhileQueued();
	void testHalfCloseWhileQueued();
	void testSilenceWhileQueued();
	void testResetWhileFlushing();
	void testHalfCloseWhileFlushing();
	void testSilenceWhileFlushing();
	void testResetWhileFlushingLastResponse();
	void testHalfCloseWhileFlushingLastResponse();
	void testSilenceWhileFlushingLastResponse();
	void testResetWhileLingering();
	void testHalfCloseWhileLingering();
	void testSilenceWhileLingering();
	void testTalkingWhileLingering();

	static CppUnit::Test* suite();
};


#endif // EVHTTPClientLeavesTest_INCLUDED
