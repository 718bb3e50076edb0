//
// HTTPReference.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPReference.h"
#include "FuzzerSupport.h"
#include <algorithm>
#include <cctype>
#include <cstring>


namespace
{
	const std::string_view DIGITS("0123456789");

	std::string_view trim(std::string_view text)
	{
		while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
		while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
		return text;
	}

	bool isToken(std::string_view text)
	{
		return !text.empty() && std::all_of(text.begin(), text.end(),
			[](char c) { return c > 0 && (std::isalnum(c) || std::strchr("!#$%&'*+-.^_`|~", c)); });
	}

	bool isText(std::string_view text)
		/// Returns true if there are no control characters except HTAB.
	{
		return std::none_of(text.begin(), text.end(),
			[](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
	}

	bool takeLine(std::string_view input, std::size_t& pos, std::string_view& line)
	{
		const std::size_t end = input.find("\r\n", pos);
		if (end == std::string_view::npos) return false;
		line = input.substr(pos, end - pos);
		pos = end + 2;
		return true;
	}

	bool addField(std::string_view line, ReferenceFields& fields, bool lax)
	{
		const std::size_t colon = line.find(':');
		if (colon == std::string_view::npos || !isText(line)) return false;
		if (!lax && !isToken(line.substr(0, colon))) return false;
		fields.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
		return true;
	}

	enum Progress
	{
		PROGRESS_INCOMPLETE,
		PROGRESS_MALFORMED,
		PROGRESS_DONE
	};

	Progress takeFields(std::string_view input, std::size_t& pos, ReferenceFields& fields, bool lax = false)
		/// If lax is true, a field name may be any text: the handler answers for its names, the server for the lines.
	{
		std::string_view line;
		while (takeLine(input, pos, line))
		{
			if (line.empty()) return PROGRESS_DONE;
			if (!addField(line, fields, lax)) return PROGRESS_MALFORMED;
		}
		return PROGRESS_INCOMPLETE;
	}

	Progress takeChunks(std::string_view input, std::size_t& pos, std::string& body, bool& unusual)
	{
		std::string_view line;
		while (takeLine(input, pos, line))
		{
			const std::size_t n = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
			if (n == 0 || !isText(line) || (n < line.size() && !std::strchr("; \t", line[n]))) return PROGRESS_MALFORMED;
			if (n < line.size() || n > 8) unusual = true;
			if (n > 15 && line.substr(0, n - 15).find_first_not_of('0') != std::string_view::npos) return PROGRESS_MALFORMED;
			const unsigned long long size = std::stoull(std::string(line.substr(n > 15 ? n - 15 : 0, n > 15 ? 15 : n)), nullptr, 16);
			if (size == 0)
			{
				ReferenceFields trailer;
				const Progress progress = takeFields(input, pos, trailer);
				if (!trailer.empty()) unusual = true;
				return progress;
			}
			body += input.substr(pos, static_cast<std::size_t>(std::min<unsigned long long>(size, input.size() - pos)));
			if (size > input.size() - pos) return PROGRESS_INCOMPLETE;
			pos += static_cast<std::size_t>(size);
			const std::string_view after = input.substr(pos, 2);
			if (after != std::string_view("\r\n").substr(0, after.size())) return PROGRESS_MALFORMED;
			if (after.size() < 2) return PROGRESS_INCOMPLETE;
			pos += 2;
		}
		return PROGRESS_INCOMPLETE;
	}

	bool readRequestLine(std::string_view line, ReferenceRequest& request)
	{
		const std::size_t first = line.find(' ');
		const std::size_t last = line.rfind(' ');
		if (first == std::string_view::npos || first == last || !isToken(line.substr(0, first))) return false;
		request.method = line.substr(0, first);
		request.target = line.substr(first + 1, last - first - 1);
		request.version = line.substr(last + 1);
		const bool known = request.version.size() == 8 && request.version.compare(0, 7, "HTTP/1.") == 0
			&& std::isdigit(static_cast<unsigned char>(request.version[7]));
		return known && isText(line) && request.target.find_first_of(" \t") == std::string::npos && !request.target.empty();
	}

	void readLength(std::string_view input, std::string digits, ReferenceRequest& request)
	{
		digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
		request.kind = ReferenceRequest::KIND_MALFORMED;
		if (digits.find_first_not_of(DIGITS) != std::string::npos || digits.size() > 18) return;
		const unsigned long long length = std::stoull(digits);
		request.body = input.substr(request.end, static_cast<std::size_t>(std::min<unsigned long long>(length, input.size())));
		request.end += request.body.size();
		request.kind = request.body.size() == length ? ReferenceRequest::KIND_COMPLETE : ReferenceRequest::KIND_PARTIAL;
	}

	void readBody(std::string_view input, ReferenceRequest& request)
		/// RFC 9112, section 6.3.
	{
		const bool http10 = request.version == "HTTP/1.0";
		const std::string length = request.get("content-length");
		request.kind = ReferenceRequest::KIND_MALFORMED;
		if (request.has("transfer-encoding"))
		{
			std::string coding = toLower(request.get("transfer-encoding"));
			coding.erase(std::remove_if(coding.begin(), coding.end(), [](char c) { return c == ' ' || c == '\t' || c == ','; }),
				coding.end());
			if (request.has("content-length") || coding != "chunked") return;
			const Progress progress = takeChunks(input, request.end, request.body, request.unusual);
			request.kind = progress == PROGRESS_DONE ? ReferenceRequest::KIND_COMPLETE :
				progress == PROGRESS_INCOMPLETE ? ReferenceRequest::KIND_PARTIAL : ReferenceRequest::KIND_BAD_BODY;
		}
		else if (request.has("content-length"))
		{
			if (!length.empty()) readLength(input, length, request);
		}
		else
		{
			request.kind = ReferenceRequest::KIND_COMPLETE;
			request.toEnd = http10 && (request.method == "POST" || request.method == "PUT" || request.method == "PATCH");
			if (!request.toEnd) return;
			request.body = input.substr(request.end);
			request.end = input.size();
		}
	}

	void checkResponseFields(const ReferenceResponse& response)
	{
		static const std::string KNOWN(" date connection server content-length transfer-encoding content-type location last-modified "
			"www-authenticate ");
		std::string seen(" ");
		for (const auto& field: response.fields)
		{
			const std::string name = toLower(field.first);
			if (name.compare(0, 6, "x-echo") == 0) continue;
			if (KNOWN.find(" " + name + " ") == std::string::npos) fail("There is a field that nobody has set: " + field.first);
			if (seen.find(" " + name + " ") != std::string::npos) fail("A field of a response is repeated: " + field.first);
			seen += name + " ";
		}
		require(!response.hasLength || !response.chunked, "A response has Content-Length and Transfer-Encoding");
		const bool lengthless = response.status < 200 || response.status == 204;
		require(!lengthless || (!response.hasLength && !response.chunked), "A response that has no length describes it");
		require(!response.chunked || response.version == "HTTP/1.1" || !response.persistent,
			"Behind chunks in HTTP/1.0 the connection must end");
	}
}


std::string toLower(std::string_view text)
{
	std::string result(text);
	for (char& c: result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
	return result;
}


bool ReferenceMessage::has(std::string_view name) const
{
	return std::any_of(fields.begin(), fields.end(), [name](const auto& field) { return toLower(field.first) == name; });
}


std::string ReferenceMessage::get(std::string_view name) const
{
	std::string result;
	bool found = false;
	for (const auto& field: fields)
	{
		if (toLower(field.first) != name) continue;
		if (found) result += ", ";
		result += field.second;
		found = true;
	}
	return result;
}


bool ReferenceMessage::lists(std::string_view name, std::string_view element) const
{
	const std::string list = "," + toLower(get(name)) + ",";
	for (std::size_t begin = 1; begin < list.size(); begin = list.find(',', begin) + 1)
	{
		if (trim(std::string_view(list).substr(begin, list.find(',', begin) - begin)) == element) return true;
	}
	return false;
}


ReferenceRequest ReferenceRequest::read(std::string_view input)
{
	ReferenceRequest request;
	std::size_t pos = input.substr(0, 2) == "\r\n" ? 2 : 0;
	std::string_view line;
	if (!takeLine(input, pos, line)) return request;
	request.kind = KIND_MALFORMED;
	if (!readRequestLine(line, request)) return request;
	const Progress progress = takeFields(input, pos, request.fields);
	if (progress == PROGRESS_INCOMPLETE) request.kind = KIND_NONE;
	request.end = pos;
	if (progress == PROGRESS_DONE) readBody(input, request);
	return request;
}


ReferenceResponse ReferenceResponse::read(std::string_view output, bool head)
{
	ReferenceResponse response;
	std::string_view line;
	require(takeLine(output, response.end, line), "A status line has no end");
	const bool isStatusLine = line.size() >= 13 && line.substr(0, 7) == "HTTP/1." && std::isdigit(line[7]) && line[8] == ' '
		&& line[12] == ' ' && line.substr(9, 3).find_first_not_of(DIGITS) == std::string_view::npos;
	require(isStatusLine && isText(line), "A response does not begin with a status line");
	response.version = line.substr(0, 8);
	response.status = std::stoi(std::string(line.substr(9, 3)));
	require(takeFields(output, response.end, response.fields, true) == PROGRESS_DONE,
		"The header of a response is malformed, or has no end");
	response.hasLength = response.has("content-length");
	response.chunked = response.has("transfer-encoding");
	response.persistent = !response.lists("connection", "close")
		&& (response.version == "HTTP/1.1" || response.lists("connection", "keep-alive"));
	checkResponseFields(response);
	const std::string length = response.get("content-length");
	require(!response.hasLength || (!length.empty() && length.size() < 10 && length.find_first_not_of(DIGITS) == std::string::npos),
		"The Content-Length of a response is not a number");
	if (head || response.status < 200 || response.status == 204 || response.status == 304) return response;
	if (response.chunked)
	{
		bool unusual = false;
		const Progress progress = takeChunks(output, response.end, response.body, unusual);
		require(progress != PROGRESS_MALFORMED, "The chunks of a response are malformed");
		response.complete = progress == PROGRESS_DONE;
	}
	else
	{
		response.toEnd = !response.hasLength;
		const std::size_t size = response.toEnd ? output.size() : std::stoul(length);
		response.body = output.substr(response.end, size);
		response.complete = response.toEnd || response.body.size() == size;
		response.end += response.body.size();
	}
	if (!response.complete) response.end = output.size();
	return response;
}
