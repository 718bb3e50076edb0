//
// RequestCostsTest.h
//
// Definition of the RequestCostsTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef RequestCostsTest_INCLUDED
#define RequestCostsTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class RequestCostsTest: public CppUnit::TestCase
{
public:
	explicit RequestCostsTest(const std::string& name);

	void testCheapKindsAreNotKept();
	void testComputing();
	void testPreemptedOnce();
	void testWaitedOnce();
	void testWaitsRarely();
	void testForgotten();
	void testOthers();
	void testUnknownKind();
	void testInventedCheapKinds();
	void testInventedExpensiveKinds();
	void testSeveralThreads();
	void testFamiliar();
	void testFamiliarBesideOthers();
	void testWhatTheApplicationSays();
	void testSlowSystem();

	static CppUnit::Test* suite();
};


#endif // RequestCostsTest_INCLUDED
