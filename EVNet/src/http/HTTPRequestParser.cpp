//
// HTTPRequestParser.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPRequestParser
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/HTTPRequestParser.h"
#include "http/HTTPCharacters.h"
#include <algorithm>
#include <cstring>


namespace Poco {
namespace EVNet {


namespace
{
	const std::size_t MAX_METHOD = 32;         // as in Poco::Net::HTTPRequest
	const std::size_t MAX_LENGTH_DIGITS = 18;  // of a Content-Length: less than an Int64 can hold
	const std::size_t USUAL_FIELDS = 32;

	Poco::UInt32 offset(const char* p, const char* pData)
	{
		return static_cast<Poco::UInt32>(p - pData);
	}

	bool isWeb(std::string_view scheme)
	{
		return HTTPCharacters::equalsIgnoreCase(scheme, "http") || HTTPCharacters::equalsIgnoreCase(scheme, "https");
	}

	bool isHost(std::string_view text)
		/// Returns true for a host, which may be empty, with or without a port (RFC 3986, section 3.2).
	{
		const bool address = !text.empty() && text[0] == '['; // IPv6: the colons in it are no port
		const std::size_t hostEnd = address ? text.find(']') : 0;
		if (hostEnd == std::string_view::npos) return false;
		const std::size_t colon = text.find(':', hostEnd);
		const std::string_view host = text.substr(0, colon);
		if (address && host.size() != hostEnd + 1) return false;
		if (!address && host.find_first_of("[]") != std::string_view::npos) return false;
		if (!std::all_of(host.begin(), host.end(), [](char c) { return HTTPCharacters::isHost(c); })) return false;
		return colon == std::string_view::npos || text.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
	}

