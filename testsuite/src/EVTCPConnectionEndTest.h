//
// EVTCPConnectionEndTest.h
//
// Definition of the EVTCPConnectionEndTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPConnectionEndTest_INCLUDED
#define EVTCPConnectionEndTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVTCPConnectionEndTest: public CppUnit::TestCase
{
public:
	explicit EVTCPConnectionEndTest(const std::string& name);

	void testResetWhileIdle();
	void testHalfCloseWhileIdle();
	void testSilenceWhileIdle();
	void testResetWhileReading();
	void testHalfCloseWhileReading();
	void testSilenceWhileReading();
	void testResetWhileQueued();
	void testResetWhilePaused();
	void testHalfCloseWhileQueued();
	void testHalfCloseWhilePaused();
	void testSilenceWhileQueued();
	void testSilenceWhilePaused();
	void testResetWhilePausedWithoutRequest();
	void testHalfCloseWhilePausedWithoutRequest();
	void testResetWhileStarved();
	void testHalfCloseWhileStarved();
	void testSilenceWhileStarved();

	static CppUnit::Test* suite();
};


#endif // EVTCPConnectionEndTest_INCLUDED
