//
// EVTCPServerCloseTest.h
//
// Definition of the EVTCPServerCloseTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVTCPServerCloseTest_INCLUDED
#define EVTCPServerCloseTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVTCPServerCloseTest: public ClockedTest
{
public:
	explicit EVTCPServerCloseTest(const std::string& name);
	~EVTCPServerCloseTest();

	void testCloseByHandler();
	void testCloseByHandlerSendsAllOutput();
	void testCloseByIdSendsAllOutput();
	void testAnswerArrivesThoughTheClientKeepsSending();
	void testLingerEnds();
	void testCloseByIdWhileIdle();
	void testCloseByIdWhileRunningLetsItFinish();
	void testCloseByIdInTheMiddleOfARequest();
	void testCloseByIdWhileFlushing();
	void testStaleIdIsIgnored();
	void testCloseByIdBeforeStartAndAfterStop();
	void testCloseByIdUnderLoad();

	static CppUnit::Test* suite();
};


#endif // EVTCPServerCloseTest_INCLUDED
