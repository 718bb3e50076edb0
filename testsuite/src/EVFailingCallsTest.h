//
// EVFailingCallsTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVFailingCallsTest_INCLUDED
#define EVFailingCallsTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVFailingCallsTest: public ClockedTest
{
public:
	EVFailingCallsTest(const std::string& name);
	~EVFailingCallsTest();

	void testAcceptFailsForEver();
	void testAcceptFailsForSingleClients();
	void testAcceptFailsForEverAndTheServerIsStopped();
	void testListenerIsClosedByTheApplication();
	void testListenerIsNotWatched();
	void testConnectionIsNotWatched();
	void testConnectionIsNotWatchedWhileItsRequestRuns();
	void testConnectionIsNotWatchedForWriting();
	void testEventsOfRefusedDescriptorsDoNotSpin();
	void testLoopThatCannotBeWokenIsNotCreated();
	void testLoopWithoutDescriptorsIsNotCreated();
	void testWaitingFails();
	void testAllocationsFail();
	void testAllocationsFailWithPlainConnections();
	void testAllocationsFailWithHTTP();
	void testDrainWhileAcceptingBacksOff();

	static CppUnit::Test* suite();
};


#endif // EVFailingCallsTest_INCLUDED
