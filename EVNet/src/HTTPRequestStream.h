//
// HTTPRequestStream.h
//
// Library: EVNet
// Package: HTTPServer
// Module:  HTTPRequestStream
//
// Definition of the HTTPRequestStream class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HTTPRequestStream_INCLUDED
#define EVNet_HTTPRequestStream_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include "HTTPRequestParser.h"
#include "Poco/Types.h"
#include <chrono>
#include <istream>
#include <streambuf>


namespace Poco {
namespace EVNet {


class ConnectionSocketImpl;


class HTTPRequestStreamBuf: public std::streambuf
	/// Yields the body of a request: first what the event loop has received already, right from
	/// the buffer of the connection, then the rest, waiting for the client.
{
public:
	HTTPRequestStreamBuf();

	void open(HTTPRequestParser& parser, bool complete, ConnectionSocketImpl& socket, Poco::UInt64 maxBody);
		/// Begins with the body of the request that has just been parsed.

	void close();
		/// Ends the use of the buffer.

	EVServerStatistics::CloseReason failure() const;
		/// Returns why the body could not be read, because streams keep exceptions to
		/// themselves; CLOSE_REASONS if nothing has failed.

	bool drain(std::size_t maxBytes);
		/// Receives the rest of the body and throws it away, as far as that is possible without
		/// waiting, up to maxBytes. Returns true if the body is complete then.

protected:
	int_type underflow() override;
	std::streamsize showmanyc() override;

private:
	using Clock = std::chrono::steady_clock;

	bool next(bool wait);
	void checkRate();
		/// Throws a Poco::TimeoutException if the client has sent too little since the last period began.

	void take(char* pPiece, std::size_t length);

	HTTPRequestParser*    _pParser;
	ConnectionSocketImpl* _pSocket;
	Poco::UInt64          _maxBody;
	Poco::UInt64          _received;    /// bytes of the body
	Clock::time_point     _periodEnd;
	Poco::UInt64          _periodBytes; /// _received when the period began
	bool                  _complete;
	EVServerStatistics::CloseReason _failure;
};


class HTTPRequestStream: public std::istream
	/// The stream a handler reads the body from.
{
public:
	HTTPRequestStream();

	HTTPRequestStreamBuf& buffer();
	const HTTPRequestStreamBuf& buffer() const;

private:
	HTTPRequestStreamBuf _buffer;
};


//
// inlines
//
inline EVServerStatistics::CloseReason HTTPRequestStreamBuf::failure() const
{
	return _failure;
}


inline HTTPRequestStreamBuf& HTTPRequestStream::buffer()
{
	return _buffer;
}


inline const HTTPRequestStreamBuf& HTTPRequestStream::buffer() const
{
	return _buffer;
}


} } // namespace Poco::EVNet


#endif // EVNet_HTTPRequestStream_INCLUDED
