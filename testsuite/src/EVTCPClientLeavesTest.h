//
// EVTCPClientLeavesTest.h
//
// Definition of the EVTCPClientLeavesTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPClientLeavesTest_INCLUDED
#define EVTCPClientLeavesTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVTCPClientLeavesTest: public ClockedTest
{
public:
	explicit EVTCPClientLeavesTest(const std::string& name);

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


#endif // EVTCPClientLeavesTest_INCLUDED
