//
// EVHTTPServerHandlerTest.h
//
// Definition of the EVHTTPServerHandlerTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerHandlerTest_INCLUDED
#define EVHTTPServerHandlerTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerHandlerTest: public CppUnit::TestCase
{
public:
	explicit EVHTTPServerHandlerTest(const std::string& name);

	void testHandlerThrows();
	void testFactoryThrows();
	void testHandlerThrowsAfterPartOfTheResponse();
	void testHandlerClosesSocket();
	void testHandlerClosesSocketWithPendingOutput();
	void testHandlerSendsNothing();
	void testHandlerThrowsAfterTooLongBody();
	void testLengthAndCodingExcludeEachOther();
	void testControlCharactersInFields();
	void testHandlerDetachesSocketOfAClientThatIsGone();
	void testSignalWhileAskingForTheClient();
	void testSeveralConnectionFields();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerHandlerTest_INCLUDED
