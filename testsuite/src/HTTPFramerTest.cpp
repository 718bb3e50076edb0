//
// HTTPFramerTest.cpp
//
// Where HTTP requests end (RFC 9112), at every split of the input.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPFramerTest.h"
#include "CppUnit/TestCaller.h"
#include "HTTPFramer.h"


using Poco::EVNet::HTTPFramer;


namespace
{
	const std::size_t BUDGET = 4096;

	struct Answer
	{
		std::ptrdiff_t length;   /// of the request
		std::size_t    given;    /// bytes given when it was found
		int            error;
	};

	Answer feed(const std::string& data, std::size_t step)
		/// Gives the data to a framer, step more bytes each time.
	{
		HTTPFramer framer;
		for (std::size_t n = std::min(step, data.size());; n = std::min(n + step, data.size()))
		{
			std::string part(data, 0, n); // exactly that size, so that reading beyond it is noticed
			std::ptrdiff_t length = framer.frame(part.data(), n, BUDGET);
			if (length != 0 || n == data.size()) return Answer{length, n, framer.error()};
		}
	}

	bool isFound(const std::string& request, const std::string& rest = "")
		/// Returns true if the request is found, not before its last byte is there,
		/// however it arrives.
	{
		const std::ptrdiff_t length = static_cast<std::ptrdiff_t>(request.size());
		for (std::size_t step = 1; step <= request.size() + rest.size(); step++)
		{
			Answer answer = feed(request + rest, step);
			if (answer.length != length || answer.error != 0 || answer.given < request.size()) return false;
		}
		return true;
	}

	bool isRefused(const std::string& request, int status)
	{
		for (std::size_t step = 1; step <= request.size(); step++)
		{
			Answer answer = feed(request, step);
			if (answer.length == 0 || answer.error != status) return false;
		}
		return true;
	}
}


HTTPFramerTest::HTTPFramerTest(const std::string& name): CppUnit::TestCase(name)
{
}


