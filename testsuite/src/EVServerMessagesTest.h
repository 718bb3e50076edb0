//
// EVServerMessagesTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVServerMessagesTest_INCLUDED
#define EVServerMessagesTest_INCLUDED


#include "CppUnit/TestCase.h"


class EVServerMessagesTest: public CppUnit::TestCase
{
public:
	explicit EVServerMessagesTest(const std::string& name);

	void testWhatZeroMeans();
	void testPoolTooSmallForDedicated();
	void testStartAfterStop();
	void testOverdueRequestIsNamed();
	void testRequestThatIsNamedByItsBytes();

	static CppUnit::Test* suite();
};


#endif // EVServerMessagesTest_INCLUDED
