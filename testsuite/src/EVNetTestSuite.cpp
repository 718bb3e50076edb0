//
// EVNetTestSuite.cpp
//
// All tests of EVNet.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVNetTestSuite.h"
#include "EVCloseReasonTest.h"
#include "EVFailingCallsTest.h"
#include "EVFramingTest.h"
#include "EVHTTPClientLeavesHandlerTest.h"
#include "EVHTTPClientLeavesTest.h"
#include "EVHTTPServerBodyTest.h"
#include "EVHTTPServerDetachTest.h"
#include "EVHTTPServerDrainTest.h"
#include "EVHTTPServerErrorTest.h"
#include "EVHTTPServerFileTest.h"
#include "EVHTTPServerFreshTest.h"
#include "EVHTTPServerHandlerTest.h"
#include "EVHTTPServerKeepAliveTest.h"
#include "EVHTTPServerKindTest.h"
#include "EVHTTPServerPipelineTest.h"
#include "EVHTTPServerStopTest.h"
#include "EVHTTPServerTest.h"
#include "EVHTTPServerTrailerTest.h"
#include "EVHandoverTest.h"
#include "EVListenerTest.h"
#include "EVPlainClientLeavesTest.h"
#include "EVPlainConnectionTest.h"
#include "EVRunModeTest.h"
#include "EVServerMessagesTest.h"
#include "EVServerOptionsTest.h"
#include "EVServerPoolTest.h"
#include "EVServerPressureTest.h"
#include "EVServerQueueTest.h"
#include "EVServerStatisticsTest.h"
#include "EVSharedSocketTest.h"
#include "EVTCPClientLeavesTest.h"
#include "EVTCPServerAdoptTest.h"
#include "EVTCPServerBlockingTest.h"
#include "EVTCPServerCapacityTest.h"
#include "EVTCPServerCloseTest.h"
#include "EVTCPServerDescriptorTest.h"
#include "EVTCPServerDetachTest.h"
#include "EVTCPServerFailureTest.h"
#include "EVTCPServerLingerTest.h"
#include "EVTCPServerLoadTest.h"
#include "EVTCPServerNotifyTest.h"
#include "EVTCPServerNotifyTimeoutTest.h"
#include "EVTCPServerOutputTest.h"
#include "EVTCPServerStartTest.h"
#include "EVTCPServerStopTest.h"
#include "EVTCPServerTest.h"
#include "EVTCPServerThreadsTest.h"
#include "EVTCPServerTimeoutTest.h"
#include "EVUnixSocketTest.h"
#include "EngineModelTest.h"
#include "EventLoopTest.h"
#include "HTTPCharactersTest.h"
#include "HTTPChunkedDecoderTest.h"
#include "HTTPRequestParserBodyTest.h"
#include "HTTPRequestParserFieldTest.h"
#include "HTTPRequestParserLimitTest.h"
#include "HTTPRequestParserTest.h"
#include "HTTPResponseStreamTest.h"
#include "MemoryTest.h"
#include "RateDeadlineTest.h"
#include "RequestCostsTest.h"
#include "TimeoutWheelTest.h"
#include "MetricsTest.h"
#include "SecureTransportTest.h"
#include "WebSocketTest.h"
#ifdef EVNET_TEST_MODELS
#include "ServerModelsTest.h"
#endif
#ifdef EVNET_TEST_TLS
#include "EVHTTPSServerBodyTest.h"
#include "EVHTTPSServerTest.h"
#include "EVSecureCloseTest.h"
#include "EVSecureDetachTest.h"
#include "EVSecureHandshakeTest.h"
#include "EVSecureProgramTest.h"
#include "EVSecureServerTest.h"
#include "EVSecureStallTest.h"
#include "EVSecureStopTest.h"
#include "EVSecureWaitTest.h"
#endif


