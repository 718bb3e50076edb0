//
// HTTPRequestParserFuzzer.cpp
//
// Gives what libFuzzer makes up to an HTTPRequestParser, and checks
// that it does not matter in which pieces.
//
// The input is eight characters, and then the requests. The first five choose the
// limits (see limitOf(); 9 is the default value), the others where the requests are split.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FuzzerSupport.h"
#include "ParserFeeder.h"
#include <algorithm>
#include <cstdint>


namespace
{
	const std::size_t PARAMETERS = 8;

	using Limits = HTTPRequestParser::Limits;

	Limits limitsOf(const unsigned char* p)
	{
		Limits limits;
		limitOf(p[0], 5, limits.requestLine);
		limitOf(p[1], 5, limits.field);
		limitOf(p[2], 1, limits.fields);
		limitOf(p[3], 16, limits.header);
		limitOf(p[4], 3, limits.body);
		return limits;
	}

	void parseInPieces(ParserFeeder& feeder, std::string_view input, const unsigned char* p)
		/// Splits the input: three numbers of bytes, again and again.
	{
		HTTPRequestParser::Result result = HTTPRequestParser::RESULT_INCOMPLETE;
		for (std::size_t i = 0; !input.empty() && result != HTTPRequestParser::RESULT_ERROR; i++)
		{
			const std::size_t length = std::min<std::size_t>(p[i % 3] % 48 + 1, input.size());
			result = feeder.feed(input.substr(0, length));
			input.remove_prefix(length);
		}
	}

	std::size_t parseRequest(std::string_view input, const Limits& limits, const unsigned char* pSplit)
		/// Returns the length of the request, or 0 if it is not complete.
	{
		ParserFeeder whole(limits);
		ParserFeeder pieces(limits);
		const HTTPRequestParser::Result result = whole.feed(input);
		parseInPieces(pieces, input, pSplit);
		if (result == HTTPRequestParser::RESULT_ERROR && pieces.outcome().result == HTTPRequestParser::RESULT_INCOMPLETE)
		{
			// An error in a line whose beginning was looked at before shows at its end.
			pieces.feed("\r\n\r\n");
		}
		const ParserOutcome expected = whole.outcome();
		const ParserOutcome found = pieces.outcome();
		if (expected.toString() != found.toString()) fail("In one piece: " + expected.toString() + "\nbut in several: " + found.toString());

		whole.feed(""); // nothing new
		if (whole.outcome().toString() != expected.toString()) fail("Not the same the second time: " + expected.toString());

		switch (expected.status)
		{
		case 0: case 400: case 411: case 413: case 414: case 417: case 431: case 501: case 505:
			break;
		default:
			fail("Another status: " + std::to_string(expected.status));
		}
		if (result != HTTPRequestParser::RESULT_COMPLETE) return 0;

		// It is complete with its last byte, and not before.
		const std::string_view exact = input.substr(0, expected.end);
		ParserFeeder alone(limits);
		if (alone.feed(exact.substr(0, exact.size() - 1)) >= HTTPRequestParser::RESULT_COMPLETE) fail("Complete or refused before its end");
		if (alone.feed(exact.substr(exact.size() - 1)) != HTTPRequestParser::RESULT_COMPLETE) fail("Not complete at its end");
		if (alone.outcome().toString() != expected.toString()) fail("What follows makes a difference");
		return expected.end;
	}

	void reuse(std::string_view input, const Limits& limits, const std::string& expected)
		/// Parses all requests with the same parser, in the same buffer.
	{
		std::string data(input);
		std::string ends;
		HTTPRequestParser parser;
		std::size_t begin = 0;
		while (begin < data.size() && parser.parse(&data[begin], data.size() - begin, limits) == HTTPRequestParser::RESULT_COMPLETE)
		{
			begin += parser.end();
			ends += std::to_string(begin) + " ";
			parser.reset();
		}
		if (ends != expected) fail("Other requests with the same parser: " + ends + "instead of " + expected);
	}
}


extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* pData, std::size_t size)
{
	if (size < PARAMETERS) return 0;
	const Limits limits = limitsOf(pData);
	const std::string_view input(reinterpret_cast<const char*>(pData) + PARAMETERS, size - PARAMETERS);
	std::string ends;
	try
	{
		std::size_t begin = 0;
		while (begin < input.size())
		{
			const std::size_t length = parseRequest(input.substr(begin), limits, pData + 5);
			if (length == 0) break;
			begin += length;
			ends += std::to_string(begin) + " ";
		}
	}
	catch (const std::logic_error& error)
	{
		fail(error.what());
	}
	reuse(input, limits, ends);
	return 0;
}
