//
// TestCase.h
//
// Gives libcppunit the vocabulary of Poco's CppUnit: assertions.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef CppUnit_TestCase_INCLUDED
#define CppUnit_TestCase_INCLUDED


#include <cppunit/TestAssert.h>
#include <cppunit/TestCase.h>
#include <string>


namespace CppUnitAdapter {


// The types are those that Poco's CppUnit compares.
void compare(long expected, long actual, const CppUnit::SourceLine& line);
void compare(const std::string& expected, const std::string& actual, const CppUnit::SourceLine& line);
void compare(const void* expected, const void* actual, const CppUnit::SourceLine& line);
void compare(double expected, double actual, double delta, const CppUnit::SourceLine& line);


} // namespace CppUnitAdapter


#define assertTrue(condition) \
	CPPUNIT_ASSERT(condition)

#define assertFalse(condition) \
	CPPUNIT_ASSERT(!(condition))

#define assertEqual(expected, actual) \
	(CppUnitAdapter::compare((expected), (actual), CPPUNIT_SOURCELINE()))

#define assertEqualDelta(expected, actual, delta) \
	(CppUnitAdapter::compare((expected), (actual), (delta), CPPUNIT_SOURCELINE()))

#define assertNullPtr(ptr) \
	CPPUNIT_ASSERT((ptr) == nullptr)

#define assertNotNullPtr(ptr) \
	CPPUNIT_ASSERT((ptr) != nullptr)

#define failmsg(msg) \
	CPPUNIT_FAIL(msg)


#endif // CppUnit_TestCase_INCLUDED
