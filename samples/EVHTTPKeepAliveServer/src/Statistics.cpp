//
// Statistics.cpp
//
// This sample demonstrates the EVServerStatistics class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Statistics.h"
#include "Metrics.h"
#include "Poco/EVNet/EVServerStatistics.h"


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVServerStatistics;
using Poco::FastMutex;
using Poco::Net::HTTPServer;
using Poco::UInt64;


namespace
{
	UInt64 number(int value)
	{
		return value > 0 ? static_cast<UInt64>(value) : 0;
	}


	const char* closeReasonDescription(int reason)
	{
		switch (reason)
		{
		case EVServerStatistics::CLOSED_BY_CLIENT:       return "by the client, between requests";
		case EVServerStatistics::CLOSED_INCOMPLETE:      return "by the client, in the middle of a request";
		case EVServerStatistics::CLOSED_RESET:           return "reading or writing failed";
		case EVServerStatistics::CLOSED_BY_HANDLER:      return "by the request handler or the protocol";
		case EVServerStatistics::CLOSED_BY_EXCEPTION:    return "the request handler threw an exception";
		case EVServerStatistics::CLOSED_BAD_REQUEST:     return "not a valid request";
		case EVServerStatistics::CLOSED_TOO_LARGE:       return "the request was too large";
		case EVServerStatistics::CLOSED_IDLE_TIMEOUT:    return "no request for too long";
		case EVServerStatistics::CLOSED_REQUEST_TIMEOUT: return "the request was not complete in time";
		case EVServerStatistics::CLOSED_SEND_TIMEOUT:    return "the client did not take the response";
		case EVServerStatistics::CLOSED_DETACHED:        return "taken out of the server";
		case EVServerStatistics::CLOSED_BY_FILTER:       return "not accepted by the filter";
		case EVServerStatistics::CLOSED_REFUSED:         return "no room in the queue";
		case EVServerStatistics::CLOSED_BY_SERVER:       return "by the server or the application";
		default:                                         return "";
		}
	}


	Statistics::Snapshot snapshotOf(const EVHTTPServer& server)
	{
		const EVServerStatistics statistics = server.statistics();

		Statistics::Snapshot result;
		result.server  = "Poco::EVNet::EVHTTPServer";
		result.numbers =
		{
			{"open",           number(statistics.open),         "connections that are open now"},
			{"maxOpen",        number(server.maxConcurrentConnections()), "the most connections that were open at once"},
			{"idle",           number(statistics.idle),         "connections that wait for a request"},
			{"reading",        number(statistics.reading),      "connections with a part of a request"},
			{"queued",         number(statistics.queued),       "requests that wait for a thread"},
			{"running",        number(statistics.running),      "requests a thread is working on"},
			{"flushing",       number(statistics.flushing),     "connections whose output waits for the client"},
			{"pendingOutput",  statistics.pendingOutput,        "bytes of memory in which output waits for clients"},
			{"lingering",      number(statistics.lingering),    "connections that wait for the client to close"},
			{"loops",          number(statistics.loops),        "event loops"},
			{"threads",        number(statistics.threads),      "threads taken from the pool"},
			{"maxThreads",     number(server.maxThreads()),     "the most requests that run at once"},
			{"accepted",       statistics.accepted,             "connections accepted so far"},
			{"adopted",        statistics.adopted,              "connections given to the server"},
			{"requests",       statistics.requests,             "requests so far"},
			{"queuedRequests", statistics.queuedRequests,       "those that waited in the queue for a thread"},
			{"queueWait",      static_cast<UInt64>(statistics.queueWait.totalMicroseconds()),
				"how long they waited in total, in microseconds"},
			{"passedOn",       statistics.passedOn,             "how often a handler gave its loop away: announceBlocking()"},
			{"promotions",     statistics.promotions,           "how often a thread took over a loop whose request took long"},
			{"acceptPauses",   statistics.acceptPauses,         "how often accepting was interrupted"},
			{"refused",        number(server.refusedConnections()), "refused because too many others were waiting"},
			{"closes",         statistics.closes(),             "connections closed so far"}
		};
		for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
		{
			const auto reason = static_cast<EVServerStatistics::CloseReason>(i);
			result.closed.push_back({EVServerStatistics::closeReasonName(reason), statistics.closed[i], closeReasonDescription(i)});
		}
		return result;
	}


	Statistics::Snapshot snapshotOf(const HTTPServer& server)
	{
		Statistics::Snapshot result;
		result.server  = "Poco::Net::HTTPServer";
		result.numbers =
		{
			{"open",       number(server.currentConnections()),       "connections that have a thread now"},
			{"maxOpen",    number(server.maxConcurrentConnections()), "the most connections that had a thread at once"},
			{"queued",     number(server.queuedConnections()),        "connections that wait for a thread"},
			{"threads",    number(server.currentThreads()),           "threads taken from the pool"},
			{"maxThreads", number(server.params().getMaxThreads()),   "the most threads that are taken"},
			{"accepted",   number(server.totalConnections()),         "connections that have got a thread so far"},
			{"refused",    number(server.refusedConnections()),       "refused because too many others were waiting"}
		};
		return result;
	}
}


void Statistics::attach(const EVHTTPServer& server)
{
	FastMutex::ScopedLock lock(_mutex);

	_source = [&server] { return snapshotOf(server); };
	_metricsSource = [&server] { return ::metrics(server.statistics()); };
}


void Statistics::attach(const HTTPServer& server)
{
	FastMutex::ScopedLock lock(_mutex);

	_source = [&server] { return snapshotOf(server); };
}


void Statistics::detach()
{
	FastMutex::ScopedLock lock(_mutex);

	_source = nullptr;
	_metricsSource = nullptr;
}


Statistics::Snapshot Statistics::snapshot() const
{
	FastMutex::ScopedLock lock(_mutex);

	return _source ? _source() : Snapshot();
}


std::string Statistics::metrics() const
{
	FastMutex::ScopedLock lock(_mutex);

	return _metricsSource ? _metricsSource() : std::string();
}
