//
// ClockedTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ClockedTest_INCLUDED
#define ClockedTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "TestClock.h"
#include <memory>
#include <string>


class ClockedTest: public CppUnit::TestCase
	/// A test whose deadlines and sleeps take no time: there is a TestClock while a case runs.
{
public:
	explicit ClockedTest(const std::string& name):
		CppUnit::TestCase(name)
	{
	}

	void setUp() override
	{
		_pClock.reset(new TestClock);
	}

	void tearDown() override
	{
		_pClock.reset();
	}

private:
	std::unique_ptr<TestClock> _pClock;
};


#endif // ClockedTest_INCLUDED
