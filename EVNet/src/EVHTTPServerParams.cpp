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
#include "HTTPRequestParser.h"
#include "Poco/Exception.h"


namespace Poco {
namespace EVNet {


EVHTTPServerParams::EVHTTPServerParams():
	_maxRequestLine(HTTPRequestParser::Limits().requestLine),
	_maxFieldSize(HTTPRequestParser::Limits().field),
	_maxFields(static_cast<int>(HTTPRequestParser::Limits().fields)),
	_maxHeaderSize(HTTPRequestParser::Limits().header),
	_maxBodySize(0),
	_retryAfter(DEFAULT_RETRY_AFTER)
{
}


EVHTTPServerParams::~EVHTTPServerParams()
{
}


void EVHTTPServerParams::setMaxRequestLine(std::size_t bytes)
{
	if (bytes < 64) throw Poco::InvalidArgumentException("maxRequestLine must be at least 64");
	_maxRequestLine = bytes;
}


void EVHTTPServerParams::setMaxFieldSize(std::size_t bytes)
{
	if (bytes < 64) throw Poco::InvalidArgumentException("maxFieldSize must be at least 64");
	_maxFieldSize = bytes;
}


void EVHTTPServerParams::setMaxFields(int count)
{
	if (count < 1) throw Poco::InvalidArgumentException("maxFields must be at least 1");
	_maxFields = count;
}


void EVHTTPServerParams::setMaxHeaderSize(std::size_t bytes)
{
	if (bytes < 128) throw Poco::InvalidArgumentException("maxHeaderSize must be at least 128");
	_maxHeaderSize = bytes;
}


void EVHTTPServerParams::setMaxBodySize(Poco::UInt64 bytes)
{
	_maxBodySize = bytes;
}


void EVHTTPServerParams::setRetryAfter(int seconds)
{
	if (seconds < 0) throw Poco::InvalidArgumentException("retryAfter must be 0 or positive (seconds)");
	_retryAfter = seconds;
}


} } // namespace Poco::EVNet
