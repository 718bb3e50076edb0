//
// Conversation.cpp
//
// The protocols, without a socket: bytes in, bytes out.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Conversation.h"
#include "Poco/Exception.h"
#include "Poco/MemoryStream.h"
#include "Poco/NumberParser.h"
#include "Poco/String.h"
#include "Poco/Timestamp.h"
#include <algorithm>
#include <cctype>
#include <cstring>
#include <sstream>


using Poco::Net::HTTPMessage;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;


namespace
{
	const int MAX_FIELDS = 100; // as many as POCO's HTTPServer takes

	bool isToken(char c)
	{
		return std::isalnum(static_cast<unsigned char>(c)) || (c != 0 && std::strchr("!#$%&'*+-.^_`|~", c));
	}

	bool isVisible(char c)
	{
		return static_cast<unsigned char>(c) > ' ' && c != 0x7F;
	}

	HTTPResponse::HTTPStatus checkRequestLine(std::string_view line)
		/// POCO takes nearly everything for a request, e.g. one that is spread over several lines.
	{
		const std::size_t method = line.find(' ');
		const std::size_t target = line.rfind(' ');
		if (method == std::string_view::npos || method == 0 || target <= method + 1 || line.back() != '\r')
			return HTTPResponse::HTTP_BAD_REQUEST;
		if (!std::all_of(line.begin(), line.begin() + method, isToken)) return HTTPResponse::HTTP_BAD_REQUEST;
		if (!std::all_of(line.begin() + method + 1, line.begin() + target, isVisible)) return HTTPResponse::HTTP_BAD_REQUEST;
		const std::string_view version = line.substr(target + 1, line.size() - target - 2);
		if (version == HTTPMessage::HTTP_1_1 || version == HTTPMessage::HTTP_1_0) return HTTPResponse::HTTP_OK;
		return version.substr(0, 5) == "HTTP/" ? HTTPResponse::HTTP_VERSION_NOT_SUPPORTED : HTTPResponse::HTTP_BAD_REQUEST;
	}

	bool areFields(std::string_view lines)
		/// POCO ignores lines that are no fields.
	{
		while (!lines.empty())
		{
			const std::size_t colon = lines.find(':');
			if (colon == 0 || colon == std::string_view::npos || !std::all_of(lines.begin(), lines.begin() + colon, isToken)) return false;
			lines.remove_prefix(lines.find("\r\n") + 2);
		}
		return true;
	}

	void release(std::string& buffer)
		/// Empties a buffer. A large one is given back: most connections are idle most of the time.
	{
		if (buffer.capacity() > 4*Conversation::CHUNK) std::string().swap(buffer);
		else buffer.clear();
	}
}


Conversation::Conversation(Protocol protocol, const Work& work):
	_protocol(protocol),
	_work(work),
	_request(HTTPMessage::HTTP_1_1)
{
	_request.setFieldLimit(MAX_FIELDS);
	restart();
}


void Conversation::restart()
{
	_state = HEADER;
	_ended = false;
	release(_input);
	_searched = 0;
	_bodyLength = 0;
	release(_output);
	_sent = 0;
	_status = HTTPResponse::HTTP_OK;
}


void Conversation::receive(const char* pData, std::size_t length)
{
	_input.append(pData, length);
}


void Conversation::endOfInput()
{
	_ended = true;
}


void Conversation::sent(std::size_t length)
{
	_sent += length;
	if (_sent < _output.size()) return;
	release(_output);
	_sent = 0;
}


bool Conversation::ready()
{
	if (output().size() >= MAX_OUTPUT) return false;
	if (_state == HEADER || _state == BODY) parse();
	if (_state == REQUEST || _state == REFUSAL) return true;
	if (_ended) _state = OVER; // half a request never becomes a whole one
	return false;
}


void Conversation::parse()
{
	if (_protocol == HTTP)
	{
		if (_state == HEADER) parseHeader();
		if (_state == BODY && _input.size() >= _bodyLength) _state = REQUEST;
	}
	else if (!_input.empty()) _state = REQUEST;
	if (_state == REQUEST) _job = _work.next();
}


