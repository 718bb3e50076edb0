//
// EVSecureStallTest.h
//
// Definition of the EVSecureStallTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVSecureStallTest_INCLUDED
#define EVSecureStallTest_INCLUDED


#include "CppUnit/TestCase.h"


class EVSecureStallTest: public CppUnit::TestCase
{
public:
	explicit EVSecureStallTest(const std::string& name);

	void testWithTLS();
	void testPlain();

	static CppUnit::Test* suite();
};


#endif // EVSecureStallTest_INCLUDED
