//
// ExceptionReport.cpp
//
// Library: EVNet
// Package: Core
// Module:  ExceptionReport
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "core/ExceptionReport.h"
#include "Poco/ErrorHandler.h"
#include "Poco/Exception.h"
#include <exception>


namespace Poco {
namespace EVNet {


void reportException()
{
	try
	{
		throw;
	}
	catch (Poco::Exception& exc)
	{
		Poco::ErrorHandler::handle(exc);
	}
	catch (std::exception& exc)
	{
		Poco::ErrorHandler::handle(exc);
	}
	catch (...)
	{
		Poco::ErrorHandler::handle();
	}
}


} } // namespace Poco::EVNet