void Conversation::parseHeader()
{
	// Empty lines before a request are to be ignored.
	std::size_t begin = 0;
	while (_input.compare(begin, 2, "\r\n") == 0) begin += 2;
	if (begin > 0) _input.erase(0, begin);

	const std::size_t line = _input.find('\n');
	if (std::min(line, _input.size()) > MAX_REQUEST_LINE) return refuse(HTTPResponse::HTTP_REQUEST_URI_TOO_LONG);
	if (line == std::string::npos)
	{
		// Who sends something else, e.g. the first bytes of TLS, may wait for an answer now.
		if (!_input.empty() && _input != "\r" && !isToken(_input[0])) refuse(HTTPResponse::HTTP_BAD_REQUEST);
		return;
	}
	const HTTPResponse::HTTPStatus status = checkRequestLine(std::string_view(_input).substr(0, line));
	if (status != HTTPResponse::HTTP_OK) return refuse(status);

	const std::size_t end = _input.find("\r\n\r\n", _searched);
	if (std::min(end, _input.size()) > MAX_HEADER) return refuse(HTTPResponse::HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE);
	if (end == std::string::npos) _searched = std::max<std::size_t>(_input.size(), 3) - 3;
	else if (!areFields(std::string_view(_input).substr(line + 1, end + 1 - line))) refuse(HTTPResponse::HTTP_BAD_REQUEST);
	else readHeader(end + 4);
}


void Conversation::readHeader(std::size_t length)
{
	try
	{
		Poco::MemoryInputStream istr(_input.data(), static_cast<std::streamsize>(length));
		_request.clear();
		_request.read(istr);
	}
	catch (Poco::Exception&)
	{
		return refuse(HTTPResponse::HTTP_BAD_REQUEST);
	}
	_input.erase(0, length);
	_searched = 0;

	if (_request.getVersion() == HTTPMessage::HTTP_1_1 && !_request.has(HTTPRequest::HOST)) return refuse(HTTPResponse::HTTP_BAD_REQUEST);
	// Where a chunked body ends is not hard to find out, but it would not teach anything about servers.
	if (_request.has(HTTPMessage::TRANSFER_ENCODING)) return refuse(HTTPResponse::HTTP_NOT_IMPLEMENTED);
	if (!readBodyLength()) return;
	_state = BODY;
	if (_input.size() < _bodyLength && Poco::icompare(_request.get("Expect", ""), "100-continue") == 0)
		_output += "HTTP/1.1 100 Continue\r\n\r\n";
}


bool Conversation::readBodyLength()
	/// Two programs that do not agree about the length of a body can be played off against each other,
	/// so there is no guessing.
{
	_bodyLength = 0;
	auto field = _request.find(HTTPMessage::CONTENT_LENGTH);
	if (field == _request.end()) return true;
	const std::string length = field->second;
	const bool repeated = ++field != _request.end() && Poco::icompare(field->first, HTTPMessage::CONTENT_LENGTH) == 0;
	Poco::UInt64 value = 0;
	if (repeated || !std::all_of(length.begin(), length.end(), [](unsigned char c) { return std::isdigit(c); })
		|| !Poco::NumberParser::tryParseUnsigned64(length, value))
	{
		refuse(HTTPResponse::HTTP_BAD_REQUEST);
		return false;
	}
	if (value > MAX_BODY)
	{
		refuse(HTTPResponse::HTTP_REQUEST_ENTITY_TOO_LARGE);
		return false;
	}
	_bodyLength = static_cast<std::size_t>(value);
	return true;
}


void Conversation::refuse(HTTPResponse::HTTPStatus status)
{
	_status = status;
	_state = REFUSAL;
}


void Conversation::answer()
{
	if (_state == REFUSAL)
	{
		HTTPResponse response(HTTPMessage::HTTP_1_1, _status);
		response.setKeepAlive(false);
		send(response, 0, 0);
		release(_input);
		_state = OVER;
		return;
	}

	Work::perform(_job);
	_state = HEADER;
	if (_protocol == HTTP)
	{
		respond();
		_input.erase(0, _bodyLength);
	}
	else
	{
		_output += _input;
		_input.clear();
	}
	if (_input.empty()) release(_input);
}


void Conversation::respond()
{
	HTTPResponse response(_request.getVersion(), HTTPResponse::HTTP_OK);
	response.setKeepAlive(_request.getKeepAlive());
	response.setContentType("text/plain");
	if (_job.slow) response.set("X-Slow", "1");
	if (!_request.getKeepAlive()) _state = OVER;

	if (_request.getMethod() == HTTPRequest::HTTP_POST && _request.getURI() == "/echo") send(response, _input.data(), _bodyLength);
	else send(response, _work.body().data(), _work.body().size());
}


void Conversation::send(HTTPResponse& response, const char* pBody, std::size_t length)
{
	response.setDate(Poco::Timestamp());
	response.setContentLength(static_cast<std::streamsize>(length));
	std::ostringstream ostr;
	response.write(ostr);
	_output += ostr.str();
	if (length > 0 && _request.getMethod() != HTTPRequest::HTTP_HEAD) _output.append(pBody, length);
}
