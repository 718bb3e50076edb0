//
// TimeoutWheelTest.cpp
//
// Clocks that run for the same time: none runs out early, none late by more than a 64th, and none costs more because there are others.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "TimeoutWheelTest.h"
#include "core/TimeoutWheel.h"
#include "CppUnit/TestCaller.h"
#include <memory>
#include <vector>


using Poco::EVNet::TimeoutEntry;
using Poco::EVNet::TimeoutWheel;


namespace
{
	const double START = 123456.789;

	unsigned next(unsigned& seed)
	{
		return (seed = seed*1103515245u + 12345u) >> 8;
	}
}


TimeoutWheelTest::TimeoutWheelTest(const std::string& name): CppUnit::TestCase(name)
{
}


void TimeoutWheelTest::testNoneEarlyNoneLate()
{
	for (double timeout: {0.0005, 0.1, 5.0, 60.0, 3600.0, 1e7})
	{
		const double step = timeout/64 > 0.001 ? timeout/64 : 0.001;
		TimeoutWheel wheel(timeout);
		std::vector<TimeoutEntry> entries(1000);
		unsigned seed = 1;
		double now = START;
		for (TimeoutEntry& entry: entries) wheel.start(entry, now += timeout*(next(seed) % 1000)/1000000);
		std::size_t left = entries.size();
		now = START;
		while (wheel.size() > 0)
		{
			assertTrue (wheel.due() > now);
			now = wheel.due();
			while (TimeoutEntry* pEntry = wheel.expired(now))
			{
				assertTrue (pEntry->clockStart + timeout <= now + 1e-9*now);
				assertTrue (pEntry->clockStart + timeout + step >= now - 1e-9*now);
				TimeoutWheel::stop(*pEntry);
				--left;
			}
		}
		assertTrue (left == 0);
	}
}


void TimeoutWheelTest::testStartAndStop()
{
	TimeoutWheel wheel(10);
	TimeoutWheel other(10);
	TimeoutEntry a;
	TimeoutEntry b;
	TimeoutWheel::stop(a); // has no clock
	wheel.start(a, START);
	wheel.start(b, START + 1);
	assertTrue (wheel.size() == 2 && wheel.contains(a));
	wheel.start(a, START + 5); // anew
	assertTrue (wheel.size() == 2);
	assertTrue (wheel.expired(START + 12) == &b);
	other.start(b, START + 1);
	assertTrue (wheel.size() == 1 && other.size() == 1 && other.contains(b) && !wheel.contains(b));
	assertTrue (wheel.expired(START + 12) == nullptr);
	assertTrue (wheel.expired(START + 16) == &a);
	TimeoutWheel::stop(a);
	assertTrue (wheel.size() == 0);
	assertTrue (wheel.expired(START + 1e6) == nullptr);
	assertTrue (wheel.first() == nullptr);
	wheel.start(a, START - 1000); // time does not go backwards, but an empty wheel does not care
	assertTrue (wheel.expired(START - 989) == &a);
	TimeoutWheel::stop(a);
	TimeoutWheel::stop(b);
}


void TimeoutWheelTest::testNothingWithoutATimeout()
{
	TimeoutWheel wheel(10);
	TimeoutWheel none(0);
	TimeoutEntry entry;
	wheel.start(entry, START);
	none.start(entry, START); // stops the other clock
	assertTrue (wheel.size() == 0 && none.size() == 0 && !entry.pWheel);
	assertTrue (none.expired(START + 1e9) == nullptr);
}


void TimeoutWheelTest::testStartedInThePast()
{
	TimeoutWheel wheel(64);
	TimeoutEntry entries[4];
	wheel.start(entries[0], START);
	wheel.start(entries[1], START - 30);
	wheel.start(entries[2], START - 63);
	wheel.start(entries[3], START - 1e6); // has run out long ago
	assertTrue (wheel.expired(START) == &entries[3]);
	TimeoutWheel::stop(entries[3]);
	assertTrue (wheel.expired(START + 0.5) == nullptr);
	assertTrue (wheel.expired(START + 2) == &entries[2]);
	TimeoutWheel::stop(entries[2]);
	assertTrue (wheel.expired(START + 33.9) == nullptr);
	assertTrue (wheel.expired(START + 35) == &entries[1]);
	TimeoutWheel::stop(entries[1]);
	assertTrue (wheel.expired(START + 63.9) == nullptr);
	assertTrue (wheel.expired(START + 65.1) == &entries[0]);
	TimeoutWheel::stop(entries[0]);
}


