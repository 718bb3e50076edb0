//
// EVHTTPServerDetachTest.h
//
// Definition of the EVHTTPServerDetachTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerDetachTest_INCLUDED
#define EVHTTPServerDetachTest_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "CppUnit/TestCase.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerDetachTest: public CppUnit::TestCase
{
public:
	explicit EVHTTPServerDetachTest(const std::string& name);

	void testDetachedSocketGoesOnElsewhere();
	void testDetachedInAChunkedBody();
	void testDetachedSocketOutlivesServer();
	void testDetachedSocketGivenBack();
	void testSocketGivenBackByItsHandler();
	void testAdoptedWhileTheHandlerRuns();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerDetachTest_INCLUDED
