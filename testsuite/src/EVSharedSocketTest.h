//
// EVSharedSocketTest.h
//
// Definition of the EVSharedSocketTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVSharedSocketTest_INCLUDED
#define EVSharedSocketTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVSharedSocketTest: public CppUnit::TestCase
{
public:
	explicit EVSharedSocketTest(const std::string& name);
	~EVSharedSocketTest();

	void testInherited();
	void testInheritedIPv6();
	void testVariablesAreKept();
	void testNothingInherited();
	void testNotWhatItShouldBe();
	void testAddressInUse();
	void testCopies();
	void testOneQueueForAllLoops();
	void testReusePortIsRefused();
	void testStopLeavesTheQueue();
	void testSuccessorStartsClean();
	void testSuccessorFails();
	void testSuccessorHangs();
	void testSuccessorsAreStartedByAllThreads();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();
};


#endif // EVSharedSocketTest_INCLUDED
