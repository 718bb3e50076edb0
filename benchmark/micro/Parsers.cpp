//
// Parsers.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  Parsers
//
// EVNet's parser, POCO's, and the list of all.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Parsers.h"
#include "http/HTTPRequestParser.h"
#include "Poco/Exception.h"
#include "Poco/MemoryStream.h"
#include "Poco/Net/HTTPRequest.h"


using Poco::EVNet::HTTPRequestParser;


namespace
{
	class EVNetParser: public Parser
		/// HTTPRequestParser has the fields as offsets, which is as good as the views of the others.
	{
	public:
		Result parse(char* pData, std::size_t length, RequestView& view) override
		{
			_parser.reset();
			const HTTPRequestParser::Result result = _parser.parse(pData, length, _limits);
			if (result == HTTPRequestParser::RESULT_ERROR) return RESULT_REFUSED;
			if (result != HTTPRequestParser::RESULT_COMPLETE) return RESULT_INCOMPLETE;
			view.method = _parser.method(pData);
			view.target = _parser.target(pData);
			view.count = _parser.fields().size();
			return RESULT_COMPLETE;
		}

	private:
		HTTPRequestParser _parser;
		HTTPRequestParser::Limits _limits;
	};


	class PocoParser: public Parser
		/// Poco::Net::HTTPRequest reads into strings of its own. A server makes a new one for each request.
	{
	public:
		Result parse(char* pData, std::size_t length, RequestView& view) override
		{
			Poco::MemoryInputStream stream(pData, static_cast<std::streamsize>(length));
			Poco::Net::HTTPRequest request;
			try
			{
				request.read(stream);
			}
			catch (Poco::Exception&)
			{
				return RESULT_REFUSED;
			}
			view.count = request.size();
			return RESULT_COMPLETE;
		}
	};
}


std::unique_ptr<Parser> newEVNetParser()
{
	return std::make_unique<EVNetParser>();
}


std::unique_ptr<Parser> newPocoParser()
{
	return std::make_unique<PocoParser>();
}


std::vector<ParserEntry> parsers()
{
	return {
		{"EVNet", &newEVNetParser},
#if defined(HAVE_PICOHTTPPARSER)
		{"picohttpparser", &newPicoHTTPParser},
#endif
#if defined(HAVE_LLHTTP)
		{"llhttp", &newLLHTTP},
#endif
#if defined(HAVE_HTTP_PARSER)
		{"http_parser", &newHTTPParser},
#endif
		{"POCO", &newPocoParser}
	};
}
