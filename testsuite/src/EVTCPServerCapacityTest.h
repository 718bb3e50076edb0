//
// EVTCPServerCapacityTest.h
//
// Definition of the EVTCPServerCapacityTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerCapacityTest_INCLUDED
#define EVTCPServerCapacityTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerCapacityTest: public ClockedTest
{
public:
	explicit EVTCPServerCapacityTest(const std::string& name);
	~EVTCPServerCapacityTest();

	void testCapacityReachedMakesOthersWait();
	void testOneLoopIsWokenForEachConnection();
	void testCapacityWithPlainConnections();
	void testWithoutDescriptorsAcceptingPauses();
	void testWithoutDescriptorsLoopsShareASocket();
	void testWithoutDescriptorsReusePortDoesNotStart();

	static CppUnit::Test* suite();
};


#endif // EVTCPServerCapacityTest_INCLUDED
