//
// HTTPChunkedDecoderTest.cpp
//
// The chunked transfer coding (RFC 9112, section 7.1), in every split of the input: as
// a request, and given to a decoder.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPChunkedDecoderTest.h"
#include "CppUnit/TestCaller.h"
#include "http/HTTPChunkedDecoder.h"
#include "ParserChecks.h"
#include <algorithm>
#include <cstring>
#include <memory>


using Poco::EVNet::HTTPChunkedDecoder;


namespace
{
	const HTTPRequestParser::Limits LIMITS;

	std::string chunked(const std::string& chunks)
	{
		return post("Transfer-Encoding: chunked\r\n", chunks);
	}

	std::string decode(const std::string& chunks, std::size_t step, std::size_t& consumed)
		/// Gives the chunks to a decoder, in pieces of this size in memory of their own.
		/// Returns the body, or the status of an error.
	{
		HTTPChunkedDecoder decoder;
		decoder.reset(LIMITS.header, LIMITS.fields);
		std::string result;
		consumed = 0;
		for (std::size_t i = 0; i < chunks.size() && !decoder.complete() && !decoder.error(); i += step)
		{
			const std::size_t length = std::min(step, chunks.size() - i);
			std::unique_ptr<char[]> pPiece(new char[length]);
			std::memcpy(pPiece.get(), chunks.data() + i, length);
			std::size_t used = 0;
			while (used < length && !decoder.complete() && !decoder.error())
			{
				std::string_view body;
				const std::size_t n = decoder.decode(pPiece.get() + used, length - used, body);
				if (n == 0 || n > length - used || body.size() > n) return "wrong number of bytes";
				result += body;
				used += n;
			}
			consumed += used;
		}
		if (decoder.error()) return std::to_string(decoder.error());
		return decoder.complete() ? result : "incomplete";
	}

	bool decoded(const std::string& chunks, const std::string& expected, const std::string& rest = "")
		/// Checks the result, however the chunks arrive.
	{
		for (std::size_t step = 1; step <= chunks.size() + rest.size(); step++)
		{
			std::size_t consumed = 0;
			const std::string found = decode(chunks + rest, step, consumed);
			if (found != expected) throw std::runtime_error(printable(chunks) + ": " + printable(found));
			if (consumed != chunks.size() && expected.compare(0, 1, "4") != 0) throw std::runtime_error(printable(chunks) + ": wrong end");
		}
		return true;
	}

	bool body(const std::string& chunks, const std::string& expected)
		/// Checks the body that is in the chunks.
	{
		const ParserOutcome o = accepted(chunked(chunks));
		return o.body == expected && o.bodyEnd == o.headerEnd + expected.size() && decoded(chunks, expected, "GET");
	}

	void malformed(int status, const std::string& chunks)
	{
		refused(status, chunked(chunks));
		decoded(chunks, std::to_string(status));
	}
}


HTTPChunkedDecoderTest::HTTPChunkedDecoderTest(const std::string& name): CppUnit::TestCase(name)
{
}


void HTTPChunkedDecoderTest::testChunks()
{
	// RFC 9112, section 7.1
	assertTrue (body("0\r\n\r\n", ""));
	assertTrue (body("5\r\nhello\r\n0\r\n\r\n", "hello"));
	assertTrue (body("1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n", "abcdef"));
	assertTrue (body("5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"));
	assertTrue (body("2\r\n\r\n\r\n1\r\n\n\r\n0\r\n\r\n", "\r\n\n"));
}


void HTTPChunkedDecoderTest::testJoinedInPlace()
{
	std::string chunks;
	std::string expected;
	for (std::size_t n: {1, 40, 2, 17, 255, 16, 3})
	{
		const std::string data(n, static_cast<char>('a' + n % 26));
		chunks += Poco::NumberFormatter::formatHex(static_cast<unsigned>(n)) + "\r\n" + data + "\r\n";
		expected += data;
	}
	chunks += "0\r\n\r\n";
	assertTrue (body(chunks, expected));
	const std::string next = get("");
	const ParserOutcome o = parseEveryWay(chunked(chunks) + next);
	assertTrue (o.body == expected && o.end == chunked(chunks).size());
}


