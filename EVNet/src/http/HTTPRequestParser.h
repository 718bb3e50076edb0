//
// HTTPRequestParser.h
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPRequestParser
//
// Definition of the HTTPRequestParser class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HTTPRequestParser_INCLUDED
#define EVNet_HTTPRequestParser_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "http/HTTPChunkedDecoder.h"
#include "Poco/Types.h"
#include <cstddef>
#include <string_view>
#include <vector>


namespace Poco {
namespace EVNet {


class HTTPRequestParser
	/// Reads an HTTP/1.x request (RFC 9110 and RFC 9112) in place, in a buffer that grows as bytes
	/// arrive: request line, header, and where the request ends, in one pass. Has no
	/// socket, loop or clock.
	///
	/// It is strict. Whatever two programs could understand differently is an
	/// error with the status that the RFC names: if a proxy saw another length
	/// of a request than the server, a client could hide a second request in it.
{
public:
	struct Limits
		/// What exceeds one of these is an error. The default values are those of EVHTTPServerParams.
	{
		std::size_t  requestLine = 16448;   /// bytes of the request line
		std::size_t  field       = 16384;   /// bytes of a header field, name and value
		std::size_t  fields      = 100;     /// number of header fields
		std::size_t  header      = 65536;   /// bytes of request line and header fields together
		Poco::UInt64 body        = ~Poco::UInt64(0); /// bytes of the body
		bool         strict      = false;   /// refuse what EVHTTPServerParams::setStrictParsing() is about
	};

	enum Result
	{
		RESULT_INCOMPLETE,
			/// The header is not complete, more bytes are needed.
		RESULT_HEADER,
			/// The header is complete, a part of the body is missing.
		RESULT_COMPLETE,
			/// The request is complete.
		RESULT_ERROR
			/// The bytes are not an acceptable request, see status(). There is no way on.
	};

	struct Field
		/// A header field. Offsets into the request, because the buffer may move.
	{
		Poco::UInt32 name;
		Poco::UInt32 nameLength;
		Poco::UInt32 value;
		Poco::UInt32 valueLength;
	};

	using Fields = std::vector<Field>;

	HTTPRequestParser();

	void reset(bool emptyLine = false);
		/// Prepares for the next request. emptyLine is true if there was an empty line before it, which is
		/// not among the bytes to be parsed.

	Result parse(char* pData, std::size_t length, const Limits& limits);
		/// Goes on reading. The bytes must begin with those given the last time since reset(), as
		/// this method left them: it moves the chunks of a chunked body together, so
		/// that the body is in one piece, from headerEnd() to bodyEnd().

	int status() const { return _status; }
		/// Returns the HTTP status to answer with after RESULT_ERROR, otherwise 0.

	const char* reason() const { return _reason; }
		/// Returns what is wrong, in English, after RESULT_ERROR.

	// As soon as the header is complete:

	std::string_view method(const char* pData) const { return std::string_view(pData + _start, _methodLength); }
	std::string_view target(const char* pData) const { return std::string_view(pData + _target, _targetLength); }

	std::string_view methodAndPath(const char* pData) const;
		/// Returns the method and the target up to its query, with what is between them.

	std::string_view targetAuthority(const char* pData) const;
		/// Returns the host and port of a target in absolute form, which
		/// take the place of the Host field, otherwise an empty string.

	bool isHTTP11() const { return _http11; }
		/// Returns false for HTTP/1.0.

	const Fields& fields() const { return _fields; }

	bool keepAlive() const { return !_close && (_http11 || _persist) && _state != STATE_TO_END; }
		/// Returns true if the client wants the connection to persist (RFC 9112, section 9.3).

	bool isHead() const { return _head; }
		/// Returns true for HEAD. Also after RESULT_ERROR, if the method has been seen.

	bool isConnect() const { return _connect; }
		/// Returns true for CONNECT.

	bool mayUpgrade() const { return _connect || (_upgrade && _hasUpgrade); }
		/// Returns true for CONNECT, and if the client wants to change the protocol: says so in Connection, and which
		/// in Upgrade (RFC 9110, section 7.8).

	bool expectContinue() const { return _expectContinue; }
		/// Returns true if the client waits to be told to send the body.

	bool chunked() const { return _chunked; }
	bool toEnd() const { return _state == STATE_TO_END; }
		/// Returns true if the body ends when the client shuts its side down. Until then, such a request never
		/// gets complete.

	Poco::UInt64 contentLength() const { return _contentLength; }

	std::size_t headerEnd() const { return _headerEnd; }
		/// Returns the length of request line and header, including the empty line.

	std::size_t bodyEnd() const { return _bodyEnd; }
		/// Returns the end of the part of the body that is in the buffer; it begins at headerEnd().

	std::size_t end() const { return _end; }
		/// Returns the number of bytes consumed. If the request is
		/// complete, the next one begins here.

	HTTPChunkedDecoder& decoder() { return _decoder; }
		/// Returns the decoder of a chunked body, for what is behind end().

private:
	enum State: unsigned char
	{
		STATE_START,
			/// Nothing yet, or an empty line before the request line.
		STATE_REQUEST_LINE,
			/// In the request line.
		STATE_FIELDS,
			/// At the beginning of a header field, or of the empty line behind the last.
		STATE_BODY,
			/// Header complete; the body ends by Content-Length.
		STATE_CHUNKS,
			/// Header complete; the body is chunked.
		STATE_TO_END,
			/// Header complete; the body ends with the connection.
		STATE_ERROR
			/// No way on.
	};

	enum LineResult
	{
		LINE_INCOMPLETE,
		LINE_OK,
		LINE_ERROR
	};

	bool fail(int status, const char* reason);
	LineResult failLine(int status, const char* reason);
	bool parseHeader(char* pData, std::size_t length, const Limits& limits);
	LineResult parseStart(const char* pData, std::size_t length);
	LineResult parseRequestLine(const char* pData, const char* pEnd, const Limits& limits);
	void classifyMethod(std::string_view method);
	bool parseTarget(std::string_view target);
	LineResult parseVersion(const char* p, const char* pEnd);
	LineResult parseField(const char* pData, const char* pEnd, const Limits& limits);
	LineResult endOfLine(const char* p, const char* pEnd, const char* reason);
	bool checkField(std::string_view name, std::string_view value);
	bool checkContentLength(std::string_view value);
	bool checkTransferEncoding(std::string_view value);
	bool checkHost(std::string_view value);
	bool checkExpect(std::string_view value);
	void checkConnection(std::string_view value);
	bool checkHeader(const Limits& limits);
	Result decodeChunks(char* pData, std::size_t length, const Limits& limits);

	Fields             _fields;
	HTTPChunkedDecoder _decoder;
	const char*        _reason;
	std::size_t        _line;       /// where the current line begins
	std::size_t        _scanned;    /// there is no LF between _line and here
	std::size_t        _start;      /// where the request line begins
	std::size_t        _methodLength;
	std::size_t        _target;
	std::size_t        _targetLength;
	std::size_t        _headerEnd;
	std::size_t        _bodyEnd;
	std::size_t        _end;
	Poco::UInt64       _contentLength;
	short              _status;
	State              _state;
	bool               _http11;
	bool               _hasLength;
	bool               _hasHost;
	bool               _hasType;       /// Content-Type
	bool               _hasCoding;     /// Transfer-Encoding
	bool               _chunked;       /// the last coding is chunked
	bool               _unknownCoding; /// there is a coding other than chunked
	bool               _close;         /// Connection: close
	bool               _persist;       /// Connection: keep-alive
	bool               _expectContinue;
	bool               _upgrade;       /// Connection: upgrade
	bool               _hasUpgrade;
	bool               _connect;       /// method CONNECT
	bool               _head;          /// method HEAD
	bool               _options;       /// method OPTIONS
	bool               _hasBody;       /// method that comes with a body: POST, PUT, PATCH
};


} } // namespace Poco::EVNet


#endif // EVNet_HTTPRequestParser_INCLUDED
