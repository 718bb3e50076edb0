//
// HTTPRequestStream.h
//
// Library: EVNet
// Package: HTTP
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
#include "http/HTTPRequestParser.h"
#include "core/RateDeadline.h"
#include "Poco/Types.h"
#include <cstddef>
#include <streambuf>


namespace Poco {
namespace EVNet {


class ConnectionSocketImpl;


class HTTPRequestStreamBuf: public std::streambuf
	/// Yields the body of a request: first what the event loop has received already, right from
	/// the buffer of the connection, then the rest, waiting for the client.
{
public:
	static constexpr Poco::UInt64 UNKNOWN = ~Poco::UInt64(0);
	static constexpr std::size_t MAX_UNWANTED = 256*1024;
		/// How many bytes of a body EVNet throws away that the handler does not read. If more are left, the connection ends.

	HTTPRequestStreamBuf();

	void open(HTTPRequestParser& parser, bool complete, ConnectionSocketImpl& socket, Poco::UInt64 maxBody);
		/// Begins with the body of the request that has just been parsed.

	void close();
		/// Ends the use of the buffer.

	EVServerStatistics::CloseReason failure() const;
		/// Returns why the body could not be read, because streams keep exceptions to
		/// themselves; CLOSE_REASONS if nothing has failed.

	Poco::UInt64 missing() const;
		/// Returns how many bytes of the body have yet to be received; UNKNOWN if only the client knows.

	bool drain(std::size_t maxBytes);
		/// Receives the rest of the body and throws it away, as far as that is possible without
		/// waiting, up to maxBytes. Returns true if the body is complete then.

protected:
	int_type underflow() override;
	std::streamsize showmanyc() override;

private:
	bool next(bool wait);

	void take(char* pPiece, std::size_t length);

	HTTPRequestParser*    _pParser;
	ConnectionSocketImpl* _pSocket;
	Poco::UInt64          _maxBody;
	Poco::UInt64          _received;    /// bytes of the body
	RateDeadline          _deadline;    /// for what has to be waited for
	bool                  _complete;
	EVServerStatistics::CloseReason _failure;
};


//
// inlines
//
inline EVServerStatistics::CloseReason HTTPRequestStreamBuf::failure() const
{
	return _failure;
}


} } // namespace Poco::EVNet


#endif // EVNet_HTTPRequestStream_INCLUDED
