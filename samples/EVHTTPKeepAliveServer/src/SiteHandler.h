//
// SiteHandler.h
//
// This sample demonstrates errors of request handlers that become responses.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef SiteHandler_INCLUDED
#define SiteHandler_INCLUDED


#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerResponse.h"


class SiteHandler: public Poco::Net::HTTPRequestHandler
	/// The base class of the handlers. A HTTPException with a status code
	/// becomes the response.
{
public:
	void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) final;

protected:
	virtual void handle(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) = 0;
};


#endif // SiteHandler_INCLUDED
