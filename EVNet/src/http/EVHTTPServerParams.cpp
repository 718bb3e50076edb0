//
// EVHTTPServerParams.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  EVHTTPServerParams
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVHTTPServerParams.h"
#include "http/HTTPRequestParser.h"
#include "Poco/Exception.h"
#include "Poco/Format.h"


namespace Poco {
namespace EVNet {


namespace
{
	void checkBytes(const char* option, std::size_t value, std::size_t least)
	{
		// The header has to fit into the buffer.
		const std::size_t most = EVServerOptions::MAX_BUFFERED_BYTES;
		if (value >= least && value <= most) return;
		throw Poco::InvalidArgumentException(Poco::format("%s must be %z to %z (bytes), not %z", std::string(option), least, most, value));
	}
}


EVHTTPServerParams::EVHTTPServerParams():
	_maxRequestLine(HTTPRequestParser::Limits().requestLine),
	_maxFieldSize(HTTPRequestParser::Limits().field),
	_maxFields(static_cast<int>(HTTPRequestParser::Limits().fields)),
	_maxHeaderSize(HTTPRequestParser::Limits().header),
	_maxBodySize(0),
	_retryAfter(DEFAULT_RETRY_AFTER),
	_strictParsing(false)
{
}


EVHTTPServerParams::~EVHTTPServerParams()
{
}


void EVHTTPServerParams::setMaxRequestLine(std::size_t bytes)
{
	checkBytes("maxRequestLine", bytes, 64);

	_maxRequestLine = bytes;
}


void EVHTTPServerParams::setMaxFieldSize(std::size_t bytes)
{
	checkBytes("maxFieldSize", bytes, 64);

	_maxFieldSize = bytes;
}


void EVHTTPServerParams::setMaxFields(int count)
{
	if (count < 1) throw Poco::InvalidArgumentException("maxFields must be at least 1");
	_maxFields = count;
}


void EVHTTPServerParams::setMaxHeaderSize(std::size_t bytes)
{
	checkBytes("maxHeaderSize", bytes, 128);

	_maxHeaderSize = bytes;
}


void EVHTTPServerParams::setMaxBodySize(Poco::UInt64 bytes)
{
	_maxBodySize = bytes;
}


void EVHTTPServerParams::setStrictParsing(bool flag)
{
	_strictParsing = flag;
}


void EVHTTPServerParams::setRetryAfter(int seconds)
{
	if (seconds < 0) throw Poco::InvalidArgumentException("retryAfter must be 0 or positive (seconds)");
	_retryAfter = seconds;
}


} } // namespace Poco::EVNet
