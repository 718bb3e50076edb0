//
// EVTCPServerStartTest.h
//
// Definition of the EVTCPServerStartTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerStartTest_INCLUDED
#define EVTCPServerStartTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerStartTest: public CppUnit::TestCase
{
public:
	explicit EVTCPServerStartTest(const std::string& name);
	~EVTCPServerStartTest();

	void testPortInUse();
	void testPortInUseBySomebodyWhoShares();
	void testPortIsFreeAfterwards();
	void testBackendThatIsNotThere();
	void testAllBackendsServe();
	void testPoolWithoutAFreeThread();
	void testMoreLoopsThanThreads();
	void testPoolOfOneServes();
	void testPoolOfOneServesPlainConnections();
	void testPoolOfOneIsNotEnoughForDedicated();
	void testPoolOfTwoServesDedicated();
	void testStartTwice();
	void testNoFactory();
	void testPlainParamsMeanTheDefaults();
	void testUnixDomainSocket();
	void testIPv6();
	void testReusePortIsForTCPOnly();
	void testAcceptBacklog();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();
};


#endif // EVTCPServerStartTest_INCLUDED
