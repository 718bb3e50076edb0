//
// RateDeadlineTest.h
//
// Definition of the RateDeadlineTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef RateDeadlineTest_INCLUDED
#define RateDeadlineTest_INCLUDED


#include "ClockedTest.h"


class RateDeadlineTest: public ClockedTest
{
public:
	explicit RateDeadlineTest(const std::string& name);

	void testEnough();
	void testPeriods();
	void testSlowHandlerOfAQuickClient();

	static CppUnit::Test* suite();
};


#endif // RateDeadlineTest_INCLUDED
