//
// EVTCPServerFailureTest.h
//
// Definition of the EVTCPServerFailureTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerFailureTest_INCLUDED
#define EVTCPServerFailureTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerFailureTest: public ClockedTest
{
public:
	explicit EVTCPServerFailureTest(const std::string& name);
	~EVTCPServerFailureTest();

	void testResetWhileIdle();
	void testResetInTheMiddleOfARequest();
	void testResetWhileTheHandlerRuns();
	void testResetWhileOutputIsPending();
	void testResetBeforeAccept();
	void testHalfCloseAfterTheRequestIsAnswered();
	void testHalfCloseWithALongAnswer();
	void testCloseInTheMiddleOfARequestIsIncomplete();
	void testRequestTooLargeIsClosed();
	void testRequestTooLargeWithDefaults();
	void testTotalBufferUsedUpMakesOthersWait();
	void testFramingRefusalIsCounted();
	void testFramingThatThrows();
	void testHandlerThatThrows();
	void testFactoryThatFails();
	void testFactoryThatFailsForPlainConnections();
	void testHandlerClosesAfterAReset();
	void testFactoryThatFailsFirstWithDispatchOnData();
	void testListeningSocketIsShutDown();

	static CppUnit::Test* suite();
};


#endif // EVTCPServerFailureTest_INCLUDED
