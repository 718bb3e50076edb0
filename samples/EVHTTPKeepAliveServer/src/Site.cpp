//
// Site.cpp
//
// This sample demonstrates request handlers: they are those of Poco::Net::HTTPServer.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Site.h"
#include "Page.h"
#include "SiteHandler.h"
#include "StatisticsPages.h"
#include "Upload.h"
#include "Poco/Exception.h"
#include "Poco/Format.h"
#include "Poco/JSON/Array.h"
#include "Poco/JSON/Object.h"
#include "Poco/Net/HTTPServerResponse.h"
#include "Poco/Net/NetException.h"
#include "Poco/NumberParser.h"
#include "Poco/URI.h"
#include <algorithm>


using Poco::Net::HTTPException;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;
using Poco::UInt64;


namespace
{
	const UInt64 DEFAULT_DOWNLOAD = 10*1024*1024;
	const UInt64 MAX_DOWNLOAD     = 1024*1024*1024;


	class IndexHandler: public SiteHandler
	{
	protected:
		void handle(HTTPServerRequest&, HTTPServerResponse& response) override
		{
			sendPage(response, "EVHTTPKeepAliveServer",
				"<p>A few threads serve all connections of this site. Your browser keeps its connection "
				"open between requests; it waits in an event loop and costs no thread.</p>\n"
				"<table>\n"
				"<tr><td><a href=\"/text\">/text</a></td><td>a short plain text</td></tr>\n"
				"<tr><td><a href=\"/json\">/json</a></td><td>your request as the server sees it</td></tr>\n"
				"<tr><td><a href=\"/upload\">/upload</a></td><td>send files, get their sizes and checksums</td></tr>\n"
				"<tr><td><a href=\"/download?size=10485760\">/download?size=10485760</a></td>"
				"<td>a large download, any size up to 1 GiB</td></tr>\n"
				"<tr><td><a href=\"/statistics\">/statistics</a></td><td>what the server is doing, every second</td></tr>\n"
				"<tr><td><a href=\"/statistics.json\">/statistics.json</a></td><td>the same for programs</td></tr>\n"
				"<tr><td><a href=\"/metrics\">/metrics</a></td><td>the same for Prometheus</td></tr>\n"
				"<tr><td><a href=\"/health\">/health</a></td><td>503 when the server is going to end (leaveDelay)</td></tr>\n"
				"</table>\n");
		}
	};


	class TextHandler: public SiteHandler
		/// The target for load generators.
	{
	protected:
		void handle(HTTPServerRequest&, HTTPServerResponse& response) override
		{
			static const std::string text("Hello, World!");

			response.setContentType("text/plain");
			response.sendBuffer(text.data(), text.size());
		}
	};


