//
// ExceptionReport.h
//
// Library: EVNet
// Package: Core
// Module:  ExceptionReport
//
// Declaration of reportException().
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ExceptionReport_INCLUDED
#define EVNet_ExceptionReport_INCLUDED


#include "Poco/EVNet/EVNet.h"


namespace Poco {
namespace EVNet {


void reportException();
	/// Reports the exception being handled to the Poco::ErrorHandler. Called in a catch block.


} } // namespace Poco::EVNet


#endif // EVNet_ExceptionReport_INCLUDED
