//
// Site.h
//
// Definition of the SiteFactory class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Site_INCLUDED
#define Site_INCLUDED


#include "Statistics.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/HTTPServerRequest.h"


class SiteFactory: public Poco::Net::HTTPRequestHandlerFactory
	/// Creates the request handlers of the small web site. The same factory
	/// works with Poco::EVNet::EVHTTPServer and with Poco::Net::HTTPServer.
{
public:
	explicit SiteFactory(Statistics::Ptr pStatistics);

	Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest& request) override;

private:
	Statistics::Ptr _pStatistics;
};


#endif // Site_INCLUDED
