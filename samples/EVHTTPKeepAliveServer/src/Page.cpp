//
// Page.cpp
//
// This sample demonstrates the responses of request handlers.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Page.h"
#include "Poco/Format.h"
#include "Poco/Net/Net.h"
#include "Poco/UTF8Encoding.h"
#include <sstream>


using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;


namespace
{
	std::string page(const std::string& title, const std::string& body, const std::string& head)
	{
		return
			"<!DOCTYPE html>\n"
			"<html lang=\"en\">\n"
			"<head>\n"
			"<meta charset=\"utf-8\">\n"
			"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			"<link rel=\"icon\" href=\"data:,\">\n"
			"<title>" + html(title) + "</title>\n" +
			head +
			"<style>\n"
			":root { color-scheme: light dark; }\n"
			"body { font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }\n"
			"h1 { font-size: 1.5em; }\n"
			"h2 { font-size: 1.1em; margin-top: 1.5em; }\n"
			"table { border-collapse: collapse; width: 100%; }\n"
			"th, td { text-align: left; padding: .2em .8em .2em 0; border-bottom: 1px solid #8884; vertical-align: top; }\n"
			"td.number { text-align: right; font-variant-numeric: tabular-nums; }\n"
			"code { font-size: .9em; overflow-wrap: anywhere; }\n"
			"footer { margin-top: 2em; font-size: .85em; opacity: .7; }\n"
			"</style>\n"
			"</head>\n"
			"<body>\n"
			"<h1>" + html(title) + "</h1>\n" +
			body +
			"<footer><a href=\"/\">EVHTTPKeepAliveServer</a>, a sample of EVNet</footer>\n"
			"</body>\n"
			"</html>\n";
	}
}


std::string utf8(const std::string& text)
{
	const unsigned char* it  = reinterpret_cast<const unsigned char*>(text.data());
	const unsigned char* end = it + text.size();
	while (it != end)
	{
		const int length = *it < 0x80 ? 1 : *it < 0xE0 ? 2 : *it < 0xF0 ? 3 : 4;
		if (end - it < length || !Poco::UTF8Encoding::isLegal(it, length)) break;
		it += length;
	}
	if (it == end) return text;

	std::string result;
	for (const char c: text)
	{
		const unsigned char byte = static_cast<unsigned char>(c);
		if (byte < 0x80)
		{
			result += c;
		}
		else
		{
			result += static_cast<char>(0xC0 | (byte >> 6));
			result += static_cast<char>(0x80 | (byte & 0x3F));
		}
	}
	return result;
}


std::string html(const std::string& text)
{
	return Poco::Net::htmlize(utf8(text));
}


void sendPage(HTTPServerResponse& response, const std::string& title, const std::string& body, const std::string& head)
{
	const std::string content = page(title, body, head);
	response.setContentType("text/html; charset=utf-8");
	response.sendBuffer(content.data(), content.size());
}


void sendJSON(HTTPServerResponse& response, const Poco::JSON::Object& object)
{
	std::ostringstream ostr;
	object.stringify(ostr, 2);
	ostr << '\n';
	const std::string content = ostr.str();
	response.setContentType("application/json");
	response.set("Cache-Control", "no-store");
	response.sendBuffer(content.data(), content.size());
}


void sendError(HTTPServerRequest& request, HTTPServerResponse& response, HTTPResponse::HTTPStatus status, const std::string& message)
{
	response.setStatusAndReason(status);
	// nobody is going to read the body of this request
	if (request.getChunkedTransferEncoding() || request.hasContentLength()) response.setKeepAlive(false);
	sendPage(response, Poco::format("%d %s", static_cast<int>(status), response.getReason()), "<p>" + html(message) + "</p>\n");
}
