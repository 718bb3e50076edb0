//
// TestSuite.h
//
// Gives libcppunit the vocabulary of Poco's CppUnit: suites, which are the same.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef CppUnit_TestSuite_INCLUDED
#define CppUnit_TestSuite_INCLUDED


#include <cppunit/TestSuite.h>


#endif // CppUnit_TestSuite_INCLUDED
