//
// EVHTTPServerPipelineTest.h
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerPipelineTest_INCLUDED
#define EVHTTPServerPipelineTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerPipelineTest: public CppUnit::TestCase
{
public:
	explicit EVHTTPServerPipelineTest(const std::string& name);

	void testSlowRequestBehindOthers();
	void testSlowRequestsInBetween();
	void testEventsWithAByteBehindTheRequest();
	void testHandlerGoesOnAfterItsResponse();
	void testAFlushEndsHolding();
	void testHandlerLearnsThatItsClientHasLeft();
	void testDetachedWithARequestBehind();
	void testLargeResponsesInOrder();
	void testManyPipeliningClients();
	void testRequestThatArrivesDuringTheLastOne();
	void testRequestThatArrivesDuringTheLastOneOfADrain();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerPipelineTest_INCLUDED
