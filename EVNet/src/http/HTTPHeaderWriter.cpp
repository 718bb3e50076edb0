//
// HTTPHeaderWriter.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPHeaderWriter
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/HTTPHeaderWriter.h"
#include "http/HTTPCharacters.h"
#include "http/HTTPResponseStream.h"
#include <algorithm>
#include <charconv>
#include <string_view>


using Poco::Net::HTTPMessage;
using Poco::Net::HTTPResponse;


namespace Poco {
namespace EVNet {


namespace
{
	const std::string OK_REASON("OK");

	bool isField(const std::string& name, const std::string& which)
	{
		return name.size() == which.size() && HTTPCharacters::equalsIgnoreCase(name, which);
	}

	bool isText(const std::string& text)
	{
		const char* pEnd = text.data() + text.size();
		return HTTPCharacters::skipText(text.data(), pEnd) == pEnd;
	}

	const std::string& allConnectionOptions(HTTPResponse::ConstIterator it, const HTTPResponse::ConstIterator& itEnd, std::string& joined)
		/// Returns the value of the Connection field, joined with those of the others that are behind it, if there are any: several
		/// fields of that name mean the same as one (RFC 9110, section 5.3).
	{
		const std::string* pOptions = &it->second;
		while (++it != itEnd)
		{
			if (!isField(it->first, HTTPMessage::CONNECTION)) continue;
			joined = *pOptions + ", " + it->second;
			pOptions = &joined;
		}
		return *pOptions;
	}
}


HTTPHeaderWriter::HTTPHeaderWriter(HTTPResponseStreamBuf& out):
	_out(out)
{
}


bool HTTPHeaderWriter::write(const HTTPResponse& response, const Terms& terms)
{
	writeStatusLine(response);
	bool persistent = terms.persistent;
	bool hasConnection = false;
	const HTTPResponse::ConstIterator itEnd = response.end();
	for (HTTPResponse::ConstIterator it = response.begin(); it != itEnd; ++it)
	{
		const std::string& name = it->first;
		if (isField(name, HTTPMessage::CONNECTION))
		{
			if (hasConnection) continue;
			hasConnection = true;
			if (terms.tunnel && it->second == HTTPMessage::CONNECTION_CLOSE) continue;
			const bool switches = response.getStatus() == HTTPResponse::HTTP_SWITCHING_PROTOCOLS;
			std::string joined;
			persistent = writeConnection(allConnectionOptions(it, itEnd, joined), terms, switches);
			continue;
		}
		// Of these two fields there must not be both (RFC 9112, section 6.2), also in the response to HEAD.
		if (!terms.length && isField(name, HTTPMessage::CONTENT_LENGTH)) continue;
		if (!terms.coding && isField(name, HTTPMessage::TRANSFER_ENCODING)) continue;
		writeField(name, it->second);
	}
	if (!hasConnection && !terms.tunnel)
	{
		// The handler has removed it: what the version implies (RFC 9112, section 9.3) must be true.
		if (!terms.http11) persistent = false;
		else if (!persistent) writeField(HTTPMessage::CONNECTION, HTTPMessage::CONNECTION_CLOSE);
	}
	_out.header("\r\n");
	return persistent;
}


void HTTPHeaderWriter::writeTrailer(const Poco::Net::MessageHeader& trailer)
{
	for (const auto& field: trailer)
	{
		// What says where a message ends comes too late here (RFC 9110, section 6.5.1).
		const std::string& name = field.first;
		if (isField(name, HTTPMessage::CONTENT_LENGTH) || isField(name, HTTPMessage::TRANSFER_ENCODING)) continue;
		if (!isField(name, HTTPMessage::CONNECTION)) writeField(name, field.second);
	}
}


bool HTTPHeaderWriter::writeConnection(const std::string& value, const Terms& terms, bool switches)
{
	const std::string& closeOption = HTTPMessage::CONNECTION_CLOSE;
	const std::string& keepAliveOption = HTTPMessage::CONNECTION_KEEP_ALIVE;
	if (value == closeOption || (terms.persistent && value == keepAliveOption))
	{
		_out.field(HTTPMessage::CONNECTION, value); // the usual values, which have no control characters
		return value != closeOption;
	}
	std::string options(value);
	const auto isControl = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
	std::replace_if(options.begin(), options.end(), isControl, ' '); // as in writeText()
	bool close = false;
	bool keepAlive = false;
	HTTPCharacters::forEachElement(options, [&](std::string_view option)
	{
		if (HTTPCharacters::equalsIgnoreCase(option, closeOption)) close = true;
		else if (HTTPCharacters::equalsIgnoreCase(option, keepAliveOption)) keepAlive = true;
	});
	// What the client understands (RFC 9112, section 9.3) must be what happens, whatever the handler has set.
	const bool persistent = terms.persistent && !close && (terms.http11 || keepAlive);
	if (persistent || close || switches) writeField(HTTPMessage::CONNECTION, options);
	else if (keepAlive || options.empty()) writeField(HTTPMessage::CONNECTION, closeOption);
	else writeField(HTTPMessage::CONNECTION, options + ", " + closeOption);
	return persistent;
}


void HTTPHeaderWriter::writeStatusLine(const HTTPResponse& response)
{
	_out.header(response.getVersion());
	if (response.getStatus() == HTTPResponse::HTTP_OK && response.getReason() == OK_REASON)
	{
		_out.header(" 200 OK\r\n");
		return;
	}
	char status[16] = " ";
	char* pEnd = std::to_chars(status + 1, status + sizeof(status) - 1, static_cast<int>(response.getStatus())).ptr;
	*pEnd++ = ' ';
	_out.header(std::string_view(status, static_cast<std::size_t>(pEnd - status)));
	writeText(response.getReason());
	_out.header("\r\n");
}


void HTTPHeaderWriter::writeField(const std::string& name, const std::string& value)
{
	if (isText(name) && isText(value))
	{
		_out.field(name, value);
		return;
	}
	writeText(name);
	_out.header(": ");
	writeText(value);
	_out.header("\r\n");
}


void HTTPHeaderWriter::writeText(const std::string& text)
{
	const char* pEnd = text.data() + text.size();
	const char* p = text.data();
	for (;;)
	{
		const char* pControl = HTTPCharacters::skipText(p, pEnd);
		_out.header(std::string_view(p, static_cast<std::size_t>(pControl - p)));
		if (pControl == pEnd) break;
		_out.header(" ");
		p = pControl + 1;
	}
}


} } // namespace Poco::EVNet
