//
// EVSecureWaitTest.h
//
// Definition of the EVSecureWaitTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVSecureWaitTest_INCLUDED
#define EVSecureWaitTest_INCLUDED


#include "ClockedTest.h"


class EVSecureWaitTest: public ClockedTest
{
public:
	explicit EVSecureWaitTest(const std::string& name);

	void testAnnouncedUpgradeThenSilence();
	void testAnnouncedUpgradeThatReadsNothing();
	void testHandlerThatWantsToWait();
	void testDribbledRecord();
	void testSlowRecord();
	void testSendTimeoutOfTheHandler();
	void testReceiveTimeoutOfTheHandler();
	void testSecureSocketWithBytesBehind();
	void testTakenForAnOrdinaryRequestAndGivenBack();
	void testResponseThenConnect();

	static CppUnit::Test* suite();
};


#endif // EVSecureWaitTest_INCLUDED
