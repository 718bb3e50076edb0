//
// PicoHTTPParser.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  PicoHTTPParser
//
// picohttpparser, that of h2o.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Parsers.h"


// Debian has picohttpparser in h2o's library only, which exports it but comes without its header.
extern "C"
{
	struct phr_header
	{
		const char* name;
		std::size_t name_len;
		const char* value;
		std::size_t value_len;
	};

	int phr_parse_request(const char* buf, std::size_t len, const char** method, std::size_t* method_len, const char** path,
		std::size_t* path_len, int* minor_version, struct phr_header* headers, std::size_t* num_headers, std::size_t last_len);
}


namespace
{
	class PicoHTTPParser: public Parser
		/// Reads the header only, and leaves it to its user to find out what the fields mean: where the
		/// body ends, and whether the connection persists.
	{
	public:
		Result parse(char* pData, std::size_t length, RequestView& view) override
		{
			const char* pMethod;
			const char* pTarget;
			std::size_t methodLength;
			std::size_t targetLength;
			int minorVersion;
			view.count = RequestView::MAX_FIELDS;
			const int rc = phr_parse_request(pData, length, &pMethod, &methodLength, &pTarget, &targetLength, &minorVersion, _headers,
				&view.count, 0);
			if (rc <= 0) return rc == -2 ? RESULT_INCOMPLETE : RESULT_REFUSED;
			view.method = std::string_view(pMethod, methodLength);
			view.target = std::string_view(pTarget, targetLength);
			return RESULT_COMPLETE;
		}

	private:
		phr_header _headers[RequestView::MAX_FIELDS];
	};
}


std::unique_ptr<Parser> newPicoHTTPParser()
{
	return std::make_unique<PicoHTTPParser>();
}
