//
// HTTPRequestParserLimitTest.cpp
//
// The limits of requests, exactly, and the work that is spent on them.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPRequestParserLimitTest.h"
#include "CppUnit/TestCaller.h"
#include "ParserChecks.h"
#include <algorithm>
#include <ctime>


namespace
{
	using Limits = HTTPRequestParser::Limits;

	template <class T, class N>
	Limits limited(T Limits::*pLimit, N n)
		/// Returns the default limits, but for one.
	{
		Limits limits;
		limits.*pLimit = static_cast<T>(n);
		return limits;
	}

	double parseTime(const std::string& input, std::size_t step)
		/// Returns the CPU time for parsing the input, step bytes more each time.
	{
		double result = 1e9;
		for (int i = 0; i < 5; i++)
		{
			std::string data = input;
			HTTPRequestParser parser;
			Limits limits;
			limits.requestLine = limits.field = limits.header = input.size();
			timespec begin;
			timespec end;
			clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
			HTTPRequestParser::Result r = HTTPRequestParser::RESULT_INCOMPLETE;
			for (std::size_t n = std::min(step, data.size());; n = std::min(n + step, data.size()))
			{
				r = parser.parse(data.data(), n, limits);
				if (n == data.size()) break;
			}
			clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
			if (r != HTTPRequestParser::RESULT_COMPLETE || parser.end() != data.size()) throw std::runtime_error(parser.reason());
			result = std::min(result, static_cast<double>(end.tv_sec - begin.tv_sec) + 1e-9*static_cast<double>(end.tv_nsec - begin.tv_nsec));
		}
		return result;
	}

	bool isLinear(const std::string& small, const std::string& large, std::size_t step)
		/// Returns true if the time grows with the size. If bytes were
		/// looked at again and again it would grow with its square.
	{
		const double ratio = static_cast<double>(large.size())/static_cast<double>(small.size());
		return parseTime(large, step) < 4*ratio*parseTime(small, step);
	}
}


HTTPRequestParserLimitTest::HTTPRequestParserLimitTest(const std::string& name): CppUnit::TestCase(name)
{
}


void HTTPRequestParserLimitTest::testRequestLine()
{
	// RFC 9112, section 3; RFC 9110, section 15.5.15
	const std::string line = "GET /abcdef HTTP/1.1";
	const std::size_t n = line.size() + 2;
	accepted(request(line), limited(&Limits::requestLine, n));
	accepted("\r\n" + request(line), limited(&Limits::requestLine, n));
	for (std::size_t less: {n - 1, n - 2, n - 5, n - 10, std::size_t(5), std::size_t(1), std::size_t(0)})
	{
		refused(414, request(line), limited(&Limits::requestLine, less));
		refused(414, "\r\n" + request(line), limited(&Limits::requestLine, less));
	}
}


void HTTPRequestParserLimitTest::testRequestLineWithoutEnd()
{
	const std::string line = "GET /" + std::string(95, 'a');
	assertTrue (parseEveryWay(line, limited(&Limits::requestLine, 100)).result == HTTPRequestParser::RESULT_INCOMPLETE);
	refused(414, line + "a", limited(&Limits::requestLine, 100));
	refused(414, line + std::string(200, 'a'), limited(&Limits::requestLine, 100));
	refused(414, line + "a\n", limited(&Limits::requestLine, 100));
}


void HTTPRequestParserLimitTest::testField()
{
	// RFC 6585, section 5
	const std::string field = "X: 0123456789  \r\n";
	accepted(get(field), limited(&Limits::field, field.size()));
	refused(431, get(field), limited(&Limits::field, field.size() - 1));
	refused(431, get(field), limited(&Limits::field, field.size() - 2));
	refused(431, get("X: y\r\n" + field), limited(&Limits::field, field.size() - 6));
	refused(431, get(std::string(100, 'X') + ": y\r\n"), limited(&Limits::field, 20));
}