void HTTPChunkedDecoderTest::testIncomplete()
{
	const std::string chunks = "3;x\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
	const std::string data = "abc0123456789";
	for (std::size_t n = 0; n < chunks.size(); n++)
	{
		const ParserOutcome o = parseEveryWay(chunked(chunks.substr(0, n)));
		assertTrue (o.result == HTTPRequestParser::RESULT_HEADER && o.end == o.headerEnd + n);
		assertTrue (o.body == data.substr(0, o.body.size()) && o.contentLength == o.body.size());
		if (n > 0) assertTrue (decoded(chunks.substr(0, n), "incomplete"));
	}
	assertTrue (body(chunks, data));
}


void HTTPChunkedDecoderTest::testSizeDigits()
{
	// RFC 9112, section 7.1: hexadecimal, in upper or lower case, with any number of leading zeros
	assertTrue (body("A\r\n0123456789\r\n0\r\n\r\n", "0123456789"));
	assertTrue (body("a\r\n0123456789\r\n0\r\n\r\n", "0123456789"));
	assertTrue (body("1f\r\n" + std::string(31, 'x') + "\r\n0\r\n\r\n", std::string(31, 'x')));
	assertTrue (body("1F\r\n" + std::string(31, 'x') + "\r\n0\r\n\r\n", std::string(31, 'x')));
	assertTrue (body("0005\r\nhello\r\n000\r\n\r\n", "hello"));
	assertTrue (body(std::string(100, '0') + "5\r\nhello\r\n" + std::string(100, '0') + "\r\n\r\n", "hello"));
	assertTrue (body("000000000000001\r\nx\r\n0\r\n\r\n", "x"));
}


void HTTPChunkedDecoderTest::testSizeIsMalformed()
{
	for (const char* size: {"", "g", "G", "x", "5x", "0x5", "+5", "-5", "-0", "5.", "\"5\"", "/", ":", "@", "`", "5g", "\xB5"})
	{
		malformed(400, std::string(size) + "\r\nhello\r\n0\r\n\r\n");
		malformed(400, std::string("1\r\na\r\n") + size + "\r\nhello\r\n0\r\n\r\n");
	}
	for (const char* chunks: {"\r\n\r\n", ";a\r\n\r\n", " \r\n\r\n", "1\r\na\r\n\r\n\r\n"}) malformed(400, chunks); // not the last one
	malformed(400, std::string("\0\r\nx", 4));
	malformed(400, std::string("5\0\r\nhello", 9));
}


void HTTPChunkedDecoderTest::testSizeOverflows()
{
	// RFC 9112, section 7.1
	assertTrue (parseEveryWay(chunked("FFFFFFFFFFFFFFF\r\nabc")).body == "abc");
	assertTrue (parseEveryWay(chunked("00FFFFFFFFFFFFFFF\r\nabc")).body == "abc");
	for (const char* size: {"1000000000000000", "FFFFFFFFFFFFFFFF", "10000000000000005", "001000000000000000000000000005"}) malformed(413, std::string(size) + "\r\nhello\r\n0\r\n\r\n");
}


void HTTPChunkedDecoderTest::testWhiteSpaceAroundSize()
{
	// None is before the size. That some senders pad it on the right is harmless.
	for (const char* line: {" 5", "\t5", "5 5", " ", "\t", "5 x", "5\v", "5\f", "5 ", "5\t", "5 \t  "}) malformed(400, std::string(line) + "\r\nhello\r\n0\r\n\r\n");
	for (const char* line: {"0 ", "0\t"}) malformed(400, "5\r\nhello\r\n" + std::string(line) + "\r\n\r\n");
}


void HTTPChunkedDecoderTest::testExtensions()
{
	// RFC 9112, section 7.1.1: ignored
	assertTrue (body("5;a\r\nhello\r\n0;b\r\n\r\n", "hello"));
	assertTrue (body("5;a=b;c=\"d e;\\\"f\xC3\xA4\"\r\nhello\r\n0\r\n\r\n", "hello"));
	assertTrue (body("5 ; a = b\t;c\r\nhello\r\n0 ;\r\n\r\n", "hello"));
	assertTrue (body("5;\r\nhello\r\n0\r\n\r\n", "hello"));
	for (int c = 0; c < 0x20; c++) if (c != '\t') malformed(400, std::string("5;a") + static_cast<char>(c) + "b\r\nhello\r\n0\r\n\r\n");
	malformed(400, "5;a\x7F\r\nhello\r\n0\r\n\r\n");
	malformed(400, "5=a\r\nhello\r\n0\r\n\r\n");
}


