//
// EVServerQueueTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVServerQueueTest_INCLUDED
#define EVServerQueueTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVServerQueueTest: public CppUnit::TestCase
{
public:
	explicit EVServerQueueTest(const std::string& name);

	void testNobodyIsRefusedWhileThreadsAreFree();
	void testNoMoreClientsThanThreads();
	void testWholeQueueIsUsed();
	void testFloodedLoopTakesNothingFromAnother();
	void testPlainConnectionsThatThreadsAreFreeFor();

	static CppUnit::Test* suite();

private:
	void refusesNobody(int clients, int threads, int maxQueued, int requests);
};


#endif // EVServerQueueTest_INCLUDED
