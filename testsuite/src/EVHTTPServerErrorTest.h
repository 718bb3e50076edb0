//
// EVHTTPServerErrorTest.h
//
// Definition of the EVHTTPServerErrorTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerErrorTest_INCLUDED
#define EVHTTPServerErrorTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerErrorTest: public ClockedTest
{
public:
	explicit EVHTTPServerErrorTest(const std::string& name);

	void testGarbage();
	void testHeaderTooLarge();
	void testFieldTooLong();
	void testAmbiguousLength();
	void testLengthAndChunked();
	void testHiddenField();
	void testBadChunk();
	void testBadRequestBehindGoodOne();
	void testRefusalsAreCounted();
	void testHalfAHeader();
	void testThrowInAChunkedBody();
	void testDribblingDoesNotExtendTheTimeout();
	void testSilence();
	void testBodyNeverArrives();
	void testResetWhileRequestRuns();
	void testClientTakesNothing();
	void testClientClosesBeforeReading();
	void testHalfClosingClientIsAnswered();
	void testClientClosesInTheMiddle();
	void testMaxRequestLine();
	void testMaxFieldSize();
	void testMaxFields();
	void testMaxHeaderSize();
	void testMaxBodySize();
	void testMaxBodySizeWhileTheHandlerReads();
	void testRefusedHead();
	void testNothingBehindConnect();
	void testTunnelHasNoLength();
	void testWhatPocoTakes();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerErrorTest_INCLUDED