	std::string_view authorityOf(std::string_view uri)
		/// Returns what is between scheme and path of a URI.
	{
		uri.remove_prefix(uri.find("://") + 3);
		return uri.substr(0, uri.find_first_of("/?"));
	}
}


HTTPRequestParser::HTTPRequestParser()
{
	_fields.reserve(USUAL_FIELDS);
	reset();
}


void HTTPRequestParser::reset(bool emptyLine)
{
	_fields.clear();
	_reason = "";
	_line = _scanned = _start = _methodLength = _target = _targetLength = 0;
	_headerEnd = _bodyEnd = _end = 0;
	_contentLength = 0;
	_status = 0;
	_state = emptyLine ? STATE_REQUEST_LINE : STATE_START;
	_http11 = _hasLength = _hasHost = _hasType = _hasCoding = _chunked = _unknownCoding = false;
	_close = _persist = _upgrade = _hasUpgrade = _expectContinue = _connect = _head = _options = _hasBody = false;
}


bool HTTPRequestParser::fail(int status, const char* reason)
{
	_state = STATE_ERROR;
	_status = static_cast<short>(status);
	_reason = reason;
	return false;
}


HTTPRequestParser::LineResult HTTPRequestParser::failLine(int status, const char* reason)
{
	fail(status, reason);
	return LINE_ERROR;
}


HTTPRequestParser::Result HTTPRequestParser::parse(char* pData, std::size_t length, const Limits& limits)
{
	if (_state < STATE_BODY && !parseHeader(pData, length, limits)) return _state == STATE_ERROR ? RESULT_ERROR : RESULT_INCOMPLETE;
	switch (_state)
	{
	case STATE_CHUNKS:
		return decodeChunks(pData, length, limits);
	case STATE_BODY:
		_bodyEnd = _end = static_cast<std::size_t>(std::min<Poco::UInt64>(length, _headerEnd + _contentLength));
		return _end - _headerEnd == _contentLength ? RESULT_COMPLETE : RESULT_HEADER;
	case STATE_TO_END:
		_bodyEnd = _end = length;
		if (length - _headerEnd > limits.body) fail(413, "The body is too large (RFC 9110, section 15.5.14)");
		return _state == STATE_ERROR ? RESULT_ERROR : RESULT_HEADER;
	default:
		return RESULT_ERROR;
	}
}


bool HTTPRequestParser::parseHeader(char* pData, std::size_t length, const Limits& limits)
{
	if (_state == STATE_START && parseStart(pData, length) != LINE_OK) return false;
	while (_state < STATE_BODY)
	{
		// What is beyond a limit is not looked at, so that it makes no difference in which pieces the bytes arrive.
		const std::size_t lineLimit = _state == STATE_REQUEST_LINE ? limits.requestLine : limits.field;
		const std::size_t headerLimit = limits.header > _line ? limits.header - _line : 0;
		const std::size_t available = length - _line;
		const bool tooLong = available > std::min(lineLimit, headerLimit);
		const char* pEnd = pData + _line + std::min({available, lineLimit, headerLimit});

		// A line that was not complete the last time is read again when its end has arrived, not for each byte.
		LineResult result = LINE_INCOMPLETE;
		if (_scanned == _line || tooLong || std::memchr(pData + _scanned, '\n', length - _scanned))
		{
			result = _state == STATE_REQUEST_LINE ? parseRequestLine(pData, pEnd, limits) : parseField(pData, pEnd, limits);
		}
		if (result == LINE_ERROR) return false;
		if (result == LINE_INCOMPLETE)
		{
			_scanned = length;
			if (!tooLong) return false;
			if (headerLimit < lineLimit) return fail(431, "The header is too long");
			return _state == STATE_REQUEST_LINE ? fail(414, "The request line is too long") : fail(431, "A header field is too long");
		}
		_scanned = _line;
		if (_headerEnd > 0) return checkHeader(limits);
	}
	return true;
}


HTTPRequestParser::LineResult HTTPRequestParser::parseStart(const char* pData, std::size_t length)
{
	// One empty line before the request is ignored (RFC 9112, section 2.2).
	if (length == 0 || (length == 1 && pData[0] == '\r')) return LINE_INCOMPLETE;
	if (pData[0] == '\r' && pData[1] == '\n') _line = 2;
	_start = _line;
	_state = STATE_REQUEST_LINE;
	return LINE_OK;
}


HTTPRequestParser::LineResult HTTPRequestParser::parseRequestLine(const char* pData, const char* pEnd, const Limits& limits)
{
	const char* pMethod = pData + _line;
	const char* p = HTTPCharacters::skipToken(pMethod, pMethod + std::min(static_cast<std::size_t>(pEnd - pMethod), MAX_METHOD + 1));
	const std::size_t methodLength = static_cast<std::size_t>(p - pMethod);
	if (methodLength > MAX_METHOD) return failLine(501, "The method is not known (RFC 9112, section 3)");
	if (p == pEnd) return LINE_INCOMPLETE;
	if (*p != ' ' || methodLength == 0) return failLine(400, "The method is not a token followed by one space (RFC 9112, section 3.1)");
	classifyMethod(std::string_view(pMethod, methodLength));

	const char* pTarget = ++p;
	for (;;)
	{
		while (p < pEnd && HTTPCharacters::isTarget(*p)) ++p;
		if (p == pEnd || static_cast<unsigned char>(*p) < 0x80 || limits.strict) break;
		++p; // UTF-8, not percent-encoded, as Poco takes it
	}
	const std::size_t targetLength = static_cast<std::size_t>(p - pTarget);
	if (p == pEnd) return LINE_INCOMPLETE;
	if (*p != ' ') return failLine(400, "The request target contains an invalid character, or no version follows (RFC 9112, section 3)");

	const LineResult result = parseVersion(p + 1, pEnd);
	if (result != LINE_OK) return result;
	const char* pNext = p + 1 + std::strlen("HTTP/1.1\r\n");
	_methodLength = methodLength;
	_target = offset(pTarget, pData);
	_targetLength = targetLength;
	if (!parseTarget(target(pData))) return LINE_ERROR;
	_line = offset(pNext, pData);
	_state = STATE_FIELDS;
	return LINE_OK;
}


void HTTPRequestParser::classifyMethod(std::string_view method)
{
	// Methods are case-sensitive (RFC 9110, section 9.1).
	_head = method == "HEAD";
	if (_head || method == "GET" || method == "DELETE") return;
	_hasBody = method == "POST" || method == "PUT" || method == "PATCH";
	_connect = method == "CONNECT";
	_options = method == "OPTIONS";
}


bool HTTPRequestParser::parseTarget(std::string_view target)
{
	// The four forms, RFC 9112, section 3.2. A user name in a URI is an error: RFC 9110, section 4.2.4.
	if (_connect)
	{
		const std::size_t colon = target.rfind(':');
		const bool hasPort = colon != std::string_view::npos && colon > 0 && colon + 1 < target.size();
		return hasPort && isHost(target) ? true : fail(400, "The target of CONNECT is not host:port (RFC 9112, section 3.2.3)");
	}
	if (!target.empty() && target[0] == '/') return true;
	if (target == "*") return _options ? true : fail(400, "The target * is for OPTIONS only (RFC 9112, section 3.2.4)");
	const std::size_t scheme = target.find("://");
	const bool absolute = scheme != std::string_view::npos && isWeb(target.substr(0, scheme));
	if (!absolute) return fail(400, "The request target is neither a path nor an http URI (RFC 9112, section 3.2)");
	const std::string_view authority = authorityOf(target);
	const bool hasHost = !authority.empty() && authority[0] != ':' && isHost(authority);
	return hasHost ? true : fail(400, "The request target has no valid host (RFC 9110, section 4.2)");
}


std::string_view HTTPRequestParser::methodAndPath(const char* pData) const
{
	const std::size_t pathLength = std::min(target(pData).find('?'), std::size_t(_targetLength));
	return std::string_view(pData + _start, _target - _start + pathLength);
}


std::string_view HTTPRequestParser::targetAuthority(const char* pData) const
{
	const std::string_view result = target(pData);
	if (_connect || result.empty() || result[0] == '/' || result == "*") return std::string_view();
	return authorityOf(result);
}


HTTPRequestParser::LineResult HTTPRequestParser::parseVersion(const char* p, const char* pEnd)
{
	static const std::string_view NAME("HTTP/");
	const std::size_t available = static_cast<std::size_t>(pEnd - p);
	if (std::memcmp(p, NAME.data(), std::min(available, NAME.size())) != 0)
		return failLine(400, "The request line does not end with an HTTP version (RFC 9112, section 2.3)");
	if (available < NAME.size() + 3) return LINE_INCOMPLETE;
	p += NAME.size();
	const bool digits = p[0] >= '0' && p[0] <= '9' && p[1] == '.' && p[2] >= '0' && p[2] <= '9';
	if (!digits) return failLine(400, "The HTTP version is not two digits (RFC 9112, section 2.3)");
	if (p[0] != '1') return failLine(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here (RFC 9110, section 15.6.6)");
	_http11 = p[2] != '0'; // a higher minor version is answered with the highest one known (RFC 9110, section 2.5)
	return endOfLine(p + 3, pEnd, "Something follows the HTTP version (RFC 9112, section 3)");
}


HTTPRequestParser::LineResult HTTPRequestParser::endOfLine(const char* p, const char* pEnd, const char* reason)
{
	if (p == pEnd) return LINE_INCOMPLETE;
	if (*p != '\r') return failLine(400, *p == '\n' ? "A line ends with LF alone (RFC 9112, section 2.2)" : reason);
	if (p + 1 == pEnd) return LINE_INCOMPLETE;
	if (p[1] == '\n') return LINE_OK;
	return failLine(400, "CR without LF (RFC 9112, section 2.2)");
}


HTTPRequestParser::LineResult HTTPRequestParser::parseField(const char* pData, const char* pEnd, const Limits& limits)
{
	const char* pLine = pData + _line;
	if (pLine == pEnd) return LINE_INCOMPLETE;
	if (*pLine == '\r')
	{
		const LineResult result = endOfLine(pLine, pEnd, "");
		if (result == LINE_OK) _headerEnd = _line = _line + 2;
		return result;
	}
	if (*pLine == ' ' || *pLine == '\t') return failLine(400, "A header line begins with white space (RFC 9112, sections 2.2 and 5.2)");

	const char* pColon = HTTPCharacters::skipToken(pLine, pEnd);
	if (pColon == pEnd) return LINE_INCOMPLETE;
	if (*pColon != ':' || pColon == pLine) return failLine(400, "A field name is not a token followed by a colon (RFC 9112, section 5.1)");
	const char* pValue = pColon + 1;
	while (pValue < pEnd && (*pValue == ' ' || *pValue == '\t')) ++pValue;
	const char* p = HTTPCharacters::skipText(pValue, pEnd);
	const LineResult result = endOfLine(p, pEnd, "A field value contains a control character (RFC 9110, section 5.5)");
	if (result != LINE_OK) return result;

	if (_fields.size() >= limits.fields) return failLine(431, "There are too many header fields");
	while (p > pValue && (p[-1] == ' ' || p[-1] == '\t')) --p;
	const Field field = {offset(pLine, pData), offset(pColon, pLine), offset(pValue, pData), offset(p, pValue)};
	_fields.push_back(field);
	while (*p != '\n') ++p; // behind the white space that was trimmed
	_line = offset(p + 1, pData);
	return checkField(std::string_view(pLine, field.nameLength), std::string_view(pValue, field.valueLength)) ? LINE_OK : LINE_ERROR;
}


bool HTTPRequestParser::checkField(std::string_view name, std::string_view value)
{
	// Most fields are told apart from those that matter here by their length.
	switch (name.size())
	{
	case 4:
		return HTTPCharacters::equalsIgnoreCase(name, "host") ? checkHost(value) : true;
	case 6:
		return HTTPCharacters::equalsIgnoreCase(name, "expect") ? checkExpect(value) : true;
	case 7:
		_hasUpgrade = _hasUpgrade || (!value.empty() && HTTPCharacters::equalsIgnoreCase(name, "upgrade"));
		return true;
	case 10:
		if (HTTPCharacters::equalsIgnoreCase(name, "connection")) checkConnection(value);
		return true;
	case 12:
		_hasType = _hasType || HTTPCharacters::equalsIgnoreCase(name, "content-type");
		return true;
	case 14:
		return HTTPCharacters::equalsIgnoreCase(name, "content-length") ? checkContentLength(value) : true;
	case 17:
		return HTTPCharacters::equalsIgnoreCase(name, "transfer-encoding") ? checkTransferEncoding(value) : true;
	default:
		return true;
	}
}


bool HTTPRequestParser::checkContentLength(std::string_view value)
{
	if (_hasLength) return fail(400, "Content-Length is repeated (RFC 9112, section 6.3)");
	if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos)
		return fail(400, "Content-Length is not a number (RFC 9112, section 6.3)");
	value.remove_prefix(std::min(value.find_first_not_of('0'), value.size() - 1));
	if (value.size() > MAX_LENGTH_DIGITS) return fail(413, "The body is too large (RFC 9110, section 15.5.14)");
	_hasLength = true;
	for (char c: value) _contentLength = 10*_contentLength + static_cast<Poco::UInt64>(c - '0');
	return true;
}


bool HTTPRequestParser::checkTransferEncoding(std::string_view value)
{
	_hasCoding = true;
	bool repeated = false;
	HTTPCharacters::forEachElement(value, [this, &repeated](std::string_view coding)
	{
		// chunked must be the last coding, also where there are several fields (RFC 9112, section 6.1).
		if (_chunked) repeated = true;
		_chunked = HTTPCharacters::equalsIgnoreCase(coding, "chunked");
		if (!_chunked) _unknownCoding = true;
	});
	return repeated ? fail(400, "Transfer-Encoding: something follows chunked (RFC 9112, section 6.1)") : true;
}


bool HTTPRequestParser::checkHost(std::string_view value)
{
	if (_hasHost) return fail(400, "Host is repeated (RFC 9112, section 3.2)");
	_hasHost = true;
	return isHost(value) ? true : fail(400, "Host contains an invalid character (RFC 9112, section 3.2)");
}


bool HTTPRequestParser::checkExpect(std::string_view value)
{
	if (!HTTPCharacters::equalsIgnoreCase(value, "100-continue"))
		return fail(417, "Only 100-continue can be expected (RFC 9110, section 10.1.1)");
	_expectContinue = true;
	return true;
}


void HTTPRequestParser::checkConnection(std::string_view value)
{
	HTTPCharacters::forEachElement(value, [this](std::string_view option)
	{
		if (HTTPCharacters::equalsIgnoreCase(option, "close")) _close = true;
		else if (HTTPCharacters::equalsIgnoreCase(option, "keep-alive")) _persist = true;
		else if (HTTPCharacters::equalsIgnoreCase(option, "upgrade")) _upgrade = true;
	});
}


bool HTTPRequestParser::checkHeader(const Limits& limits)
{
	_bodyEnd = _end = _headerEnd;
	if (!_hasHost && _http11) return fail(400, "Host is missing (RFC 9112, section 3.2)");
	if (!_http11) _expectContinue = false; // RFC 9110, section 10.1.1
	if (_hasCoding)
	{
		if (_hasLength) return fail(400, "Content-Length and Transfer-Encoding exclude each other (RFC 9112, section 6.1)");
		if (!_chunked) return fail(400, "Transfer-Encoding does not end with chunked (RFC 9112, section 6.3)");
		if (_unknownCoding) return fail(501, "Only the transfer coding chunked is understood (RFC 9112, section 6.1)");
		// Poco's client sends chunks in HTTP/1.0, too, unless told another version. A proxy on the way may not
		// have seen where the body ends (RFC 9112, section 6.1): no request may follow.
		if (!_http11 && limits.strict) return fail(400, "There is no Transfer-Encoding in HTTP/1.0 (RFC 9112, section 6.1)");
		if (!_http11) _close = true;
		_decoder.reset(limits.header, limits.fields);
		_state = STATE_CHUNKS;
		return true;
	}
	if (_contentLength > limits.body) return fail(413, "The body is too large (RFC 9110, section 15.5.14)");
	_state = STATE_BODY;
	if (_hasLength || !_hasBody) return true;
	// A request without a length has no body (RFC 9112, section 6.3), but this one seems to come with one.
	if (_http11 && (_hasType || _expectContinue)) return fail(411, "There is a body, but no Content-Length (RFC 9112, section 6.3)");
	if (_http11) return true;
	// In HTTP/1.0, the body may end with the connection.
	if (_persist) return fail(411, "There is no Content-Length, and the connection is to persist (RFC 9112, section 6.3)");
	_state = STATE_TO_END;
	return true;
}


HTTPRequestParser::Result HTTPRequestParser::decodeChunks(char* pData, std::size_t length, const Limits& limits)
{
	while (_end < length && !_decoder.complete() && !_decoder.error())
	{
		std::string_view body;
		_end += _decoder.decode(pData + _end, length - _end, body);
		if (body.empty()) continue;
		std::memmove(pData + _bodyEnd, body.data(), body.size());
		_bodyEnd += body.size();
	}
	_contentLength = _bodyEnd - _headerEnd;
	if (_contentLength > limits.body || _decoder.remaining() > limits.body - _contentLength)
		fail(413, "The body is too large (RFC 9110, section 15.5.14)");
	else if (_decoder.error()) fail(_decoder.error(), "The chunked body is malformed (RFC 9112, section 7.1)");
	if (_state == STATE_ERROR) return RESULT_ERROR;
	return _decoder.complete() ? RESULT_COMPLETE : RESULT_HEADER;
}


} } // namespace Poco::EVNet
