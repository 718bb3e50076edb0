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
#include <unordered_map>


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

	bool timeoutsCount()
		/// Returns true if a secure socket waits for its timeouts though it has been told not to wait: before 1.14, setBlocking() does not get
		/// through to what asks for it.
	{
		return Poco::Environment::libraryVersion() < 0x010E0000;
	}

	class Latest
		/// Which SecureTransport a socket has got last: it may be given to a server again before the handler of another one, which
		/// has taken it, returns.
	{
	public:
		void set(const SocketImpl* pSocket, const SecureTransport* pTransport)
		{
			std::lock_guard<std::mutex> lock(_mutex);
			_transports[pSocket] = pTransport;
		}

		void remove(const SocketImpl* pSocket, const SecureTransport* pTransport)
		{
			std::lock_guard<std::mutex> lock(_mutex);
			const auto it = _transports.find(pSocket);
			if (it != _transports.end() && it->second == pTransport) _transports.erase(it);
		}

		template <class Function>
		bool ifLatest(const SocketImpl* pSocket, const SecureTransport* pTransport, Function function)
			/// Calls the function unless another SecureTransport has been made, and cannot be made before that is done.
		{
			std::lock_guard<std::mutex> lock(_mutex);
			const auto it = _transports.find(pSocket);
			if (it == _transports.end() || it->second != pTransport) return false;
			function();
			return true;
		}

	private:
		std::mutex _mutex;
		std::unordered_map<const SocketImpl*, const SecureTransport*> _transports;
	};

	Latest& latest()
	{
		static Latest* pLatest = new Latest; // sockets may outlive what is static
		return *pLatest;
	}

	void makeWaiting(SocketImpl& socket, const Poco::Timespan& timeout)
	{
		socket.setReceiveTimeout(timeout);
		socket.setSendTimeout(timeout);
		socket.setBlocking(true);
	}
}


class SecureTransport::Unblocked
	/// Keeps the socket from waiting, though a handler may have made it wait. Puts back what it has found, as long as a
	/// handler has it.
{
public:
	enum Use
	{
		USE_RECEIVE = 1,
		USE_SEND    = 2
	};

	Unblocked(SecureTransport& transport, int use):
		/// Asking for a timeout is a system call, so each is asked for when it matters, unless the handler is known to set them.
		_transport(transport),
		_blocking(false),
		_receive(0),
		_send(0)
	{
		if (transport._unchecked == 0) return;
		SocketImpl& socket = *transport._pSocket;
		_blocking = socket.getBlocking();
		if (_blocking) socket.setBlocking(false);
		const int checked = transport._unchecked & (_blocking || transport._waited ? USE_RECEIVE | USE_SEND : use);
		if (timeoutsCount())
		{
			if (checked & USE_RECEIVE) _receive = socket.getReceiveTimeout().totalMicroseconds();
			if (_receive != 0) socket.setReceiveTimeout(0);
			if (checked & USE_SEND) _send = socket.getSendTimeout().totalMicroseconds();
			if (_send != 0) socket.setSendTimeout(0);
		}
		if (_blocking || _receive != 0 || _send != 0) transport._waited = true;
		if (!transport._lent) transport._unchecked &= ~checked;
	}

	~Unblocked()
	{
		if (!_transport._lent || (!_blocking && _receive == 0 && _send == 0)) return;
		const int error = errno;
		try
		{
			SocketImpl& socket = *_transport._pSocket;
			if (_receive != 0) socket.setReceiveTimeout(_receive);
			if (_send != 0) socket.setSendTimeout(_send);
			if (_blocking) socket.setBlocking(true);
		}
		catch (...)
		{
			// The handler finds out by itself.
		}
		errno = error;
	}

private:
	SecureTransport&         _transport;
	bool                     _blocking;
	Poco::Timespan::TimeDiff _receive;
	Poco::Timespan::TimeDiff _send;
};