void HTTPRequestParserLimitTest::testFieldWithoutEnd()
{
	const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
	for (const std::string& field: {std::string(50, 'X'), "X: " + std::string(47, 'y'), "X:" + std::string(48, ' ')})
	{
		assertTrue (parseEveryWay(start + field, limited(&Limits::field, 50)).result == HTTPRequestParser::RESULT_INCOMPLETE);
		refused(431, start + field + field[49], limited(&Limits::field, 50));
		refused(431, start + field + std::string(100, field[49]), limited(&Limits::field, 50));
	}
}


void HTTPRequestParserLimitTest::testFields()
{
	accepted(get("A: b\r\nC: d\r\n"), limited(&Limits::fields, 3));
	refused(431, get("A: b\r\nC: d\r\nE: f\r\n"), limited(&Limits::fields, 3));
	refused(431, get(""), limited(&Limits::fields, 0));
	accepted("GET / HTTP/1.0\r\n\r\n", limited(&Limits::fields, 0));
	std::string fields;
	for (int i = 0; i < 99; i++) fields += "A: b\r\n";
	accepted(get(fields));
	refused(431, get(fields + "A: b\r\n"));
}


void HTTPRequestParserLimitTest::testHeader()
{
	for (const std::string& r: {get("A: b\r\n"), "\r\n" + get("A: b\r\n"), std::string("GET / HTTP/1.0\r\n\r\n")})
	{
		accepted(r, limited(&Limits::header, r.size()));
		for (std::size_t n = 0; n < r.size(); n++) refused(431, r, limited(&Limits::header, n));
	}
	const std::string header = post("Content-Length: 50\r\n");
	accepted(header + std::string(50, 'x'), limited(&Limits::header, header.size())); // the body does not count
}


void HTTPRequestParserLimitTest::testHeaderWithoutEnd()
{
	const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
	for (const std::string& header: {start + std::string(25, 'X'), start + "X: " + std::string(22, 'y'), start + "X: 23456789\r\nY: 345678\r\n"})
	{
		assertTrue (parseEveryWay(header, limited(&Limits::header, header.size())).result == HTTPRequestParser::RESULT_INCOMPLETE);
		refused(431, header + "y", limited(&Limits::header, header.size()));
		refused(431, header + std::string(100, 'y'), limited(&Limits::header, header.size()));
	}
}


void HTTPRequestParserLimitTest::testWhatIsBeyondALimitIsNotLookedAt()
{
	// Whether the limit is exceeded or a rule is violated first depends on the bytes only, not on how they arrive.
	refused(414, request("GET /" + std::string(100, 'a') + "\x01 HTTP/1.1"), limited(&Limits::requestLine, 100));
	refused(400, request("GET /\x01" + std::string(100, 'a') + " HTTP/1.1"), limited(&Limits::requestLine, 100));
	refused(431, get("X: " + std::string(50, 'a') + "\x01\r\n"), limited(&Limits::field, 50));
	refused(400, get("X: \x01" + std::string(50, 'a') + "\r\n"), limited(&Limits::field, 50));
	refused(431, get("X: " + std::string(50, 'a') + "\x01\r\n"), limited(&Limits::header, 60));
	refused(400, get("X: \x01" + std::string(50, 'a') + "\r\n"), limited(&Limits::header, 60));
}


void HTTPRequestParserLimitTest::testBodyByLength()
{
	// RFC 9110, section 15.5.14
	accepted(post("Content-Length: 10\r\n", "0123456789"), limited(&Limits::body, 10));
	refused(413, post("Content-Length: 11\r\n"), limited(&Limits::body, 10)); // before it arrives
	refused(413, post("Content-Length: 1\r\n"), limited(&Limits::body, 0));
	accepted(post("Content-Length: 0\r\n"), limited(&Limits::body, 0));
	accepted(get(""), limited(&Limits::body, 0));
}


