//
// MemoryTest.h
//
// Definition of the MemoryTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef MemoryTest_INCLUDED
#define MemoryTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class MemoryTest: public CppUnit::TestCase
{
public:
	explicit MemoryTest(const std::string& name);

	void testQueueKeepsOrder();
	void testQueueAppend();
	void testPoolReusesBlocks();
	void testPoolKeepsTheBudget();
	void testPoolShrinksAfterABurst();
	void testCache();
	void testSlabReusesSlots();
	void testSlabIdsBecomeStale();

	static CppUnit::Test* suite();
};


#endif // MemoryTest_INCLUDED
