//
// EVHTTPServerDrainTest.h
//
// Definition of the EVHTTPServerDrainTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerDrainTest_INCLUDED
#define EVHTTPServerDrainTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerDrainTest: public ClockedTest
{
public:
	explicit EVHTTPServerDrainTest(const std::string& name);

	void testNothingOpen();
	void testIdleConnectionsAreClosed();
	void testRunningRequestIsAnswered();
	void testPipelinedRequestsAreAnswered();
	void testPartOfARequestIsWaitedFor();
	void testNewConnectionsHaveASecond();
	void testTimeout();
	void testBacklogIsServed();
	void testUnderLoad();
	void testNewConnectionsGetTheirTime();
	void testWhatBecomesIdleLater();
	void testTwoDrains();
	void testRefusalWhileDraining();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerDrainTest_INCLUDED
