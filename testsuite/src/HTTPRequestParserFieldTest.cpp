//
// HTTPRequestParserFieldTest.cpp
//
// Header fields, and what is said by Host, Connection, Expect and Upgrade, in every split
// of the input.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPRequestParserFieldTest.h"
#include "CppUnit/TestCaller.h"
#include "ParserChecks.h"


namespace
{
	std::string get10(const std::string& fields)
	{
		return "GET / HTTP/1.0\r\n" + fields + "\r\n";
	}

	std::string value(const std::string& line)
		/// Returns the value of the field in this line.
	{
		return accepted(get(line + "\r\n")).fields.at(1).second;
	}
}


HTTPRequestParserFieldTest::HTTPRequestParserFieldTest(const std::string& name): CppUnit::TestCase(name)
{
}


void HTTPRequestParserFieldTest::testFieldTable()
{
	// The offsets; fields of the same name are kept, in their order (RFC 9110, section 5.3).
	const std::string r = "\r\nGET / HTTP/1.1\r\nHost: a\r\nX:\r\nSet: 1 \r\nset:\t 2\r\n\r\n";
	ParserFeeder feeder;
	assertTrue (feeder.feed(r) == HTTPRequestParser::RESULT_COMPLETE);
	const HTTPRequestParser::Fields& fields = feeder.parser().fields();
	assertTrue (fields.size() == 4);
	assertTrue (fields[0].name == r.find("Host") && fields[0].nameLength == 4 && fields[0].value == r.find("a\r\n") && fields[0].valueLength == 1);
	assertTrue (fields[1].name == r.find("X:") && fields[1].nameLength == 1 && fields[1].value == r.find("X:") + 2 && fields[1].valueLength == 0);
	assertTrue (fields[2].name == r.find("Set") && fields[2].value == r.find("1 ") && fields[2].valueLength == 1);
	assertTrue (fields[3].name == r.find("set") && fields[3].nameLength == 3 && fields[3].value == r.find("2\r") && fields[3].valueLength == 1);
	assertTrue (accepted(r).fields == (ParserOutcome::Pairs{{"Host", "a"}, {"X", ""}, {"Set", "1"}, {"set", "2"}}));
}


void HTTPRequestParserFieldTest::testWhiteSpaceIsTrimmed()
{
	// RFC 9112, section 5.1
	assertTrue (value("X:y") == "y");
	assertTrue (value("X: y") == "y");
	assertTrue (value("X: \t \ty \t ") == "y");
	assertTrue (value("X:  y \t z  ") == "y \t z");
	assertTrue (value("X:") == "");
	assertTrue (value("X: ") == "");
	assertTrue (value("X:\t \t") == "");
	assertTrue (value("X:::") == "::");
	assertTrue (value("X: " + std::string(40, ' ') + std::string(40, 'y') + std::string(40, ' ')) == std::string(40, 'y'));
}


void HTTPRequestParserFieldTest::testTextOutsideOfASCII()
{
	// obs-text (RFC 9110, section 5.5)
	std::string text;
	for (int c = 0x80; c < 0x100; c++) text += static_cast<char>(c);
	assertTrue (value("X: " + text) == text);
	assertTrue (value("X: \xC3\xA4 \xFF ") == "\xC3\xA4 \xFF");
}


void HTTPRequestParserFieldTest::testControlsInValue()
{
	// RFC 9110, section 5.5; at different places, because 16 bytes are looked at together
	for (int c = 0; c < 256; c++)
	{
		const bool isControl = (c < 0x20 && c != '\t') || c == 0x7F;
		for (std::size_t place: {0, 1, 15, 16, 17, 35})
		{
			std::string text(36, 'y');
			text[place] = static_cast<char>(c);
			const std::string r = get("X: " + text + "\r\n");
			const ParserOutcome o = parseInPieces(r, {});
			assertTrue (isControl ? o.status == 400 : o.result == HTTPRequestParser::RESULT_COMPLETE);
			if (place == 17) assertTrue (isControl ? refused(400, r) : accepted(r).fields.size() == 2);
		}
	}
	refused(400, get(std::string("X: \0\r\n", 6)));
	refused(400, get(std::string("X: y\0\r\n", 7)));
	refused(400, get("X: y\x7F\r\n"));
}


