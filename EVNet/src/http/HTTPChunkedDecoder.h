//
// HTTPChunkedDecoder.h
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPChunkedDecoder
//
// Definition of the HTTPChunkedDecoder class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HTTPChunkedDecoder_INCLUDED
#define EVNet_HTTPChunkedDecoder_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Net/MessageHeader.h"
#include "Poco/Types.h"
#include <string>
#include <string_view>


namespace Poco {
namespace EVNet {


class HTTPChunkedDecoder
	/// Takes the chunked transfer coding (RFC 9112, section 7.1) off a body that arrives
	/// in pieces of any size. Has no socket, loop or clock.
{
public:
	enum
	{
		MAX_LINE = 1024
			/// Bytes of the line that begins a chunk, with its extensions, whose size
			/// servers must limit (RFC 9112, section 7.1.1).
	};

	HTTPChunkedDecoder();

	void reset(std::size_t maxExtraBytes, std::size_t maxTrailerFields);
		/// Prepares for a new body. The trailer may have maxExtraBytes, and the chunk extensions may have so many
		/// more bytes than the body, or a client could keep the server busy
		/// with extensions only.

	std::size_t decode(const char* pData, std::size_t length, std::string_view& body);
		/// Consumes some of the given bytes, and returns how many. body becomes the part of
		/// these that is a piece of the body; it may be empty. To be
		/// called until all bytes are consumed, complete(), or error().

	bool complete() const;
		/// Returns true if the last chunk and the trailer have been consumed.

	int error() const;
		/// Returns the HTTP status to answer with if the coding is violated, otherwise 0.

	Poco::UInt64 remaining() const;
		/// Returns the number of bytes that the current chunk has yet to bring.

	const Poco::Net::MessageHeader& trailer() const;
		/// Returns the fields behind the last chunk.

private:
	enum State: unsigned char
	{
		STATE_SIZE,
			/// In the hexadecimal digits.
		STATE_EXTENSION,
			/// Behind the digits, until CR.
		STATE_SIZE_LF,
			/// Behind that CR.
		STATE_DATA,
			/// In the chunk data.
		STATE_DATA_CR,
			/// Behind the data: CR comes next.
		STATE_DATA_LF,
			/// Behind that CR.
		STATE_TRAILER,
			/// In a line of the trailer section.
		STATE_COMPLETE,
			/// Behind the empty line at the end.
		STATE_ERROR
			/// No way on.
	};

	void fail(int status);
	void takeLineByte(char c);
	void endSizeLine();
	void takeTrailerByte(char c);
	bool addTrailerField();

	State        _state;
	bool         _separated;      /// STATE_EXTENSION: a semicolon has been seen
	bool         _spaced;         /// STATE_EXTENSION: white space has been seen, but no semicolon
	short        _error;
	int          _digits;
	int          _lineLength;
	Poco::UInt64 _remaining;      /// of the chunk
	std::size_t  _maxExtraBytes;
	std::size_t  _maxTrailerFields;
	std::size_t  _trailerBytes;
	std::size_t  _excess;         /// bytes of extensions not outweighed by data
	std::string  _line;           /// of the trailer
	Poco::Net::MessageHeader _trailer;
};


//
// inlines
//
inline bool HTTPChunkedDecoder::complete() const
{
	return _state == STATE_COMPLETE;
}


inline int HTTPChunkedDecoder::error() const
{
	return _error;
}


inline Poco::UInt64 HTTPChunkedDecoder::remaining() const
{
	return _remaining;
}


inline const Poco::Net::MessageHeader& HTTPChunkedDecoder::trailer() const
{
	return _trailer;
}


} } // namespace Poco::EVNet


#endif // EVNet_HTTPChunkedDecoder_INCLUDED
