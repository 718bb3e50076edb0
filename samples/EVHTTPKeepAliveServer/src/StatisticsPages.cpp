//
// StatisticsPages.cpp
//
// This sample demonstrates what a server can show about itself: to people, programs, Prometheus and load balancers.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "StatisticsPages.h"
#include "Metrics.h"
#include "Page.h"
#include "Poco/JSON/Object.h"
#include "Poco/Net/NetException.h"


using Poco::Net::HTTPException;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;


namespace
{
	std::string table(const std::string& prefix, const std::vector<Statistics::Item>& items)
	{
		std::string result("<table>\n");
		for (const auto& item: items)
		{
			result += "<tr><td><code>" + html(item.name) + "</code></td><td class=\"number\" id=\"" + html(prefix + item.name) + "\">"
				+ std::to_string(item.value) + "</td><td>" + html(item.description) + "</td></tr>\n";
		}
		return result + "</table>\n";
	}


	Poco::JSON::Object::Ptr toObject(const std::vector<Statistics::Item>& items)
	{
		Poco::JSON::Object::Ptr pObject = new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER);
		for (const auto& item: items) pObject->set(item.name, item.value);
		return pObject;
	}
}


StatisticsHandler::StatisticsHandler(const Statistics::Ptr& pStatistics):
	_pStatistics(pStatistics)
{
}


void StatisticsHandler::handle(HTTPServerRequest&, HTTPServerResponse& response)
{
	const Statistics::Snapshot snapshot = _pStatistics->snapshot();

	std::string body("<p>" + html(snapshot.server) + ", <span id=\"rate\"></span></p>\n");
	body += table("numbers.", snapshot.numbers);
	if (!snapshot.closed.empty()) body += "<h2>Closed connections</h2>\n" + table("closed.", snapshot.closed);
	body +=
		"<script>\n"
		"const rate = document.getElementById(\"rate\");\n"
		"let last = null;\n"
		"async function update() {\n"
		"	try {\n"
		"		const now = performance.now();\n"
		"		const data = await (await fetch(\"/statistics.json\", {cache: \"no-store\"})).json();\n"
		"		for (const group of [\"numbers\", \"closed\"])\n"
		"			for (const [name, value] of Object.entries(data[group] || {})) {\n"
		"				const cell = document.getElementById(group + \".\" + name);\n"
		"				if (cell) cell.textContent = value.toLocaleString(\"en\");\n"
		"			}\n"
		"		const requests = data.numbers.requests;\n"
		"		rate.textContent = last && requests !== undefined\n"
		"			? Math.round((requests - last.requests) * 1000 / (now - last.now)).toLocaleString(\"en\") + \" requests/s\"\n"
		"			: \"updated every second\";\n"
		"		last = {now, requests};\n"
		"	} catch (error) {\n"
		"		rate.textContent = \"the server does not answer\";\n"
		"		last = null;\n"
		"	}\n"
		"	setTimeout(update, 1000);\n"
		"}\n"
		"update();\n"
		"</script>\n";
	response.set("Cache-Control", "no-store");
	sendPage(response, "Statistics", body, "<noscript><meta http-equiv=\"refresh\" content=\"1\"></noscript>\n");
}


StatisticsJSONHandler::StatisticsJSONHandler(const Statistics::Ptr& pStatistics):
	_pStatistics(pStatistics)
{
}


void StatisticsJSONHandler::handle(HTTPServerRequest&, HTTPServerResponse& response)
{
	const Statistics::Snapshot snapshot = _pStatistics->snapshot();

	Poco::JSON::Object object(Poco::JSON_PRESERVE_KEY_ORDER);
	object.set("server", snapshot.server);
	object.set("numbers", toObject(snapshot.numbers));
	if (!snapshot.closed.empty()) object.set("closed", toObject(snapshot.closed));
	sendJSON(response, object);
}


MetricsHandler::MetricsHandler(const Statistics::Ptr& pStatistics):
	_pStatistics(pStatistics)
{
}


void MetricsHandler::handle(HTTPServerRequest&, HTTPServerResponse& response)
{
	const std::string text = _pStatistics->metrics();
	if (text.empty()) throw HTTPException("Poco::Net::HTTPServer has no such statistics.", HTTPResponse::HTTP_NOT_FOUND);
	response.setContentType(METRICS_CONTENT_TYPE);
	response.sendBuffer(text.data(), text.size());
}


HealthHandler::HealthHandler(const Statistics::Ptr& pStatistics):
	_pStatistics(pStatistics)
{
}


void HealthHandler::handle(HTTPServerRequest&, HTTPServerResponse& response)
{
	const bool leaving = _pStatistics->leaving();
	const std::string text = leaving ? "leaving\n" : "ok\n";
	if (leaving) response.setStatusAndReason(HTTPResponse::HTTP_SERVICE_UNAVAILABLE);
	response.setContentType("text/plain");
	response.set("Cache-Control", "no-store");
	response.sendBuffer(text.data(), text.size());
}