void HTTPFramerTest::testSimple()
{
	assertTrue (isFound("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	assertTrue (isFound("GET / HTTP/1.0\r\n\r\n"));
	assertTrue (isFound("DELETE /x HTTP/1.1\r\nHost: a\r\nX: \r\nY:z\r\n\r\n"));
	assertTrue (isFound("POST / HTTP/1.1\r\nHost: a\r\n\r\n")); // no length: no body
	assertTrue (feed("GET / HTTP/1.1\r\nHost: a\r\n", 1).length == 0);
}


void HTTPFramerTest::testBodyByLength()
{
	assertTrue (isFound("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"));
	assertTrue (isFound("POST / HTTP/1.1\r\nHost: a\r\ncontent-length:\t005 \r\n\r\n\r\n\r\n\n"));
	assertTrue (isFound("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"));
	assertTrue (isFound("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"));
}


void HTTPFramerTest::testChunked()
{
	const std::string header = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n";
	assertTrue (isFound(header + "0\r\n\r\n"));
	assertTrue (isFound(header + "5\r\nhello\r\n0\r\n\r\n"));
	assertTrue (isFound(header + "A;name=\"value\"\r\n0\r\n\r\n01234\r\n00\r\n\r\n"));
	assertTrue (isFound(header + "1\r\nx\r\n0\r\nTrailer: value\r\nAnother: one\r\n\r\n"));
}


void HTTPFramerTest::testEmptyLineBefore()
{
	assertTrue (isFound("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"));
	HTTPFramer framer;
	const std::string data = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
	framer.frame(data.data(), data.size(), BUDGET);
	assertTrue (framer.leadingBytes() == 2);
}


void HTTPFramerTest::testPipelined()
{
	const std::string next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
	assertTrue (isFound("GET / HTTP/1.1\r\nHost: a\r\n\r\n", next));
	assertTrue (isFound("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", next));
	assertTrue (isFound("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", next));
}


void HTTPFramerTest::testAmbiguousLengthIsRefused()
{
	for (const char* fields: {
		"Content-Length: 5\r\nContent-Length: 5\r\n",
		"Content-Length: 5\r\nContent-Length: 6\r\n",
		"Content-Length: 5,5\r\n",
		"Content-Length: +5\r\n",
		"Content-Length: -5\r\n",
		"Content-Length: 0x5\r\n",
		"Content-Length: 5 5\r\n",
		"Content-Length:\r\n",
		"Content-Length: 9999999999999999999\r\n",
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: gzip\r\n",
		"Transfer-Encoding: chunked, identity\r\n",
		"Transfer-Encoding: xchunked\r\n"})
	{
		assertTrue (isRefused(std::string("POST / HTTP/1.1\r\nHost: a\r\n") + fields + "\r\n", 400));
	}
}


void HTTPFramerTest::testBadFieldIsRefused()
{
	for (const char* fields: {
		"Content-Length : 5\r\n",
		"Content-Length\t: 5\r\n",
		" Content-Length: 5\r\n",
		"X: a\r\n Content-Length: 5\r\n",
		"X: a\r\n\tfolded\r\n",
		": nothing\r\n",
		"nothing\r\n"})
	{
		assertTrue (isRefused(std::string("POST / HTTP/1.1\r\nHost: a\r\n") + fields + "\r\n", 400));
	}
}


void HTTPFramerTest::testBadChunkIsRefused()
{
	for (const char* chunks: {"x\r\n", "\r\n", "-1\r\n", "5\n", "123456789\r\n", "2\r\nabc\r\n", "2\r\nab\n\n"})
	{
		const std::string request = std::string("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n") + chunks;
		assertTrue (isRefused(request, 400));
	}
}


void HTTPFramerTest::testHeaderOverBudget()
{
	assertTrue (isRefused("GET / HTTP/1.1\r\nX: " + std::string(BUDGET, 'x'), 431));
}


void HTTPFramerTest::testBodyOverBudget()
{
	const std::string header = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n";
	for (std::size_t step = 1; step <= header.size(); step++)
	{
		Answer answer = feed(header, step);
		assertTrue (answer.error == 0);
		assertTrue (answer.length == static_cast<std::ptrdiff_t>(header.size() + 5000));
	}
}


void HTTPFramerTest::testChunksOverBudget()
{
	HTTPFramer framer;
	std::string data = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n";
	data.resize(BUDGET, 'x');
	assertTrue (framer.frame(data.data(), BUDGET - 1, BUDGET) == 0);
	assertTrue (framer.frame(data.data(), BUDGET, BUDGET) > static_cast<std::ptrdiff_t>(BUDGET));
	assertTrue (framer.unbounded());
	assertTrue (framer.error() == 0);
}


void HTTPFramerTest::testExpectContinue()
{
	const std::string header = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n";
	Answer answer = feed(header, 7);
	assertTrue (answer.length == static_cast<std::ptrdiff_t>(header.size() + 5));
	assertTrue (answer.given == header.size());
}


void HTTPFramerTest::testReset()
{
	HTTPFramer framer;
	const std::string bad = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n";
	framer.frame(bad.data(), bad.size(), BUDGET);
	assertTrue (framer.error() == 400);
	framer.reset();
	assertTrue (framer.error() == 0);
	const std::string good = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	assertTrue (framer.frame(good.data(), good.size(), BUDGET) == static_cast<std::ptrdiff_t>(good.size()));
}


CppUnit::Test* HTTPFramerTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("HTTPFramerTest");

	CppUnit_addTest(pSuite, HTTPFramerTest, testSimple);
	CppUnit_addTest(pSuite, HTTPFramerTest, testBodyByLength);
	CppUnit_addTest(pSuite, HTTPFramerTest, testChunked);
	CppUnit_addTest(pSuite, HTTPFramerTest, testEmptyLineBefore);
	CppUnit_addTest(pSuite, HTTPFramerTest, testPipelined);
	CppUnit_addTest(pSuite, HTTPFramerTest, testAmbiguousLengthIsRefused);
	CppUnit_addTest(pSuite, HTTPFramerTest, testBadFieldIsRefused);
	CppUnit_addTest(pSuite, HTTPFramerTest, testBadChunkIsRefused);
	CppUnit_addTest(pSuite, HTTPFramerTest, testHeaderOverBudget);
	CppUnit_addTest(pSuite, HTTPFramerTest, testBodyOverBudget);
	CppUnit_addTest(pSuite, HTTPFramerTest, testChunksOverBudget);
	CppUnit_addTest(pSuite, HTTPFramerTest, testExpectContinue);
	CppUnit_addTest(pSuite, HTTPFramerTest, testReset);

	return pSuite;
}
