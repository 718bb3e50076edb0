//
// HTTPRequestParserBodyTest.cpp
//
// How long a body is (RFC 9112, section 6.3), in every split of the input.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPRequestParserBodyTest.h"
#include "CppUnit/TestCaller.h"
#include "ParserChecks.h"


namespace
{
	std::string allBytes()
	{
		std::string result;
		for (int c = 0; c < 256; c++) result += static_cast<char>(c);
		return result;
	}
}


HTTPRequestParserBodyTest::HTTPRequestParserBodyTest(const std::string& name): CppUnit::TestCase(name)
{
}


void HTTPRequestParserBodyTest::testContentLength()
{
	// RFC 9110, section 8.6
	const ParserOutcome o = accepted(post("Content-Length: 5\r\n", "hello"));
	assertTrue (o.body == "hello" && o.contentLength == 5 && o.bodyEnd == o.end && !o.chunked && o.keepAlive);
	assertTrue (accepted(post("content-length:\t005 \r\n", "\r\n\r\n\n")).body == "\r\n\r\n\n");
	assertTrue (accepted(post("CONTENT-LENGTH: 0\r\n")).body.empty());
	assertTrue (accepted(post("Content-Length: 00000000000000000000000\r\n")).contentLength == 0);
	assertTrue (accepted(post("Content-Length: 000000000000000000000000000010\r\n", "0123456789")).contentLength == 10);
	assertTrue (accepted("POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc").body == "abc");
	assertTrue (accepted(request("GET / HTTP/1.1", "Content-Length: 3\r\n", "abc")).body == "abc");
	assertTrue (accepted(post("Content-Length: 1\r\nContent-Type: a/b\r\n", "a")).body == "a");
}


void HTTPRequestParserBodyTest::testBodyIsIncomplete()
{
	for (const char* body: {"", "a", "abcd"})
	{
		const ParserOutcome o = parseEveryWay(post("Content-Length: 5\r\n", body));
		assertTrue (o.result == HTTPRequestParser::RESULT_HEADER && o.body == body && o.contentLength == 5);
	}
	const ParserOutcome o = parseEveryWay(post("Content-Length: 999999999999999999\r\n", "abc"));
	assertTrue (o.result == HTTPRequestParser::RESULT_HEADER && o.contentLength == 999999999999999999u);
}


void HTTPRequestParserBodyTest::testBinaryBody()
{
	const std::string bytes = allBytes();
	assertTrue (accepted(post("Content-Length: 256\r\n", bytes)).body == bytes);
	assertTrue (accepted(post("Transfer-Encoding: chunked\r\n", "100\r\n" + bytes + "\r\n0\r\n\r\n")).body == bytes);
}


void HTTPRequestParserBodyTest::testContentLengthIsMalformed()
{
	// RFC 9112, section 6.3
	for (const char* value: {"5,5", "5, 5", "5,6", "+5", "-1", "-0", "0x5", "5 5", "", " ", "5.", "5.0", "1e1", "a", "5a", "a5", "\"5\"", "5;", ",5", "5,", "\xB2", "5\t5", "99999999999999999999x"})
	{
		refused(400, post(std::string("Content-Length: ") + value + "\r\n", "hello"));
	}
}


void HTTPRequestParserBodyTest::testContentLengthIsRepeated()
{
	// RFC 9112, section 6.3; the same value may be accepted, but it need not
	for (const char* second: {"5", "6", "0", ""})
	{
		refused(400, post(std::string("Content-Length: 5\r\nContent-Length: ") + second + "\r\n", "hello"));
		refused(400, post(std::string("Content-Length: 5\r\nX: y\r\nCONTENT-LENGTH:") + second + "\r\n", "hello"));
	}
	refused(400, post("Content-Length: 0\r\nContent-Length: 0\r\n"));
}


void HTTPRequestParserBodyTest::testContentLengthOverflows()
{
	// RFC 9110, section 15.5.14
	assertTrue (parseEveryWay(post("Content-Length: 999999999999999999\r\n")).result == HTTPRequestParser::RESULT_HEADER);
	for (const char* value: {"1000000000000000000", "9999999999999999999", "18446744073709551616", "18446744073709551621", "99999999999999999999999999999999999999999"})
	{
		refused(413, post(std::string("Content-Length: ") + value + "\r\n", "hello"));
	}
}


void HTTPRequestParserBodyTest::testContentLengthAndTransferEncoding()
{
	// RFC 9112, section 6.1
	for (const char* fields: {
		"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
		"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
		"Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n",
		"Transfer-Encoding:\r\nContent-Length: 5\r\n",
		"Transfer-Encoding: identity\r\nContent-Length: 5\r\n",
		"Content-Length: 5\r\nX: y\r\nTRANSFER-ENCODING:CHUNKED\r\n"})
	{
		refused(400, post(fields, "0\r\n\r\n"));
	}
}


void HTTPRequestParserBodyTest::testChunked()
{
	// RFC 9112, section 7.1
	for (const char* fields: {"Transfer-Encoding: chunked\r\n", "transfer-encoding:CHUNKED\r\n", "Transfer-Encoding: ,chunked ,\r\n", "Transfer-Encoding:\r\nTransfer-Encoding: Chunked\r\n"})
	{
		const ParserOutcome o = accepted(post(fields, "5\r\nhello\r\n0\r\n\r\n"));
		assertTrue (o.chunked && o.body == "hello" && o.contentLength == 5 && o.keepAlive);
	}
	assertTrue (accepted(request("GET / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n")).body == "a");
}


