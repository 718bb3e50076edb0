//
// HTTPFramerTest.h
//
// Definition of the HTTPFramerTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HTTPFramerTest_INCLUDED
#define HTTPFramerTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class HTTPFramerTest: public CppUnit::TestCase
{
public:
	explicit HTTPFramerTest(const std::string& name);

	void testSimple();
	void testBodyByLength();
	void testChunked();
	void testEmptyLineBefore();
	void testPipelined();
	void testAmbiguousLengthIsRefused();
	void testBadFieldIsRefused();
	void testBadChunkIsRefused();
	void testHeaderOverBudget();
	void testBodyOverBudget();
	void testChunksOverBudget();
	void testExpectContinue();
	void testReset();

	static CppUnit::Test* suite();
};


#endif // HTTPFramerTest_INCLUDED
