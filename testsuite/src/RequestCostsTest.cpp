//
// RequestCostsTest.cpp
//
// What is learned about the costs of requests, by kind.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "RequestCostsTest.h"
#include "CppUnit/TestCaller.h"
#include "TestSupport.h"
#include "threads/RequestCosts.h"
#include <memory>


using Poco::EVNet::RequestCosts;


namespace
{
	const RequestCosts::Kind HELLO = 0xABCDEF;
	const RequestCosts::Kind WORK = 0xABCDF0;
	const double MICROSECOND = 1e-6;


	int requestsUntilExpensive(double micros, bool waited)
		/// Returns how many handlers of a kind have to return until it is known to be expensive; 0 if that never happens.
	{
		RequestCosts costs;
		for (int i = 1; i <= 10000; i++)
		{
			costs.note(WORK, micros*MICROSECOND, waited);
			if (costs.isExpensive(WORK)) return i;
		}
		return 0;
	}
}


RequestCostsTest::RequestCostsTest(const std::string& name): CppUnit::TestCase(name)
{
}


void RequestCostsTest::testCheapKindsAreNotKept()
{
	RequestCosts costs;
	assertFalse (costs.anyExpensive());
	for (int i = 0; i < 1000; i++) costs.note(HELLO, 59*MICROSECOND, false);
	assertFalse (costs.anyExpensive());
	assertFalse (costs.isExpensive(HELLO));
	assertEqual (0, costs.kept());
}


void RequestCostsTest::testComputing()
{
	assertEqual (0, requestsUntilExpensive(50, false));
	const int afterShort = requestsUntilExpensive(100, false);
	assertTrue (afterShort > 5 && afterShort < 40);
	const int afterLong = requestsUntilExpensive(9000, false);
	assertTrue (afterLong > 1 && afterLong <= 3);
}


void RequestCostsTest::testPreemptedOnce()
{
	RequestCosts costs;
	for (int round = 0; round < 10; round++)
	{
		costs.note(HELLO, 0.1, false);
		assertFalse (costs.isExpensive(HELLO));
		for (int i = 0; i < 100; i++) costs.note(HELLO, 10*MICROSECOND, false);
	}
	assertFalse (costs.anyExpensive());
}


void RequestCostsTest::testWaitedOnce()
{
	assertEqual (1, requestsUntilExpensive(50000, true));
	assertEqual (1, requestsUntilExpensive(1e9, true));
}


void RequestCostsTest::testWaitsRarely()
{
	// 1 in 100 sleeps for 50 ms: whoever does not know which ones had better not run any on a leader.
	RequestCosts costs;
	int expensive = 0;
	for (int i = 0; i < 10000; i++)
	{
		costs.note(WORK, i % 100 == 0 ? 0.05 : 10*MICROSECOND, i % 100 == 0);
		if (costs.isExpensive(WORK)) ++expensive;
	}
	assertTrue (expensive > 9000);
}


void RequestCostsTest::testForgotten()
{
	RequestCosts costs;
	costs.note(WORK, 0.05, true);
	assertTrue (costs.isExpensive(WORK));
	assertEqual (1, costs.kept());
	for (int i = 0; i < 1000; i++) costs.note(WORK, 10*MICROSECOND, false);
	assertFalse (costs.isExpensive(WORK));
	assertEqual (0, costs.kept());
	for (int i = 0; i < 10000; i++) costs.note(WORK, 10*MICROSECOND, false); // of the others, too
	assertFalse (costs.anyExpensive());
}


void RequestCostsTest::testOthers()
{
	// A handler whose path contains a number is a new kind each time: known by what others have cost that nobody knew.
	RequestCosts costs;
	for (RequestCosts::Kind kind = 4; kind <= 100; kind++) costs.note(kind, 0.002, false);
	assertTrue (costs.isExpensive(1000000));
	for (int i = 0; i < 1000; i++) costs.note(HELLO, 10*MICROSECOND, false);
	assertFalse (costs.isExpensive(1000000));
}


void RequestCostsTest::testUnknownKind()
{
	RequestCosts costs;
	for (int i = 0; i < 100; i++) costs.note(RequestCosts::KIND_UNKNOWN, 0.001, false);
	assertTrue (costs.isExpensive(RequestCosts::KIND_UNKNOWN));
	assertEqual (0, costs.kept());
	for (int i = 0; i < 1000; i++) costs.note(RequestCosts::KIND_UNKNOWN, 10*MICROSECOND, false);
	assertFalse (costs.anyExpensive());
	costs.note(RequestCosts::KIND_UNKNOWN, 0.05, true);
	assertTrue (costs.isExpensive(RequestCosts::KIND_UNKNOWN));
}


