//
// EVTCPServerDescriptorTest.h
//
// Definition of the EVTCPServerDescriptorTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerDescriptorTest_INCLUDED
#define EVTCPServerDescriptorTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerDescriptorTest: public CppUnit::TestCase
{
public:
	explicit EVTCPServerDescriptorTest(const std::string& name);
	~EVTCPServerDescriptorTest();

	void testDetachedSocketsAreClosedUnderLoad();
	void testDetachedSocketsAreClosedWhileTheLoopIsAboutToWatchThem();
	void testDetachedSocketIsClosedWithEveryBackend();
	void testAdoptedSocketsAreDetachedAndClosed();
	void testFailedStartLeavesNothingOpen();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();
};


#endif // EVTCPServerDescriptorTest_INCLUDED