void HTTPChunkedDecoderTest::testSizeLineIsLimited()
{
	// RFC 9112, section 7.1.1; for each line
	const std::size_t n = HTTPChunkedDecoder::MAX_LINE - 3; // 5, semicolon and CR
	assertTrue (body("5;" + std::string(n, 'a') + "\r\nhello\r\n0;" + std::string(n, 'a') + "\r\n\r\n", "hello"));
	malformed(400, "5;" + std::string(n + 1, 'a') + "\r\nhello\r\n0\r\n\r\n");
	malformed(400, "5;" + std::string(n + 200, 'a'));
	malformed(400, std::string(HTTPChunkedDecoder::MAX_LINE + 1, '0'));
	malformed(400, "5" + std::string(HTTPChunkedDecoder::MAX_LINE, ' '));
}


void HTTPChunkedDecoderTest::testExtensionsAreLimited()
{
	// RFC 9112, section 7.1.1: not only for each line, but also for all of them, compared with the data they come with
	const std::string extension = ";" + std::string(500, 'a') + "\r\n";
	const auto decodeAll = [](const std::string& chunks)
	{
		std::size_t consumed = 0;
		return decode(chunks, chunks.size(), consumed);
	};
	std::string small, large, zeros;
	for (std::size_t i = 0; i < 2*LIMITS.header/500; i++)
	{
		small += "1" + extension + "x\r\n";
		large += "1f4" + extension + std::string(500, 'x') + "\r\n";
		zeros += std::string(500, '0') + "1\r\nx\r\n";
	}
	assertTrue (decodeAll(small + "0\r\n\r\n") == "400");
	assertTrue (decodeAll(zeros + "0\r\n\r\n") == "400");
	assertTrue (decodeAll(large + "0\r\n\r\n").size() == 2*LIMITS.header/500*500);
	std::string none;
	for (std::size_t i = 0; i < LIMITS.header; i++) none += "1\r\nx\r\n";
	assertTrue (decodeAll(none + "0\r\n\r\n").size() == LIMITS.header);
}


void HTTPChunkedDecoderTest::testDataIsFollowedByCRLF()
{
	for (const char* end: {"0\r\n\r\n", "\n0\r\n\r\n", "\r0\r\n\r\n", "x\r\n0\r\n\r\n", "x\n0\r\n\r\n", "\rx0\r\n\r\n", " \r\n0\r\n\r\n", "\r\r\n0\r\n\r\n"}) malformed(400, std::string("5\r\nhello") + end);
	malformed(400, "4\r\nhello\r\n0\r\n\r\n"); // one less
	malformed(400, "6\r\nhello\r\n0\r\n\r\n"); // one more
	malformed(400, "5\r\nhello\r\n\r\n0\r\n\r\n");
}


void HTTPChunkedDecoderTest::testBareLFIsRefused()
{
	malformed(400, "5\nhello\r\n0\r\n\r\n");
	malformed(400, "5;a\nhello\r\n0\r\n\r\n");
	malformed(400, "5 \nhello\r\n0\r\n\r\n");
	malformed(400, "5\r\nhello\n0\r\n\r\n");
	malformed(400, "5\r\nhello\r\n0\n\r\n");
	malformed(400, "5\r\nhello\r\n0\r\n\n");
	malformed(400, "5\r\nhello\r\n0\r\nX: y\n\r\n");
	malformed(400, "5\r\nhello\r\n0\r\nX: y\r\n\n");
}


void HTTPChunkedDecoderTest::testBareCRIsRefused()
{
	malformed(400, "5\rhello\r\n0\r\n\r\n");
	malformed(400, "5\r\r\nhello\r\n0\r\n\r\n");
	malformed(400, "5;a\rb\r\nhello\r\n0\r\n\r\n");
	malformed(400, "5\r\nhello\r\n0\r\n\r\r\n");
	malformed(400, "5\r\nhello\r\n0\r\nX: y\rz\r\n\r\n");
	malformed(400, "5\r\nhello\r\n0\r\nX\r: y\r\n\r\n");
}