void RequestCostsTest::testInventedCheapKinds()
{
	RequestCosts costs;
	costs.note(WORK, 0.05, true);
	for (RequestCosts::Kind kind = 4; kind <= 1000000; kind++) costs.note(kind, 10*MICROSECOND, false);
	assertTrue (costs.isExpensive(WORK));
	assertFalse (costs.isExpensive(HELLO));
	assertEqual (1, costs.kept());
}


void RequestCostsTest::testInventedExpensiveKinds()
{
	RequestCosts costs;
	const RequestCosts::Kind known = 10;
	for (RequestCosts::Kind kind = 4; kind <= 1000000; kind++)
	{
		costs.note(WORK + kind, 0.001, false);
		if (kind % 100 != 0) continue;
		for (RequestCosts::Kind i = 0; i < known; i++) costs.note(WORK - i, 0.05, true);
	}
	assertTrue (costs.kept() <= RequestCosts::KINDS);
	static_assert(sizeof(RequestCosts) <= 8192, "however many kinds there are");
	// The others are expensive at the moment, so that it must be seen otherwise which ones are known.
	for (int i = 0; i < 1000; i++) costs.note(RequestCosts::KIND_UNKNOWN, 10*MICROSECOND, false);
	for (RequestCosts::Kind i = 0; i < known; i++) assertTrue (costs.isExpensive(WORK - i));
}


void RequestCostsTest::testSeveralThreads()
{
	RequestCosts costs;
	const std::string errors = inParallel(4, [&costs](int thread)
	{
		for (int i = 0; i < 20000; i++)
		{
			const RequestCosts::Kind kind = static_cast<RequestCosts::Kind>(i % 1000);
			costs.note(kind, i % (5 + thread) == 0 ? 0.05 : 5*MICROSECOND, i % 2 == 0);
			costs.isExpensive(kind);
		}
	});
	assertEqual (std::string(), errors);
	assertTrue (costs.kept() >= 0 && costs.kept() <= RequestCosts::KINDS);
	// Nothing is counted that is not there.
	for (int i = 0; i < 1000; i++)
	{
		for (RequestCosts::Kind kind = 0; kind < 1000; kind++) costs.note(kind, 5*MICROSECOND, false);
	}
	assertEqual (0, costs.kept());
	assertFalse (costs.anyExpensive());
}


void RequestCostsTest::testFamiliar()
{
	RequestCosts costs;
	assertFalse (costs.isFamiliar(HELLO));
	costs.note(HELLO, 5*MICROSECOND, false);
	assertTrue (costs.isFamiliar(HELLO));
	assertFalse (costs.isFamiliar(WORK));
	// What has taken long is watched closely as long as it is not known to do so.
	costs.note(WORK, 500*MICROSECOND, false);
	assertFalse (costs.isFamiliar(WORK));
	// However many kinds there are, they can be watched closely some thousand times.
	int closely = 0;
	for (RequestCosts::Kind kind = 4; kind < 100000; kind++)
	{
		if (costs.isFamiliar(kind)) continue;
		closely++;
		costs.note(kind, 5*MICROSECOND, false);
	}
	assertTrue (closely > 1000 && closely <= 4096);
}


void RequestCostsTest::testFamiliarBesideOthers()
{
	// One in 16 requests is for something new that takes long: that does not make all of them long.
	RequestCosts costs;
	for (RequestCosts::Kind kind = 1000; kind < 11000; kind++)
	{
		for (int i = 0; i < 15; i++) costs.note(HELLO, 10*MICROSECOND, false);
		costs.note(kind, 1000*MICROSECOND, false);
		assertFalse (costs.isExpensive(HELLO));
	}
	// If it is half of them, one may as well expect it.
	for (RequestCosts::Kind kind = 20000; kind < 21000; kind++)
	{
		costs.note(kind, 10*MICROSECOND, false);
		costs.note(kind + 5000, 1000*MICROSECOND, false);
	}
	assertTrue (costs.isExpensive(HELLO));
}


