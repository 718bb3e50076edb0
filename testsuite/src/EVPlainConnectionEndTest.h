//
// EVPlainConnectionEndTest.h
//
// Definition of the EVPlainConnectionEndTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVPlainConnectionEndTest_INCLUDED
#define EVPlainConnectionEndTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVPlainConnectionEndTest: public CppUnit::TestCase
{
public:
	explicit EVPlainConnectionEndTest(const std::string& name);

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


#endif // EVPlainConnectionEndTest_INCLUDED
