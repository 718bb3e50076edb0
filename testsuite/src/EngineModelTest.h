//
// EngineModelTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EngineModelTest_INCLUDED
#define EngineModelTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EngineModelTest: public CppUnit::TestCase
{
public:
	explicit EngineModelTest(const std::string& name);

	void testSchedulerTriesEveryOrder();
	void testSchedulerFindsDeadlock();
	void testSchedulerFindsRace();
	void testSchedulerRepeatsAnOrder();
	void testEveryOrderOfQueuedRequests();
	void testEveryOrderOfClosedConnection();
	void testEveryOrderOfBlockedLeader();
	void testEveryOrderOfLoopPassedOn();
	void testEveryOrderOfNotifiedLeader();
	void testEveryOrderOfStoppedServer();
	void testEveryOrderOfStoppedWorker();
	void testEveryWeakeningIsFound();

	static CppUnit::Test* suite();

private:
	void tryEveryOrder(const std::string& name);
};


#endif // EngineModelTest_INCLUDED
