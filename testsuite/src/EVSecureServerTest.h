//
// EVSecureServerTest.h
//
// Definition of the EVSecureServerTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVSecureServerTest_INCLUDED
#define EVSecureServerTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVSecureServerTest: public CppUnit::TestCase
{
public:
	explicit EVSecureServerTest(const std::string& name);

	void testEcho();
	void testLines();
	void testReadInHandler();
	void testReadTimesOut();
	void testSecureSocket();
	void testNoSecureSocketWithoutTLS();
	void testClientWithoutCertificate();
	void testServerSpeaksFirst();
	void testPlainConnection();
	void testPlainConnectionEndsOrderly();
	void testSilentClientOfAPlainConnection();
	void testDetachedSocketGivenBack();
	void testSecureStreamSocketAdopted();

	static CppUnit::Test* suite();
};


#endif // EVSecureServerTest_INCLUDED
