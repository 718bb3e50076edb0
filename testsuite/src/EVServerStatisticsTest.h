//
// EVServerStatisticsTest.h
//
// Definition of the EVServerStatisticsTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVServerStatisticsTest_INCLUDED
#define EVServerStatisticsTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVServerStatisticsTest: public CppUnit::TestCase
{
public:
	explicit EVServerStatisticsTest(const std::string& name);

	void testCloseReasonNames();
	void testCloses();

	static CppUnit::Test* suite();
};


#endif // EVServerStatisticsTest_INCLUDED
