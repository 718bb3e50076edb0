//
// SiteHandler.cpp
//
// This sample demonstrates errors of request handlers that become responses.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "SiteHandler.h"
#include "Page.h"
#include "Poco/Exception.h"
#include "Poco/Net/NetException.h"


using Poco::Net::HTTPException;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;


void SiteHandler::handleRequest(HTTPServerRequest& request, HTTPServerResponse& response)
{
	try
	{
		handle(request, response);
	}
	catch (HTTPException& exc)
	{
		if (response.sent() || exc.code() == 0) throw;
		sendError(request, response, static_cast<HTTPResponse::HTTPStatus>(exc.code()), exc.message());
	}
	catch (Poco::SyntaxException& exc) // a URI or a number
	{
		if (response.sent()) throw;
		sendError(request, response, HTTPResponse::HTTP_BAD_REQUEST, exc.message());
	}
}
