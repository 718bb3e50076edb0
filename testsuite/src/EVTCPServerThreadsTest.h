//
// EVTCPServerThreadsTest.h
//
// Definition of the EVTCPServerThreadsTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerThreadsTest_INCLUDED
#define EVTCPServerThreadsTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerThreadsTest: public CppUnit::TestCase
{
public:
	explicit EVTCPServerThreadsTest(const std::string& name);
	~EVTCPServerThreadsTest();

	void testThreadsGoBackToThePool();
	void testIdleThreadsGoBackWhileTheServerRuns();
	void testThreadThatStaysSleeps();
	void testDefaultPoolHasItsCapacityBack();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();
};


#endif // EVTCPServerThreadsTest_INCLUDED
