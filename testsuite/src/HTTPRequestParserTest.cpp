//
// HTTPRequestParserTest.cpp
//
// The request line, the ends of lines, and where requests begin and end, in every split
// of the input.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPRequestParserTest.h"
#include "CppUnit/TestCaller.h"
#include "ParserChecks.h"


HTTPRequestParserTest::HTTPRequestParserTest(const std::string& name): CppUnit::TestCase(name)
{
}


void HTTPRequestParserTest::testSimpleRequest()
{
	// RFC 9112, section 2.1
	const ParserOutcome o = accepted("GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n");
	assertTrue (o.method == "GET" && o.target == "/a?b=c" && o.authority.empty());
	assertTrue (o.http11 && o.keepAlive && !o.expectContinue && !o.chunked && !o.toEnd);
	assertTrue (o.contentLength == 0 && o.body.empty() && o.headerEnd == o.end);
	assertTrue (o.fields == (ParserOutcome::Pairs{{"Host", "a"}}));
	accepted("GET / HTTP/1.0\r\n\r\n");
	accepted("HEAD / HTTP/1.1\r\nHost: a\r\nX: \r\nY:z\r\n\r\n");
	accepted("X!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: a\r\n\r\n");
}


void HTTPRequestParserTest::testIncompleteHeader()
{
	const std::string header = "\r\nPUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n";
	for (std::size_t n = 0; n < header.size(); n++) assertTrue (parseEveryWay(header.substr(0, n)).result == HTTPRequestParser::RESULT_INCOMPLETE);
	assertTrue (parseEveryWay(header).result == HTTPRequestParser::RESULT_HEADER);
	assertTrue (parseEveryWay(header + "a").result == HTTPRequestParser::RESULT_HEADER);
	assertTrue (accepted(header + "ab").headerEnd == header.size());
}


void HTTPRequestParserTest::testMethodIsToken()
{
	// RFC 9110, sections 5.6.2 and 9.1
	for (int c = 0; c < 256; c++)
	{
		const char ch = static_cast<char>(c);
		const bool isToken = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c != 0 && std::strchr("!#$%&'*+-.^_`|~", c));
		const std::string r = request(std::string("GE") + ch + "T / HTTP/1.1");
		if (isToken) accepted(r);
		else refused(400, r);
	}
	refused(400, request(" / HTTP/1.1"));
	refused(400, request(" GET / HTTP/1.1"));
	refused(400, request("\tGET / HTTP/1.1"));
	refused(400, request("GET"));
	refused(400, request("GET:/ HTTP/1.1"));
}


void HTTPRequestParserTest::testMethodIsCaseSensitive()
{
	// RFC 9110, section 9.1: this is another method than POST, which would need a length
	assertTrue (accepted(request("post / HTTP/1.1", "Content-Type: a/b\r\n")).method == "post");
	refused(411, request("POST / HTTP/1.1", "Content-Type: a/b\r\n"));
}


void HTTPRequestParserTest::testMethodTooLong()
{
	// RFC 9112, section 3
	accepted(request(std::string(32, 'M') + " / HTTP/1.1"));
	refused(501, request(std::string(33, 'M') + " / HTTP/1.1"));
	refused(501, request(std::string(34, 'M') + " / HTTP/1.1"));
	refused(501, request(std::string(33, 'M') + "(/ HTTP/1.1"));
	HTTPRequestParser::Limits limits;
	limits.requestLine = 100;
	refused(501, request(std::string(200, 'M') + " / HTTP/1.1"), limits);
}


void HTTPRequestParserTest::testSeparatorIsOneSpace()
{
	// RFC 9112, section 3: a single space; other white space is not accepted instead
	refused(400, request("GET  / HTTP/1.1"));
	refused(400, request("GET /  HTTP/1.1"));
	refused(400, request("GET / HTTP/1.1 "));
	refused(400, request("GET / x HTTP/1.1"));
	for (const char* separator: {"\t", "\v", "\f", "\r", "\n", "", "\t ", " \t", "\xA0"})
	{
		refused(400, request(std::string("GET") + separator + "/ HTTP/1.1"));
		refused(400, request(std::string("GET /") + separator + "HTTP/1.1"));
	}
	refused(400, request("GET / HTTP/1.1\t"));
	refused(400, request("GET / HTTP/1.1x"));
}


