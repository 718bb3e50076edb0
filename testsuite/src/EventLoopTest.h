//
// EventLoopTest.h
//
// Definition of the EventLoopTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EventLoopTest_INCLUDED
#define EventLoopTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EventLoopTest: public CppUnit::TestCase
{
public:
	explicit EventLoopTest(const std::string& name);

	void testHasEventsWhenWoken();
	void testHasEventsOfADescriptor();
	void testHasEventsThoughLibevHasANewDescriptor();

	static CppUnit::Test* suite();
};


#endif // EventLoopTest_INCLUDED
