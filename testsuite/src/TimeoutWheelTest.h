//
// TimeoutWheelTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef TimeoutWheelTest_INCLUDED
#define TimeoutWheelTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class TimeoutWheelTest: public CppUnit::TestCase
{
public:
	explicit TimeoutWheelTest(const std::string& name);

	void testNoneEarlyNoneLate();
	void testStartAndStop();
	void testNothingWithoutATimeout();
	void testStartedInThePast();
	void testNobodyAskedForLong();
	void testOrder();
	void testCostDoesNotGrow();

	static CppUnit::Test* suite();
};


#endif // TimeoutWheelTest_INCLUDED
