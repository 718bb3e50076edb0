//
// EVHTTPServerFreshTest.h
//
// What a handler gets is as fresh as with Poco's HTTPServer: no request changes another one.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerFreshTest_INCLUDED
#define EVHTTPServerFreshTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "CppUnit/TestCase.h"


class EVHTTPServerFreshTest: public CppUnit::TestCase
{
public:
	explicit EVHTTPServerFreshTest(const std::string& name);

	void testAddressesOfAClientThatIsGone();
	void testAddressesOfAClosedSocket();
	void testResponseStream();
	void testRequestStream();
	void testCallbacksOfStreams();
	void testStaleStreams();
	void testSessionDataCanBeRemoved();
	void testSessionDataIsNotCopied();
	void testSettings();
	void testIncompleteRequestsHoldLittle();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerFreshTest_INCLUDED
