//
// EVNetTestSuite.cpp
//
// All tests of EVNet.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVNetTestSuite.h"
#include "EVFramingTest.h"
#include "EVServerOptionsTest.h"
#include "HTTPFramerTest.h"
#include "MemoryTest.h"


CppUnit::Test* EVNetTestSuite::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVNetTestSuite");

	pSuite->addTest(EVFramingTest::suite());
	pSuite->addTest(EVServerOptionsTest::suite());
	pSuite->addTest(HTTPFramerTest::suite());
	pSuite->addTest(MemoryTest::suite());

	return pSuite;
}
