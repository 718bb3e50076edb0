//
// SecureTransport.cpp
//
// Library: EVNet
// Package: Socket
// Module:  SecureTransport
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/SecureTransport.h"
#include "core/Readiness.h"
#include "Poco/Environment.h"
#include "Poco/Net/NetException.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <poll.h>
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


namespace
{
	const int WANT_READ = -1; // SecureStreamSocket::ERR_SSL_WANT_READ
}


template <class Function>
ssize_t SecureTransport::attempt(LentSocket::Use use, Function function)
{
	// OpenSSL must not be asked again (SSL_get_error(3)).
	if (_failure != 0)
	{
		errno = _failure;
		return -1;
	}
	if (!_socket.impl().initialized())
	{
		errno = EBADF; // a handler has closed it
		return -1;
	}
	// Otherwise NetSSL may take an old error for that of this call. OpenSSL keeps them for each thread, and they may
	// come from another connection, or from a handler (see SSL_get_error(3)).
#if defined(__ELF__)
	if (ERR_clear_error) ERR_clear_error();
#endif
	try
	{
		const LentSocket::Unblocked unblocked(_socket, use);
		errno = 0;
		const int n = function();
		if (n >= 0) return n;
		// SecureStreamSocket::ERR_SSL_WANT_READ and the like. Since Poco 1.13 also if OpenSSL has given the connection up, after
		// the end of the client, without saying why: then it has not asked the system.
		errno = errno == 0 && hasEnded() ? ECONNABORTED : EAGAIN;
		_wanted = n == WANT_READ ? WANTS_TO_RECEIVE : WANTS_TO_SEND;
	}
	catch (Poco::TimeoutException&)
	{
		// Before Poco 1.14, a SecureStreamSocket cannot be told not to wait. It waits for the receive timeout, which is 0.
		errno = EAGAIN;
		_wanted = WANTS_UNKNOWN;
	}
	catch (Poco::Net::ConnectionResetException&)
	{
		errno = ECONNRESET;
	}
	catch (Poco::Exception& exc)
	{
		// What OpenSSL calls the end of a connection without a close_notify
		if (exc.message().find("unexpected eof") != std::string::npos) errno = ECONNABORTED;
		// A wait of NetSSL that was interrupted: OpenSSL has given nothing up, and whoever sees EINTR tries again at once.
		else if (exc.code() == EINTR) errno = EAGAIN;
		else errno = exc.code() != 0 ? exc.code() : EPROTO;
	}
	catch (...)
	{
		errno = ENOMEM; // nobody who calls this has to expect an exception
	}
	if (errno != EAGAIN) _failure = errno;
	return -1;
}


