//
// EVPlainConnectionTest.h
//
// Definition of the EVPlainConnectionTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVPlainConnectionTest_INCLUDED
#define EVPlainConnectionTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVPlainConnectionTest: public CppUnit::TestCase
{
public:
	explicit EVPlainConnectionTest(const std::string& name);
	~EVPlainConnectionTest();

	void testOneConnection();
	void testTwoConnections();
	void testMultiConnections();
	void testMaxThreadsIsHonoured();
	void testThreadCapacity();
	void testQueueFullRefuses();
	void testServerSpeaksFirst();
	void testSilentConnectionsCostNoThreadWithDispatchOnData();
	void testDispatchOnDataLosesNothing();
	void testFilter();
	void testFilterWithMultiplexedConnections();
	void testFilterThatThrows();
	void testExceptionClosesOnlyItsConnection();
	void testInlineServesOneAfterTheOther();
	void testDedicatedServesConnections();
	void testDispatchOnDataWithMultiplexedConnections();
	void testDispatchOnDataWithConnectionsThatWereThereBefore();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();
};


#endif // EVPlainConnectionTest_INCLUDED
