//
// HTTPParser.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  HTTPParser
//
// http_parser, once that of Node.js.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Parsers.h"
#include <http_parser.h>


namespace
{
	class HTTPParser: public Parser
	{
	public:
		HTTPParser()
		{
			http_parser_settings_init(&_settings);
			_settings.on_url = &onURL;
			_settings.on_header_field = &onName;
			_settings.on_header_value = &onValue;
			_settings.on_message_complete = &onComplete;
		}

		Result parse(char* pData, std::size_t length, RequestView& view) override
		{
			http_parser parser;
			http_parser_init(&parser, HTTP_REQUEST);
			parser.data = this;
			_pView = &view;
			view.count = 0;
			_complete = false;
			http_parser_execute(&parser, &_settings, pData, length);
			if (!_complete) return HTTP_PARSER_ERRNO(&parser) == HPE_OK ? RESULT_INCOMPLETE : RESULT_REFUSED;
			view.method = http_method_str(static_cast<http_method>(parser.method));
			return RESULT_COMPLETE;
		}

	private:
		static HTTPParser& self(http_parser* pParser)
		{
			return *static_cast<HTTPParser*>(pParser->data);
		}

		static int onURL(http_parser* pParser, const char* p, std::size_t length)
		{
			self(pParser)._pView->target = std::string_view(p, length);
			return 0;
		}

		static int onName(http_parser* pParser, const char* p, std::size_t length)
		{
			RequestView& view = *self(pParser)._pView;
			if (view.count == RequestView::MAX_FIELDS) return 1;
			view.fields[view.count++].name = std::string_view(p, length);
			return 0;
		}

		static int onValue(http_parser* pParser, const char* p, std::size_t length)
		{
			RequestView& view = *self(pParser)._pView;
			view.fields[view.count - 1].value = std::string_view(p, length);
			return 0;
		}

		static int onComplete(http_parser* pParser)
		{
			self(pParser)._complete = true;
			http_parser_pause(pParser, 1); // what follows is another request
			return 0;
		}

		http_parser_settings _settings;
		RequestView*         _pView = nullptr;
		bool                 _complete = false;
	};
}


std::unique_ptr<Parser> newHTTPParser()
{
	return std::make_unique<HTTPParser>();
}
