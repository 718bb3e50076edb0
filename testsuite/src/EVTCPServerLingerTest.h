//
// EVTCPServerLingerTest.h
//
// Definition of the EVTCPServerLingerTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerLingerTest_INCLUDED
#define EVTCPServerLingerTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerLingerTest: public ClockedTest
{
public:
	explicit EVTCPServerLingerTest(const std::string& name);
	~EVTCPServerLingerTest();

	void testLastResponseArrivesThoughTheClientSends();
	void testResponseArrivesThoughTheServerCloses();
	void testResponseArrivesThoughTheServerStops();
	void testDrainWithoutTimeCuts();
	void testLingerLastsAsLongAsTheClientTakesSomething();

	static CppUnit::Test* suite();
};


#endif // EVTCPServerLingerTest_INCLUDED
