//
// HTTPCharactersTest.h
//
// Definition of the HTTPCharactersTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HTTPCharactersTest_INCLUDED
#define HTTPCharactersTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class HTTPCharactersTest: public CppUnit::TestCase
{
public:
	explicit HTTPCharactersTest(const std::string& name);

	void testEqualsIgnoreCase();
	void testEqualsIgnoreCaseAnywhere();
	void testSkipText();

	static CppUnit::Test* suite();
};


#endif // HTTPCharactersTest_INCLUDED
