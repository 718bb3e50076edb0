//
// EVHTTPSServerTest.h
//
// Definition of the EVHTTPSServerTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPSServerTest_INCLUDED
#define EVHTTPSServerTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVHTTPSServerTest: public CppUnit::TestCase
{
public:
	explicit EVHTTPSServerTest(const std::string& name);

	void testKeepAlive();
	void testPocoClient();
	void testPipelinedInOneRecord();
	void testRecordLargerThanBuffers();
	void testRequestInManyRecords();
	void testRecordsInManySegments();
	void testHalfARecordHoldsNoThread();
	void testClientCertificate();
	void testClientWithStrangeCertificate();
	void testCloseNotify();
	void testRefusedClientMaySendOn();
	void testClientCloses();
	void testClientResets();
	void testClientEndsWithoutCloseNotify();
	void testMaxConnectionsPerAddress();
	void testConnectionFilter();
	void testAddressesOfAClientThatIsGone();

	static CppUnit::Test* suite();
};


#endif // EVHTTPSServerTest_INCLUDED
