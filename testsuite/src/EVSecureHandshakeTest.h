//
// EVSecureHandshakeTest.h
//
// Definition of the EVSecureHandshakeTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVSecureHandshakeTest_INCLUDED
#define EVSecureHandshakeTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVSecureHandshakeTest: public ClockedTest
{
public:
	explicit EVSecureHandshakeTest(const std::string& name);

	void testStalled();
	void testTrickled();
	void testSilentAfterHandshake();
	void testClientsThatDoNotSpeakTLS();
	void testTLSToAPlainPort();
	void testOthersAreNotDisturbed();
	void testFlushIsNotDisturbed();
	void testErrorsOfHandlersDisturbNobody();

	static CppUnit::Test* suite();
};


#endif // EVSecureHandshakeTest_INCLUDED
