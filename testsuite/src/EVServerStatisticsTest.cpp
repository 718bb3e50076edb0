//
// EVServerStatisticsTest.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVServerStatisticsTest.h"
#include "CppUnit/TestCaller.h"
#include "Poco/EVNet/EVServerStatistics.h"


using Poco::EVNet::EVServerStatistics;


EVServerStatisticsTest::EVServerStatisticsTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVServerStatisticsTest::testCloseReasonNames()
{
	const std::pair<EVServerStatistics::CloseReason, const char*> names[] =
	{
		{EVServerStatistics::CLOSED_BY_CLIENT, "client"},
		{EVServerStatistics::CLOSED_INCOMPLETE, "incomplete"},
		{EVServerStatistics::CLOSED_RESET, "reset"},
		{EVServerStatistics::CLOSED_BY_HANDLER, "handler"},
		{EVServerStatistics::CLOSED_BY_EXCEPTION, "exception"},
		{EVServerStatistics::CLOSED_BAD_REQUEST, "bad_request"},
		{EVServerStatistics::CLOSED_TOO_LARGE, "too_large"},
		{EVServerStatistics::CLOSED_IDLE_TIMEOUT, "idle_timeout"},
		{EVServerStatistics::CLOSED_REQUEST_TIMEOUT, "request_timeout"},
		{EVServerStatistics::CLOSED_SEND_TIMEOUT, "send_timeout"},
		{EVServerStatistics::CLOSED_DETACHED, "detached"},
		{EVServerStatistics::CLOSED_BY_FILTER, "filter"},
		{EVServerStatistics::CLOSED_ADDRESS_LIMIT, "address_limit"},
		{EVServerStatistics::CLOSED_FOR_ROOM, "for_room"},
		{EVServerStatistics::CLOSED_REFUSED, "refused"},
		{EVServerStatistics::CLOSED_TLS_ERROR, "tls_error"},
		{EVServerStatistics::CLOSED_BY_SERVER, "server"}
	};
	assertTrue (sizeof(names)/sizeof(names[0]) == EVServerStatistics::CLOSE_REASONS);
	for (const auto& name: names) assertEqual (name.second, std::string(EVServerStatistics::closeReasonName(name.first)));
}


void EVServerStatisticsTest::testCloses()
{
	EVServerStatistics statistics;
	assertTrue (statistics.closes() == 0);
	Poco::UInt64 sum = 0;
	for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++) sum += statistics.closed[i] = static_cast<Poco::UInt64>(1) << i;
	assertTrue (statistics.closes() == sum);
}


CppUnit::Test* EVServerStatisticsTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVServerStatisticsTest");

	CppUnit_addTest(pSuite, EVServerStatisticsTest, testCloseReasonNames);
	CppUnit_addTest(pSuite, EVServerStatisticsTest, testCloses);

	return pSuite;
}
