//
// MetricsTest.cpp
//
// What the sample EVHTTPKeepAliveServer sends to Prometheus.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "MetricsTest.h"
#include "CppUnit/TestCaller.h"
#include "Poco/RegularExpression.h"
#include "HTTPTestSupport.h"
#include "Metrics.h"
#include <map>
#include <set>


namespace
{
	class Exposition
		/// A parser of the text exposition format, version 0.0.4. Throws a Poco::DataFormatException for whatever is
		/// not in this format, or not as its specification recommends.
	{
	public:
		explicit Exposition(const std::string& text)
		{
			check(!text.empty() && text.back() == '\n', "the last line has no end");
			std::istringstream istr(text);
			for (std::string line; std::getline(istr, line);)
			{
				if (line.compare(0, 7, "# HELP ") == 0) readHelp(line);
				else if (line.compare(0, 7, "# TYPE ") == 0) readType(line);
				else readSample(line);
			}
		}

		double value(const std::string& name) const
			/// Returns the value of a sample, whose labels are a part of the name.
		{
			const auto it = _values.find(name);
			check(it != _values.end(), "missing: " + name);
			return it->second;
		}

		std::string type(const std::string& name) const
		{
			const auto it = _types.find(name);
			return it != _types.end() ? it->second : "";
		}

		std::size_t samples() const
		{
			return _values.size();
		}

	private:
		static void check(bool condition, const std::string& message)
		{
			if (!condition) throw Poco::DataFormatException(message);
		}

		void readHelp(const std::string& line)
		{
			static const Poco::RegularExpression syntax("^(?:# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ([^\\\\]|\\\\\\\\|\\\\n)+)$");
			std::vector<std::string> match;
			check(syntax.split(line, 0, match) > 0, line);
			check(_helps.insert(match[1]).second, "a second HELP: " + line);
			_family = match[1];
		}

		void readType(const std::string& line)
		{
			static const Poco::RegularExpression syntax("^(?:# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped))$");
			std::vector<std::string> match;
			check(syntax.split(line, 0, match) > 0, line);
			check(match[1] == _family, "TYPE without HELP: " + line);
			check(_types.emplace(match[1], match[2]).second, "a second TYPE: " + line);
			const std::string name = match[1];
			const bool total = name.size() > 6 && name.compare(name.size() - 6, 6, "_total") == 0;
			check(total == (match[2] == "counter"), "counters end with _total, others do not: " + line);
		}

		void readSample(const std::string& line)
		{
			static const Poco::RegularExpression syntax("^(?:(([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\]|\\\\[\\\\n\"])*\"(,[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\]|\\\\[\\\\n\"])*\")*\\})?) ([0-9]+(\\.[0-9]+)?))$");
			std::vector<std::string> match;
			check(syntax.split(line, 0, match) > 0, line);
			check(match[2] == _family && _types.count(_family) == 1, "a sample outside of its family: " + line);
			check(_values.emplace(match[1], std::stod(match[7])).second, "a second value: " + line);
		}

		std::string                        _family;
		std::set<std::string>              _helps;
		std::map<std::string, std::string> _types;
		std::map<std::string, double>      _values;
	};
}


MetricsTest::MetricsTest(const std::string& name): CppUnit::TestCase(name)
{
}


MetricsTest::~MetricsTest()
{
}


void MetricsTest::testFormat()
{
	EVServerStatistics statistics;
	statistics.accepted = 18446744073709551615ULL; // not in scientific notation
	statistics.requests = 7;
	statistics.queueWait = Poco::Timespan(3, 25000);
	statistics.idle = 5;
	for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++) statistics.closed[i] = static_cast<Poco::UInt64>(100 + i);
	const std::string text = metrics(statistics);
	const Exposition exposition(text);

	assertTrue (text.find("evnet_connections_accepted_total 18446744073709551615\n") != std::string::npos);
	assertEqual(7., exposition.value("evnet_requests_total"));
	assertEqualDelta(3.025, exposition.value("evnet_queue_wait_seconds_total"), 0.0001);
	assertEqual(5., exposition.value("evnet_connections_idle"));
	assertEqual(std::string("gauge"), exposition.type("evnet_connections_idle"));
	assertEqual(std::string("counter"), exposition.type("evnet_connections_closed_total"));
	for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
	{
		const std::string reason = EVServerStatistics::closeReasonName(static_cast<EVServerStatistics::CloseReason>(i));
		assertEqual(100. + i, exposition.value("evnet_connections_closed_total{reason=\"" + reason + "\"}"));
	}
	assertTrue (exposition.samples() >= 16 + EVServerStatistics::CLOSE_REASONS);
}


void MetricsTest::testOfServer()
{
	EVHTTPServer* pServer = nullptr;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response)
	{
		const std::string text = metrics(pServer->statistics());
		response.setContentType(METRICS_CONTENT_TYPE);
		response.sendBuffer(text.data(), text.size());
	}), 0, httpParams(2, 1));
	pServer = &server;
	server.start();
	RawClient(server).ask("/");
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_BY_CLIENT));
	RawClient client(server);
	const Answer answer = client.ask("/metrics");
	assertEqual(std::string("text/plain; version=0.0.4; charset=utf-8"), answer.field("Content-Type"));
	const Exposition exposition(answer.body);
	assertEqual(2., exposition.value("evnet_connections_accepted_total"));
	assertEqual(2., exposition.value("evnet_requests_total"));
	assertEqual(1., exposition.value("evnet_connections_open"));
	assertEqual(1., exposition.value("evnet_requests_running"));
	assertEqual(1., exposition.value("evnet_event_loops"));
	assertEqual(1., exposition.value("evnet_connections_closed_total{reason=\"client\"}"));
	assertEqual(0., exposition.value("evnet_connections_closed_total{reason=\"reset\"}"));
}


void MetricsTest::setUp()
{
}


void MetricsTest::tearDown()
{
}


CppUnit::Test* MetricsTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("MetricsTest");

	CppUnit_addTest(pSuite, MetricsTest, testFormat);
	CppUnit_addTest(pSuite, MetricsTest, testOfServer);

	return pSuite;
}