void HTTPChunkedDecoderTest::testTrailer()
{
	// RFC 9112, section 7.1.2: kept apart from the header
	const ParserOutcome o = accepted(chunked("1\r\na\r\n0\r\nX: y\r\nZ:\t z \r\nX:\r\nContent-Length: 5\r\n\r\n"));
	assertTrue (o.trailer == (ParserOutcome::Pairs{{"X", "y"}, {"X", ""}, {"Z", "z"}, {"Content-Length", "5"}}) || o.trailer == (ParserOutcome::Pairs{{"X", "y"}, {"Z", "z"}, {"X", ""}, {"Content-Length", "5"}}));
	assertTrue (o.fields == (ParserOutcome::Pairs{{"Host", "a"}, {"Transfer-Encoding", "chunked"}}));
	assertTrue (o.body == "a" && o.contentLength == 1);
	assertTrue (accepted(chunked("0\r\nX: \xC3\xA4\r\n\r\n")).trailer == (ParserOutcome::Pairs{{"X", "\xC3\xA4"}}));
	assertTrue (accepted(chunked("0\r\n\r\n")).trailer.empty());
}


void HTTPChunkedDecoderTest::testTrailerIsMalformed()
{
	// as in the header: RFC 9112, section 5
	for (const char* line: {"X", "X : y", "X\t: y", ": y", ":", " X: y", "\tX: y", " ", "X: y\r\n z", "X y: z", "X: \x01", "X: y\x7F", "X(: y", "\xC3: y"}) malformed(400, std::string("0\r\n") + line + "\r\n\r\n");
	malformed(400, std::string("0\r\nX: \0\r\n\r\n", 12));
	malformed(400, std::string("0\r\n\0: y\r\n\r\n", 11));
}


void HTTPChunkedDecoderTest::testTrailerLimits()
{
	// RFC 6585, section 5
	HTTPRequestParser::Limits limits;
	limits.fields = 3;
	accepted(chunked("0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n"), limits);
	refused(431, chunked("0\r\nA: b\r\nC: d\r\nE: f\r\nG: h\r\n\r\n"), limits);

	limits = HTTPRequestParser::Limits();
	limits.header = chunked("").size();
	const std::string trailer = "X: " + std::string(limits.header - 7, 'y') + "\r\n\r\n"; // exactly as long
	accepted(chunked("0\r\n" + trailer), limits);
	refused(431, chunked("0\r\nX" + trailer), limits);
	refused(431, chunked("0\r\n" + std::string(limits.header + 1, 'X')), limits);
}


void HTTPChunkedDecoderTest::testReset()
{
	// Nothing of a body is left.
	for (const std::string& first: {std::string("5;a\r\nhe"), std::string("00000F"), std::string("0\r\nX: y\r\n\r\n"), std::string("0\r\nX: y\r\nZ"), std::string("x"), std::string("FFFFFFFFFFFFFFFFF")})
	{
		HTTPChunkedDecoder decoder;
		decoder.reset(30, 2);
		std::string_view data;
		std::size_t n = 0;
		while (n < first.size() && !decoder.complete() && !decoder.error()) n += decoder.decode(first.data() + n, first.size() - n, data);
		decoder.reset(30, 2);
		assertTrue (!decoder.complete() && !decoder.error() && decoder.trailer().empty());
		const std::string second = "2\r\nab\r\n0\r\nA: b\r\nC: d\r\n\r\n";
		n = decoder.decode(second.data(), second.size(), data);
		assertTrue (data == "ab");
		n += decoder.decode(second.data() + n, second.size() - n, data);
		assertTrue (decoder.complete() && n == second.size() && data.empty() && decoder.trailer().size() == 2);
		assertTrue (decoder.decode("x", 1, data) == 0); // nothing is consumed any more
	}
}


CppUnit::Test* HTTPChunkedDecoderTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("HTTPChunkedDecoderTest");

	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testChunks);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testJoinedInPlace);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testIncomplete);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testSizeDigits);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testSizeIsMalformed);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testSizeOverflows);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testWhiteSpaceAroundSize);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testExtensions);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testSizeLineIsLimited);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testExtensionsAreLimited);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testDataIsFollowedByCRLF);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testBareLFIsRefused);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testBareCRIsRefused);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testTrailer);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testTrailerIsMalformed);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testTrailerLimits);
	CppUnit_addTest(pSuite, HTTPChunkedDecoderTest, testReset);

	return pSuite;
}
