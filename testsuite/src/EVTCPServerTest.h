//
// EVTCPServerTest.h
//
// Definition of the EVTCPServerTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerTest_INCLUDED
#define EVTCPServerTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include "Poco/EVNet/EVServerOptions.h"
#include <string>


class EVTCPServerTest: public CppUnit::TestCase
{
public:
	explicit EVTCPServerTest(const std::string& name);
	~EVTCPServerTest();

	void testEcho();
	void testEchoAdaptiveReusePort();
	void testEchoAdaptiveRoundRobin();
	void testEchoAdaptiveOneThread();
	void testEchoDedicatedReusePort();
	void testEchoDedicatedRoundRobin();
	void testEchoDedicatedOneThread();
	void testEchoInlineReusePort();
	void testEchoInlineRoundRobin();
	void testEchoInlineOneThread();
	void testRoundRobinSpreadsEvenly();
	void testStateIsKeptBetweenRequests();
	void testIdIsUniqueAndConstant();
	void testLineDribblesInByteByByte();
	void testRequestsInOnePacketEachGetTheirRun();
	void testPipelinerDoesNotDelayOthersForAllItsRequests();
	void testUnreadBytesOfARequestAreGone();
	void testHandlerReadsOnFromTheNetwork();
	void testFactoryCountsEachConnectionOnce();
	void testSeveralServersShareThePool();
	void testMoreRequestsThanTheBufferTakes();
	void testHandlerDoesNotReadTheRestOfItsRequest();
	void testReceiveIntoAPocoBuffer();
	void testReceiveTimeoutIsWhatHasBeenSet();
	void testSocket();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();

private:
	void echoOverConnections(Poco::EVNet::EVServerOptions::ExecutionPolicy execution, Poco::EVNet::EVServerOptions::AcceptPolicy accept, int threads);
};


#endif // EVTCPServerTest_INCLUDED
