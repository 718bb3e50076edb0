//
// HTTPRequestParserTest.h
//
// Definition of the HTTPRequestParserTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HTTPRequestParserTest_INCLUDED
#define HTTPRequestParserTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class HTTPRequestParserTest: public CppUnit::TestCase
{
public:
	explicit HTTPRequestParserTest(const std::string& name);

	void testSimpleRequest();
	void testIncompleteHeader();
	void testMethodIsToken();
	void testMethodIsCaseSensitive();
	void testMethodTooLong();
	void testSeparatorIsOneSpace();
	void testHTTP09IsRefused();
	void testOtherMajorVersionIsRefused();
	void testHigherMinorVersion();
	void testHTTP10();
	void testMalformedVersionIsRefused();
	void testOriginForm();
	void testAbsoluteForm();
	void testAbsoluteFormNeedsHost();
	void testAuthorityForm();
	void testAsteriskForm();
	void testTargetCharacters();
	void testEmptyLineBefore();
	void testClientHelloIsRefusedAtTheFirstByte();
	void testBareLFIsRefused();
	void testBareCRIsRefused();
	void testPipelined();
	void testReset();
	void testErrorIsFinal();

	static CppUnit::Test* suite();
};


#endif // HTTPRequestParserTest_INCLUDED