template <class Function>
ssize_t SecureTransport::attempt(int use, Function function)
{
	// OpenSSL must not be asked again (SSL_get_error(3)).
	if (_failure != 0)
	{
		errno = _failure;
		return -1;
	}
	if (!_pSocket->initialized())
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
		const Unblocked unblocked(*this, use);
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
	const ssize_t n = ::recv(_pSocket->sockfd(), &c, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}


SecureTransport::SecureTransport(SocketImpl& socket):
	_pSocket(&socket, true),
	_recordLength(0),
	_ahead(0),
	_handshaking(socket.available() <= 0), // one that is adopted may have bytes already, for which there will be no event
	_exposed(false),
	_wantsToReceive(false),
	_lent(false),
	_waited(false),
	_unchecked(UNCHECKED),
	_wanted(WANTS_UNKNOWN),
	_failure(0)
{
	checkPoco();
	latest().set(&socket, this);
	const Unblocked unblocked(*this, UNCHECKED);
	_waited = false; // as it was accepted: no handler has done that
}


SecureTransport::~SecureTransport()
{
	latest().remove(_pSocket.get(), this);
}


bool SecureTransport::waitsAnyway(Poco::UInt32 version)
{
	// From 1.13.3 on, a secure socket waits 100 ms each time, whatever its timeouts, and only 1.14 has setBlocking().
	return version >= 0x010D0300 && version < 0x010E0000;
}


void SecureTransport::checkPoco()
{
	if (waitsAnyway(Poco::Environment::libraryVersion()))
		throw Poco::NotImplementedException("With Poco 1.13.3 and 1.13.4, EVNet cannot serve TLS: secure sockets wait, and keep a thread. Other versions of Poco do not");
}


ssize_t SecureTransport::receive(void* buffer, std::size_t length)
{
	std::lock_guard<std::mutex> lock(_mutex);
	const ssize_t n = attempt(Unblocked::USE_RECEIVE, [&] { return _pSocket->receiveBytes(buffer, static_cast<int>(std::min<std::size_t>(length, RECORD_SIZE))); });
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


ssize_t SecureTransport::sendFile(int fd, off_t offset, std::size_t length)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (_pRecord || _ahead > 0) return resume(length);
	if (!scratch()) return noMemory();
	const ssize_t n = ::pread(fd, scratch().get(), std::min<std::size_t>(length, RECORD_SIZE), offset);
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
	const auto send = [&] { return attempt(Unblocked::USE_SEND, [&] { return _pSocket->sendBytes(pBytes, static_cast<int>(length)); }); };
	ssize_t n = send();
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
	struct pollfd entry = { _pSocket->sockfd(), POLLOUT, 0 };
	const bool result = ::poll(&entry, 1, 0) == 1;
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
	return !_handshaking && _pSocket->available() > 0;
}


void SecureTransport::lend(const Poco::Timespan& timeout)
{
	if (!_pSocket->initialized()) return;
	_lent = true;
	_unchecked = UNCHECKED;
	if (timeout != 0) makeWaiting(*_pSocket, timeout);
}


void SecureTransport::takeBack()
{
	_lent = false; // the next call finds out what has been changed
}


void SecureTransport::giveAway(const Poco::Timespan& timeout)
{
	std::lock_guard<std::mutex> lock(_mutex);
	_lent = true;
	_unchecked = UNCHECKED;
	latest().ifLatest(_pSocket.get(), this, [&] { if (_pSocket->initialized() && !_pSocket->getBlocking()) makeWaiting(*_pSocket, timeout); });
}


bool SecureTransport::isLatest() const
{
	return latest().ifLatest(_pSocket.get(), this, [] { });
}


Poco::Timespan SecureTransport::receiveTimeout()
{
	return _lent && _pSocket->initialized() ? _pSocket->getReceiveTimeout() : Poco::Timespan();
}


Poco::Timespan SecureTransport::sendTimeout()
{
	return _lent && _pSocket->initialized() ? _pSocket->getSendTimeout() : Poco::Timespan();
}


bool SecureTransport::endsOneWay()
{
	// A SecureStreamSocket shuts the connection below it down as well, unless that knows that it is not to wait.
	return !timeoutsCount();
}


void SecureTransport::shutdown()
{
	std::lock_guard<std::mutex> lock(_mutex);
	// A Poco that waits for the answer of the client, as 1.15 does, only waits if the socket may. It is not to wait in close() either.
	_lent = false;
	attempt(UNCHECKED, [] { return 0; });
	attempt(UNCHECKED, [&] { _pSocket->shutdown(); return 0; });
}


StreamSocket SecureTransport::socket()
{
	return StreamSocket(_pSocket.duplicate());
}


} } // namespace Poco::EVNet
