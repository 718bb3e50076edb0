//
// HTTPResponseStream.h
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPResponseStream
//
// Definition of the HTTPResponseStream class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HTTPResponseStream_INCLUDED
#define EVNet_HTTPResponseStream_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/Output.h"
#include "Poco/Types.h"
#include <memory>
#include <streambuf>
#include <string>
#include <string_view>


namespace Poco {
namespace EVNet {


class ConnectionSocketImpl;
class FileDescriptor;
class ReusableSession;


class HTTPResponseStreamBuf: public std::streambuf
	/// Collects a response, header and body, and sends it when it is complete, when the
	/// buffer is full, or when the handler flushes the stream: a
	/// short response takes one system call, whatever it consists of.
{
public:
	enum Mode
		/// How the client knows where the body ends (RFC 9112, section 6.3).
	{
		MODE_NONE,
			/// There is no body, because of the method or the status. What is written is ignored.
		MODE_LENGTH,
			/// By Content-Length. More cannot be written.
		MODE_CHUNKED,
			/// Each send makes a chunk.
		MODE_TRAILER,
			/// The last chunk is there, trailer fields can follow.
		MODE_TO_END
			/// When the connection is closed.
	};

	HTTPResponseStreamBuf();

	void open(ConnectionSocketImpl& socket, ReusableSession& session);
		/// Begins with a response. Network errors are noted in the session, because
		/// streams keep exceptions to themselves.

	void close();
		/// Ends the use of the buffer.

	void header(std::string_view text);
		/// Appends to the header, or to the trailer.

	void field(std::string_view name, std::string_view value);
		/// Appends a field to the header.

	void beginBody(Mode mode, Poco::UInt64 length = 0);
		/// Ends the header. The length is for MODE_LENGTH.

	bool beginTrailer();
		/// Ends the body. Returns true if a trailer can follow.

	void push();
		/// Sends what there is, as far as the client takes it. What it does not take is sent later, by the loop or by this thread.

	bool finish();
		/// Ends the body, or the trailer, and sends what has not been sent; a whole response may be held back, to leave together with
		/// the next one. Returns false if the body is shorter than its length.

	bool broken() const;
		/// Returns true if a part could not be sent.

	void sendFile(FileDescriptor&& file, Poco::UInt64 length);
		/// Sends the header, and the file as the body. Only after beginBody(MODE_LENGTH).

protected:
	int_type overflow(int_type c) override;
	int sync() override;
		/// Sends what there is, also earlier responses that were held back.

	std::streamsize xsputn(const char* pText, std::streamsize length) override;

private:
	enum
	{
		CAPACITY   = 16384,
		CHUNK_HEAD = 6,         /// four hexadecimal digits (CAPACITY needs no more), CR LF
		CHUNK_TAIL = 2          /// CR LF
	};

	void beginPiece();
	void endPiece();
	void transmit(std::string_view more = std::string_view(), Output::Urgency urgency = Output::URGENCY_SEND);
		/// Sends what is complete in the buffer, and more.

	template <class Function>
	void attempt(Function function);
		/// Calls the function, which sends something. If that fails, the session notes why, and nothing is sent from then on,
		/// because nobody knows which part the client has got.

	void sendLarge(std::string_view text);
		/// Sends a piece of the body from where it is, together with what is in the buffer.

	void append(std::string_view text);
	std::size_t writable(std::size_t length) const;

	ConnectionSocketImpl*   _pSocket;
	ReusableSession*        _pSession;
	std::unique_ptr<char[]> _pBuffer;
	std::size_t             _end;        /// of what is complete in the buffer
	bool                    _begun;      /// a part has been sent
	bool                    _broken;     /// see attempt()
	Mode                    _mode;
	Poco::UInt64            _remaining;  /// MODE_LENGTH: what is yet to be written
};


//
// inlines
//
inline bool HTTPResponseStreamBuf::broken() const
{
	return _broken;
}


inline void HTTPResponseStreamBuf::append(std::string_view text)
{
	text.copy(_pBuffer.get() + _end, text.size());
	_end += text.size();
}


inline void HTTPResponseStreamBuf::header(std::string_view text)
{
	if (text.size() > CAPACITY - _end) transmit(text);
	else append(text);
}


inline void HTTPResponseStreamBuf::field(std::string_view name, std::string_view value)
{
	const std::size_t around = 4; // colon, space, CR, LF
	if (name.size() + value.size() + around > CAPACITY - _end)
	{
		header(name);
		header(": ");
		header(value);
		header("\r\n");
		return;
	}
	char* p = _pBuffer.get() + _end;
	p += name.copy(p, name.size());
	*p++ = ':';
	*p++ = ' ';
	p += value.copy(p, value.size());
	*p++ = '\r';
	*p++ = '\n';
	_end = static_cast<std::size_t>(p - _pBuffer.get());
}


} } // namespace Poco::EVNet


#endif // EVNet_HTTPResponseStream_INCLUDED
