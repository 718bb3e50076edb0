//
// StatisticsPages.h
//
// This sample demonstrates what a server can show about itself: to people, programs, Prometheus and load balancers.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef StatisticsPages_INCLUDED
#define StatisticsPages_INCLUDED


#include "SiteHandler.h"
#include "Statistics.h"


class StatisticsHandler: public SiteHandler
	/// Shows the statistics. A script replaces the numbers every second; where
	/// scripts are off, the browser reloads the page instead.
{
public:
	explicit StatisticsHandler(const Statistics::Ptr& pStatistics);

protected:
	void handle(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override;

private:
	Statistics::Ptr _pStatistics;
};


class StatisticsJSONHandler: public SiteHandler
	/// Sends the statistics for programs.
{
public:
	explicit StatisticsJSONHandler(const Statistics::Ptr& pStatistics);

protected:
	void handle(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override;

private:
	Statistics::Ptr _pStatistics;
};


class MetricsHandler: public SiteHandler
	/// Sends the statistics to Prometheus, which asks for them regularly.
{
public:
	explicit MetricsHandler(const Statistics::Ptr& pStatistics);

protected:
	void handle(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override;

private:
	Statistics::Ptr _pStatistics;
};


class HealthHandler: public SiteHandler
	/// Answers load balancers that ask whether this server is to be sent requests. It is not when it
	/// is going to end, although it still answers all that it gets.
{
public:
	explicit HealthHandler(const Statistics::Ptr& pStatistics);

protected:
	void handle(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override;

private:
	Statistics::Ptr _pStatistics;
};


#endif // StatisticsPages_INCLUDED