void HTTPRequestParserFieldTest::testNameIsToken()
{
	// RFC 9110, section 5.1
	for (int c = 0; c < 256; c++)
	{
		const char ch = static_cast<char>(c);
		const bool isToken = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c != 0 && std::strchr("!#$%&'*+-.^_`|~", c));
		const std::string r = get(std::string("X") + ch + "Y: z\r\n");
		if (isToken) assertTrue (accepted(r).fields.at(1).first == std::string("X") + ch + "Y");
		else if (c == ':') assertTrue (accepted(r).fields.at(1).second == "Y: z");
		else refused(400, r);
	}
	refused(400, get("X\r\n"));
	refused(400, get("X y\r\n"));
}


void HTTPRequestParserFieldTest::testSpaceBeforeColon()
{
	// RFC 9112, section 5.1
	for (const char* line: {"X : y\r\n", "X\t: y\r\n", "X  : y\r\n", "Content-Length : 0\r\n", "Transfer-Encoding : chunked\r\n", "Host : a\r\n"}) refused(400, get(line));
}


void HTTPRequestParserFieldTest::testEmptyName()
{
	// RFC 9110, section 5.1
	for (const char* line: {": y\r\n", ":\r\n", "::\r\n"}) refused(400, get(line));
}


void HTTPRequestParserFieldTest::testFolding()
{
	// obs-fold (RFC 9112, section 5.2)
	for (const char* lines: {"X: y\r\n z\r\n", "X: y\r\n\tz\r\n", "X: y\r\n \r\n", "X:\r\n y\r\n", "X: y\r\n Content-Length: 5\r\n"}) refused(400, get(lines));
}


void HTTPRequestParserFieldTest::testFirstLineBeginsWithWhiteSpace()
{
	// RFC 9112, section 2.2
	for (const char* line: {" Host: a\r\n", "\tHost: a\r\n", " \r\n", "\t\r\n", "  X: y\r\n"}) refused(400, std::string("GET / HTTP/1.1\r\n") + line + "Host: a\r\n\r\n");
}


void HTTPRequestParserFieldTest::testHostIsMissing()
{
	// RFC 9112, section 3.2
	refused(400, "GET / HTTP/1.1\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHosts: a\r\nX-Host: a\r\nHos: a\r\nHorst: a\r\nMost: a\r\n\r\n");
	refused(400, "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\na");
	accepted(get10(""));
	accepted("GET / HTTP/1.1\r\nX: y\r\nhOST:a\r\n\r\n");
}


void HTTPRequestParserFieldTest::testHostIsRepeated()
{
	// RFC 9112, section 3.2
	refused(400, get("Host: a\r\n"));
	refused(400, get("Host: b\r\n"));
	refused(400, get("X: y\r\nHOST:\r\n"));
	refused(400, get10("Host: a\r\nHost: a\r\n"));
}


