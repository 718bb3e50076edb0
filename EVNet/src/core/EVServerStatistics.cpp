//
// EVServerStatistics.cpp
//
// Library: EVNet
// Package: Core
// Module:  EVServerStatistics
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVServerStatistics.h"
#include "Poco/Bugcheck.h"


namespace Poco {
namespace EVNet {


const char* EVServerStatistics::closeReasonName(CloseReason reason)
{
	static const char* const names[CLOSE_REASONS] =
	{
		"client", "incomplete", "reset", "handler", "exception", "bad_request", "too_large",
		"idle_timeout", "request_timeout", "send_timeout", "detached", "filter", "address_limit", "for_room", "refused",
		"tls_error", "server"
	};
	poco_assert (reason >= 0 && reason < CLOSE_REASONS);

	return names[reason];
}


Poco::UInt64 EVServerStatistics::closes() const
{
	Poco::UInt64 sum = 0;
	for (Poco::UInt64 n: closed) sum += n;
	return sum;
}


} } // namespace Poco::EVNet
