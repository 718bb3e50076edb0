//
// SecureTransport.cpp
//
// Library: EVNet
// Package: Engine
// Module:  SecureTransport
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "SecureTransport.h"
#include "Poco/Environment.h"
#include "Poco/Net/NetException.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>


// Of OpenSSL, which EVNet is not linked with. There if a SecureServerSocket is.
#if defined(__ELF__)
extern "C" void ERR_clear_error(void) __attribute__((weak));
#endif


using Poco::Net::SocketImpl;
using Poco::Net::StreamSocket;


namespace Poco {
namespace EVNet {


template <class Function>
ssize_t SecureTransport::attempt(Function function)
{
	// OpenSSL must not be asked again (SSL_get_error(3)).
	if (_failure != 0)
	{
		errno = _failure;
		return -1;
	}
	// Otherwise NetSSL may take an old error for that of this call. OpenSSL keeps them for each thread, and they may
	// come from another connection, or from a handler (see SSL_get_error(3)).
#if defined(__ELF__)
	if (ERR_clear_error) ERR_clear_error();
#endif
	errno = 0;
	try
	{
		const int n = function();
		if (n >= 0) return n;
		// SecureStreamSocket::ERR_SSL_WANT_READ and the like. Since Poco 1.13 also if OpenSSL has given the connection up, after
		// the end of the client, without saying why: then it has not asked the system.
		errno = errno == 0 && hasEnded() ? ECONNABORTED : EAGAIN;
	}
	catch (Poco::TimeoutException&)
	{
		// Before Poco 1.14, a SecureStreamSocket cannot be told not to wait. It waits for the receive timeout, which is 0.
		errno = EAGAIN;
	}
	catch (Poco::Net::ConnectionResetException&)
	{
		errno = ECONNRESET;
	}
	catch (Poco::Exception& exc)
	{
		// What OpenSSL calls the end of a connection without a close_notify
		if (exc.message().find("unexpected eof") != std::string::npos) errno = ECONNABORTED;
		else errno = exc.code() != 0 ? exc.code() : EPROTO;
	}
	if (errno != EAGAIN) _failure = errno;
	return -1;
}


bool SecureTransport::hasEnded() const
{
	char c;
	const ssize_t n = ::recv(_pSocket->sockfd(), &c, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}


SecureTransport::SecureTransport(SocketImpl& socket):
	_pSocket(&socket, true),
	_recordLength(0),
	_ahead(0),
	_handshaking(socket.available() <= 0), // one that is adopted may have bytes already, for which there will be no event
	_blocking(true),
	_failure(0)
{
	checkPoco();
	setBlocking(false);
}


SecureTransport::~SecureTransport()
{
}


void SecureTransport::checkPoco()
{
	// 1.13.3 goes on waiting in spite of the receive timeout, and only 1.14 has setBlocking().
	if (Poco::Environment::libraryVersion() >> 8 == 0x010D03)
		throw Poco::NotImplementedException("With Poco 1.13.3, EVNet cannot serve TLS: secure sockets wait for ever, and keep a thread. Other versions of Poco do not");
}


ssize_t SecureTransport::receive(void* buffer, std::size_t length)
{
	std::lock_guard<std::mutex> lock(_mutex);
	const ssize_t n = attempt([&] { return _pSocket->receiveBytes(buffer, static_cast<int>(std::min<std::size_t>(length, RECORD_SIZE))); });
	if (n > 0) _handshaking = false;
	// Many clients end without a close_notify. For what has a length, that is as good.
	return n < 0 && errno == ECONNABORTED ? 0 : n;
}


ssize_t SecureTransport::send(const struct iovec* pParts, int count)
{
	std::lock_guard<std::mutex> lock(_mutex);
	std::size_t total = 0;
	for (int i = 0; i < count; i++) total += pParts[i].iov_len;
	std::size_t sent = 0;
	if (_pRecord || _ahead > 0)
	{
		const ssize_t n = resume(total);
		if (n < 0) return n;
		sent = static_cast<std::size_t>(n);
	}
	while (sent < total)
	{
		// In one record, and at an address that can stay the same: OpenSSL insists on that if it has to be called again.
		const ssize_t n = sendRecord(gather(pParts, count, sent));
		if (n < 0) return sent > 0 ? static_cast<ssize_t>(sent) : n;
		sent += static_cast<std::size_t>(n);
	}
	return static_cast<ssize_t>(sent);
}


std::size_t SecureTransport::gather(const struct iovec* pParts, int count, std::size_t skip)
{
	char* pRecord = scratch().get();
	std::size_t length = 0;
	for (int i = 0; i < count && length < RECORD_SIZE; i++)
	{
		const std::size_t begin = std::min(skip, pParts[i].iov_len);
		const std::size_t n = std::min<std::size_t>(pParts[i].iov_len - begin, RECORD_SIZE - length);
		std::memcpy(pRecord + length, static_cast<const char*>(pParts[i].iov_base) + begin, n);
		skip -= begin;
		length += n;
	}
	return length;
}


ssize_t SecureTransport::sendFile(int fd, off_t offset, std::size_t length)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (_pRecord || _ahead > 0) return resume(length);
	const ssize_t n = ::pread(fd, scratch().get(), std::min<std::size_t>(length, RECORD_SIZE), offset);
	return n > 0 ? sendRecord(static_cast<std::size_t>(n)) : n;
}


ssize_t SecureTransport::sendRecord(std::size_t length)
{
	const ssize_t n = attempt([&] { return _pSocket->sendBytes(scratch().get(), static_cast<int>(length)); });
	if (n < 0 && errno == EAGAIN)
	{
		_pRecord = std::move(scratch());
		_recordLength = length;
	}
	return n;
}


ssize_t SecureTransport::resume(std::size_t wanted)
{
	if (_pRecord)
	{
		const ssize_t n = attempt([&] { return _pSocket->sendBytes(_pRecord.get(), static_cast<int>(_recordLength)); });
		if (n < 0) return n;
		_pRecord.reset();
		_ahead = static_cast<std::size_t>(n);
	}
	const std::size_t n = std::min(_ahead, wanted);
	_ahead -= n;
	return static_cast<ssize_t>(n);
}


std::unique_ptr<char[]>& SecureTransport::scratch()
{
	static thread_local std::unique_ptr<char[]> pScratch;
	if (!pScratch) pScratch.reset(new char[RECORD_SIZE]);
	return pScratch;
}


bool SecureTransport::pending()
{
	std::lock_guard<std::mutex> lock(_mutex);
	return !_handshaking && _pSocket->available() > 0;
}


void SecureTransport::setBlocking(bool flag)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (flag == _blocking) return;
	_pSocket->setBlocking(flag);
	_blocking = flag;
}


void SecureTransport::restore()
{
	setBlocking(false);
	std::lock_guard<std::mutex> lock(_mutex);
	if (_pSocket->getReceiveTimeout() != 0) _pSocket->setReceiveTimeout(0);
	if (_pSocket->getSendTimeout() != 0) _pSocket->setSendTimeout(0);
}


void SecureTransport::shutdown()
{
	std::lock_guard<std::mutex> lock(_mutex);
	attempt([&] { _pSocket->shutdown(); return 0; });
}


StreamSocket SecureTransport::socket()
{
	return StreamSocket(_pSocket.duplicate());
}


} } // namespace Poco::EVNet
