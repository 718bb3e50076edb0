//
// EVServerPressureTest.h
//
// Definition of the EVServerPressureTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVServerPressureTest_INCLUDED
#define EVServerPressureTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVServerPressureTest: public ClockedTest
{
public:
	explicit EVServerPressureTest(const std::string& name);

	void testLateRequestIsAnswered();
	void testFullQueueIsAnswered();
	void testFullQueueAnswersAndGoesOn();
	void testFullQueueWithUnreadBodyCloses();
	void testRawClientsWaitWhenQueueIsFull();
	void testBodiesThatShareTooLittleMemory();
	void testLargeBodiesWaitForTheirBeginning();
	void testLateBodyOfASilentHandler();
	void testSlowBodyMayTakeLonger();
	void testTooSlowBody();
	void testTooSlowStreamedBody();
	void testTooSlowReader();
	void testTooSlowReaderWithoutBuffer();
	void testMaxTotalPendingOutput();
	void testPendingOutputIsGivenBack();
	void testOverdueHandler();
	void testCloseIdleAtCapacity();
	void testCloseIdleFindsWhatIsIdle();
	void testSmallBudgetServesAllLoops();
	void testMaxConnectionsPerAddress();
	void testClientConnected();

	static CppUnit::Test* suite();
};


#endif // EVServerPressureTest_INCLUDED
