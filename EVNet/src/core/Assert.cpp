//
// Assert.cpp
//
// Library: EVNet
// Package: Core
// Module:  Assert
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "core/Assert.h"
#include <cstdio>
#include <cstdlib>


namespace Poco {
namespace EVNet {


namespace
{
	Assertion::Handler pHandler = nullptr;
}


Assertion::Handler Assertion::setHandler(Handler handler)
{
	const Handler before = pHandler;
	pHandler = handler;
	return before;
}


void Assertion::failed(const char* pFile, int line, const std::string& message)
{
	const std::string text = std::string(pFile) + ":" + std::to_string(line) + ": assertion failed: " + message;
	if (pHandler) pHandler(text);
	std::fprintf(stderr, "%s\n", text.c_str());
	std::abort();
}


} } // namespace Poco::EVNet
