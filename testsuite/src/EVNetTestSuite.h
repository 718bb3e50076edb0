//
// EVNetTestSuite.h
//
// Definition of the EVNetTestSuite class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNetTestSuite_INCLUDED
#define EVNetTestSuite_INCLUDED


#include "CppUnit/TestSuite.h"


class EVNetTestSuite
{
public:
	static CppUnit::Test* suite();
};


#endif // EVNetTestSuite_INCLUDED