	class EchoHandler: public SiteHandler
		/// Answers any request with its description.
	{
	protected:
		void handle(HTTPServerRequest& request, HTTPServerResponse& response) override
		{
			// a list, because a field may occur more than once
			Poco::JSON::Array::Ptr pFields = new Poco::JSON::Array;
			for (const auto& field: request)
			{
				Poco::JSON::Object::Ptr pField = new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER);
				pField->set("name", utf8(field.first));
				pField->set("value", utf8(field.second));
				pFields->add(pField);
			}

			Poco::JSON::Object object(Poco::JSON_PRESERVE_KEY_ORDER);
			object.set("method", utf8(request.getMethod()));
			object.set("uri", utf8(request.getURI()));
			object.set("version", request.getVersion());
			object.set("clientAddress", request.clientAddress().toString());
			object.set("header", pFields);
			object.set("bodyLength", Upload::readSize(request));
			sendJSON(response, object);
		}
	};


	class UploadHandler: public SiteHandler
		/// Shows a form, and sizes and checksums of what has been sent with it. Programs can
		/// also send a file as the body of the request, and get JSON.
	{
	protected:
		void handle(HTTPServerRequest& request, HTTPServerResponse& response) override
		{
			if (request.getMethod() != HTTPRequest::HTTP_POST)
			{
				sendForm(response);
				return;
			}
			const Upload::Parts parts = Upload::read(request);
			if (request.get("Accept", "").find("text/html") != std::string::npos)
				sendTable(response, parts);
			else
				sendList(response, parts);
		}

	private:
		static void sendForm(HTTPServerResponse& response)
		{
			sendPage(response, "Upload",
				"<form method=\"post\" action=\"/upload\" enctype=\"multipart/form-data\">\n"
				"<p><label>Files: <input type=\"file\" name=\"file\" multiple></label></p>\n"
				"<p><label>Text: <input type=\"text\" name=\"text\"></label></p>\n"
				"<p><button>Send</button></p>\n"
				"</form>\n"
				"<p>The server keeps nothing, it only counts and computes checksums. From the command line:<br>\n"
				"<code>curl -F file=@FILE http://HOST:PORT/upload</code><br>\n"
				"<code>curl -H 'Content-Type: application/octet-stream' --data-binary @FILE http://HOST:PORT/upload</code></p>\n");
		}

		static void sendTable(HTTPServerResponse& response, const Upload::Parts& parts)
		{
			std::string body("<table>\n<tr><th>Name</th><th>File</th><th>Type</th><th>Size</th><th>SHA-1</th></tr>\n");
			for (const auto& part: parts)
			{
				body += "<tr><td>" + html(part.name) + "</td><td>" + html(part.fileName) + "</td><td>" + html(part.contentType)
					+ "</td><td class=\"number\">" + std::to_string(part.size) + "</td><td><code>" + part.sha1 + "</code></td></tr>\n";
			}
			body += "</table>\n<p><a href=\"/upload\">Send more</a></p>\n";
			sendPage(response, "Upload", body);
		}

		static void sendList(HTTPServerResponse& response, const Upload::Parts& parts)
		{
			Poco::JSON::Array::Ptr pParts = new Poco::JSON::Array;
			for (const auto& part: parts)
			{
				Poco::JSON::Object::Ptr pPart = new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER);
				pPart->set("name", utf8(part.name));
				pPart->set("fileName", utf8(part.fileName));
				pPart->set("contentType", utf8(part.contentType));
				pPart->set("size", part.size);
				pPart->set("sha1", part.sha1);
				pParts->add(pPart);
			}
			Poco::JSON::Object object;
			object.set("parts", pParts);
			sendJSON(response, object);
		}
	};


	class DownloadHandler: public SiteHandler
		/// Sends as many bytes as asked for. They are made up while they are sent.
	{
	protected:
		void handle(HTTPServerRequest& request, HTTPServerResponse& response) override
		{
			UInt64 remaining = size(request.getURI());
			response.setContentType("application/octet-stream");
			response.set("Content-Disposition", "attachment; filename=\"download.txt\"");
			response.setContentLength64(static_cast<Poco::Int64>(remaining));
			std::ostream& ostr = response.send();
			if (request.getMethod() == HTTPRequest::HTTP_HEAD) return;

			const std::string& block = content();
			while (remaining > 0 && ostr.good()) // not good: the client is gone
			{
				const std::size_t n = static_cast<std::size_t>(std::min<UInt64>(remaining, block.size()));
				ostr.write(block.data(), static_cast<std::streamsize>(n));
				remaining -= n;
			}
		}

	private:
		static UInt64 size(const std::string& uri)
		{
			for (const auto& parameter: Poco::URI(uri).getQueryParameters())
			{
				if (parameter.first != "size") continue;

				UInt64 result = 0;
				// tryParseUnsigned64() takes signs and spaces, too
				const bool digits = parameter.second.find_first_not_of("0123456789") == std::string::npos;
				if (!digits || !Poco::NumberParser::tryParseUnsigned64(parameter.second, result) || result > MAX_DOWNLOAD)
					throw HTTPException(Poco::format("The size must be a number from 0 to %Lu.", MAX_DOWNLOAD),
						HTTPResponse::HTTP_BAD_REQUEST);
				return result;
			}
			return DEFAULT_DOWNLOAD;
		}

		static std::string makeContent()
		{
			std::string line;
			for (char c = ' '; c < ' ' + 63; c++) line += c;
			line += '\n';
			std::string result;
			while (result.size() < 64*1024) result += line;
			return result;
		}

		static const std::string& content()
		{
			static const std::string block = makeContent();
			return block;
		}
	};


	class ErrorHandler: public SiteHandler
		/// Answers what no other handler is there for.
	{
	public:
		ErrorHandler(HTTPResponse::HTTPStatus status, const std::string& message, const std::string& allow = ""):
			_status(status),
			_message(message),
			_allow(allow)
		{
		}

	protected:
		void handle(HTTPServerRequest& request, HTTPServerResponse& response) override
		{
			if (!_allow.empty()) response.set("Allow", _allow);
			sendError(request, response, _status, _message);
		}

	private:
		HTTPResponse::HTTPStatus _status;
		std::string _message;
		std::string _allow;
	};


	struct Route
	{
		const char* path;
		const char* allow;
		HTTPRequestHandler* (*create)(const Statistics::Ptr& pStatistics);
	};


	template <class Handler>
	HTTPRequestHandler* create(const Statistics::Ptr&)
	{
		return new Handler;
	}


	template <class Handler>
	HTTPRequestHandler* createWithStatistics(const Statistics::Ptr& pStatistics)
	{
		return new Handler(pStatistics);
	}


	const Route routes[] =
	{
		{"/text",            "GET, HEAD", &create<TextHandler>},
		{"/",                "GET, HEAD", &create<IndexHandler>},
		{"/json",            "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", &create<EchoHandler>},
		{"/upload",          "GET, HEAD, POST", &create<UploadHandler>},
		{"/download",        "GET, HEAD", &create<DownloadHandler>},
		{"/statistics",      "GET, HEAD", &createWithStatistics<StatisticsHandler>},
		{"/statistics.json", "GET, HEAD", &createWithStatistics<StatisticsJSONHandler>},
		{"/metrics",         "GET, HEAD", &createWithStatistics<MetricsHandler>},
		{"/health",          "GET, HEAD", &createWithStatistics<HealthHandler>}
	};


	const Route* findRoute(const std::string& path)
	{
		for (const auto& route: routes)
		{
			if (path == route.path) return &route;
		}
		return 0;
	}


	bool isAllowed(const std::string& allow, const std::string& method)
	{
		return method.find(',') == std::string::npos && (", " + allow + ",").find(", " + method + ",") != std::string::npos;
	}
}


SiteFactory::SiteFactory(Statistics::Ptr pStatistics):
	_pStatistics(pStatistics)
{
}


HTTPRequestHandler* SiteFactory::createRequestHandler(const HTTPServerRequest& request)
{
	// mostly the URI is just the path, and need not be parsed
	const Route* pRoute = findRoute(request.getURI());
	if (!pRoute)
	{
		try
		{
			const std::string path = Poco::URI(request.getURI()).getPath();
			pRoute = findRoute(path.empty() ? "/" : path);
		}
		catch (Poco::SyntaxException&)
		{
			return new ErrorHandler(HTTPResponse::HTTP_BAD_REQUEST, "The URI is malformed.");
		}
	}
	if (!pRoute)
		return new ErrorHandler(HTTPResponse::HTTP_NOT_FOUND, "There is no " + request.getURI() + " here.");
	if (!isAllowed(pRoute->allow, request.getMethod()))
		return new ErrorHandler(HTTPResponse::HTTP_METHOD_NOT_ALLOWED, "This page allows " + std::string(pRoute->allow) + ".",
			pRoute->allow);
	return pRoute->create(_pStatistics);
}
