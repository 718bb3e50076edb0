//
// EVHTTPServerParams.cpp
//
// Library: EVNet
// Package: HTTPServer
// Module:  EVHTTPServerParams
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVHTTPServerParams.h"


namespace Poco {
namespace EVNet {


EVHTTPServerParams::EVHTTPServerParams()
{
}


EVHTTPServerParams::~EVHTTPServerParams()
{
}


} } // namespace Poco::EVNet
