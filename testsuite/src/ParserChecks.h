//
// ParserChecks.h
//
// What the tests of the HTTPRequestParser expect: a request is accepted, or
// refused, in whatever pieces a ParserFeeder gives it.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ParserChecks_INCLUDED
#define ParserChecks_INCLUDED


#include "ParserFeeder.h"
#include "Poco/NumberFormatter.h"


inline std::string printable(const std::string& input)
{
	std::string result;
	for (char c: input)
	{
		if (c >= 0x20 && c < 0x7F) result += c;
		else if (c == '\r') result += "\\r";
		else if (c == '\n') result += "\\n";
		else result += "\\x" + Poco::NumberFormatter::formatHex(static_cast<unsigned char>(c), 2);
	}
	return result.size() > 1000 ? result.substr(0, 1000) + "..." : result;
}


inline ParserOutcome parseInPieces(const std::string& input, const std::vector<std::size_t>& ends, const HTTPRequestParser::Limits& limits = HTTPRequestParser::Limits())
	/// Gives the input to a parser, up to each of these positions, then all of it; no more after an error.
{
	ParserFeeder feeder(limits);
	std::size_t given = 0;
	for (std::size_t end: ends)
	{
		if (feeder.feed(std::string_view(input).substr(given, end - given)) == HTTPRequestParser::RESULT_ERROR) return feeder.outcome();
		given = end;
	}
	feeder.feed(std::string_view(input).substr(given));
	return feeder.outcome();
}


inline ParserOutcome parseEveryWay(const std::string& input, const HTTPRequestParser::Limits& limits = HTTPRequestParser::Limits())
	/// Parses the input in one piece, in two pieces that are separated at each position,
	/// and byte by byte. Throws if the outcome is not the same.
{
	const ParserOutcome result = parseInPieces(input, {}, limits);
	const std::string expected = result.toString();
	std::vector<std::size_t> positions;
	const auto compare = [&](const std::vector<std::size_t>& ends, const std::string& how)
	{
		const std::string found = parseInPieces(input, ends, limits).toString();
		if (found != expected) throw std::runtime_error(how + ": " + printable(input) + "\n  in one piece: " + printable(expected) + "\n  but: " + printable(found));
	};
	for (std::size_t i = 0; i <= input.size(); i++)
	{
		compare({i}, "split at " + std::to_string(i));
		positions.push_back(i);
	}
	compare(positions, "byte by byte");
	return result;
}


inline ParserOutcome accepted(const std::string& request, const HTTPRequestParser::Limits& limits = HTTPRequestParser::Limits())
	/// Parses the request in every way. Throws unless it is complete, and all of it is consumed.
{
	const ParserOutcome result = parseEveryWay(request, limits);
	if (result.result != HTTPRequestParser::RESULT_COMPLETE || result.end != request.size()) throw std::runtime_error("not accepted: " + printable(request) + "\n  but: " + printable(result.toString()));
	return result;
}


inline bool refused(int status, const std::string& request, const HTTPRequestParser::Limits& limits = HTTPRequestParser::Limits())
	/// Parses the request in every way. Throws unless it is refused with the status.
{
	const ParserOutcome result = parseEveryWay(request, limits);
	if (result.result != HTTPRequestParser::RESULT_ERROR || result.status != status) throw std::runtime_error("not refused with " + std::to_string(status) + ": " + printable(request) + "\n  but: " + printable(result.toString()));
	return true;
}


inline std::string request(const std::string& requestLine, const std::string& fields = "", const std::string& body = "")
{
	return requestLine + "\r\nHost: a\r\n" + fields + "\r\n" + body;
}


inline std::string get(const std::string& fields)
{
	return request("GET / HTTP/1.1", fields);
}


inline std::string post(const std::string& fields, const std::string& body = "")
{
	return request("POST / HTTP/1.1", fields, body);
}


#endif // ParserChecks_INCLUDED