void RequestCostsTest::testWhatTheApplicationSays()
{
	RequestCosts costs;
	assertTrue (costs.isExpensive(RequestCosts::KIND_MAY_BLOCK));
	assertFalse (costs.isExpensive(RequestCosts::KIND_NEVER_BLOCKS));
	assertTrue (costs.isFamiliar(RequestCosts::KIND_NEVER_BLOCKS));
	for (int i = 0; i < 100; i++)
	{
		costs.note(RequestCosts::KIND_NEVER_BLOCKS, 1, true);
		costs.note(RequestCosts::KIND_MAY_BLOCK, 1*MICROSECOND, false);
	}
	assertTrue (costs.isExpensive(RequestCosts::KIND_MAY_BLOCK));
	assertFalse (costs.isExpensive(RequestCosts::KIND_NEVER_BLOCKS));
	// and it says nothing about others
	assertFalse (costs.anyExpensive());
	// nor do others say anything about that
	for (int i = 0; i < 1000; i++) costs.note(RequestCosts::KIND_UNKNOWN, 0.01, true);
	assertTrue (costs.anyExpensive());
	assertFalse (costs.isExpensive(RequestCosts::KIND_NEVER_BLOCKS));
}


void RequestCostsTest::testSlowSystem()
{
	// Where everything takes long, a request must take longer still.
	RequestCosts costs;
	const auto expensive = [&] { return static_cast<int>(costs.threshold()/MICROSECOND + 0.5); };
	assertEqual (60, expensive());
	for (int i = 0; i < 100; i++) costs.noteHandOver(4*MICROSECOND);
	assertEqual (60, expensive());
	for (int i = 0; i < 100; i++) costs.note(WORK, 200*MICROSECOND, false);
	assertTrue (costs.isExpensive(WORK));
	for (int i = 0; i < 100; i++) costs.noteHandOver(50*MICROSECOND);
	assertEqual (500, expensive());
	assertFalse (costs.isExpensive(WORK));
	for (int i = 0; i < 100; i++) costs.note(WORK, 2000*MICROSECOND, true);
	assertTrue (costs.isExpensive(WORK));
	// Hand-overs in which the thread was interrupted do not matter.
	for (int i = 0; i < 100; i++) costs.noteHandOver(i % 8 ? 1 : 4*MICROSECOND);
	assertEqual (60, expensive());
	// However long they take, what computes for a millisecond is expensive.
	for (int i = 0; i < 100; i++) costs.noteHandOver(1);
	assertEqual (500, expensive());
	for (int i = 0; i < 100; i++) costs.note(WORK + 1, 5000*MICROSECOND, false);
	assertTrue (costs.isExpensive(WORK + 1));
	// It was so for a moment only: that is found out by the requests which would have been expensive before.
	for (int i = 0; i < 10000; i++) costs.note(HELLO, 5*MICROSECOND, false);
	assertEqual (500, expensive());
	for (int i = 0; i < 10000; i++) costs.note(HELLO, 100*MICROSECOND, false);
	assertTrue (expensive() <= 100);
	for (int i = 0; i < 1000; i++) costs.note(HELLO, 150*MICROSECOND, false);
	assertTrue (costs.isExpensive(HELLO));
}


CppUnit::Test* RequestCostsTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("RequestCostsTest");

	CppUnit_addTest(pSuite, RequestCostsTest, testCheapKindsAreNotKept);
	CppUnit_addTest(pSuite, RequestCostsTest, testComputing);
	CppUnit_addTest(pSuite, RequestCostsTest, testPreemptedOnce);
	CppUnit_addTest(pSuite, RequestCostsTest, testWaitedOnce);
	CppUnit_addTest(pSuite, RequestCostsTest, testWaitsRarely);
	CppUnit_addTest(pSuite, RequestCostsTest, testForgotten);
	CppUnit_addTest(pSuite, RequestCostsTest, testOthers);
	CppUnit_addTest(pSuite, RequestCostsTest, testUnknownKind);
	CppUnit_addTest(pSuite, RequestCostsTest, testInventedCheapKinds);
	CppUnit_addTest(pSuite, RequestCostsTest, testInventedExpensiveKinds);
	CppUnit_addTest(pSuite, RequestCostsTest, testSeveralThreads);
	CppUnit_addTest(pSuite, RequestCostsTest, testFamiliar);
	CppUnit_addTest(pSuite, RequestCostsTest, testFamiliarBesideOthers);
	CppUnit_addTest(pSuite, RequestCostsTest, testWhatTheApplicationSays);
	CppUnit_addTest(pSuite, RequestCostsTest, testSlowSystem);

	return pSuite;
}
