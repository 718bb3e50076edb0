//
// EVTCPServerLoadTest.h
//
// Definition of the EVTCPServerLoadTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerLoadTest_INCLUDED
#define EVTCPServerLoadTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include "Poco/EVNet/EVServerOptions.h"
#include <string>


class EVTCPServerLoadTest: public CppUnit::TestCase
{
public:
	explicit EVTCPServerLoadTest(const std::string& name);
	~EVTCPServerLoadTest();

	void testStopUnderLoadAdaptive();
	void testStopUnderLoadDedicated();
	void testStopUnderLoadInline();
	void testDetachAndAdoptUnderLoad();
	void testStartAndStopManyServersAtOnce();
	void testConnectionsComeAndGo();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();

private:
	void stopUnderLoad(Poco::EVNet::EVServerOptions::ExecutionPolicy policy, int times);
};


#endif // EVTCPServerLoadTest_INCLUDED