void HTTPRequestParserBodyTest::testTransferEncodingDoesNotEndInChunked()
{
	// RFC 9112, section 6.3
	for (const char* value: {"", ",", "gzip", "identity", "xchunked", "chunkedx", "chunked gzip", "\"chunked\"", "chunked;a=b", "chunked;", "gzip, deflate", "chun ked", "chunke"})
	{
		refused(400, post(std::string("Transfer-Encoding: ") + value + "\r\n", "0\r\n\r\n"));
	}
	refused(400, get("Transfer-Encoding: gzip\r\n"));
}


void HTTPRequestParserBodyTest::testChunkedIsNotLast()
{
	// RFC 9112, section 6.1
	for (const char* fields: {
		"Transfer-Encoding: chunked, chunked\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: chunked, identity\r\n",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
		"Transfer-Encoding: chunked, gzip, chunked\r\n",
		"Transfer-Encoding: chunked\r\nX: y\r\nTransfer-Encoding: identity\r\n",
		"Transfer-Encoding: gzip, chunked, chunked\r\n"})
	{
		refused(400, post(fields, "0\r\n\r\n"));
	}
}


void HTTPRequestParserBodyTest::testOtherCodingIsNotImplemented()
{
	// RFC 9112, section 6.1
	for (const char* fields: {
		"Transfer-Encoding: gzip, chunked\r\n",
		"Transfer-Encoding: gzip;q=1,chunked\r\n",
		"Transfer-Encoding: identity, chunked\r\n",
		"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
		"Transfer-Encoding: gzip, deflate\r\nX: y\r\nTransfer-Encoding: chunked\r\n"})
	{
		refused(501, post(fields, "0\r\n\r\n"));
	}
}


void HTTPRequestParserBodyTest::testTransferEncodingInHTTP10()
{
	// RFC 9112, section 6.1: the connection must not persist
	for (const char* connection: {"", "Connection: keep-alive\r\n"})
	{
		const ParserOutcome outcome = accepted(std::string("POST / HTTP/1.0\r\n") + connection + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
		assertTrue (outcome.body == "abc");
		assertTrue (!outcome.keepAlive);
	}
	HTTPRequestParser::Limits strict;
	strict.strict = true;
	refused(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", strict);
	refused(400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n");
	refused(400, "POST / HTTP/1.0\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}


void HTTPRequestParserBodyTest::testNoLength()
{
	// RFC 9112, section 6.3: no body
	for (const char* method: {"GET", "HEAD", "DELETE", "OPTIONS", "POST", "PUT", "PATCH", "X"})
	{
		const ParserOutcome o = parseEveryWay(request(std::string(method) + " / HTTP/1.1") + "hello");
		assertTrue (o.result == HTTPRequestParser::RESULT_COMPLETE && o.end == o.headerEnd && o.contentLength == 0 && o.body.empty() && o.keepAlive);
	}
	for (const char* method: {"GET", "HEAD", "DELETE", "OPTIONS", "X"})
	{
		accepted(request(std::string(method) + " / HTTP/1.1", "Content-Type: a/b\r\n"));
		accepted(std::string(method) + " / HTTP/1.0\r\nContent-Type: a/b\r\n\r\n");
	}
}


void HTTPRequestParserBodyTest::testLengthIsRequired()
{
	// RFC 9110, section 15.5.12
	for (const char* method: {"POST", "PUT", "PATCH"})
	{
		refused(411, request(std::string(method) + " / HTTP/1.1", "Content-Type: a/b\r\n", "hello"));
		refused(411, request(std::string(method) + " / HTTP/1.1", "content-type:\r\n", "hello"));
		refused(411, request(std::string(method) + " / HTTP/1.1", "Expect: 100-continue\r\n", "hello"));
		refused(411, std::string(method) + " / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nhello");
		accepted(request(std::string(method) + " / HTTP/1.1", "Content-Types: a/b\r\nX-ontent-Type: a\r\nContent-Typo: a\r\n"));
	}
}


void HTTPRequestParserBodyTest::testBodyToTheEnd()
{
	// RFC 1945, section 7.2: the body of an HTTP/1.0 request may end with the connection
	for (const char* method: {"POST", "PUT", "PATCH"})
	{
		const std::string header = std::string(method) + " / HTTP/1.0\r\nContent-Type: a/b\r\n\r\n";
		for (const std::string& body: {std::string(), std::string("a"), allBytes(), get("")})
		{
			const ParserOutcome o = parseEveryWay(header + body);
			assertTrue (o.result == HTTPRequestParser::RESULT_HEADER && o.toEnd && !o.keepAlive);
			assertTrue (o.body == body && o.headerEnd == header.size() && o.end == header.size() + body.size());
		}
	}
	accepted("POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
}


CppUnit::Test* HTTPRequestParserBodyTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("HTTPRequestParserBodyTest");

	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testContentLength);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testBodyIsIncomplete);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testBinaryBody);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testContentLengthIsMalformed);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testContentLengthIsRepeated);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testContentLengthOverflows);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testContentLengthAndTransferEncoding);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testChunked);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testTransferEncodingDoesNotEndInChunked);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testChunkedIsNotLast);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testOtherCodingIsNotImplemented);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testTransferEncodingInHTTP10);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testNoLength);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testLengthIsRequired);
	CppUnit_addTest(pSuite, HTTPRequestParserBodyTest, testBodyToTheEnd);

	return pSuite;
}