void HTTPRequestParserFieldTest::testHostIsInvalid()
{
	// RFC 9112, section 3.2; RFC 3986, section 3.2.2
	for (int c = 0; c < 256; c++)
	{
		const bool isHost = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c != 0 && std::strchr("!$%&'()*+,;=-._~", c));
		const std::string r = std::string("GET / HTTP/1.1\r\nHost: b") + static_cast<char>(c) + "c\r\n\r\n";
		if (isHost) accepted(r);
		else refused(400, r);
	}
	for (const char* host: {"a b", "http://a/", "a/", "u@a", "a, b", "a#", "a?", "\xC3\xA4", "a:b", "a:8x", "a:80:80", "::1", "[::1", "[::1]80", "x[::1]", "a]", "]", "["}) refused(400, std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n");
	for (const char* host: {"", " ", "a", "a.b.:80", "[::1]:80", "127.0.0.1", "[::1]", "[::1]:", ":80", "a_b", "%41"}) accepted(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n");
}


void HTTPRequestParserFieldTest::testConnectionClose()
{
	// RFC 9112, section 9.3; lists: RFC 9110, section 5.6.1
	for (const char* fields: {
		"Connection: close\r\n", "CONNECTION:CLOSE\r\n", "Connection: x, Close\r\n", "Connection: close,x\r\n",
		"Connection: ,, ,close ,\r\n", "Connection:\tx\t,\tclose\t\r\n", "Connection: x\r\nConnection: close\r\n", "Connection: close\r\nConnection: x\r\n",
		"Connection: close, keep-alive\r\n", "Connection: keep-alive\r\nConnection: close\r\n"})
	{
		assertTrue (!accepted(get(fields)).keepAlive);
		assertTrue (!accepted(get10(fields)).keepAlive);
	}
	for (const char* fields: {
		"", "Connection:\r\n", "Connection: ,\r\n", "Connection: x\r\n", "Connection: closed\r\n", "Connection: clos\r\n", "Connection: close x\r\n",
		"Connection: x close\r\n", "Connection: \"close\"\r\n", "X-Connection: close\r\n", "Keep-Alive: close\r\n", "Connectiom: close\r\n"})
	{
		assertTrue (accepted(get(fields)).keepAlive);
	}
}


void HTTPRequestParserFieldTest::testConnectionKeepAlive()
{
	// RFC 9112, section 9.3: HTTP/1.0 has to ask for it
	for (const char* fields: {"Connection: keep-alive\r\n", "connection:Keep-Alive\r\n", "Connection: x,, KEEP-ALIVE\r\n", "Connection: x\r\nConnection: keep-alive\r\n"})
	{
		assertTrue (accepted(get10(fields)).keepAlive);
		assertTrue (accepted(get(fields)).keepAlive);
	}
	for (const char* fields: {"", "Connection: x\r\n", "Connection: keepalive\r\n", "Connection: keep-alives\r\n", "Keep-Alive: timeout=5\r\n", "Proxy-Connection: keep-alive\r\n"})
	{
		assertTrue (!accepted(get10(fields)).keepAlive);
	}
}


void HTTPRequestParserFieldTest::testExpect()
{
	// RFC 9110, section 10.1.1
	for (const char* line: {"Expect: 100-continue\r\n", "EXPECT:100-Continue \r\n", "Expect: 100-continue\r\nExpect: 100-continue\r\n"})
	{
		const ParserOutcome o = accepted(post(std::string("Content-Length: 1\r\n") + line, "a"));
		assertTrue (o.expectContinue);
	}
	assertTrue (parseEveryWay(post("Expect: 100-continue\r\nContent-Length: 1\r\n")).result == HTTPRequestParser::RESULT_HEADER);
	assertTrue (!accepted(get("X-Expect: 100-continue\r\n")).expectContinue);
	for (const char* expectation: {"", "100", "100-continued", "200-ok", "100-continue, x", "x", "100-continue;a=b"}) refused(417, get(std::string("Expect: ") + expectation + "\r\n"));
	refused(417, get("Expect: 100-continue\r\nExpect: x\r\n"));
}


void HTTPRequestParserFieldTest::testExpectIsIgnoredInHTTP10()
{
	// RFC 9110, section 10.1.1
	assertTrue (!accepted(get10("Expect: 100-continue\r\n")).expectContinue);
	assertTrue (!accepted("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\na").expectContinue);
}


CppUnit::Test* HTTPRequestParserFieldTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("HTTPRequestParserFieldTest");

	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testFieldTable);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testWhiteSpaceIsTrimmed);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testTextOutsideOfASCII);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testControlsInValue);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testNameIsToken);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testSpaceBeforeColon);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testEmptyName);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testFolding);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testFirstLineBeginsWithWhiteSpace);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testHostIsMissing);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testHostIsRepeated);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testHostIsInvalid);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testConnectionClose);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testConnectionKeepAlive);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testExpect);
	CppUnit_addTest(pSuite, HTTPRequestParserFieldTest, testExpectIsIgnoredInHTTP10);

	return pSuite;
}