void HTTPRequestParserLimitTest::testBodyByChunks()
{
	// RFC 9110, section 15.5.14
	const std::string header = "Transfer-Encoding: chunked\r\n";
	accepted(post(header, "A\r\n0123456789\r\n0\r\n\r\n"), limited(&Limits::body, 10));
	accepted(post(header, "6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n"), limited(&Limits::body, 10));
	refused(413, post(header, "B\r\n0123456789a"), limited(&Limits::body, 10));
	refused(413, post(header, "6\r\n012345\r\n5\r\n6789a\r\n0\r\n\r\n"), limited(&Limits::body, 10));
	refused(413, post(header, "B\r\n"), limited(&Limits::body, 10)); // before it arrives
	refused(413, post(header, "6\r\n012345\r\n5\r\n"), limited(&Limits::body, 10));
	refused(413, post(header, "1\r\na\r\n0\r\n\r\n"), limited(&Limits::body, 0));
	accepted(post(header, "0\r\n\r\n"), limited(&Limits::body, 0));
}


void HTTPRequestParserLimitTest::testBodyToTheEnd()
{
	const std::string header = "POST / HTTP/1.0\r\n\r\n";
	assertTrue (parseEveryWay(header + "0123456789", limited(&Limits::body, 10)).result == HTTPRequestParser::RESULT_HEADER);
	refused(413, header + "0123456789a", limited(&Limits::body, 10));
}


void HTTPRequestParserLimitTest::testNoLimits()
{
	Limits limits;
	limits.requestLine = limits.field = limits.fields = limits.header = ~std::size_t(0);
	accepted(post("Content-Length: 1\r\n", "a"), limits);
	accepted(post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\nX: y\r\n\r\n"), limits);
}


void HTTPRequestParserLimitTest::testLinearInLongField()
{
	const auto r = [](std::size_t n) { return get("X: " + std::string(n, 'y') + "\r\nZ: z\r\n"); };
	assertTrue (isLinear(r(2000), r(128000), 1));
	assertTrue (isLinear(r(2000), r(128000), 128000));
	const auto target = [](std::size_t n) { return request("GET /" + std::string(n, 'a') + " HTTP/1.1"); };
	assertTrue (isLinear(target(2000), target(128000), 1));
}


void HTTPRequestParserLimitTest::testLinearInManyFields()
{
	const auto r = [](std::size_t n)
	{
		std::string fields;
		for (std::size_t i = 0; i < n; i++) fields += "X: " + std::string(300, 'y') + "\r\n";
		return get(fields);
	};
	assertTrue (r(99).size() > 30000);
	assertTrue (isLinear(r(6), r(99), 1));
	assertTrue (isLinear(r(6), r(99), 32768));
	// at most some calls for each byte
	assertTrue (parseTime(r(99), 1) < 2000*parseTime(r(99), 32768));
}


void HTTPRequestParserLimitTest::testLinearInSmallChunks()
{
	const auto r = [](std::size_t n)
	{
		std::string body;
		while (body.size() < n) body += "1\r\nx\r\n";
		return post("Transfer-Encoding: chunked\r\n", body + "0\r\n\r\n");
	};
	assertTrue (isLinear(r(4096), r(65536), 1));
	assertTrue (isLinear(r(4096), r(65536), 65536));
	assertTrue (isLinear(r(4096), r(65536), 7));
}


CppUnit::Test* HTTPRequestParserLimitTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("HTTPRequestParserLimitTest");

	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testRequestLine);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testRequestLineWithoutEnd);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testField);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testFieldWithoutEnd);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testFields);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testHeader);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testHeaderWithoutEnd);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testWhatIsBeyondALimitIsNotLookedAt);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testBodyByLength);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testBodyByChunks);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testBodyToTheEnd);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testNoLimits);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testLinearInLongField);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testLinearInManyFields);
	CppUnit_addTest(pSuite, HTTPRequestParserLimitTest, testLinearInSmallChunks);

	return pSuite;
}
