//
// HTTPRequestParserBodyTest.h
//
// Definition of the HTTPRequestParserBodyTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HTTPRequestParserBodyTest_INCLUDED
#define HTTPRequestParserBodyTest_INCLUDED


#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"
#include <string>


class HTTPRequestParserBodyTest: public CppUnit::TestCase
{
public:
	explicit HTTPRequestParserBodyTest(const std::string& name);

	void testContentLength();
	void testBodyIsIncomplete();
	void testBinaryBody();
	void testContentLengthIsMalformed();
	void testContentLengthIsRepeated();
	void testContentLengthOverflows();
	void testContentLengthAndTransferEncoding();
	void testChunked();
	void testTransferEncodingDoesNotEndInChunked();
	void testChunkedIsNotLast();
	void testOtherCodingIsNotImplemented();
	void testTransferEncodingInHTTP10();
	void testNoLength();
	void testLengthIsRequired();
	void testBodyToTheEnd();

	static CppUnit::Test* suite();
};


#endif // HTTPRequestParserBodyTest_INCLUDED
