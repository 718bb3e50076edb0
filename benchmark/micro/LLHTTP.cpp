//
// LLHTTP.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  LLHTTP
//
// llhttp, that of Node.js.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Parsers.h"
#include <llhttp.h>


namespace
{
	class LLHTTP: public Parser
	{
	public:
		LLHTTP()
		{
			llhttp_settings_init(&_settings);
			_settings.on_method = &onMethod;
			_settings.on_url = &onURL;
			_settings.on_header_field = &onName;
			_settings.on_header_value = &onValue;
			_settings.on_message_complete = &onComplete;
		}

		Result parse(char* pData, std::size_t length, RequestView& view) override
		{
			llhttp_t parser;
			llhttp_init(&parser, HTTP_REQUEST, &_settings);
			parser.data = &view;
			view.count = 0;
			switch (llhttp_execute(&parser, pData, length))
			{
			case HPE_OK:
				return RESULT_INCOMPLETE;
			case HPE_PAUSED:
			case HPE_PAUSED_UPGRADE:
				return RESULT_COMPLETE;
			default:
				return RESULT_REFUSED;
			}
		}

	private:
		static RequestView& view(llhttp_t* pParser)
		{
			return *static_cast<RequestView*>(pParser->data);
		}

		static int onMethod(llhttp_t* pParser, const char* p, std::size_t length)
		{
			view(pParser).method = std::string_view(p, length);
			return 0;
		}

		static int onURL(llhttp_t* pParser, const char* p, std::size_t length)
		{
			view(pParser).target = std::string_view(p, length);
			return 0;
		}

		static int onName(llhttp_t* pParser, const char* p, std::size_t length)
		{
			RequestView& request = view(pParser);
			if (request.count == RequestView::MAX_FIELDS) return HPE_USER;
			request.fields[request.count++].name = std::string_view(p, length);
			return 0;
		}

		static int onValue(llhttp_t* pParser, const char* p, std::size_t length)
		{
			RequestView& request = view(pParser);
			request.fields[request.count - 1].value = std::string_view(p, length);
			return 0;
		}

		static int onComplete(llhttp_t*)
		{
			return HPE_PAUSED; // what follows is another request
		}

		llhttp_settings_t _settings;
	};
}


std::unique_ptr<Parser> newLLHTTP()
{
	return std::make_unique<LLHTTP>();
}