void TimeoutWheelTest::testNobodyAskedForLong()
{
	// The loop had no leader for so long that the buckets have to be used again.
	for (double pause: {65.0, 127.5, 129.0, 200.0, 1000.0, 1e6})
	{
		TimeoutWheel wheel(64);
		std::vector<TimeoutEntry> old(200);
		for (std::size_t i = 0; i < old.size(); i++) wheel.start(old[i], START + static_cast<double>(i)/4);
		TimeoutEntry young;
		const double now = START + 50 + pause;
		const Poco::UInt64 steps = wheel.steps();
		wheel.start(young, now);
		assertTrue (wheel.steps() - steps <= 128);
		std::size_t expired = 0;
		while (TimeoutEntry* pEntry = wheel.expired(now + 65))
		{
			if (pEntry == &young) break;
			TimeoutWheel::stop(*pEntry);
			++expired;
		}
		assertTrue (expired == old.size());
		assertTrue (wheel.size() == 1);
		assertTrue (wheel.expired(now + 63.9) == nullptr);
		assertTrue (wheel.expired(now + 65.1) == &young);
		TimeoutWheel::stop(young);
	}
}


void TimeoutWheelTest::testOrder()
{
	TimeoutWheel wheel(64);
	std::vector<TimeoutEntry> entries(3000);
	unsigned seed = 7;
	for (TimeoutEntry& entry: entries) wheel.start(entry, START + (next(seed) % 100000)/1000.0);
	double before = 0;
	std::size_t n = 0;
	for (TimeoutEntry* pEntry = wheel.first(); pEntry; pEntry = wheel.next(*pEntry))
	{
		assertTrue (pEntry->clockStart >= before - 1);
		before = pEntry->clockStart;
		++n;
	}
	assertTrue (n == entries.size());
	for (TimeoutEntry& entry: entries) TimeoutWheel::stop(entry);
}


void TimeoutWheelTest::testCostDoesNotGrow()
{
	// As when many connections whose requests were run by other threads expire together: each clock is started anew, at a time
	// between those of the others.
	const int MANY = 100000;
	TimeoutWheel wheel(60);
	std::unique_ptr<TimeoutEntry[]> pEntries(new TimeoutEntry[MANY]);
	for (int i = 0; i < MANY; i++) wheel.start(pEntries[i], START);
	const double now = START + 61;
	for (int i = 0; TimeoutEntry* pEntry = wheel.expired(now); i++) wheel.start(*pEntry, START + 2 + (i*7919LL % MANY)*58.0/MANY);
	assertTrue (wheel.size() == static_cast<std::size_t>(MANY));
	int expired = 0;
	double last = 0;
	while (wheel.size() > 0)
	{
		TimeoutEntry* pEntry = wheel.expired(START + 1000);
		assertTrue (pEntry->clockStart >= last - 1);
		last = pEntry->clockStart;
		TimeoutWheel::stop(*pEntry);
		++expired;
	}
	assertTrue (expired == MANY);
	assertTrue (wheel.steps() <= 2*128);
}


CppUnit::Test* TimeoutWheelTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("TimeoutWheelTest");

	CppUnit_addTest(pSuite, TimeoutWheelTest, testNoneEarlyNoneLate);
	CppUnit_addTest(pSuite, TimeoutWheelTest, testStartAndStop);
	CppUnit_addTest(pSuite, TimeoutWheelTest, testNothingWithoutATimeout);
	CppUnit_addTest(pSuite, TimeoutWheelTest, testStartedInThePast);
	CppUnit_addTest(pSuite, TimeoutWheelTest, testNobodyAskedForLong);
	CppUnit_addTest(pSuite, TimeoutWheelTest, testOrder);
	CppUnit_addTest(pSuite, TimeoutWheelTest, testCostDoesNotGrow);

	return pSuite;
}
