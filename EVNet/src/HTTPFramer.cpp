//
// HTTPFramer.cpp
//
// Library: EVNet
// Package: HTTPServer
// Module:  HTTPFramer
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPFramer.h"
#include "Poco/Ascii.h"
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>


namespace Poco {
namespace EVNet {


namespace
{
	const std::ptrdiff_t UNBOUNDED = std::numeric_limits<std::ptrdiff_t>::max();

	bool equalsIgnoreCase(std::string_view a, std::string_view lower)
	{
		if (a.size() != lower.size()) return false;
		for (std::size_t i = 0; i < a.size(); i++)
		{
			if (Poco::Ascii::toLower(static_cast<unsigned char>(a[i])) != lower[i]) return false;
		}
		return true;
	}

	std::string_view trim(std::string_view s)
	{
		while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
		while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
		return s;
	}
}


HTTPFramer::HTTPFramer()
{
	reset();
}


void HTTPFramer::reset()
{
	_scanned = 0;
	_total = 0;
	_error = 0;
	_state = STATE_HEADER;
	_leading = 0;
	_hasLength = _chunked = _expectContinue = _unbounded = _bodyless = false;
}


std::ptrdiff_t HTTPFramer::fail(int status, std::size_t length)
{
	_error = static_cast<short>(status);
	return static_cast<std::ptrdiff_t>(length);
}


std::ptrdiff_t HTTPFramer::frame(const char* pData, std::size_t length, std::size_t budget)
{
	if (_state == STATE_HEADER)
	{
		// An empty line before the request is to be ignored (RFC 9112, section 2.2).
		if (_leading == 0 && length >= 2 && pData[0] == '\r' && pData[1] == '\n') _leading = 2;
		const std::size_t from = std::max<std::size_t>(_leading, _scanned > 3 ? _scanned - 3 : 0);
		const void* pEnd = length > from ? ::memmem(pData + from, length - from, "\r\n\r\n", 4) : nullptr;
		_scanned = length;
		if (!pEnd) return length >= budget ? fail(431, length) : 0;

		const std::size_t headerEnd = static_cast<std::size_t>(static_cast<const char*>(pEnd) - pData) + 4;
		if (!parseHeader(std::string_view(pData + _leading, headerEnd - _leading - 2))) return fail(400, length);
		_scanned = headerEnd;
		if (_chunked) _state = STATE_CHUNK_SIZE;
		else
		{
			if (_total > static_cast<Poco::UInt64>(UNBOUNDED) - headerEnd) return fail(413, length);
			_state = STATE_BODY;
			_total += headerEnd;
		}
	}
	if (_chunked && !scanChunks(pData, length))
	{
		if (_error) return static_cast<std::ptrdiff_t>(length);
		if (!_expectContinue && length < budget) return 0;
		_unbounded = true;
		return UNBOUNDED;
	}
	// With Expect: 100-continue the client sends the body when the handler says so.
	return _total <= length || _total > budget || _expectContinue ? static_cast<std::ptrdiff_t>(_total) : 0;
}


bool HTTPFramer::parseHeader(std::string_view header)
{
	std::size_t lineEnd = header.find("\r\n");
	std::string_view requestLine = header.substr(0, lineEnd);
	std::string_view method = requestLine.substr(0, requestLine.find(' '));
	_bodyless = method == "GET" || method == "HEAD" || method == "DELETE";
	header.remove_prefix(lineEnd + 2);
	while (!header.empty())
	{
		lineEnd = header.find("\r\n");
		std::string_view line = header.substr(0, lineEnd);
		header.remove_prefix(lineEnd + 2);
		// A folded line (obs-fold) or white space before the colon could hide a field
		// from us that others see (RFC 9112, section 5).
		std::size_t colon = line.find(':');
		if (colon == std::string_view::npos || colon == 0 || line[0] == ' ' || line[0] == '\t' || line[colon - 1] == ' ' || line[colon - 1] == '\t') return false;
		if (!parseField(line.substr(0, colon), trim(line.substr(colon + 1)))) return false;
	}
	return !(_hasLength && _chunked);
}


bool HTTPFramer::parseField(std::string_view name, std::string_view value)
{
	if (equalsIgnoreCase(name, "content-length"))
	{
		if (_hasLength || value.empty() || value.size() > 18) return false;
		_hasLength = true;
		for (char c: value)
		{
			if (!Poco::Ascii::isDigit(static_cast<unsigned char>(c))) return false;
			_total = 10*_total + static_cast<Poco::UInt64>(c - '0');
		}
	}
	else if (equalsIgnoreCase(name, "transfer-encoding"))
	{
		if (_chunked || !equalsIgnoreCase(value, "chunked")) return false;
		_chunked = true;
	}
	else if (equalsIgnoreCase(name, "expect"))
	{
		_expectContinue = equalsIgnoreCase(value, "100-continue");
	}
	return true;
}


bool HTTPFramer::scanChunks(const char* pData, std::size_t length)
{
	// _scanned is where the next line begins: a chunk size or a trailer field.
	for (;;)
	{
		const void* pEnd = _scanned < length ? std::memchr(pData + _scanned, '\n', length - _scanned) : nullptr;
		if (!pEnd) return false;
		const std::size_t next = static_cast<std::size_t>(static_cast<const char*>(pEnd) - pData) + 1;
		std::string_view line(pData + _scanned, next - _scanned);
		if (line.size() < 2 || line[line.size() - 2] != '\r') break;
		line.remove_suffix(2);
		if (_state == STATE_TRAILER)
		{
			_scanned = next;
			if (!line.empty()) continue;
			_total = next;
			_state = STATE_BODY;
			return true;
		}
		std::string_view digits = trim(line.substr(0, line.find(';')));
		if (digits.empty() || digits.size() > 8) break;
		std::size_t size = 0;
		for (char c: digits)
		{
			if (!Poco::Ascii::isHexDigit(static_cast<unsigned char>(c))) { _error = 400; return false; }
			size = 16*size + static_cast<std::size_t>(Poco::Ascii::isDigit(static_cast<unsigned char>(c)) ? c - '0' : Poco::Ascii::toLower(static_cast<unsigned char>(c)) - 'a' + 10);
		}
		if (size == 0)
		{
			_state = STATE_TRAILER;
			_scanned = next;
			continue;
		}
		if (length < next + size + 2) return false;
		if (pData[next + size] != '\r' || pData[next + size + 1] != '\n') break;
		_scanned = next + size + 2;
	}
	_error = 400;
	return false;
}


} } // namespace Poco::EVNet
