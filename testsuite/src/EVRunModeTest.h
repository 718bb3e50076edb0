//
// EVRunModeTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVRunModeTest_INCLUDED
#define EVRunModeTest_INCLUDED


#include "CppUnit/TestCase.h"


class EVRunModeTest: public CppUnit::TestCase
{
public:
	explicit EVRunModeTest(const std::string& name);

	void testLeader();
	void testLeaderAlone();
	void testWorkerByPolicy();
	void testWorkerPredicted();
	void testWorkerWithoutPermit();

	static CppUnit::Test* suite();
};


#endif // EVRunModeTest_INCLUDED
