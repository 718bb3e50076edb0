//
// ParserRules.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  ParserRules
//
// Shows which of the rules of RFC 9112 each parser checks: a table of requests that a strict one
// refuses, and of what each does with them. Beside the times, because checking takes some.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Parsers.h"
#include <cstdio>
#include <string>


namespace
{
	struct Rule
	{
		const char* name;
		const char* request;
	};

	const Rule RULES[] =
	{
		{"a request without fault (must be accepted)", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
		{"lines that end with LF alone (2.2)", "GET / HTTP/1.1\nHost: a\n\n"},
		{"CR without LF in a value (2.2)", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n"},
		{"two spaces in the request line (3)", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
		{"a target that is no path or URI (3.2)", "GET x HTTP/1.1\r\nHost: a\r\n\r\n"},
		{"a control character in the target (3.2)", "GET /\001 HTTP/1.1\r\nHost: a\r\n\r\n"},
		{"HTTP/2.0 (9110: 15.6.6)", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
		{"Host missing (3.2)", "GET / HTTP/1.1\r\nX: b\r\n\r\n"},
		{"Host repeated (3.2)", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
		{"Host with a slash (3.2)", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
		{"white space before the colon (5.1)", "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n"},
		{"a folded line (5.2)", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"},
		{"a character no name has (5.1)", "GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n"},
		{"a control character in a value (9110: 5.5)", "GET / HTTP/1.1\r\nHost: a\r\nX: b\001c\r\n\r\n"},
		{"Content-Length repeated (6.3)", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"},
		{"Content-Length: +1 (6.3)", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx"},
		{"Content-Length and Transfer-Encoding (6.1)",
			"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"Transfer-Encoding: chunked, gzip (6.1)", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"},
		{"Transfer-Encoding: chunked, chunked (6.1)", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
		{"Transfer-Encoding in HTTP/1.0 (6.1)", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"a chunk that ends with LF alone (7.1)", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\nx\n0\r\n\r\n"}
	};
}


int main()
{
	const std::vector<ParserEntry> entries = parsers();
	std::printf("| |");
	for (const ParserEntry& entry: entries) std::printf(" %s |", entry.name);
	std::printf("\n|---|");
	for (std::size_t i = 0; i < entries.size(); i++) std::printf("---|");
	std::printf("\n");
	for (const Rule& rule: RULES)
	{
		std::printf("| %s |", rule.name);
		for (const ParserEntry& entry: entries)
		{
			std::string request(rule.request);
			RequestView view;
			static const char* const RESULTS[] = {"waits", "accepted", "refused"};
			std::printf(" %s |", RESULTS[entry.create()->parse(&request[0], request.size(), view)]);
		}
		std::printf("\n");
	}
	return 0;
}
