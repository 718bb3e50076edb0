//
// EVConnectionEndTest.h
//
// Definition of the EVConnectionEndTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVConnectionEndTest_INCLUDED
#define EVConnectionEndTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVConnectionEndTest: public CppUnit::TestCase
{
public:
	explicit EVConnectionEndTest(const std::string& name);

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


#endif // EVConnectionEndTest_INCLUDED
