//
// EVServerOptions.cpp
//
// Library: EVNet
// Package: Core
// Module:  EVServerOptions
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVServerOptions.h"
#include "Poco/Exception.h"
#include "Poco/Format.h"
#include <limits>


namespace Poco {
namespace EVNet {


namespace
{
	void check(bool ok, const char* option, const char* rule, Poco::Int64 value)
	{
		if (ok) return;
		throw Poco::InvalidArgumentException(Poco::format("%s must be %s, not %?d", std::string(option), std::string(rule), value));
	}

	void checkBytes(const char* option, std::size_t value, std::size_t least, std::size_t most)
	{
		if (value < least || value > most)
			throw Poco::InvalidArgumentException(Poco::format("%s must be %z to %z (bytes), not %z",
				std::string(option), least, most, value));
	}

	void checkTimeout(const char* option, const Poco::Timespan& timeout, const std::string& zero = "no limit")
	{
		check(timeout >= 0, option, ("0 (" + zero + ") or positive (microseconds)").c_str(), timeout.totalMicroseconds());
	}

	void checkEnum(const char* option, int value, int last)
	{
		check(value >= 0 && value <= last, option, "a value of its enumeration", value);
	}
}


EVServerOptions::EVServerOptions():
	_eventLoops(0),
	_executionPolicy(EXECUTE_ADAPTIVE),
	_acceptPolicy(ACCEPT_AUTO),
	_backend(BACKEND_AUTO),
	_dispatchPolicy(DISPATCH_ON_ACCEPT),
	_capacity(0),
	_closeIdleAtCapacity(false),
	_maxConnectionsPerAddress(0),
	_acceptBacklog(4096),
	_firstRequestTimeout(0),
	_idleTimeout(0),
	_requestTimeout(60, 0),
	_sendTimeout(60, 0),
	_minDataRate(256),
	_handlerTimeout(0),
	_lingerTimeout(2, 0),
	_stopTimeout(5, 0),
	_maxBufferedBytes(64*1024),
	_maxTotalBufferedBytes(256*1024*1024),
	_maxPendingOutput(1024*1024),
	_maxTotalPendingOutput(256*1024*1024)
{
}


EVServerOptions::~EVServerOptions()
{
}


void EVServerOptions::setEventLoops(int count)
{
	check(count >= 0 && count <= MAX_EVENT_LOOPS, "eventLoops", "0 (default) to 1024", count);

	_eventLoops = count;
}


EVServerOptions::ExecutionPolicy EVServerOptions::executionPolicy(const std::string& name)
{
	if (name == "adaptive") return EXECUTE_ADAPTIVE;
	if (name == "dedicated") return EXECUTE_DEDICATED;
	if (name == "inline") return EXECUTE_INLINE;
	throw Poco::InvalidArgumentException("executionPolicy must be adaptive, dedicated or inline, not " + name);
}


EVServerOptions::AcceptPolicy EVServerOptions::acceptPolicy(const std::string& name)
{
	if (name == "auto") return ACCEPT_AUTO;
	if (name == "reuseport") return ACCEPT_REUSE_PORT;
	if (name == "roundrobin") return ACCEPT_ROUND_ROBIN;
	throw Poco::InvalidArgumentException("acceptPolicy must be auto, reuseport or roundrobin, not " + name);
}


void EVServerOptions::setExecutionPolicy(ExecutionPolicy policy)
{
	checkEnum("executionPolicy", policy, EXECUTE_INLINE);

	_executionPolicy = policy;
}


void EVServerOptions::setAcceptPolicy(AcceptPolicy policy)
{
	checkEnum("acceptPolicy", policy, ACCEPT_ROUND_ROBIN);

	_acceptPolicy = policy;
}


void EVServerOptions::setBackend(Backend backend)
{
	checkEnum("backend", backend, BACKEND_PORT);

	_backend = backend;
}


void EVServerOptions::setDispatchPolicy(DispatchPolicy policy)
{
	checkEnum("dispatchPolicy", policy, DISPATCH_ON_DATA);

	_dispatchPolicy = policy;
}


void EVServerOptions::setCapacity(int connections)
{
	check(connections >= 0 && connections <= MAX_CAPACITY, "capacity", "0 (default) to 4194304", connections);

	_capacity = connections;
}


void EVServerOptions::setCloseIdleAtCapacity(bool flag)
{
	_closeIdleAtCapacity = flag;
}


void EVServerOptions::setMaxConnectionsPerAddress(int connections)
{
	check(connections >= 0, "maxConnectionsPerAddress", "0 (no limit) or positive", connections);

	_maxConnectionsPerAddress = connections;
}


void EVServerOptions::setAcceptBacklog(int backlog)
{
	check(backlog > 0, "acceptBacklog", "positive", backlog);

	_acceptBacklog = backlog;
}


void EVServerOptions::setFirstRequestTimeout(const Poco::Timespan& timeout)
{
	checkTimeout("firstRequestTimeout", timeout, "as idleTimeout");

	_firstRequestTimeout = timeout;
}


void EVServerOptions::setIdleTimeout(const Poco::Timespan& timeout)
{
	checkTimeout("idleTimeout", timeout);

	_idleTimeout = timeout;
}


void EVServerOptions::setRequestTimeout(const Poco::Timespan& timeout)
{
	checkTimeout("requestTimeout", timeout);

	_requestTimeout = timeout;
}


void EVServerOptions::setSendTimeout(const Poco::Timespan& timeout)
{
	checkTimeout("sendTimeout", timeout);

	_sendTimeout = timeout;
}


void EVServerOptions::setMinDataRate(int bytesPerSecond)
{
	check(bytesPerSecond >= 0, "minDataRate", "0 (none) or positive (bytes per second)", bytesPerSecond);

	_minDataRate = bytesPerSecond;
}


void EVServerOptions::setHandlerTimeout(const Poco::Timespan& timeout)
{
	checkTimeout("handlerTimeout", timeout, "nothing is reported");

	_handlerTimeout = timeout;
}


void EVServerOptions::setLingerTimeout(const Poco::Timespan& timeout)
{
	checkTimeout("lingerTimeout", timeout, "close at once");

	_lingerTimeout = timeout;
}


void EVServerOptions::setStopTimeout(const Poco::Timespan& timeout)
{
	checkTimeout("stopTimeout", timeout, "do not wait");

	_stopTimeout = timeout;
}


void EVServerOptions::setMaxBufferedBytes(std::size_t bytes)
{
	checkBytes("maxBufferedBytes", bytes, 1024, MAX_BUFFERED_BYTES);

	_maxBufferedBytes = bytes;
}


void EVServerOptions::setMaxTotalBufferedBytes(std::size_t bytes)
{
	checkBytes("maxTotalBufferedBytes", bytes, 65536, std::numeric_limits<std::size_t>::max());

	_maxTotalBufferedBytes = bytes;
}


void EVServerOptions::setMaxPendingOutput(std::size_t bytes)
{
	checkBytes("maxPendingOutput", bytes, 0, MAX_BUFFERED_BYTES);

	_maxPendingOutput = bytes;
}


void EVServerOptions::setMaxTotalPendingOutput(std::size_t bytes)
{
	_maxTotalPendingOutput = bytes;
}


} } // namespace Poco::EVNet
