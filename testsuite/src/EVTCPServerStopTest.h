//
// EVTCPServerStopTest.h
//
// Definition of the EVTCPServerStopTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerStopTest_INCLUDED
#define EVTCPServerStopTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerStopTest: public ClockedTest
{
public:
	explicit EVTCPServerStopTest(const std::string& name);
	~EVTCPServerStopTest();

	void testDestructorWithoutStart();
	void testStopOfAnIdleServerIsQuick();
	void testStopImmediatelyAfterStart();
	void testStopTwiceAndFromSeveralThreads();
	void testConnectionsAreRefusedAfterStop();
	void testSocketOfTheApplicationStaysOpen();
	void testServersInTurnOnOneSocket();
	void testStopWaitsForARunningRequest();
	void testLongAnswerOfARunningRequestArrives();
	void testStopTimeout();
	void testStopFromWithinAHandler();
	void testQueuedRequestsAreDiscarded();
	void testQueuedPlainConnectionsAreDiscarded();
	void testPlainConnectionsAreServedOn();
	void testConnectionForALoopThatHasEndedIsTurnedAway();
	void testPlainConnectionAcceptedWhileStoppingIsClosed();

	static CppUnit::Test* suite();
};


#endif // EVTCPServerStopTest_INCLUDED
