//
// EVSecureDetachTest.h
//
// Definition of the EVSecureDetachTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVSecureDetachTest_INCLUDED
#define EVSecureDetachTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVSecureDetachTest: public CppUnit::TestCase
{
public:
	explicit EVSecureDetachTest(const std::string& name);

	void testWebSocket();
	void testWebSocketsBesideRequests();
	void testServerSpeaksFirst();
	void testFramesBehindTheUpgradeRequest();
	void testFramesInTheNextRecord();
	void testUpgradeBehindOtherRequests();
	void testWebSocketClientResets();
	void testDetachedSocket();
	void testDetachedSocketGivenBack();

	static CppUnit::Test* suite();
};


#endif // EVSecureDetachTest_INCLUDED