bool SecureTransport::hasEnded() const
{
	char c;
	const ssize_t n = ::recv(_socket.impl().sockfd(), &c, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}


SecureTransport::SecureTransport(SocketImpl& socket):
	Transport(socket.available() <= 0), // one that is adopted may have bytes already, for which there will be no event
	_socket(socket),
	_recordLength(0),
	_ahead(0),
	_wanted(WANTS_UNKNOWN),
	_failure(0)
{
	checkPoco();
}


SecureTransport::~SecureTransport()
{
}


void SecureTransport::release()
{
	delete this;
}


bool SecureTransport::secure() const
{
	return true;
}


std::mutex* SecureTransport::outputMutex()
{
	return &_outputMutex;
}


bool SecureTransport::waitsAnyway(Poco::UInt32 version)
{
	// From 1.13.3 on, a secure socket waits 100 ms each time, whatever its timeouts, and only 1.14 has setBlocking().
	return version >= 0x010D0300 && version < 0x010E0000;
}


void SecureTransport::checkPoco()
{
	if (waitsAnyway(Poco::Environment::libraryVersion()))
		throw Poco::NotImplementedException("With Poco 1.13.3 and 1.13.4, EVNet cannot serve TLS: secure sockets wait, and keep a thread. "
			"Other versions of Poco do not");
}


ssize_t SecureTransport::receive(poco_socket_t, void* buffer, std::size_t length, int flags)
{
	if (flags & MSG_PEEK) throw Poco::NotImplementedException("MSG_PEEK on a connection with TLS");
	std::lock_guard<std::mutex> lock(_mutex);
	const int most = static_cast<int>(std::min<std::size_t>(length, RECORD_SIZE));
	const ssize_t n = attempt(LentSocket::USE_RECEIVE, [&] { return _socket.impl().receiveBytes(buffer, most); });
	if (n > 0) _handshaking = false;
	// Many clients end without a close_notify. For what has a length, that is as good.
	return n < 0 && errno == ECONNABORTED ? 0 : n;
}


ssize_t SecureTransport::send(poco_socket_t, const struct iovec* pParts, int count, int)
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
		if (!scratch()) return sent > 0 ? static_cast<ssize_t>(sent) : noMemory();
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


int SecureTransport::sendFile(poco_socket_t, OutputFile& file, std::size_t length)
{
	std::lock_guard<std::mutex> lock(_mutex);
	return sendParts(file, length, [&](std::size_t left) { return sendFileRecord(file, left); });
}


ssize_t SecureTransport::sendFileRecord(const OutputFile& file, std::size_t length)
{
	if (_pRecord || _ahead > 0) return resume(length);
	if (!scratch()) return noMemory();
	const ssize_t n = ::pread(file.descriptor.get(), scratch().get(), std::min<std::size_t>(length, RECORD_SIZE), file.offset);
	return n > 0 ? sendRecord(static_cast<std::size_t>(n)) : n;
}


ssize_t SecureTransport::sendRecord(std::size_t length)
{
	const ssize_t n = sendNow(scratch().get(), length);
	if (n < 0 && errno == EAGAIN)
	{
		_pRecord = std::move(scratch());
		_recordLength = length;
	}
	return n;
}


ssize_t SecureTransport::sendNow(const char* pBytes, std::size_t length)
{
	const auto sendBytes = [&] { return _socket.impl().sendBytes(pBytes, static_cast<int>(length)); };
	const auto send = [&] { return attempt(LentSocket::USE_SEND, sendBytes); };
	ssize_t n = send();
	if (n == 0)
	{
		errno = EPIPE; // or it would be tried again at once
		return -1;
	}
	bool wantsToReceive = n < 0 && errno == EAGAIN && _wanted == WANTS_TO_RECEIVE;
	if (n < 0 && errno == EAGAIN && _wanted == WANTS_UNKNOWN && hasRoom())
	{
		// Perhaps the client has just made the room, but if it cannot be sent now either, that is not what is missing.
		n = send();
		wantsToReceive = n < 0 && errno == EAGAIN && hasRoom();
	}
	_wantsToReceive.store(wantsToReceive, std::memory_order_relaxed);
	return n;
}


bool SecureTransport::hasRoom() const
{
	const int error = errno;
	const bool result = pollNow(_socket.impl().sockfd(), POLLOUT) > 0;
	errno = error;
	return result;
}


ssize_t SecureTransport::resume(std::size_t wanted)
{
	if (_pRecord)
	{
		const ssize_t n = sendNow(_pRecord.get(), _recordLength);
		if (n < 0) return n;
		_pRecord.reset();
		_ahead = static_cast<std::size_t>(n);
	}
	const std::size_t n = std::min(_ahead, wanted);
	_ahead -= n;
	return static_cast<ssize_t>(n);
}


ssize_t SecureTransport::noMemory()
{
	// Not an exception: what has been sent before it would be sent again.
	errno = ENOMEM;
	return -1;
}


std::unique_ptr<char[]>& SecureTransport::scratch()
{
	static thread_local std::unique_ptr<char[]> pScratch;
	if (!pScratch) pScratch.reset(new (std::nothrow) char[RECORD_SIZE]);
	return pScratch;
}


bool SecureTransport::pending()
{
	std::lock_guard<std::mutex> lock(_mutex);
	return !_handshaking && _socket.impl().available() > 0;
}


void SecureTransport::lend(const Poco::Timespan& timeout)
{
	_socket.lend(timeout);
}


void SecureTransport::takeBack()
{
	_socket.takeBack();
}


void SecureTransport::giveAway(const Poco::Timespan& timeout)
{
	std::lock_guard<std::mutex> lock(_mutex);
	_socket.giveAway(timeout);
}


bool SecureTransport::isLatest() const
{
	return _socket.isLatest();
}


Poco::Timespan SecureTransport::receiveTimeout()
{
	return _socket.receiveTimeout();
}


Poco::Timespan SecureTransport::sendTimeout()
{
	return _socket.sendTimeout();
}


Poco::UInt64 SecureTransport::takeReceived(poco_socket_t fd)
{
	return _transfers.takeReceived(fd);
}


Poco::UInt64 SecureTransport::takeAcknowledged(poco_socket_t fd)
{
	return _transfers.takeAcknowledged(fd);
}


bool SecureTransport::endsOneWay() const
{
	// A SecureStreamSocket shuts the connection below it down as well, unless that knows that it is not to wait.
	return !LentSocket::timeoutsCount();
}


void SecureTransport::shutdown()
{
	std::lock_guard<std::mutex> lock(_mutex);
	// A Poco that waits for the answer of the client, as 1.15 does, only waits if the socket may. It is not to wait in close() either.
	_socket.takeBack();
	attempt(LentSocket::USE_ALL, [] { return 0; });
	attempt(LentSocket::USE_ALL, [&] { _socket.impl().shutdown(); return 0; });
}


StreamSocket SecureTransport::socketFor(const StreamSocket&)
{
	_socket.impl().duplicate();
	return StreamSocket(&_socket.impl());
}


bool SecureTransport::is(const SocketImpl* pSocket) const
{
	return &_socket.impl() == pSocket;
}


void SecureTransport::expose()
{
	if (exposed()) return;
	// With the mutex, because the leader may be flushing.
	std::lock_guard<std::mutex> lock(_outputMutex);
	_exposed.store(true, std::memory_order_relaxed);
}


} } // namespace Poco::EVNet
