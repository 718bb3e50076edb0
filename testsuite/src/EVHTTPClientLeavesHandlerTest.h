//
// EVHTTPClientLeavesHandlerTest.h
//
// Definition of the EVHTTPClientLeavesHandlerTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPClientLeavesHandlerTest_INCLUDED
#define EVHTTPClientLeavesHandlerTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVHTTPClientLeavesHandlerTest: public ClockedTest
{
public:
	explicit EVHTTPClientLeavesHandlerTest(const std::string& name);

	void testResetWhileRunning();
	void testHalfCloseWhileRunning();
	void testSilenceWhileRunning();
	void testResetWhileRecalled();
	void testHalfCloseWhileRecalled();
	void testSilenceWhileRecalled();
	void testResetWhileHandlerReads();
	void testHalfCloseWhileHandlerReads();
	void testSilenceWhileHandlerReads();
	void testHalfCloseWhileHandlerReadsAndWritesChunks();
	void testResetWhileHandlerWrites();
	void testHalfCloseWhileHandlerWrites();
	void testSilenceWhileHandlerWrites();
	void testResetWhileRunningWithOutput();
	void testHalfCloseWhileRunningWithOutput();
	void testSilenceWhileRunningWithOutput();

	static CppUnit::Test* suite();
};


#endif // EVHTTPClientLeavesHandlerTest_INCLUDED
