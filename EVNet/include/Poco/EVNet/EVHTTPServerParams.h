//
// EVHTTPServerParams.h
//
// Library: EVNet
// Package: HTTP
// Module:  EVHTTPServerParams
//
// Definition of the EVHTTPServerParams class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVHTTPServerParams_INCLUDED
#define EVNet_EVHTTPServerParams_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerOptions.h"
#include "Poco/Net/HTTPServerParams.h"


namespace Poco {
namespace EVNet {


class EVNet_API EVHTTPServerParams: public Poco::Net::HTTPServerParams, public EVServerOptions
	/// The parameters of an EVHTTPServer: those of a HTTPServer
	/// and the EVServerOptions.
{
public:
	using Ptr = Poco::AutoPtr<EVHTTPServerParams>;
		/// A reference that counts: the parameters are deleted with the last one.

	enum
		/// Defaults.
	{
		DEFAULT_RETRY_AFTER = 1
			/// Of setRetryAfter(), in seconds.
	};

	EVHTTPServerParams();
		/// Creates the EVHTTPServerParams with the default values of
		/// HTTPServerParams and EVServerOptions.

	void setMaxRequestLine(std::size_t bytes);
		/// Sets the length of the longest request line (method, target and version), 64
		/// to MAX_BUFFERED_BYTES. A longer one is answered with 414 (URI Too Long). The default is 16448: enough for
		/// the longest target that Poco takes, 16384 characters.

	std::size_t getMaxRequestLine() const;
		/// Returns the length of the longest request line.

	void setMaxFieldSize(std::size_t bytes);
		/// Sets the size of the largest header field, name and value, 64 to MAX_BUFFERED_BYTES. A larger one
		/// is answered with 431 (Request Header Fields Too Large). The default is 16384.

	std::size_t getMaxFieldSize() const;
		/// Returns the size of the largest header field.

	void setMaxFields(int count);
		/// Sets the greatest number of header fields, at least 1. More are answered with 431. The
		/// default is 100.

	int getMaxFields() const;
		/// Returns the greatest number of header fields.

	void setMaxHeaderSize(std::size_t bytes);
		/// Sets the size of the largest header: request line and fields together, 128 to MAX_BUFFERED_BYTES. A
		/// larger one is answered with 431. Always less than getMaxBufferedBytes(). The default is 65536.

	std::size_t getMaxHeaderSize() const;
		/// Returns the size of the largest header.

	void setMaxBodySize(Poco::UInt64 bytes);
		/// Sets the size of the largest request body. A larger Content-Length is answered with 413
		/// (Content Too Large) before a handler is called. A handler that reads a chunked body
		/// past this size finds its stream bad, and networkException() in the session.
		///
		/// The default is 0: no limit, as in Poco. Bodies that do not fit into getMaxBufferedBytes() are
		/// never kept in memory.

	Poco::UInt64 getMaxBodySize() const;
		/// Returns the size of the largest request body, 0 for no limit.

	void setRetryAfter(int seconds);
		/// Sets what a client is told (Retry-After) whose request is answered with 503 (Service Unavailable)
		/// because the queue is full (TCPServerParams::setMaxQueued()). The default is 1 second.

	int getRetryAfter() const;
		/// Returns the number of seconds for Retry-After.

	void setStrictParsing(bool flag);
		/// Refuses with 400 (Bad Request) what Poco's HTTPServer takes and RFC 9112 does not allow a client to send: characters in the
		/// target that are not ASCII, e.g. UTF-8 that is not percent-encoded, and Transfer-Encoding in a request of HTTP/1.0,
		/// as Poco's HTTPClientSession sends it when the request was not given another version.
		///
		/// The default is false: the former is handed to the handler as it is, the connection ends after the latter.

	bool getStrictParsing() const;
		/// Returns true if these are refused.

protected:
	virtual ~EVHTTPServerParams();
		/// Destroys the EVHTTPServerParams.

private:
	std::size_t  _maxRequestLine;
	std::size_t  _maxFieldSize;
	int          _maxFields;
	std::size_t  _maxHeaderSize;
	Poco::UInt64 _maxBodySize;
	int          _retryAfter;
	bool         _strictParsing;
};


//
// inlines
//
inline std::size_t EVHTTPServerParams::getMaxRequestLine() const
{
	return _maxRequestLine;
}


inline std::size_t EVHTTPServerParams::getMaxFieldSize() const
{
	return _maxFieldSize;
}


inline int EVHTTPServerParams::getMaxFields() const
{
	return _maxFields;
}


inline std::size_t EVHTTPServerParams::getMaxHeaderSize() const
{
	return _maxHeaderSize;
}


inline Poco::UInt64 EVHTTPServerParams::getMaxBodySize() const
{
	return _maxBodySize;
}


inline int EVHTTPServerParams::getRetryAfter() const
{
	return _retryAfter;
}


inline bool EVHTTPServerParams::getStrictParsing() const
{
	return _strictParsing;
}


} } // namespace Poco::EVNet


#endif // EVNet_EVHTTPServerParams_INCLUDED
