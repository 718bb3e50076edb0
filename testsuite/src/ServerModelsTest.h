//
// ServerModelsTest.h
//
// Definition of the ServerModelsTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ServerModelsTest_INCLUDED
#define ServerModelsTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class ServerModelsTest: public CppUnit::TestCase
	/// Runs the sample ServerModels, with each of its models.
{
public:
	explicit ServerModelsTest(const std::string& name);
	~ServerModelsTest();

	void testUsage();
	void testTimeouts();
	void testClientsThatNeverRead();
	void testSequential();
	void testFork();
	void testPrefork();
	void testThread();
	void testPrethread();
	void testSelect();
	void testEpollLevelTriggered();
	void testEpollEdgeTriggered();
	void testLoopPerConnection();
	void testLoopPerWorker();
	void testReusePort();
	void testMultiProcessLoops();
	void testLeaderFollower();
	void testEVNetDedicated();
	void testEVNetInline();
	void testEVNetAdaptive();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();
};


#endif // ServerModelsTest_INCLUDED
