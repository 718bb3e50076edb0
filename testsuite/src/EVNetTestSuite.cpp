//
// EVNetTestSuite.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVNetTestSuite.h"
#include "EVServerOptionsTest.h"
#include "EVFramingTest.h"
#include "HTTPFramerTest.h"
#include "EVPlainConnectionTest.h"
#include "EVTCPServerTest.h"
#include "MemoryTest.h"
#include "EVTCPServerCloseTest.h"
#include "EVTCPServerFailureTest.h"


CppUnit::Test* EVNetTestSuite::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVNetTestSuite");

	pSuite->addTest(EVServerOptionsTest::suite());
	pSuite->addTest(EVFramingTest::suite());
	pSuite->addTest(HTTPFramerTest::suite());
	pSuite->addTest(EVPlainConnectionTest::suite());
	pSuite->addTest(EVTCPServerTest::suite());
	pSuite->addTest(MemoryTest::suite());
	pSuite->addTest(EVTCPServerCloseTest::suite());
	pSuite->addTest(EVTCPServerFailureTest::suite());

	return pSuite;
}
