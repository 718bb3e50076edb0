//
// Page.h
//
// What the request handlers use to write their responses.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Page_INCLUDED
#define Page_INCLUDED


#include "Poco/JSON/Object.h"
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerResponse.h"
#include <string>


std::string utf8(const std::string& text);
	/// Returns the text if it is UTF-8, else takes it for Latin-1. What
	/// comes from a client may be anything, but JSON and the pages are UTF-8.

std::string html(const std::string& text);
	/// Returns the text, safe for content and quoted attributes.

void sendPage(Poco::Net::HTTPServerResponse& response, const std::string& title, const std::string& body, const std::string& head = "");
	/// Sends a page; title is plain text, body and head are HTML.

void sendJSON(Poco::Net::HTTPServerResponse& response, const Poco::JSON::Object& object);
	/// Sends the object.

void sendError(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response, Poco::Net::HTTPResponse::HTTPStatus status,
	const std::string& message);
	/// Sends a page with the status code and the message, which is plain text.


#endif // Page_INCLUDED
