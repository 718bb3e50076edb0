//
// MetricsTest.h
//
// Definition of the MetricsTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef MetricsTest_INCLUDED
#define MetricsTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class MetricsTest: public CppUnit::TestCase
{
public:
	explicit MetricsTest(const std::string& name);
	~MetricsTest();

	void testFormat();
	void testOfServer();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();
};


#endif // MetricsTest_INCLUDED
