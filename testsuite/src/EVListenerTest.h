//
// EVListenerTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVListenerTest_INCLUDED
#define EVListenerTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVListenerTest: public CppUnit::TestCase
{
public:
	EVListenerTest(const std::string& name);
	~EVListenerTest();

	void testOptionsReachEveryConnection();
	void testOtherInterfaceIsNotServed();
	void testOptionThatCannotBeCopied();
	void testPortStaysExclusive();
	void testPortOfTheApplicationStaysExclusive();
	void testSharedPortStaysShared();
	void testProgramsDoNotInheritSockets();
	void testLoopsRespectAffinity();
	void testLoopsRespectQuota();
	void testDrainOfAnEmptyServerAcceptsTheBacklog();
	void testMailIsRefusedBeforeAndAfter();

	void setUp();
	void tearDown();

	static CppUnit::Test* suite();
};


#endif // EVListenerTest_INCLUDED
