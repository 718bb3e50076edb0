//
// EVSecureStopTest.h
//
// Definition of the EVSecureStopTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVSecureStopTest_INCLUDED
#define EVSecureStopTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVSecureStopTest: public ClockedTest
{
public:
	explicit EVSecureStopTest(const std::string& name);

	void testStop();
	void testStopAll();
	void testStopAllEndsHandlersThatRead();
	void testDrain();
	void testDrainWithHandshakes();
	void testDrainAnswersWhatIsReceived();
	void testNoDescriptorsAreLeft();
	void testServerDestroyedWithConnections();

	static CppUnit::Test* suite();
};


#endif // EVSecureStopTest_INCLUDED
