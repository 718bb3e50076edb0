//
// EVTCPServerBlockingTest.h
//
// Definition of the EVTCPServerBlockingTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerBlockingTest_INCLUDED
#define EVTCPServerBlockingTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"
#include "Poco/EVNet/EVServerOptions.h"
#include <string>


class EVTCPServerBlockingTest: public ClockedTest
{
public:
	explicit EVTCPServerBlockingTest(const std::string& name);
	~EVTCPServerBlockingTest();

	void testOthersAreServedAdaptive();
	void testOthersAreServedDedicated();
	void testInlineBlocksItsOwnLoopOnly();
	void testLoopsGoOnWhileAllHandlersBlockAdaptive();
	void testLoopsGoOnWhileAllHandlersBlockDedicated();
	void testRequestsSentWhileTheHandlerRuns();
	void testLoopsGoOnInAPoolOfTheApplication();
	void testNoMoreThanMaxThreadsRun();
	void testRequestsAreServedInOrderOfArrival();
	void testFullQueueLosesNothing();
	void testClientLeavesWhileItsRequestWaits();
	void testSlowAndQuickRequestsMixed();
	void testHandlersThatBlockBriefly();
	void testRequestsWaitForTheOnlyWorker();

	static CppUnit::Test* suite();

private:
	void othersAreServed(Poco::EVNet::EVServerOptions::ExecutionPolicy policy, int threads, int loops);
	void loopsGoOn(Poco::EVNet::EVServerOptions::ExecutionPolicy policy, int threads, int loops);
};


#endif // EVTCPServerBlockingTest_INCLUDED
