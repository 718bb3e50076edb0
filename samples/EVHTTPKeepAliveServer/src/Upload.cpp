//
// Upload.cpp
//
// This sample demonstrates how a request handler reads a request body of any size.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Upload.h"
#include "Poco/Exception.h"
#include "Poco/Net/HTTPResponse.h"
#include "Poco/Net/MessageHeader.h"
#include "Poco/Net/MultipartReader.h"
#include "Poco/Net/NameValueCollection.h"
#include "Poco/Net/NetException.h"
#include "Poco/SHA1Engine.h"
#include "Poco/String.h"
#include <sstream>


using Poco::Net::HTTPException;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::MessageHeader;
using Poco::Net::MultipartReader;
using Poco::Net::NameValueCollection;
using Poco::SHA1Engine;
using Poco::UInt64;


namespace
{
	const std::size_t MAX_BOUNDARY = 70; // RFC 2046


	[[noreturn]] void tooLarge()
	{
		throw HTTPException("The request body is larger than 1 GiB.", HTTPResponse::HTTP_REQUEST_ENTITY_TOO_LARGE);
	}


	[[noreturn]] void malformed(const std::string& message)
	{
		throw HTTPException(message, HTTPResponse::HTTP_BAD_REQUEST);
	}


	template <class Function>
	void readAll(std::istream& istr, UInt64& total, Function function)
		/// Calls the function with one piece of the content after the other.
	{
		char buffer[16384];
		while (istr)
		{
			istr.read(buffer, sizeof(buffer));
			const std::size_t n = static_cast<std::size_t>(istr.gcount());
			total += n;
			if (total > Upload::MAX_SIZE) tooLarge();
			function(buffer, n);
		}
		if (istr.bad()) malformed("The request body is incomplete.");
	}


	void ignore(const char*, std::size_t)
	{
	}
}


bool Upload::hasBody(const HTTPServerRequest& request)
{
	return request.getChunkedTransferEncoding() || (request.hasContentLength() && request.getContentLength64() > 0);
}


Upload::Parts Upload::read(HTTPServerRequest& request)
{
	checkSize(request);

	std::string mediaType;
	NameValueCollection parameters;
	MessageHeader::splitParameters(request.getContentType(), mediaType, parameters);

	UInt64 total = 0;
	if (Poco::icompare(mediaType, "multipart/form-data") == 0)
	{
		if (!hasBody(request)) malformed("The request has no body.");
		return readMultipart(request.stream(), parameters.get("boundary", ""), total);
	}

	Part part = {};
	if (hasBody(request))
	{
		part = readPart(request.stream(), total);
		checkComplete(request, total);
	}
	else
	{
		std::istringstream empty;
		part = readPart(empty, total);
	}
	part.name        = "(request body)";
	part.contentType = request.getContentType();
	return Parts(1, part);
}


UInt64 Upload::readSize(HTTPServerRequest& request)
{
	checkSize(request);
	UInt64 total = 0;
	if (hasBody(request))
	{
		readAll(request.stream(), total, ignore);
		checkComplete(request, total);
	}
	return total;
}


Upload::Parts Upload::readMultipart(std::istream& istr, const std::string& boundary, UInt64& total)
{
	if (boundary.empty() || boundary.size() > MAX_BOUNDARY) malformed("The multipart boundary is missing or too long.");

	Parts parts;
	try
	{
		MultipartReader reader(istr, boundary);
		while (reader.hasNextPart())
		{
			if (parts.size() == MAX_PARTS) malformed("There are too many parts.");

			MessageHeader header;
			reader.nextPart(header);
			std::string disposition;
			NameValueCollection parameters;
			MessageHeader::splitParameters(header.get("Content-Disposition", ""), disposition, parameters);

			Part part = readPart(reader.stream(), total);
			part.name        = parameters.get("name", "");
			part.fileName    = parameters.get("filename", "");
			part.contentType = header.get("Content-Type", "");
			parts.push_back(part);
		}
	}
	catch (Poco::Net::MessageException& exc)
	{
		malformed("The multipart body is malformed: " + exc.displayText());
	}
	// after the last part, there still is something to be read
	if (!istr.good()) malformed("The multipart body is incomplete.");
	readAll(istr, total, ignore);
	return parts;
}


Upload::Part Upload::readPart(std::istream& istr, UInt64& total)
{
	Part part = {};
	SHA1Engine engine;
	readAll(istr, total,
		[&](const char* pData, std::size_t length)
		{
			part.size += length;
			engine.update(pData, length);
		});
	part.sha1 = SHA1Engine::digestToHex(engine.digest());
	return part;
}


void Upload::checkSize(const HTTPServerRequest& request)
{
	if (request.hasContentLength() && request.getContentLength64() > static_cast<Poco::Int64>(MAX_SIZE)) tooLarge();
}


void Upload::checkComplete(HTTPServerRequest& request, UInt64 size)
{
	if (request.hasContentLength() && !request.getChunkedTransferEncoding() && static_cast<UInt64>(request.getContentLength64()) != size)
		malformed("The request body is incomplete.");
}
