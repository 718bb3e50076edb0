//
// HTTPChunkedDecoder.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPChunkedDecoder
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/HTTPChunkedDecoder.h"
#include "http/HTTPCharacters.h"
#include <algorithm>


namespace Poco {
namespace EVNet {


namespace
{
	const int MAX_DIGITS = 15; // of a chunk size: less than an Int64 can hold
}


HTTPChunkedDecoder::HTTPChunkedDecoder()
{
	reset(0, 0);
}


void HTTPChunkedDecoder::reset(std::size_t maxExtraBytes, std::size_t maxTrailerFields)
{
	_state = STATE_SIZE;
	_separated = _spaced = false;
	_error = 0;
	_digits = _lineLength = 0;
	_remaining = 0;
	_maxExtraBytes = maxExtraBytes;
	_maxTrailerFields = maxTrailerFields;
	_trailerBytes = _excess = 0;
	_line.clear();
	if (!_trailer.empty()) _trailer.clear();
}


void HTTPChunkedDecoder::fail(int status)
{
	_state = STATE_ERROR;
	_error = static_cast<short>(status);
}


std::size_t HTTPChunkedDecoder::decode(const char* pData, std::size_t length, std::string_view& body)
{
	const char* p = pData;
	const char* pEnd = pData + length;
	body = std::string_view();
	while (p < pEnd && _state < STATE_COMPLETE)
	{
		switch (_state)
		{
		case STATE_DATA:
			if (!body.empty()) return static_cast<std::size_t>(p - pData); // one piece at a time
			body = std::string_view(p, static_cast<std::size_t>(std::min<Poco::UInt64>(_remaining, static_cast<Poco::UInt64>(pEnd - p))));
			_remaining -= body.size();
			p += body.size();
			if (_remaining == 0) _state = STATE_DATA_CR;
			break;
		case STATE_TRAILER:
			takeTrailerByte(*p++);
			break;
		default:
			takeLineByte(*p++);
		}
	}
	return static_cast<std::size_t>(p - pData);
}


void HTTPChunkedDecoder::takeLineByte(char c)
{
	const int digit = _state == STATE_SIZE ? HTTPCharacters::hexValue(c) : -1;
	if (digit >= 0)
	{
		_remaining = 16*_remaining + static_cast<Poco::UInt64>(digit);
		if (_remaining > 0 && ++_digits > MAX_DIGITS) fail(413);
		if (++_lineLength > MAX_LINE) fail(400);
		return;
	}
	switch (_state)
	{
	case STATE_SIZE:
		if (_lineLength == 0) return fail(400);
		_state = STATE_EXTENSION;
		[[fallthrough]];
	case STATE_EXTENSION:
		if (++_lineLength > MAX_LINE) return fail(400);
		if (c == '\r' && !_spaced) _state = STATE_SIZE_LF;
		else if (c == ';')
		{
			_separated = true;
			_spaced = false;
		}
		else if (!_separated)
		{
			// Between size and semicolon only (RFC 9112, section 7.1.1)
			_spaced = c == ' ' || c == '\t';
			if (!_spaced) fail(400);
		}
		else if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) fail(400);
		break;
	case STATE_SIZE_LF:
		if (c != '\n') return fail(400);
		endSizeLine();
		break;
	case STATE_DATA_CR:
		if (c != '\r') return fail(400);
		_state = STATE_DATA_LF;
		break;
	case STATE_DATA_LF:
		if (c != '\n') return fail(400);
		_state = STATE_SIZE;
		break;
	default:
		break;
	}
}


void HTTPChunkedDecoder::endSizeLine()
{
	_excess += static_cast<std::size_t>(_lineLength - std::min(_lineLength, MAX_DIGITS + 1));
	if (_excess > _maxExtraBytes) return fail(400);
	_excess -= static_cast<std::size_t>(std::min<Poco::UInt64>(_excess, _remaining));
	_state = _remaining > 0 ? STATE_DATA : STATE_TRAILER;
	_digits = _lineLength = 0;
	_separated = _spaced = false;
}


void HTTPChunkedDecoder::takeTrailerByte(char c)
{
	if (++_trailerBytes > _maxExtraBytes) return fail(431);
	_line += c;
	if (c != '\n') return;
	if (_line.size() < 2 || _line[_line.size() - 2] != '\r') return fail(400);
	_line.resize(_line.size() - 2);
	if (_line.empty()) _state = STATE_COMPLETE;
	else if (_trailer.size() >= _maxTrailerFields) fail(431);
	else if (!addTrailerField()) fail(400);
	_line.clear();
}


bool HTTPChunkedDecoder::addTrailerField()
{
	const char* pLine = _line.data();
	const char* pEnd = pLine + _line.size();
	const char* pColon = HTTPCharacters::skipToken(pLine, pEnd);
	if (pColon == pLine || pColon == pEnd || *pColon != ':') return false;
	if (HTTPCharacters::skipText(pColon + 1, pEnd) != pEnd) return false;
	const std::string_view value = HTTPCharacters::trim(std::string_view(pColon + 1, static_cast<std::size_t>(pEnd - pColon - 1)));
	_trailer.add(std::string(pLine, pColon), std::string(value));
	return true;
}


} } // namespace Poco::EVNet
