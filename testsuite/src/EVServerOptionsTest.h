//
// EVServerOptionsTest.h
//
// Definition of the EVServerOptionsTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVServerOptionsTest_INCLUDED
#define EVServerOptionsTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVServerOptionsTest: public CppUnit::TestCase
{
public:
	explicit EVServerOptionsTest(const std::string& name);

	void testDefaults();
	void testNonsenseIsRefusedByName();
	void testNamesOfPolicies();
	void testZeroMeansNoLimit();
	void testLargestValues();
	void testIdentifiersDoNotComeAgain();
	void testParamsCarryOptions();
	void testAcceptBacklog();
	void testHTTPLimits();
	void testHTTPNonsenseIsRefusedByName();

	static CppUnit::Test* suite();
};


#endif // EVServerOptionsTest_INCLUDED
