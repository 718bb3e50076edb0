//
// WebSocketTest.h
//
// Definition of the WebSocketTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef WebSocketTest_INCLUDED
#define WebSocketTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class WebSocketTest: public CppUnit::TestCase
{
public:
	explicit WebSocketTest(const std::string& name);

	void testEcho();
	void testPing();
	void testLargeFrames();
	void testServerSpeaksFirst();
	void testPushToClientThatWasSlow();
	void testFramesBehindTheUpgradeRequest();
	void testUpgradeBehindOtherRequests();
	void testUpgradeRefused();
	void testWebSocketsBesideRequests();
	void testClientResets();
	void testStopAllEndsWebSocket();

	static CppUnit::Test* suite();
};


#endif // WebSocketTest_INCLUDED
