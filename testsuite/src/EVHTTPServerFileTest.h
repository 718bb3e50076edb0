//
// EVHTTPServerFileTest.h
//
// Definition of the EVHTTPServerFileTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerFileTest_INCLUDED
#define EVHTTPServerFileTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerFileTest: public ClockedTest
{
public:
	explicit EVHTTPServerFileTest(const std::string& name);

	void testSlowDiskHoldsNobodyUp();
	void testSlowDiskIsNotTheClientsFault();
	void testSlowDiskRefusesNobody();
	void testFileWithoutAnotherThread();
	void testFileSystemWithoutSendfile();
	void testDiskFails();
	void testSocketThatDoesNotWaitAgain();
	void testFileIsReplaced();
	void testFileIsLeased();
	void testWhatIsNoFile();
	void testFilesWithoutASize();
	void testHandlerReadsWhileItsFileWaits();
	void testResponseBehindAFile();
	void testStopWhileTheDiskIsSlow();
	void testDrainSendsFiles();
	void testClosedWhileTheDiskIsSlow();
	void testShortRestsAreNotKeptOpen();
	void testNoDescriptorForTheFile();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerFileTest_INCLUDED
