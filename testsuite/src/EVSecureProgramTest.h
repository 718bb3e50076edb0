//
// EVSecureProgramTest.h
//
// Definition of the EVSecureProgramTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVSecureProgramTest_INCLUDED
#define EVSecureProgramTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVSecureProgramTest: public CppUnit::TestCase
{
public:
	explicit EVSecureProgramTest(const std::string& name);

	void testSessionId();
	void testTicket();
	void testTicketOfTLS13();
	void testKeyUpdate();
	void testKeyUpdateBeforeTheFirstRequest();
	void testManyKeyUpdates();
	void testRenegotiation();
	void testServerCloses();

	static CppUnit::Test* suite();
};


#endif // EVSecureProgramTest_INCLUDED
