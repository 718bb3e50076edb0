//
// SecureTransportTest.h
//
// Definition of the SecureTransportTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef SecureTransportTest_INCLUDED
#define SecureTransportTest_INCLUDED


#include "CppUnit/TestCase.h"


class SecureTransportTest: public CppUnit::TestCase
{
public:
	explicit SecureTransportTest(const std::string& name);

	void testPocosThatWait();
	void testAbortSparesWhoHasTheNumber();
	void testSendThatWantsToReceive();
	void testLendAndTakeBack();
	void testShutdownDoesNotWait();
	void testClosedByTheHandler();
	void testAdoptedMeanwhile();
	void testWriterGivesUp();

	static CppUnit::Test* suite();
};


#endif // SecureTransportTest_INCLUDED
