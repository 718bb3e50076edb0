//
// TestCaller.h
//
// Gives libcppunit the vocabulary of Poco's CppUnit: test methods.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef CppUnit_TestCaller_INCLUDED
#define CppUnit_TestCaller_INCLUDED


#include "CppUnit/TestCase.h"
#include <cppunit/TestCaller.h>


#define CppUnit_addTest(suite, cls, mth) \
	suite->addTest(new CppUnit::TestCaller<cls>(#mth, &cls::mth, new cls(#mth)))


#endif // CppUnit_TestCaller_INCLUDED
