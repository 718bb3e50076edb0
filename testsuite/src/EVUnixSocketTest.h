//
// EVUnixSocketTest.h
//
// Definition of the EVUnixSocketTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVUnixSocketTest_INCLUDED
#define EVUnixSocketTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class EVUnixSocketTest: public CppUnit::TestCase
{
public:
	explicit EVUnixSocketTest(const std::string& name);
	~EVUnixSocketTest();

	void testEcho();
	void testPlainConnection();
	void testAddresses();
	void testFilter();
	void testHTTPKeepAlive();
	void testHTTPClientAddress();
	void testHTTPFile();
	void testWebSocket();
	void testStop();
	void testAdoptPair();

	void setUp() override;
	void tearDown() override;

	static CppUnit::Test* suite();
};


#endif // EVUnixSocketTest_INCLUDED
