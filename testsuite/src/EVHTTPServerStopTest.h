//
// EVHTTPServerStopTest.h
//
// Definition of the EVHTTPServerStopTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerStopTest_INCLUDED
#define EVHTTPServerStopTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerStopTest: public ClockedTest
{
public:
	explicit EVHTTPServerStopTest(const std::string& name);

	void testStopWaitsForRunningRequest();
	void testStopSendsPendingOutput();
	void testStopTimeout();
	void testStopAllTellsTheFactoryBeforeItWaits();
	void testStopAllTellsWhetherItAborts();
	void testStopAllAborts();
	void testStopAllAbortsWriting();
	void testStopClosesIdleConnections();
	void testNoConnectionAfterStop();
	void testStopTwice();
	void testStopWithoutStart();
	void testStopFromHandler();
	void testStopUnderLoad();
	void testDestroyUnderLoad();
	void testPortInUse();
	void testStopAllAbortsThoughAClientIsGone();
	void testStopBetweenPipelinedRequests();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerStopTest_INCLUDED
