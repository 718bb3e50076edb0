//
// ParserFeeder.h
//
// Gives input to an HTTPRequestParser in pieces, and says all that the parser
// has found. For the tests and the fuzzer.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ParserFeeder_INCLUDED
#define ParserFeeder_INCLUDED


#include "http/HTTPRequestParser.h"
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>


using Poco::EVNet::HTTPRequestParser;


struct ParserOutcome
	/// All that a parser says about a request.
{
	using Pairs = std::vector<std::pair<std::string, std::string>>;

	HTTPRequestParser::Result result = HTTPRequestParser::RESULT_INCOMPLETE;
	int          status = 0;
	std::string  reason;

	// unless incomplete or an error:
	std::string  method;
	std::string  target;
	std::string  authority;
	bool         http11 = false;
	bool         keepAlive = false;
	bool         expectContinue = false;
	bool         chunked = false;
	bool         toEnd = false;
	Poco::UInt64 contentLength = 0;
	std::size_t  headerEnd = 0;
	std::size_t  bodyEnd = 0;
	std::size_t  end = 0;
	Pairs        fields;
	Pairs        trailer;
	std::string  body;

	std::string toString() const
	{
		switch (result)
		{
		case HTTPRequestParser::RESULT_INCOMPLETE:
			return "incomplete";
		case HTTPRequestParser::RESULT_ERROR:
			return std::to_string(status) + " " + reason;
		default:
			break;
		}
		std::string s = result == HTTPRequestParser::RESULT_COMPLETE ? "complete" : "header";
		s += " method=" + method + " target=" + target + " authority=" + authority;
		for (bool flag: {http11, keepAlive, expectContinue, chunked, toEnd}) s += flag ? " 1" : " 0";
		for (Poco::UInt64 n: {contentLength, Poco::UInt64(headerEnd), Poco::UInt64(bodyEnd), Poco::UInt64(end)}) s += " " + std::to_string(n);
		for (const auto& f: fields) s += " [" + f.first + "=" + f.second + "]";
		for (const auto& f: trailer) s += " {" + f.first + "=" + f.second + "}";
		return s + " body=" + body;
	}
};


class ParserFeeder
	/// Gives bytes to a parser, always in a block of memory of exactly their
	/// number, so that AddressSanitizer notices when more are read.
{
public:
	explicit ParserFeeder(const HTTPRequestParser::Limits& limits = HTTPRequestParser::Limits()):
		_limits(limits)
	{
	}

	ParserFeeder(const ParserFeeder&) = delete;
	ParserFeeder& operator = (const ParserFeeder&) = delete;

	~ParserFeeder()
	{
		std::free(_pData);
	}

	HTTPRequestParser::Result feed(std::string_view piece)
		/// Appends the bytes, and parses.
	{
		const std::size_t length = _input.size() + piece.size();
		char* pData = static_cast<char*>(std::realloc(_pData, length > 0 ? length : 1));
		if (!pData) throw std::bad_alloc();
		_pData = pData;
		if (!piece.empty()) std::memcpy(_pData + _input.size(), piece.data(), piece.size());
		_input.append(piece);
		const HTTPRequestParser::Result result = _parser.parse(_pData, length, _limits);
		check(result);
		return _result = result;
	}

	ParserOutcome outcome() const
	{
		ParserOutcome o;
		o.result = _result;
		o.status = _parser.status();
		o.reason = _parser.reason();
		if (_result != HTTPRequestParser::RESULT_HEADER && _result != HTTPRequestParser::RESULT_COMPLETE) return o;
		o.method = _parser.method(_pData);
		o.target = _parser.target(_pData);
		o.authority = _parser.targetAuthority(_pData);
		o.http11 = _parser.isHTTP11();
		o.keepAlive = _parser.keepAlive();
		o.expectContinue = _parser.expectContinue();
		o.chunked = _parser.chunked();
		o.toEnd = _parser.toEnd();
		o.contentLength = _parser.contentLength();
		o.headerEnd = _parser.headerEnd();
		o.bodyEnd = _parser.bodyEnd();
		o.end = _parser.end();
		for (const HTTPRequestParser::Field& f: _parser.fields()) o.fields.emplace_back(std::string(_pData + f.name, f.nameLength), std::string(_pData + f.value, f.valueLength));
		if (o.chunked)
		{
			for (const auto& f: const_cast<HTTPRequestParser&>(_parser).decoder().trailer()) o.trailer.emplace_back(f.first, f.second);
		}
		o.body.assign(_pData + o.headerEnd, o.bodyEnd - o.headerEnd);
		return o;
	}

	HTTPRequestParser& parser()
	{
		return _parser;
	}

	char* data()
	{
		return _pData;
	}

private:
	static void require(bool condition, const char* what)
	{
		if (!condition) throw std::logic_error(what);
	}

	void check(HTTPRequestParser::Result result) const
		/// What is true of every request, however it arrives.
	{
		require(result >= _result, "The result went back");
		require(_result != HTTPRequestParser::RESULT_COMPLETE || result == _result, "A complete request changed");
		require((result == HTTPRequestParser::RESULT_ERROR) == (_parser.status() != 0), "The status does not fit the result");
		require((result == HTTPRequestParser::RESULT_ERROR) == (*_parser.reason() != 0), "The reason does not fit the result");
		require(_parser.end() <= _input.size(), "More has been consumed than there is");
		if (result != HTTPRequestParser::RESULT_HEADER && result != HTTPRequestParser::RESULT_COMPLETE) return;

		const std::size_t headerEnd = _parser.headerEnd();
		require(headerEnd > 0 && headerEnd <= _parser.bodyEnd() && _parser.bodyEnd() <= _parser.end(), "Header, body and end are not in this order");
		require(std::memcmp(_pData, _input.data(), headerEnd) == 0, "The header was changed");
		require(std::memcmp(_pData + _parser.end(), _input.data() + _parser.end(), _input.size() - _parser.end()) == 0, "Something behind the request was changed");
		require(_parser.chunked() || _parser.bodyEnd() == _parser.end(), "Something is between body and end");
		require(!_parser.toEnd() || result == HTTPRequestParser::RESULT_HEADER, "A body without end is complete");
		const std::size_t bodySize = _parser.bodyEnd() - headerEnd;
		require(_parser.toEnd() || (result == HTTPRequestParser::RESULT_COMPLETE ? bodySize == _parser.contentLength() : bodySize <= _parser.contentLength()), "The body has another length");
		require(bodySize <= _limits.body && headerEnd <= _limits.header && _parser.fields().size() <= _limits.fields, "A limit is exceeded");
		for (const HTTPRequestParser::Field& f: _parser.fields())
		{
			require(f.nameLength > 0 && f.name + f.nameLength < f.value + 1 && f.value + f.valueLength + 2 < headerEnd, "A field is not inside of the header");
			require(_input[f.name + f.nameLength] == ':', "No colon follows a field name");
		}
	}

	HTTPRequestParser::Limits _limits;
	HTTPRequestParser         _parser;
	HTTPRequestParser::Result _result = HTTPRequestParser::RESULT_INCOMPLETE;
	char*                     _pData = nullptr;
	std::string               _input;
};


#endif // ParserFeeder_INCLUDED
