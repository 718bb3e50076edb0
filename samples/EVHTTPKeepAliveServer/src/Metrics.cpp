//
// Metrics.cpp
//
// This sample demonstrates the EVServerStatistics class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Metrics.h"
#include "Poco/NumberFormatter.h"


using Poco::EVNet::EVServerStatistics;
using Poco::UInt64;


namespace
{
	struct Counter
	{
		const char* name;
		UInt64 EVServerStatistics::* pValue;
		const char* help;
	};


	struct Gauge
	{
		const char* name;
		int EVServerStatistics::* pValue;
		const char* help;
	};


	// A new number of EVServerStatistics needs one line here.
	const Counter counters[] =
	{
		{"connections_accepted_total", &EVServerStatistics::accepted, "Connections accepted from the listening socket."},
		{"connections_adopted_total", &EVServerStatistics::adopted, "Connections given to the server."},
		{"requests_total", &EVServerStatistics::requests, "Requests received."},
		{"requests_queued_total", &EVServerStatistics::queuedRequests, "Requests that waited in the queue for a thread."},
		{"requests_completed_total", &EVServerStatistics::completed, "Requests whose handler has returned."},
		{"requests_cancelled_total", &EVServerStatistics::cancelled, "Requests that waited in the queue when the server was stopped."},
		{"requests_refused_total", &EVServerStatistics::refused, "Requests refused because the queue was full."},
		{"requests_overdue_total", &EVServerStatistics::overdue, "Requests that waited and ran for longer than the handler timeout."},
		{"loops_passed_on_total", &EVServerStatistics::passedOn, "Event loops given to another thread by handlers that may block."},
		{"promotions_total", &EVServerStatistics::promotions, "Event loops taken over from a thread whose request took long."},
		{"accept_pauses_total", &EVServerStatistics::acceptPauses, "Interruptions of accepting, at capacity or without a descriptor."}
	};


	const Gauge gauges[] =
	{
		{"connections_open",      &EVServerStatistics::open,      "Connections that are open."},
		{"connections_idle",      &EVServerStatistics::idle,      "Connections that wait for a request."},
		{"connections_reading",   &EVServerStatistics::reading,   "Connections with a part of a request."},
		{"connections_flushing",  &EVServerStatistics::flushing,  "Connections whose output waits for the client."},
		{"connections_lingering", &EVServerStatistics::lingering, "Connections that have ended and wait for the client to notice."},
		{"requests_queued",       &EVServerStatistics::queued,    "Requests that wait for a thread."},
		{"requests_running",      &EVServerStatistics::running,   "Requests that a thread is working on."},
		{"event_loops",           &EVServerStatistics::loops,     "Event loops."},
		{"threads",               &EVServerStatistics::threads,   "Threads taken from the pool."}
	};


	std::string family(const std::string& name, const char* type, const std::string& help)
	{
		return "# HELP evnet_" + name + " " + help + "\n# TYPE evnet_" + name + " " + type + "\n";
	}


	std::string sample(const std::string& name, const std::string& value)
	{
		return "evnet_" + name + " " + value + "\n";
	}
}


const char* const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";


std::string metrics(const EVServerStatistics& statistics)
{
	std::string text;
	for (const Counter& counter: counters)
	{
		text += family(counter.name, "counter", counter.help) + sample(counter.name, std::to_string(statistics.*counter.pValue));
	}

	text += family("connections_closed_total", "counter", "Connections closed, by reason.");
	for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
	{
		const std::string reason = EVServerStatistics::closeReasonName(static_cast<EVServerStatistics::CloseReason>(i));
		text += sample("connections_closed_total{reason=\"" + reason + "\"}", std::to_string(statistics.closed[i]));
	}

	text += family("queue_wait_seconds_total", "counter", "Time that requests waited in the queue for a thread.");
	const double queueWait = static_cast<double>(statistics.queueWait.totalMicroseconds())/1e6;
	text += sample("queue_wait_seconds_total", Poco::NumberFormatter::format(queueWait, 6));

	for (const Gauge& gauge: gauges)
	{
		text += family(gauge.name, "gauge", gauge.help) + sample(gauge.name, std::to_string(statistics.*gauge.pValue));
	}

	text += family("pending_output_bytes", "gauge", "Memory in which output waits for clients.");
	text += sample("pending_output_bytes", std::to_string(statistics.pendingOutput));
	return text;
}
