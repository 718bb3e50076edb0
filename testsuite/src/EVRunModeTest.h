//
// EVRunModeTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVRunModeTest_INCLUDED
#define EVRunModeTest_INCLUDED


#include "ClockedTest.h"


class EVRunModeTest: public ClockedTest
{
public:
	explicit EVRunModeTest(const std::string& name);

	void testLeader();
	void testLeaderAlone();
	void testWorkerByPolicy();
	void testWorkerIfExpected();
	void testLeaderOfOneClient();
	void testHandlerAnnouncesBlocking();
	void testHandlerAnnouncesAlone();
	void testKindsOfTheApplication();
	void testWorkerWithoutPermit();

	static CppUnit::Test* suite();
};


#endif // EVRunModeTest_INCLUDED
