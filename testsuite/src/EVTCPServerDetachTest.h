//
// EVTCPServerDetachTest.h
//
// Definition of the EVTCPServerDetachTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerDetachTest_INCLUDED
#define EVTCPServerDetachTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerDetachTest: public CppUnit::TestCase
{
public:
	explicit EVTCPServerDetachTest(const std::string& name);
	~EVTCPServerDetachTest();

	void testReceiveWithoutWaiting();
	void testReceiveAll();
	void testLongReceiveTimeout();
	void testReceiveAfterClose();
	void testDetachedSocketIsUsedOnByAnotherThread();
	void testDetachedSocketYieldsAllBytesInOrder();
	void testUnreadRequestIsYieldedToo();
	void testPollAndAvailableSeeBufferedBytes();
	void testDetachInHandlerThatGoesOn();
	void testDetachSendsPendingOutputFirst();
	void testDetachAndAdoptBack();
	void testHandlerMovesConnectionToAnotherServer();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();
};


#endif // EVTCPServerDetachTest_INCLUDED
