//
// EVTCPServerAdoptTest.h
//
// Definition of the EVTCPServerAdoptTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerAdoptTest_INCLUDED
#define EVTCPServerAdoptTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerAdoptTest: public CppUnit::TestCase
{
public:
	explicit EVTCPServerAdoptTest(const std::string& name);
	~EVTCPServerAdoptTest();

	void testAdoptFromSeveralThreads();
	void testAdoptedConnectionsCountAsConcurrent();
	void testAdoptAConnectionTheApplicationHasMade();
	void testAdoptPlainConnections();
	void testAdoptIsRefusedClearly();
	void testAdoptGoesBeyondCapacity();
	void testAdoptedSocketKeepsItsReceiveTimeout();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();
};


#endif // EVTCPServerAdoptTest_INCLUDED
