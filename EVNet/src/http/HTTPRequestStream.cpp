//
// HTTPRequestStream.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPRequestStream
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/HTTPRequestStream.h"
#include "socket/ConnectionSocketImpl.h"
#include "Poco/Net/NetException.h"
#include <algorithm>


using Poco::Net::MessageException;


namespace Poco {
namespace EVNet {


HTTPRequestStreamBuf::HTTPRequestStreamBuf():
	_pParser(nullptr),
	_pSocket(nullptr),
	_maxBody(0),
	_received(0),
	_complete(true),
	_failure(EVServerStatistics::CLOSE_REASONS)
{
}


void HTTPRequestStreamBuf::open(HTTPRequestParser& parser, bool complete, ConnectionSocketImpl& socket, Poco::UInt64 maxBody)
{
	_pParser = &parser;
	_pSocket = &socket;
	_maxBody = maxBody;
	_received = 0;
	_complete = complete;
	_failure = EVServerStatistics::CLOSE_REASONS;
	_deadline = RateDeadline();
	// Nobody writes through the get area.
	take(const_cast<char*>(socket.input().data()) + parser.headerEnd(), parser.bodyEnd() - parser.headerEnd());
}


void HTTPRequestStreamBuf::close()
{
	setg(nullptr, nullptr, nullptr);
	_complete = true;
}


void HTTPRequestStreamBuf::take(char* pPiece, std::size_t length)
{
	setg(pPiece, pPiece, pPiece + length);
	_received += length;
	_deadline.add(length);
}


HTTPRequestStreamBuf::int_type HTTPRequestStreamBuf::underflow()
{
	try
	{
		while (gptr() == egptr())
		{
			if (_complete || !next(true)) return traits_type::eof();
		}
	}
	catch (Poco::TimeoutException&)
	{
		_failure = EVServerStatistics::CLOSED_REQUEST_TIMEOUT;
		throw;
	}
	catch (Poco::Exception&)
	{
		if (_failure == EVServerStatistics::CLOSE_REASONS) _failure = EVServerStatistics::CLOSED_RESET;
		throw;
	}
	return traits_type::to_int_type(*gptr());
}


std::streamsize HTTPRequestStreamBuf::showmanyc()
{
	return _complete ? -1 : 0;
}


bool HTTPRequestStreamBuf::next(bool wait)
{
	const std::size_t available = _pSocket->readMore(wait ? &_deadline : nullptr);
	char* pData = const_cast<char*>(_pSocket->input().data());
	if (available == 0)
	{
		if (!wait) return false;
		_complete = _pParser->toEnd();
		if (_complete) return false;
		_failure = EVServerStatistics::CLOSED_INCOMPLETE;
		throw MessageException("The client has closed the connection in the middle of the request body");
	}
	std::size_t consumed = available;
	if (_pParser->chunked())
	{
		std::string_view piece;
		HTTPChunkedDecoder& decoder = _pParser->decoder();
		consumed = decoder.decode(pData, available, piece);
		if (decoder.error())
		{
			_failure = EVServerStatistics::CLOSED_BAD_REQUEST;
			throw MessageException("The chunked request body is malformed");
		}
		take(const_cast<char*>(piece.data()), piece.size());
		_complete = decoder.complete();
	}
	else if (_pParser->toEnd()) take(pData, available);
	else
	{
		consumed = static_cast<std::size_t>(std::min<Poco::UInt64>(available, _pParser->contentLength() - _received));
		take(pData, consumed);
		_complete = _received == _pParser->contentLength();
	}
	_pSocket->input().beginRequest(consumed);
	_pSocket->input().skipRequest();
	if (_received > _maxBody || (_pParser->chunked() && _pParser->decoder().remaining() > _maxBody - _received))
	{
		_failure = EVServerStatistics::CLOSED_TOO_LARGE;
		throw MessageException("The request body is larger than maxBodySize");
	}
	return true;
}


Poco::UInt64 HTTPRequestStreamBuf::missing() const
{
	if (_complete) return 0;
	return _pParser->chunked() || _pParser->toEnd() ? UNKNOWN : _pParser->contentLength() - _received;
}


bool HTTPRequestStreamBuf::drain(std::size_t maxBytes)
{
	const Poco::UInt64 limit = _received + maxBytes;
	try
	{
		while (!_complete && _received <= limit)
		{
			setg(nullptr, nullptr, nullptr);
			if (!next(false)) break;
		}
	}
	catch (Poco::Exception&)
	{
		return false; // malformed: there is no next request
	}
	return _complete;
}


} } // namespace Poco::EVNet
