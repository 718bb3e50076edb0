//
// EVHTTPServerKeepAliveTest.h
//
// Definition of the EVHTTPServerKeepAliveTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerKeepAliveTest_INCLUDED
#define EVHTTPServerKeepAliveTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerKeepAliveTest: public ClockedTest
{
public:
	explicit EVHTTPServerKeepAliveTest(const std::string& name);

	void testConnectionClose();
	void testNothingAfterConnectionClose();
	void testHandlerSaysClose();
	void testKeepAliveOff();
	void testMaxKeepAliveRequests();
	void testUnlimitedRequests();
	void testPlainParams();
	void testKeepAliveTimeout();
	void testRunningRequestIsNotIdle();
	void testSessionData();
	void testSixConnectionsOneThread();
	void testMoreClientsThanThreads();
	void testBlockingHandlersWithManyClients();
	void testManyIdleConnections();
	void testConnectionFieldOfHandler();
	void testHandlerRemovesTheConnectionField();
	void testWhatIsSaidAboutAnUnreadBody();
	void testKeepAliveTimeoutZero();
	void testEmptyLineBehindABody();
	void testEmptyLineAndDrain();
	void testEmptyLineInPieces();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerKeepAliveTest_INCLUDED
