//
// EVHTTPServerTrailerTest.h
//
// Definition of the EVHTTPServerTrailerTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerTrailerTest_INCLUDED
#define EVHTTPServerTrailerTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerTrailerTest: public CppUnit::TestCase
{
public:
	explicit EVHTTPServerTrailerTest(const std::string& name);

	void testRequestTrailer();
	void testRequestTrailerOfStreamedBody();
	void testRequestTrailerBelongsToOneRequest();
	void testResponseTrailer();
	void testResponseTrailerCannotReframe();
	void testResponseTrailerOnlyIfChunked();
	void testForeignObjects();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerTrailerTest_INCLUDED
