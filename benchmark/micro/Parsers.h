//
// Parsers.h
//
// Library: EVNet
// Package: Benchmark
// Module:  Parsers
//
// Definition of the Parser class and the list of parsers.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Benchmark_Parsers_INCLUDED
#define Benchmark_Parsers_INCLUDED


#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>


struct RequestView
	/// What a parser has found, as views into the request.
{
	struct Field
	{
		std::string_view name;
		std::string_view value;
	};

	enum
	{
		MAX_FIELDS = 100
	};

	std::string_view method;
	std::string_view target;
	Field            fields[MAX_FIELDS];
	std::size_t      count = 0;
};


class Parser
	/// A parser of requests, EVNet's or another one.
{
public:
	enum Result
	{
		RESULT_INCOMPLETE,
			/// More bytes are needed.
		RESULT_COMPLETE,
			/// The request is complete and accepted.
		RESULT_REFUSED
			/// The request is an error.
	};

	virtual ~Parser() = default;

	virtual Result parse(char* pData, std::size_t length, RequestView& view) = 0;
		/// Reads the request at the beginning of the given bytes, from its beginning. Finds method, target
		/// and fields; keeps them in the view, unless the parser itself has a place for them.
};


struct ParserEntry
{
	const char* name;
	std::unique_ptr<Parser> (*create)();
};


std::vector<ParserEntry> parsers();
	/// Returns EVNet's parser, POCO's, and those whose libraries were found.

// Each has a file of its own: the headers of the libraries exclude each other.
std::unique_ptr<Parser> newEVNetParser();
std::unique_ptr<Parser> newPocoParser();
std::unique_ptr<Parser> newHTTPParser();
std::unique_ptr<Parser> newLLHTTP();
std::unique_ptr<Parser> newPicoHTTPParser();


#endif // Benchmark_Parsers_INCLUDED
