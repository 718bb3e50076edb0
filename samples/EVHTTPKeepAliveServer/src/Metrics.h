//
// Metrics.h
//
// The statistics of a server for Prometheus.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Metrics_INCLUDED
#define Metrics_INCLUDED


#include "Poco/EVNet/EVServerStatistics.h"
#include <string>


extern const char* const METRICS_CONTENT_TYPE;
	/// The media type of the text exposition format, version 0.0.4.

std::string metrics(const Poco::EVNet::EVServerStatistics& statistics);
	/// Returns the statistics in that format. What only grows is a counter, what
	/// tells about this moment is a gauge. Each connection that is closed counts for one reason, which is a label.


#endif // Metrics_INCLUDED
