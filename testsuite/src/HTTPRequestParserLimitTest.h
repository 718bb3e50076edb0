//
// HTTPRequestParserLimitTest.h
//
// Definition of the HTTPRequestParserLimitTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HTTPRequestParserLimitTest_INCLUDED
#define HTTPRequestParserLimitTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class HTTPRequestParserLimitTest: public CppUnit::TestCase
{
public:
	explicit HTTPRequestParserLimitTest(const std::string& name);

	void testRequestLine();
	void testRequestLineWithoutEnd();
	void testField();
	void testFieldWithoutEnd();
	void testFields();
	void testHeader();
	void testHeaderWithoutEnd();
	void testWhatIsBeyondALimitIsNotLookedAt();
	void testBodyByLength();
	void testBodyByChunks();
	void testBodyToTheEnd();
	void testNoLimits();
	void testLinearInLongField();
	void testLinearInManyFields();
	void testLinearInSmallChunks();

	static CppUnit::Test* suite();
};


#endif // HTTPRequestParserLimitTest_INCLUDED
