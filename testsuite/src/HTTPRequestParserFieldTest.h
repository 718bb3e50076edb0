//
// HTTPRequestParserFieldTest.h
//
// Definition of the HTTPRequestParserFieldTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HTTPRequestParserFieldTest_INCLUDED
#define HTTPRequestParserFieldTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class HTTPRequestParserFieldTest: public CppUnit::TestCase
{
public:
	explicit HTTPRequestParserFieldTest(const std::string& name);

	void testFieldTable();
	void testWhiteSpaceIsTrimmed();
	void testTextOutsideOfASCII();
	void testControlsInValue();
	void testNameIsToken();
	void testSpaceBeforeColon();
	void testEmptyName();
	void testFolding();
	void testFirstLineBeginsWithWhiteSpace();
	void testHostIsMissing();
	void testHostIsRepeated();
	void testHostIsInvalid();
	void testConnectionClose();
	void testConnectionKeepAlive();
	void testExpect();
	void testExpectIsIgnoredInHTTP10();

	static CppUnit::Test* suite();
};


#endif // HTTPRequestParserFieldTest_INCLUDED
