//
// EVHTTPServerTest.h
//
// Definition of the EVHTTPServerTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerTest_INCLUDED
#define EVHTTPServerTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerTest: public CppUnit::TestCase
{
public:
	explicit EVHTTPServerTest(const std::string& name);

	void testGet();
	void testPost();
	void testChunkedRequest();
	void testChunkedRequestsPipelined();
	void testChunkedResponse();
	void testResponseWithoutLength();
	void testHead();
	void testStatusWithoutBody();
	void testRedirect();
	void testRequireAuthentication();
	void testNoHandler();
	void testChunkedHTTP10();
	void testHTTP10();
	void testHTTP10KeepAlive();
	void testDateAndServer();
	void testAddresses();
	void testSendFile();
	void testFieldValuesAreNotDecoded();
	void testPipelining();
	void testByteByByte();
	void testSlowClientsHoldNoThread();
	void testLeadingEmptyLine();
	void testLargeHeader();
	void testCounters();
	void testServerSocketOfTheApplication();
	void testThreadPoolOfTheApplication();
	void testHeadOfAFile();
	void testResponseByteByByte();
	void testResponseInPieces();
	void testNoBodyByteByByte();
	void testLineEndInAFieldOfTheResponse();
	void testPipeliningOneRequestAndAHalf();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerTest_INCLUDED
