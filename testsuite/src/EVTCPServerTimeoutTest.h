//
// EVTCPServerTimeoutTest.h
//
// Definition of the EVTCPServerTimeoutTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerTimeoutTest_INCLUDED
#define EVTCPServerTimeoutTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerTimeoutTest: public ClockedTest
{
public:
	explicit EVTCPServerTimeoutTest(const std::string& name);
	~EVTCPServerTimeoutTest();

	void testIdleConnectionIsClosed();
	void testIdleTimeoutIsTheFirstRequestTimeoutToo();
	void testFirstRequestTimeoutIsForTheFirstRequestOnly();
	void testFirstRequestClockStartsWithTheConnection();
	void testRequestsKeepAConnectionOpen();
	void testSlowRequestIsClosedHoweverOftenItSendsAByte();
	void testRequestTimeoutStartsWithEachRequest();
	void testRunningHandlerIsNotTimedOut();
	void testRequestThatArrivesInTimeIsServed();
	void testQueuedRequestIsNotTimedOut();
	void testIdleClockStartsWhenAnotherThreadHasFinished();
	void testHandlerTimeoutDoesNotDelayTheIdleTimeout();
	void testOverdueIsReportedOnceBesideAShorterIdleTimeout();
	void testNoTimeoutsMeansNoLimit();
	void testTimeoutsOfManyConnections();
	void testTimeoutWithDispatchOnData();

	static CppUnit::Test* suite();
};


#endif // EVTCPServerTimeoutTest_INCLUDED
