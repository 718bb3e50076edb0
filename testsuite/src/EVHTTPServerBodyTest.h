//
// EVHTTPServerBodyTest.h
//
// Definition of the EVHTTPServerBodyTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerBodyTest_INCLUDED
#define EVHTTPServerBodyTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerBodyTest: public CppUnit::TestCase
{
public:
	explicit EVHTTPServerBodyTest(const std::string& name);

	void testLargeBody();
	void testLargeChunkedBody();
	void testSmallBodyIsCompleteBeforeHandler();
	void testLargeBodyIsStreamed();
	void testLargeChunkedBodyThenNextRequest();
	void testBodyAtLimit();
	void testExpectContinue();
	void testExpectContinueChunked();
	void testExpectContinueRefused();
	void testPostWithoutLength();
	void testTrailers();
	void testUnreadBodyIsNotTheNextRequest();
	void testUnreadBufferedBodyIsNotTheNextRequest();
	void testPartlyReadBodyIsNotTheNextRequest();
	void testUnreadLargeBodyDoesNotLoseResponse();
	void testSlowReaderHoldsNoThread();
	void testFlushedOutputArrivesWhileHandlerRuns();
	void testLargeDownload();
	void testInAvail();
	void testBodyToTheEnd();
	void testMalformedRestOfAnUnreadBody();
	void testFileForASlowReader();
	void testFileForAClientThatTakesNothing();
	void testFileForAClientThatResets();
	void testFileBecomesShorter();
	void testExpectContinueHoldsNoThread();
	void testExpectContinueInOrder();
	void testExpectContinueBehindASlowReader();
	void testRefusedBeforeContinue();
	void testHandlerSendsContinue();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerBodyTest_INCLUDED
