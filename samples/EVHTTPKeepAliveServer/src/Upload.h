//
// Upload.h
//
// Definition of the Upload class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Upload_INCLUDED
#define Upload_INCLUDED


#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Types.h"
#include <istream>
#include <string>
#include <vector>


class Upload
	/// Reads the body of a request, of any size with the same small amount of memory.
	/// Of the content only size and SHA-1 remain.
{
public:
	struct Part
	{
		std::string  name;
		std::string  fileName;
		std::string  contentType;
		Poco::UInt64 size;
		std::string  sha1;
	};
	using Parts = std::vector<Part>;

	static constexpr Poco::UInt64 MAX_SIZE  = 1024*1024*1024;
	static constexpr std::size_t  MAX_PARTS = 1000;

	static bool hasBody(const Poco::Net::HTTPServerRequest& request);
		/// Returns true if the request has a body that is not empty. Without
		/// Content-Length and chunked transfer encoding, a request has none.

	static Parts read(Poco::Net::HTTPServerRequest& request);
		/// Reads the parts of a multipart/form-data body, or any other body as one part.
		///
		/// Throws a Poco::Net::HTTPException, with the status code for the response
		/// as its code, if the body is too large, malformed or incomplete.

	static Poco::UInt64 readSize(Poco::Net::HTTPServerRequest& request);
		/// Reads the body to its end and returns its size.
		///
		/// Throws like read().

private:
	static Parts readMultipart(std::istream& istr, const std::string& boundary, Poco::UInt64& total);
	static Part readPart(std::istream& istr, Poco::UInt64& total);
	static void checkSize(const Poco::Net::HTTPServerRequest& request);
	static void checkComplete(Poco::Net::HTTPServerRequest& request, Poco::UInt64 size);
};


#endif // Upload_INCLUDED
