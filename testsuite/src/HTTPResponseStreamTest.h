//
// HTTPResponseStreamTest.h
//
// Definition of the HTTPResponseStreamTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HTTPResponseStreamTest_INCLUDED
#define HTTPResponseStreamTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class HTTPResponseStreamTest: public CppUnit::TestCase
{
public:
	explicit HTTPResponseStreamTest(const std::string& name);

	void testWholeResponsesAreHeld();
	void testRestOfATextIsKept();

	static CppUnit::Test* suite();
};


#endif // HTTPResponseStreamTest_INCLUDED
