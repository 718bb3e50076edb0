//
// Driver.cpp
//
// Console-based test driver for EVNet.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "CppUnit/TestRunner.h"
#include "EVNetTestSuite.h"


CppUnitMain(EVNetTestSuite)