CppUnit::Test* EVNetTestSuite::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVNetTestSuite");

	pSuite->addTest(EVCloseReasonTest::suite());
	pSuite->addTest(EVFailingCallsTest::suite());
	pSuite->addTest(EVFramingTest::suite());
	pSuite->addTest(EVHTTPClientLeavesHandlerTest::suite());
	pSuite->addTest(EVHTTPClientLeavesTest::suite());
	pSuite->addTest(EVHTTPServerBodyTest::suite());
	pSuite->addTest(EVHTTPServerDetachTest::suite());
	pSuite->addTest(EVHTTPServerDrainTest::suite());
	pSuite->addTest(EVHTTPServerErrorTest::suite());
	pSuite->addTest(EVHTTPServerFileTest::suite());
	pSuite->addTest(EVHTTPServerFreshTest::suite());
	pSuite->addTest(EVHTTPServerHandlerTest::suite());
	pSuite->addTest(EVHTTPServerKeepAliveTest::suite());
	pSuite->addTest(EVHTTPServerKindTest::suite());
	pSuite->addTest(EVHTTPServerPipelineTest::suite());
	pSuite->addTest(EVHTTPServerStopTest::suite());
	pSuite->addTest(EVHTTPServerTest::suite());
	pSuite->addTest(EVHTTPServerTrailerTest::suite());
	pSuite->addTest(EVHandoverTest::suite());
	pSuite->addTest(EVListenerTest::suite());
	pSuite->addTest(EVPlainClientLeavesTest::suite());
	pSuite->addTest(EVPlainConnectionTest::suite());
	pSuite->addTest(EVRunModeTest::suite());
	pSuite->addTest(EVServerMessagesTest::suite());
	pSuite->addTest(EVServerOptionsTest::suite());
	pSuite->addTest(EVServerPoolTest::suite());
	pSuite->addTest(EVServerPressureTest::suite());
	pSuite->addTest(EVServerQueueTest::suite());
	pSuite->addTest(EVServerStatisticsTest::suite());
	pSuite->addTest(EVSharedSocketTest::suite());
	pSuite->addTest(EVTCPClientLeavesTest::suite());
	pSuite->addTest(EVTCPServerAdoptTest::suite());
	pSuite->addTest(EVTCPServerBlockingTest::suite());
	pSuite->addTest(EVTCPServerCapacityTest::suite());
	pSuite->addTest(EVTCPServerCloseTest::suite());
	pSuite->addTest(EVTCPServerLingerTest::suite());
	pSuite->addTest(EVTCPServerDescriptorTest::suite());
	pSuite->addTest(EVTCPServerDetachTest::suite());
	pSuite->addTest(EVTCPServerFailureTest::suite());
	pSuite->addTest(EVTCPServerLoadTest::suite());
	pSuite->addTest(EVTCPServerNotifyTest::suite());
	pSuite->addTest(EVTCPServerNotifyTimeoutTest::suite());
	pSuite->addTest(EVTCPServerOutputTest::suite());
	pSuite->addTest(EVTCPServerStartTest::suite());
	pSuite->addTest(EVTCPServerStopTest::suite());
	pSuite->addTest(EVTCPServerTest::suite());
	pSuite->addTest(EVTCPServerThreadsTest::suite());
	pSuite->addTest(EVTCPServerTimeoutTest::suite());
	pSuite->addTest(EVUnixSocketTest::suite());
	pSuite->addTest(EngineModelTest::suite());
	pSuite->addTest(EventLoopTest::suite());
	pSuite->addTest(HTTPCharactersTest::suite());
	pSuite->addTest(HTTPChunkedDecoderTest::suite());
	pSuite->addTest(HTTPRequestParserBodyTest::suite());
	pSuite->addTest(HTTPRequestParserFieldTest::suite());
	pSuite->addTest(HTTPRequestParserLimitTest::suite());
	pSuite->addTest(HTTPRequestParserTest::suite());
	pSuite->addTest(HTTPResponseStreamTest::suite());
	pSuite->addTest(MemoryTest::suite());
	pSuite->addTest(RateDeadlineTest::suite());
	pSuite->addTest(RequestCostsTest::suite());
	pSuite->addTest(TimeoutWheelTest::suite());
	pSuite->addTest(MetricsTest::suite());
	pSuite->addTest(SecureTransportTest::suite());
	pSuite->addTest(WebSocketTest::suite());
#ifdef EVNET_TEST_MODELS
	pSuite->addTest(ServerModelsTest::suite());
#endif
#ifdef EVNET_TEST_TLS
	pSuite->addTest(EVHTTPSServerBodyTest::suite());
	pSuite->addTest(EVHTTPSServerTest::suite());
	pSuite->addTest(EVSecureCloseTest::suite());
	pSuite->addTest(EVSecureDetachTest::suite());
	pSuite->addTest(EVSecureHandshakeTest::suite());
	pSuite->addTest(EVSecureProgramTest::suite());
	pSuite->addTest(EVSecureServerTest::suite());
	pSuite->addTest(EVSecureStallTest::suite());
	pSuite->addTest(EVSecureStopTest::suite());
	pSuite->addTest(EVSecureWaitTest::suite());
#endif

	return pSuite;
}
