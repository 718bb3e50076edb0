//
// HTTPHeaderWriter.h
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPHeaderWriter
//
// Definition of the HTTPHeaderWriter class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HTTPHeaderWriter_INCLUDED
#define EVNet_HTTPHeaderWriter_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Net/HTTPResponse.h"
#include <string>


namespace Poco {
namespace EVNet {


class HTTPResponseStreamBuf;


class HTTPHeaderWriter
	/// Writes the header and the trailer of a response. What they say is true, whatever the handler has set: control
	/// characters end no field (RFC 9110, section 5.5), one length is named, and what Connection says is what happens.
{
public:
	struct Terms
		/// What holds for a response, whatever its fields say.
	{
		bool http11;       /// its version, otherwise HTTP/1.0
		bool tunnel;       /// it makes the connection a tunnel: no Connection field is needed
		bool length;       /// Content-Length may be there
		bool coding;       /// Transfer-Encoding may be there
		bool persistent;   /// the connection persists, if the handler lets it
	};

	explicit HTTPHeaderWriter(HTTPResponseStreamBuf& out);

	bool write(const Poco::Net::HTTPResponse& response, const Terms& terms);
		/// Writes the header. Returns true if it says that the connection persists.

	void writeTrailer(const Poco::Net::MessageHeader& trailer);
		/// Writes the fields behind the last chunk.

private:
	void writeStatusLine(const Poco::Net::HTTPResponse& response);
	bool writeConnection(const std::string& value, const Terms& terms, bool switches);
		/// Writes the Connection field of the handler, corrected if it is not true. Returns true if the connection persists.

	void writeField(const std::string& name, const std::string& value);
	void writeText(const std::string& text);

	HTTPResponseStreamBuf& _out;
};


} } // namespace Poco::EVNet


#endif // EVNet_HTTPHeaderWriter_INCLUDED
