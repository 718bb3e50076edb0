//
// EVCloseReasonTest.h
//
// Definition of the EVCloseReasonTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVCloseReasonTest_INCLUDED
#define EVCloseReasonTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVCloseReasonTest: public CppUnit::TestCase
{
public:
	explicit EVCloseReasonTest(const std::string& name);

	void testByHandler();
	void testByHandlerThatLeavesABody();
	void testByException();
	void testByExceptionOfFactory();
	void testBadRequest();
	void testBadRequestThatHandlerReads();
	void testTooLarge();
	void testTooLargeForHTTP();
	void testTooLargeThatHandlerReads();
	void testDetached();
	void testByFilter();
	void testAddressLimit();
	void testForRoom();
	void testRefused();
	void testPlainConnectionRefused();
	void testByServer();
	void testByServerThatStops();

	static CppUnit::Test* suite();
};


#endif // EVCloseReasonTest_INCLUDED
