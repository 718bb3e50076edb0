//
// EVServerPoolTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVServerPoolTest_INCLUDED
#define EVServerPoolTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVServerPoolTest: public ClockedTest
{
public:
	explicit EVServerPoolTest(const std::string& name);

	void testThreadThatThePoolHasLater();
	void testTwoLoopsOnTwoThreads();
	void testLeadersGoOnInASmallPool();
	void testNoMorePermitsThanThreads();
	void testTwoServersInASmallPool();
	void testStartAgain();
	void testStartAgainAfterBadOptions();
	void testJoinAllOfTheDefaultPool();
	void testJoinAllOfAPoolOfTheApplication();
	void testServerDestroyedByItsHandler();
	void testStartWhileStopping();
	void testDrainAndStopTogether();
	void testProcessEndsWithRunningServers();
	void testThreadForPlainConnections();
	void testLargestNumbers();
	void testLoopIsLedOnWhenStopGivesUp();

	static CppUnit::Test* suite();

private:
	void leadersGoOn(int threads, int loops);
};


#endif // EVServerPoolTest_INCLUDED
