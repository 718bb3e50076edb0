//
// EVPlainClientLeavesTest.h
//
// Definition of the EVPlainClientLeavesTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVPlainClientLeavesTest_INCLUDED
#define EVPlainClientLeavesTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVPlainClientLeavesTest: public ClockedTest
{
public:
	explicit EVPlainClientLeavesTest(const std::string& name);

	void testResetWhilePlainConnectionWaits();
	void testHalfCloseWhilePlainConnectionWaits();
	void testSilenceWhilePlainConnectionWaits();
	void testResetWhilePlainConnectionRuns();
	void testResetWhilePlainConnectionIsQueued();
	void testHalfCloseWhilePlainConnectionRuns();
	void testHalfCloseWhilePlainConnectionIsQueued();
	void testSilenceWhilePlainConnectionRuns();
	void testSilenceWhilePlainConnectionIsQueued();

	static CppUnit::Test* suite();
};


#endif // EVPlainClientLeavesTest_INCLUDED