void HTTPRequestParserTest::testHTTP09IsRefused()
{
	// RFC 9112, section 3
	refused(400, "GET /\r\n\r\n");
	refused(400, "GET / \r\n\r\n");
	refused(400, "GET /\n");
	refused(505, "GET / HTTP/0.9\r\n\r\n");
}


void HTTPRequestParserTest::testOtherMajorVersionIsRefused()
{
	// RFC 9110, section 15.6.6
	for (const char* version: {"HTTP/2.0", "HTTP/3.0", "HTTP/9.9", "HTTP/0.0", "HTTP/0.1"}) refused(505, request(std::string("GET / ") + version));
	refused(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"); // RFC 9113, section 3.4
}


void HTTPRequestParserTest::testHigherMinorVersion()
{
	// RFC 9110, section 2.5
	for (const char* version: {"HTTP/1.2", "HTTP/1.9"})
	{
		const ParserOutcome o = accepted(request(std::string("GET / ") + version));
		assertTrue (o.http11 && o.keepAlive);
	}
	refused(400, "GET / HTTP/1.2\r\n\r\n"); // without Host
}


void HTTPRequestParserTest::testHTTP10()
{
	const ParserOutcome o = accepted("GET / HTTP/1.0\r\n\r\n");
	assertTrue (!o.http11 && !o.keepAlive);
	assertTrue (o.fields.empty());
}


void HTTPRequestParserTest::testMalformedVersionIsRefused()
{
	// RFC 9112, section 2.3: HTTP-name is case-sensitive, two digits with a dot between
	for (const char* version: {"http/1.1", "Http/1.1", "HTTp/1.1", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/1.10", "HTTP/11.1", "HTTP/01.1",
		"HTTP/1,1", "HTTP/x.1", "HTTP/1.x", "HTTP/+1.1", "HTTP 1.1", "HTTP/ 1.1", "HTTP/1 .1", "HTTP/1. 1", "HTTPS/1.1", "ICY/1.1", "HTTP", "HTTP/", "H", "/"})
	{
		refused(400, request(std::string("GET / ") + version));
	}
}


void HTTPRequestParserTest::testOriginForm()
{
	// RFC 9112, section 3.2.1
	for (const char* target: {"/", "//", "/?", "/a/b;c=d?e=f&g", "/%00%zz", "/http://b/", "/*", "/a:80", "/{}|\\^`\"<>[]"})
	{
		const ParserOutcome o = accepted(request(std::string("GET ") + target + " HTTP/1.1"));
		assertTrue (o.target == target && o.authority.empty());
	}
	for (const char* target: {"a", "?", "?a=/", "a/b", ".", "%2F", "\\", "**", "*/"}) refused(400, request(std::string("GET ") + target + " HTTP/1.1"));
}


void HTTPRequestParserTest::testAbsoluteForm()
{
	// RFC 9112, section 3.2.2
	const std::vector<std::pair<std::string, std::string>> TARGETS{
		{"http://b", "b"},
		{"http://b/", "b"},
		{"http://b:80/c?d=http://e/", "b:80"},
		{"http://b?c", "b"},
		{"HTTPS://b.c/", "b.c"},
		{"hTTp://[::1]:8080/", "[::1]:8080"},
		{"http://b/c://d", "b"},
		{"http://b:", "b:"}};
	for (const auto& t: TARGETS)
	{
		const ParserOutcome o = accepted(request("GET " + t.first + " HTTP/1.1"));
		assertTrue (o.target == t.first && o.authority == t.second);
	}
	for (const char* target: {"ftp://b/", "httpx://b/", "xhttp://b/", "://b/", "http:/b", "http:b", "http:", "http//b/", "htt", "urn:a:b", "http:x://b/"})
	{
		refused(400, request(std::string("GET ") + target + " HTTP/1.1"));
	}
	refused(400, "GET http://b/ HTTP/1.1\r\n\r\n"); // Host is needed all the same
}


void HTTPRequestParserTest::testAbsoluteFormNeedsHost()
{
	// RFC 9110, section 4.2.1: an empty host is invalid. What takes the place of Host is checked like Host.
	for (const char* authority: {"", "/", "/c", "?c", ":80/", "@/", "user@/", "user@:80/", "user@b/", "user:secret@b:80/", "b:80x/", "[::1/", "[::1]x/", "b]/", "b\"c/", "b\\c/", "<b>/", "b|c/", "{b}/", "b^c", "`b`"})
	{
		refused(400, request(std::string("GET http://") + authority + " HTTP/1.1"));
	}
}


void HTTPRequestParserTest::testAuthorityForm()
{
	// RFC 9112, section 3.2.3
	for (const char* target: {"b:80", "b.c:65535", "[::1]:443", "127.0.0.1:1"})
	{
		const ParserOutcome o = accepted(request(std::string("CONNECT ") + target + " HTTP/1.1"));
		assertTrue (o.target == target && o.authority.empty());
	}
	for (const char* target: {"b", "b:", ":80", "b:x", "b:80x", "b:-1", "/", "/b:80", "*", "http://b:80", "http://b:80/", "u@b:80", "b?c:80", "b|c:80"})
	{
		refused(400, request(std::string("CONNECT ") + target + " HTTP/1.1"));
	}
	refused(400, request("GET b:80 HTTP/1.1"));
}


void HTTPRequestParserTest::testAsteriskForm()
{
	// RFC 9112, section 3.2.4
	const ParserOutcome o = accepted(request("OPTIONS * HTTP/1.1"));
	assertTrue (o.target == "*" && o.authority.empty());
	for (const char* method: {"GET", "HEAD", "DELETE", "POST", "PUT", "PATCH", "CONNECT", "options", "PRI"}) refused(400, request(std::string(method) + " * HTTP/1.1"));
	refused(400, request("OPTIONS ** HTTP/1.1"));
}


void HTTPRequestParserTest::testTargetCharacters()
{
	// RFC 3986; a fragment is not sent (RFC 9112, section 3.2). Nothing but ASCII is in a URI, but Poco takes it.
	HTTPRequestParser::Limits strict;
	strict.strict = true;
	for (int c = 0; c < 256; c++)
	{
		const std::string r = request(std::string("GET /x") + static_cast<char>(c) + "y HTTP/1.1");
		const bool ascii = c > 0x20 && c < 0x7F && c != '#';
		if (ascii || c >= 0x80) accepted(r);
		else refused(400, r);
		if (ascii) accepted(r, strict);
		else refused(400, r, strict);
	}
	refused(400, request("GET #a HTTP/1.1"));
	refused(400, request("GET /a#b HTTP/1.1"));
	refused(400, request("GET http://b/#c HTTP/1.1"));
	assertTrue (accepted(request("GET /\xC3\xA4?\xF0\x9F\x98\x80 HTTP/1.1")).target == "/\xC3\xA4?\xF0\x9F\x98\x80");
	refused(400, request("GET /\xC3\xA4 HTTP/1.1"), strict);
	refused(400, request("GET http://\xC3\xA4/ HTTP/1.1"));
	refused(400, request("\xC3\xA4 / HTTP/1.1"));
	refused(400, request("CONNECT b#:80 HTTP/1.1"));
}


void HTTPRequestParserTest::testEmptyLineBefore()
{
	// RFC 9112, section 2.2
	const std::string r = get("");
	const ParserOutcome o = accepted("\r\n" + r);
	assertTrue (o.method == "GET" && o.target == "/" && o.headerEnd == r.size() + 2);
	assertTrue (o.fields == (ParserOutcome::Pairs{{"Host", "a"}}));
	for (const char* line: {"\r\n\r\n", "\n", "\r", "\r\r\n", "\n\r\n", "\r\n\n", " \r\n", "\r\n \r\n", "\r\n\r"}) refused(400, line + r);
}


void HTTPRequestParserTest::testClientHelloIsRefusedAtTheFirstByte()
{
	ParserFeeder feeder;
	assertTrue (feeder.feed("\x16") == HTTPRequestParser::RESULT_ERROR);
	assertTrue (feeder.outcome().status == 400);
	refused(400, std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\x0A\r\n", 14));
}


void HTTPRequestParserTest::testBareLFIsRefused()
{
	// RFC 9112, section 2.2
	refused(400, "GET / HTTP/1.1\nHost: a\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\n\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\nX: y\n\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost:\na\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHo\nst: a\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a \n\r\n");
	refused(400, "GET / HTTP/1.1\n\nHost: a\r\n\r\n");
}


void HTTPRequestParserTest::testBareCRIsRefused()
{
	// RFC 9112, section 2.2
	refused(400, "GET / HTTP/1.1\rHost: a\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n");
	refused(400, "GET / HTTP/1.1\r\nHo\rst: a\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost\r: a\r\n\r\n");
	refused(400, "GET / HTTP/1.1\r\nHost: \ra\r\n\r\n");
}


void HTTPRequestParserTest::testPipelined()
{
	// RFC 9112, section 9.3.2. That what follows is not touched is checked for all requests.
	const std::string next = "POST /next HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nn\x01\r\n";
	for (const std::string& first: {get(""), post("Content-Length: 2\r\n", "ab"), post("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\n")})
	{
		const ParserOutcome o = parseEveryWay(first + next);
		assertTrue (o.result == HTTPRequestParser::RESULT_COMPLETE && o.end == first.size());
		assertTrue (o.target == "/" && o.body == accepted(first).body);

		ParserFeeder feeder;
		feeder.feed(first + next);
		HTTPRequestParser& parser = feeder.parser();
		parser.reset();
		char* pNext = feeder.data() + o.end;
		assertTrue (parser.parse(pNext, next.size(), HTTPRequestParser::Limits()) == HTTPRequestParser::RESULT_COMPLETE);
		assertTrue (parser.target(pNext) == "/next" && parser.end() == next.size() - 3 && parser.bodyEnd() == parser.end());
		assertTrue (!parser.chunked() && parser.fields().size() == 2);
	}
}


void HTTPRequestParserTest::testReset()
{
	// Nothing of a request is left, whatever it was.
	const HTTPRequestParser::Limits limits;
	std::string second = "GET /2 HTTP/1.0\r\n\r\n";
	for (std::string first: {
		request("CONNECT b:80 HTTP/1.1", "Connection: close, keep-alive, upgrade\r\nExpect: 100-continue\r\nContent-Length: 7\r\n", "abc"),
		post("Transfer-Encoding: chunked\r\nContent-Type: a/b\r\n", "1\r\nx\r\n0\r\nX: y\r\n\r\n"),
		post("Transfer-Encoding: gzip\r\n"),
		get("Host: b\r\n"),
		std::string("POST / HTTP/1.0\r\n\r\nabc"),
		std::string("\r\nGET"),
		std::string("\x16")})
	{
		HTTPRequestParser parser;
		parser.parse(first.data(), first.size(), limits);
		parser.reset();
		assertTrue (parser.status() == 0 && *parser.reason() == 0 && parser.end() == 0 && parser.headerEnd() == 0);
		assertTrue (parser.parse(second.data(), second.size(), limits) == HTTPRequestParser::RESULT_COMPLETE);
		assertTrue (parser.target(second.data()) == "/2" && parser.end() == second.size() && parser.fields().empty());
		assertTrue (!parser.isHTTP11() && !parser.keepAlive() && !parser.expectContinue() && !parser.chunked() && !parser.toEnd());
	}
}


void HTTPRequestParserTest::testErrorIsFinal()
{
	ParserFeeder feeder;
	assertTrue (feeder.feed("GET /\r\n") == HTTPRequestParser::RESULT_ERROR);
	const std::string expected = feeder.outcome().toString();
	assertTrue (feeder.feed(get("")) == HTTPRequestParser::RESULT_ERROR);
	assertTrue (feeder.feed("") == HTTPRequestParser::RESULT_ERROR);
	assertEqual (expected, feeder.outcome().toString());
}


CppUnit::Test* HTTPRequestParserTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("HTTPRequestParserTest");

	CppUnit_addTest(pSuite, HTTPRequestParserTest, testSimpleRequest);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testIncompleteHeader);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testMethodIsToken);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testMethodIsCaseSensitive);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testMethodTooLong);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testSeparatorIsOneSpace);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testHTTP09IsRefused);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testOtherMajorVersionIsRefused);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testHigherMinorVersion);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testHTTP10);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testMalformedVersionIsRefused);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testOriginForm);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testAbsoluteForm);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testAbsoluteFormNeedsHost);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testAuthorityForm);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testAsteriskForm);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testTargetCharacters);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testEmptyLineBefore);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testClientHelloIsRefusedAtTheFirstByte);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testBareLFIsRefused);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testBareCRIsRefused);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testPipelined);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testReset);
	CppUnit_addTest(pSuite, HTTPRequestParserTest, testErrorIsFinal);

	return pSuite;
}
