//
// EVHTTPServerKindTest.h
//
// Definition of the EVHTTPServerKindTest class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVHTTPServerKindTest_INCLUDED
#define EVHTTPServerKindTest_INCLUDED


#include "ClockedTest.h"
#include "CppUnit/TestSuite.h"


class EVHTTPServerKindTest: public ClockedTest
{
public:
	explicit EVHTTPServerKindTest(const std::string& name);

	void testHandlerAnnouncesBlocking();
	void testFactoryAnnouncesBlocking();
	void testAnnouncingIsForOwnRequests();
	void testKindIsMethodAndPath();

	static CppUnit::Test* suite();
};


#endif // EVHTTPServerKindTest_INCLUDED
