//
// EVTCPServerParams.cpp
//
// Library: EVNet
// Package: Server
// Module:  EVTCPServerParams
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVTCPServerParams.h"


namespace Poco {
namespace EVNet {


EVTCPServerParams::EVTCPServerParams()
{
}


EVTCPServerParams::~EVTCPServerParams()
{
}


} } // namespace Poco::EVNet
