//
// EVSecureCloseTest.h
//
// Definition of the EVSecureCloseTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVSecureCloseTest_INCLUDED
#define EVSecureCloseTest_INCLUDED


#include "CppUnit/TestCase.h"


class EVSecureCloseTest: public CppUnit::TestCase
{
public:
	explicit EVSecureCloseTest(const std::string& name);

	void testHandlerCloses();
	void testHandlerClosesWhenTheClientHasLeft();
	void testNumberOfAnotherClient();
	void testEveryEnding();
	void testEveryEndingOfTheSecureSocket();
	void testAddressIsFreeAgain();
	void testClosedWithPipelinedBytes();
	void testFlushedResponseIsWhole();
	void testConstructorCloses();
	void testStopAllWhileHandlersClose();

	static CppUnit::Test* suite();
};


#endif // EVSecureCloseTest_INCLUDED
