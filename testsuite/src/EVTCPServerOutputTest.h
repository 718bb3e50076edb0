//
// EVTCPServerOutputTest.h
//
// Definition of the EVTCPServerOutputTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerOutputTest_INCLUDED
#define EVTCPServerOutputTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerOutputTest: public ClockedTest
{
public:
	explicit EVTCPServerOutputTest(const std::string& name);
	~EVTCPServerOutputTest();

	void testSlowReaderDoesNotHoldTheThread();
	void testRequestsWaitForTheOutput();
	void testWriterWaitsBeyondMaxPendingOutput();
	void testNoPendingOutputAtAll();
	void testWaitingWriterIsTimedOut();
	void testPendingOutputIsTimedOut();
	void testReaderThatMakesProgressIsNotTimedOut();
	void testManySmallWritesArriveInOrder();
	void testHandlerThatReadsGetsItsQuestionAcrossFirst();
	void testSocketBufVec();
	void testManySlowReadersAtOnce();
	void testShutdownSendSendsPendingOutputFirst();
	void testSocketSendFileSendsPendingOutputFirst();

	static CppUnit::Test* suite();
};


#endif // EVTCPServerOutputTest_INCLUDED
