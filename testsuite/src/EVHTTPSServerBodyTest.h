//
// EVHTTPSServerBodyTest.h
//
// Definition of the EVHTTPSServerBodyTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPSServerBodyTest_INCLUDED
#define EVHTTPSServerBodyTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVHTTPSServerBodyTest: public ClockedTest
{
public:
	explicit EVHTTPSServerBodyTest(const std::string& name);

	void testResponseFromMemory();
	void testResponseLargerThanPendingOutput();
	void testResponseInPieces();
	void testResponseFromFile();
	void testClientTakesNothing();
	void testClientResetsWhileFlushing();
	void testUpload();
	void testUploadInChunks();
	void testUploadInOneRecord();
	void testSlowUploadHoldsNoThread();
	void testRecordThatTakesLong();
	void testExpectContinue();

	static CppUnit::Test* suite();
};


#endif // EVHTTPSServerBodyTest_INCLUDED
