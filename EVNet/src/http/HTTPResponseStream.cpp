//
// HTTPResponseStream.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  HTTPResponseStream
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/HTTPResponseStream.h"
#include "socket/ConnectionSocketImpl.h"
#include "http/ReusableSession.h"
#include "Poco/Exception.h"
#include <algorithm>
#include <cstdio>
#include <new>
#include <sys/uio.h>


namespace Poco {
namespace EVNet {


HTTPResponseStreamBuf::HTTPResponseStreamBuf():
	_pSocket(nullptr),
	_pSession(nullptr),
	_end(0),
	_begun(false),
	_broken(false),
	_mode(MODE_NONE),
	_remaining(0)
{
}


void HTTPResponseStreamBuf::open(ConnectionSocketImpl& socket, ReusableSession& session)
{
	if (!_pBuffer) _pBuffer.reset(new char[CAPACITY]);
	_pSocket = &socket;
	_pSession = &session;
	_end = 0;
	_begun = false;
	_broken = false;
	_mode = MODE_NONE;
	_remaining = 0;
	setp(nullptr, nullptr);
}


void HTTPResponseStreamBuf::close()
{
	_pSocket = nullptr;
	_end = 0;
	_mode = MODE_NONE;
	setp(nullptr, nullptr);
}


void HTTPResponseStreamBuf::beginBody(Mode mode, Poco::UInt64 length)
{
	_mode = mode;
	_remaining = length;
	beginPiece();
}


void HTTPResponseStreamBuf::beginPiece()
{
	// The put area is behind what is complete, with room for what a chunk needs around it.
	setp(nullptr, nullptr);
	if (_mode == MODE_NONE || (_mode == MODE_LENGTH && _remaining == 0)) return;
	const std::size_t around = _mode == MODE_CHUNKED ? CHUNK_HEAD + CHUNK_TAIL : 0;
	if (CAPACITY - _end <= around) return; // overflow() makes room
	std::size_t room = CAPACITY - _end - around;
	if (_mode == MODE_LENGTH) room = static_cast<std::size_t>(std::min<Poco::UInt64>(room, _remaining));
	char* pBegin = _pBuffer.get() + _end + (_mode == MODE_CHUNKED ? CHUNK_HEAD : 0);
	setp(pBegin, pBegin + room);
}


void HTTPResponseStreamBuf::endPiece()
{
	const std::size_t length = static_cast<std::size_t>(pptr() - pbase());
	setp(nullptr, nullptr);
	if (length == 0) return;
	if (_mode == MODE_LENGTH) _remaining -= length;
	if (_mode != MODE_CHUNKED)
	{
		_end += length;
		return;
	}
	static const char DIGITS[] = "0123456789abcdef";
	char* pHead = _pBuffer.get() + _end;
	for (int i = 0; i < 4; i++) pHead[i] = DIGITS[(length >> (12 - 4*i)) & 0xF];
	pHead[4] = '\r';
	pHead[5] = '\n';
	_end += CHUNK_HEAD + length;
	append("\r\n");
}


template <class Function>
void HTTPResponseStreamBuf::attempt(Function function)
{
	if (_broken) return;
	_broken = true;
	try
	{
		function();
	}
	catch (Poco::Exception& exc)
	{
		_pSession->noteException(exc);
		throw;
	}
	catch (std::bad_alloc&)
	{
		_pSession->noteException(Poco::OutOfMemoryException("A response could not be sent"));
		throw;
	}
	_broken = false;
}


void HTTPResponseStreamBuf::transmit(std::string_view more, Output::Urgency urgency)
{
	const struct iovec parts[2] = {{_pBuffer.get(), _end}, {const_cast<char*>(more.data()), more.size()}};
	_end = 0;
	_begun = true;
	attempt([&] { _pSocket->output().send(parts, more.empty() ? 1 : 2, urgency); });
}


bool HTTPResponseStreamBuf::beginTrailer()
{
	endPiece();
	if (_mode != MODE_CHUNKED) return false;
	_mode = MODE_TRAILER;
	header("0\r\n");
	return true;
}


bool HTTPResponseStreamBuf::finish()
{
	beginTrailer();
	if (_mode == MODE_TRAILER) header("\r\n");
	// In a second call, nothing is left: transmit() would send a response that the first call has held back.
	if (_end > 0) transmit(std::string_view(), _begun ? Output::URGENCY_SEND : Output::URGENCY_HOLD);
	const bool whole = !_broken && (_mode != MODE_LENGTH || _remaining == 0);
	_mode = MODE_NONE;
	return whole;
}


void HTTPResponseStreamBuf::sendFile(FileDescriptor&& file, Poco::UInt64 length)
{
	transmit();
	setp(nullptr, nullptr);
	attempt([&] { _pSocket->output().sendFile(std::move(file), length); });
	_remaining = 0;
}


HTTPResponseStreamBuf::int_type HTTPResponseStreamBuf::overflow(int_type c)
{
	if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
	const char text = traits_type::to_char_type(c);
	return xsputn(&text, 1) == 1 ? c : traits_type::eof();
}


void HTTPResponseStreamBuf::push()
{
	endPiece();
	transmit();
	beginPiece();
}


int HTTPResponseStreamBuf::sync()
{
	endPiece();
	transmit(std::string_view(), Output::URGENCY_FLUSH);
	beginPiece();
	return 0;
}


std::size_t HTTPResponseStreamBuf::writable(std::size_t length) const
{
	if (_mode != MODE_LENGTH) return length;
	const Poco::UInt64 written = static_cast<Poco::UInt64>(pptr() - pbase());
	return static_cast<std::size_t>(std::min<Poco::UInt64>(length, _remaining - written));
}


std::streamsize HTTPResponseStreamBuf::xsputn(const char* pText, std::streamsize length)
{
	if (_mode == MODE_NONE) return length;
	const std::string_view text(pText, writable(static_cast<std::size_t>(length)));
	if (text.size() > static_cast<std::size_t>(epptr() - pptr()))
	{
		endPiece();
		if (text.size() >= CAPACITY/2)
		{
			sendLarge(text);
			return static_cast<std::streamsize>(text.size());
		}
		transmit();
		beginPiece();
	}
	text.copy(pptr(), text.size());
	pbump(static_cast<int>(text.size()));
	return static_cast<std::streamsize>(text.size());
}


void HTTPResponseStreamBuf::sendLarge(std::string_view text)
{
	if (_mode == MODE_CHUNKED)
	{
		char head[24];
		const int n = std::snprintf(head, sizeof(head), "%zx\r\n", text.size());
		header(std::string_view(head, static_cast<std::size_t>(n)));
		transmit(text);
		append("\r\n");
	}
	else transmit(text);
	if (_mode == MODE_LENGTH) _remaining -= text.size();
	beginPiece();
}


} } // namespace Poco::EVNet
