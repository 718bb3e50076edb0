//
// EVTCPServerNotifyTimeoutTest.h
//
// Definition of the EVTCPServerNotifyTimeoutTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerNotifyTimeoutTest_INCLUDED
#define EVTCPServerNotifyTimeoutTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVTCPServerNotifyTimeoutTest: public ClockedTest
{
public:
	explicit EVTCPServerNotifyTimeoutTest(const std::string& name);
	~EVTCPServerNotifyTimeoutTest();

	void testRequestTimeoutGoesOn();
	void testRequestTimeoutGoesOnThoughBytesArrive();
	void testTimeoutsGoOnThoughOutputWaits();
	void testTimeUpBeforeTheOutputIsTaken();
	void testIdleTimeoutAfterFlushingWithoutSendTimeout();
	void testIdleTimeoutGoesOn();

	static CppUnit::Test* suite();
};


#endif // EVTCPServerNotifyTimeoutTest_INCLUDED
