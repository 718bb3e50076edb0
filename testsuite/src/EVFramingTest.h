//
// EVFramingTest.h
//
// Definition of the EVFramingTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVFramingTest_INCLUDED
#define EVFramingTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVFramingTest: public CppUnit::TestCase
{
public:
	explicit EVFramingTest(const std::string& name);

	void testLine();
	void testLineTooLong();
	void testLengthPrefix();
	void testLengthPrefixTooLong();
	void testLengthPrefixNonsense();

	static CppUnit::Test* suite();
};


#endif // EVFramingTest_INCLUDED
