//
// EVTCPServerNotifyTest.h
//
// Definition of the EVTCPServerNotifyTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerNotifyTest_INCLUDED
#define EVTCPServerNotifyTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVTCPServerNotifyTest: public ClockedTest
{
public:
	explicit EVTCPServerNotifyTest(const std::string& name);
	~EVTCPServerNotifyTest();

	void testIdleConnectionIsNotified();
	void testCallsDuringARequestBecomeOne();
	void testInTheMiddleOfARequest();
	void testSlowReaderHoldsNoThread();
	void testRequestsAreServedBetweenNotifications();
	void testNotifiedBetweenRequests();
	void testNotifiedWhenTheQueueIsFull();
	void testCloseWhenNotified();
	void testExceptionWhenNotified();
	void testDrainIsNotHeldUp();
	void testStaleIdIsIgnored();
	void testBeforeStartAndAfterStop();
	void testUnderLoad();

	static CppUnit::Test* suite();
};


#endif // EVTCPServerNotifyTest_INCLUDED
