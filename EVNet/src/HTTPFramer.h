//
// HTTPFramer.h
//
// Library: EVNet
// Package: HTTPServer
// Module:  HTTPFramer
//
// Definition of the HTTPFramer class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HTTPFramer_INCLUDED
#define EVNet_HTTPFramer_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Types.h"
#include <cstddef>
#include <string_view>


namespace Poco {
namespace EVNet {


class HTTPFramer
	/// Finds the end of an HTTP/1.x request (RFC 9112, section 6) in a buffer that
	/// grows as bytes arrive. Each byte is looked at once, however
	/// small the pieces are.
	///
	/// Requests with an ambiguous length are errors: they must never reach a handler, because somebody
	/// in front of the server may have understood them differently.
{
public:
	HTTPFramer();

	std::ptrdiff_t frame(const char* pData, std::size_t length, std::size_t budget);
		/// The bytes must begin with the bytes given the last time, since reset().
		///
		/// Returns 0 if more bytes are needed, else the length of the request, including an empty
		/// line before it. The length is greater than that of the given bytes if the body does not fit
		/// into the budget, or if the client waits to be told to send it (Expect: 100-continue).
		/// In case of an error, the length is that of the given bytes.

	void reset();
		/// Prepares for the next request.

	int error() const;
		/// Returns the HTTP status to answer with if the request is in error, otherwise 0.

	std::size_t leadingBytes() const;
		/// Returns the number of bytes before the request line.

	bool unbounded() const;
		/// Returns true if the end of the request is not known.

	bool readsToEnd() const;
		/// Returns true if reading must be stopped at the end of the request: Poco's
		/// streams for its body do not know the end by themselves.

private:
	enum State: unsigned char
	{
		STATE_HEADER,
			/// Looking for the empty line.
		STATE_BODY,
			/// The length of the request is known.
		STATE_CHUNK_SIZE,
			/// At the beginning of a chunk.
		STATE_TRAILER
			/// Behind the last chunk.
	};

	std::ptrdiff_t fail(int status, std::size_t length);
	bool parseHeader(std::string_view header);
	bool parseField(std::string_view name, std::string_view value);
	bool scanChunks(const char* pData, std::size_t length);

	std::size_t   _scanned;   /// bytes that need not be looked at again
	Poco::UInt64  _total;     /// length of the request, as far as it is known
	short         _error;
	State         _state;
	unsigned char _leading;
	bool          _hasLength;
	bool          _chunked;
	bool          _expectContinue;
	bool          _unbounded;
	bool          _bodyless;  /// GET, HEAD, DELETE: no body unless the header says so
};


//
// inlines
//
inline int HTTPFramer::error() const
{
	return _error;
}


inline std::size_t HTTPFramer::leadingBytes() const
{
	return _leading;
}


inline bool HTTPFramer::unbounded() const
{
	return _unbounded;
}


inline bool HTTPFramer::readsToEnd() const
{
	return _chunked || (!_hasLength && !_bodyless);
}


} } // namespace Poco::EVNet


#endif // EVNet_HTTPFramer_INCLUDED
