//
// HTTPChunkedDecoderTest.h
//
// Definition of the HTTPChunkedDecoderTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HTTPChunkedDecoderTest_INCLUDED
#define HTTPChunkedDecoderTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class HTTPChunkedDecoderTest: public CppUnit::TestCase
{
public:
	explicit HTTPChunkedDecoderTest(const std::string& name);

	void testChunks();
	void testJoinedInPlace();
	void testIncomplete();
	void testSizeDigits();
	void testSizeIsMalformed();
	void testSizeOverflows();
	void testWhiteSpaceAroundSize();
	void testExtensions();
	void testSizeLineIsLimited();
	void testExtensionsAreLimited();
	void testDataIsFollowedByCRLF();
	void testBareLFIsRefused();
	void testBareCRIsRefused();
	void testTrailer();
	void testTrailerIsMalformed();
	void testTrailerLimits();
	void testReset();

	static CppUnit::Test* suite();
};


#endif // HTTPChunkedDecoderTest_INCLUDED
