//
// ConnectionSocketImpl.cpp
//
// Library: EVNet
// Package: Socket
// Module:  ConnectionSocketImpl
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/ConnectionSocketImpl.h"
#include "core/RateDeadline.h"
#include "socket/PlainTransport.h"
#include "socket/SecureTransport.h"
#include "Poco/Net/NetException.h"
#include "Poco/Buffer.h"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <linux/sockios.h>
#include <new>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>


using Poco::Net::SocketAddress;
using Poco::Net::SocketBufVec;


namespace Poco {
namespace EVNet {


namespace
{
	const std::size_t INITIAL_WINDOW = 14600; // bytes that TCP sends at once, at least
	const int MAX_SEND = 1 << 30; // bytes for one system call
}


ConnectionSocketImpl::ConnectionSocketImpl(poco_socket_t fd, BufferPool::Ptr pPool, const struct sockaddr* pPeer, socklen_t length):
	StreamSocketImpl(fd),
	_hold(false),
	_timeoutSet(true),
	_sendTimedOut(false),
	_peerPort(0),
	_adoptions(0),
	_peerHost(0),
	_descriptor(fd),
	_pTransport(&PlainTransport::instance()),
	_pPool(pPool),
	_receiveTimeout(0),
	_sendTimeout(0),
	_pManager(nullptr)
{
	setPeer(pPeer, length);
}


ConnectionSocketImpl::ConnectionSocketImpl(Poco::Net::SocketImpl& inner, BufferPool::Ptr pPool):
	_hold(false),
	_timeoutSet(true),
	_sendTimedOut(false),
	_peerPort(0),
	_adoptions(0),
	_peerHost(0),
	_descriptor(inner),
	_pTransport(inner.secure() ? new SecureTransport(inner) : static_cast<Transport*>(&PlainTransport::instance())),
	_pPool(pPool),
	_receiveTimeout(-1), // not known
	_sendTimeout(0),
	_pManager(nullptr)
{
	struct sockaddr_storage storage;
	struct sockaddr* pPeer = reinterpret_cast<struct sockaddr*>(&storage);
	socklen_t length = sizeof(storage);
	if (::getpeername(inner.sockfd(), pPeer, &length) == 0) setPeer(pPeer, length);
	_output.guardedBy(transport().outputMutex());
	reset(inner.sockfd()); // last, because the destructor of the base would close it
}


ConnectionSocketImpl::~ConnectionSocketImpl()
{
	_input.discard();
	_input.release(*_pPool, nullptr);
	if (_descriptor.isShared()) reset(); // it is for the inner socket to close
}


ConnectionSocketImpl::Result ConnectionSocketImpl::receive(BufferCache* pCache)
{
	switch (_input.makeRoom(*_pPool, pCache))
	{
	case InputBuffer::ROOM_FULL:
		return RESULT_FULL;
	case InputBuffer::ROOM_NO_MEMORY:
		return RESULT_NO_MEMORY;
	default:
		break;
	}
	const ssize_t n = receiveSome();
	if (n > 0) return RESULT_OK;
	const int error = errno;
	releaseBuffer(pCache);
	if (n == 0) return RESULT_END;
	if (error == EAGAIN || error == EWOULDBLOCK) return RESULT_AGAIN;
	return error == EPROTO ? RESULT_TLS_ERROR : RESULT_ERROR;
}


ssize_t ConnectionSocketImpl::receiveSome()
{
	const ssize_t n = transport().receive(sockfd(), _input.room(), std::min(_input.roomSize(), limits().maxBuffered - _input.size()));
	if (n > 0) _input.added(static_cast<std::size_t>(n));
	return n;
}


int ConnectionSocketImpl::waitAndReceive(void* buffer, int length, int flags)
{
	if (isPocos())
	{
		applyReceiveTimeout();
		return StreamSocketImpl::receiveBytes(buffer, length, flags);
	}
	RateDeadline deadline;
	for (;;)
	{
		const ssize_t n = transport().receive(sockfd(), buffer, static_cast<std::size_t>(length), flags);
		if (n >= 0) return static_cast<int>(n);
		if (errno != EAGAIN) error();
		if (!getBlocking()) return -1; // as with Poco
		waitReadable(deadline);
	}
}


bool ConnectionSocketImpl::isPocos() const
{
	return !_pManager.load(std::memory_order_relaxed) && !secure();
}


Poco::Net::StreamSocket ConnectionSocketImpl::plainSocket()
{
	duplicate();
	const Poco::Net::StreamSocket socket(this);
	transport().giveAway(0);
	return transport().socketFor(socket);
}


bool ConnectionSocketImpl::secure() const
{
	return transport().secure();
}


PendingOutput::Result ConnectionSocketImpl::flush()
{
	return _output.flush(_descriptor.number(), transport());
}


PendingOutput::Result ConnectionSocketImpl::flushBeside()
{
	return _output.flush(_descriptor.number(), transport(), true);
}


PendingOutput::Result ConnectionSocketImpl::flushHeld()
{
	return _output.flushHeld(_descriptor.number(), transport(), _hold);
}


void ConnectionSocketImpl::sendHeld()
{
	if (flush() == PendingOutput::FLUSH_ERROR) error();
	askToFlush();
}


PendingOutput::Result ConnectionSocketImpl::flushAsOwner()
{
	return hasOutput() ? _output.flushAsOwner(_descriptor.number(), transport()) : PendingOutput::FLUSH_DONE;
}


void ConnectionSocketImpl::releaseBuffer(BufferCache* pCache)
{
	_input.release(*_pPool, pCache);
}


void ConnectionSocketImpl::adoptedBy(BufferPool::Ptr pPool)
{
	if (pPool.get() != _pPool.get() && !_input.moveTo(*pPool, *_pPool)) throw Poco::OutOfMemoryException("maxTotalBufferedBytes is used up");
	_pPool = pPool;
	_hold = false;
	_input.endRequest();
	_adoptions.fetch_add(1);
}


std::size_t ConnectionSocketImpl::readMore(RateDeadline* pDeadline)
{
	_input.nextPart();
	if (_input.size() > 0) return _input.size();
	if (_input.makeRoom(*_pPool, nullptr) != InputBuffer::ROOM_OK) throw Poco::OutOfMemoryException("maxTotalBufferedBytes is used up");
	// What is there is not late, however long the handler has taken to ask for it.
	if (receiveSome() >= 0 || !pDeadline) return _input.size();
	if (errno != EAGAIN && errno != EWOULDBLOCK) error();
	if (!pDeadline->begun()) pDeadline->begin(getReceiveTimeout(), limits().minRate);
	else if (pDeadline->isOver() && !pDeadline->extend()) throw Poco::TimeoutException("The client sends the body too slowly");
	flushAll(); // the client may need what we have said before it says more
	const int n = waitAndReceive(_input.room(), static_cast<int>(_input.roomSize()));
	if (n > 0) _input.added(static_cast<std::size_t>(n));
	return _input.size();
}


int ConnectionSocketImpl::receiveBytes(void* buffer, int length, int flags)
{
	if (length <= 0) return 0;
	const std::size_t n = _input.read(buffer, static_cast<std::size_t>(length), (flags & MSG_PEEK) != 0);
	if (n > 0) return static_cast<int>(n);
	flushAll(); // the client may need what we have said before it says more
	const int rc = waitAndReceive(buffer, length, flags);
	if (rc > 0 && !(flags & MSG_PEEK)) _input.readPast(static_cast<std::size_t>(rc));
	return rc;
}


int ConnectionSocketImpl::receiveBytes(SocketBufVec& buffers, int flags)
{
	int sum = 0;
	for (auto& buffer: buffers)
	{
		// As with readv(): wait for the first byte only.
		if (sum > 0 && _input.unread() == 0) break;
		int n = receiveBytes(buffer.iov_base, static_cast<int>(buffer.iov_len), flags);
		if (n <= 0) return sum > 0 ? sum : n;
		sum += n;
	}
	return sum;
}


int ConnectionSocketImpl::receiveBytes(Poco::Buffer<char>& buffer, int flags, const Poco::Timespan& timeout)
{
	if (!poll(timeout, SELECT_READ)) return 0;

	std::size_t size = std::max<std::size_t>(static_cast<std::size_t>(std::max(available(), 1)), buffer.size());
	if (buffer.size() < size) buffer.resize(size);
	int n = receiveBytes(buffer.begin(), static_cast<int>(size), flags);
	buffer.resize(static_cast<std::size_t>(std::max(n, 0)));
	return n;
}


int ConnectionSocketImpl::available()
{
	const std::size_t n = _input.unread();
	if (n > 0) return static_cast<int>(n);
	return transport().pending() ? 1 : StreamSocketImpl::available();
}


bool ConnectionSocketImpl::poll(const Poco::Timespan& timeout, int mode)
{
	if ((mode & SELECT_READ) && (_input.unread() > 0 || transport().pending())) return true;
	if (!isOpen()) throw Poco::Net::InvalidSocketException();
	flushAll();
	return StreamSocketImpl::poll(timeout, mode);
}


int ConnectionSocketImpl::sendBytes(const void* buffer, int length, int flags)
{
	if (length <= 0) return 0;
	if (!isOpen()) throw Poco::Net::InvalidSocketException();
	if (isPocos())
	{
		flushAll();
		return StreamSocketImpl::sendBytes(buffer, length, flags);
	}

	std::size_t sent = 0;
	if (!hasOutput())
	{
		const struct iovec part = { const_cast<void*>(buffer), static_cast<std::size_t>(length) };
		sent = sendSome(&part, 1, flags);
	}
	if (sent < static_cast<std::size_t>(length)) keep(static_cast<const char*>(buffer) + sent, static_cast<std::size_t>(length) - sent);
	if (!_pManager.load(std::memory_order_relaxed)) flushAll(); // nobody else does
	return length;
}


std::size_t ConnectionSocketImpl::sendSome(const struct iovec* pParts, int count, int flags)
{
	const ssize_t n = transport().send(sockfd(), pParts, count, flags);
	if (n < 0 && errno != EAGAIN) error();
	return n > 0 ? static_cast<std::size_t>(n) : 0;
}


PendingOutput::Result ConnectionSocketImpl::trySend(const std::string& text)
{
	const PendingOutput::Result flushed = flush();
	if (flushed != PendingOutput::FLUSH_DONE) return flushed;
	const struct iovec part = { const_cast<char*>(text.data()), text.size() };
	const ssize_t n = transport().send(sockfd(), &part, 1);
	if (n == static_cast<ssize_t>(text.size())) return PendingOutput::FLUSH_DONE;
	return n < 0 && errno == EAGAIN ? PendingOutput::FLUSH_AGAIN : PendingOutput::FLUSH_ERROR;
}


void ConnectionSocketImpl::send(const struct iovec* pParts, int count, bool whole)
{
	if (whole && _hold.load(std::memory_order_relaxed) && _output.hold(pParts, count, MAX_HELD, *_pPool, _hold)) return;
	if (_output.join(pParts, count, MAX_HELD))
	{
		sendHeld();
		return;
	}
	std::size_t sent = 0;
	if (!hasOutput() && isOpen()) sent = sendSome(pParts, count);
	for (int i = 0; i < count; i++)
	{
		const std::size_t done = std::min(sent, pParts[i].iov_len);
		sent -= done;
		const char* pRest = static_cast<const char*>(pParts[i].iov_base) + done;
		std::size_t rest = pParts[i].iov_len - done;
		while (rest > 0)
		{
			const int n = sendBytes(pRest, static_cast<int>(std::min<std::size_t>(rest, MAX_SEND)));
			pRest += n;
			rest -= static_cast<std::size_t>(n);
		}
	}
}


void ConnectionSocketImpl::sendFile(FileDescriptor&& file, Poco::UInt64 length)
{
	if (!isOpen()) throw Poco::Net::InvalidSocketException();
	if (length == 0) return;
	if (hasOutput() && !_output.held()) flushAll(); // it may be a file
	_output.addFile(std::move(file), length, *_pPool);
	if (_pManager.load(std::memory_order_relaxed))
	{
		if (flushAsOwner() == PendingOutput::FLUSH_ERROR) error();
		askToFlush();
	}
	else flushAll();
}


int ConnectionSocketImpl::sendBytes(const SocketBufVec& buffers, int flags)
{
	int sum = 0;
	for (const auto& buffer: buffers) sum += sendBytes(buffer.iov_base, static_cast<int>(buffer.iov_len), flags);
	return sum;
}


void ConnectionSocketImpl::keep(const char* pBytes, std::size_t length)
{
	RateDeadline deadline;
	for (;;)
	{
		if (flushAsOwner() == PendingOutput::FLUSH_ERROR) error();
		const bool flushed = !hasOutput();
		std::size_t n = _output.keep(pBytes, length, *_pPool);
		if (n == 0 && !hasOutput()) // nothing may be kept
		{
			const struct iovec part = { const_cast<char*>(pBytes), length };
			n = sendSome(&part, 1);
		}
		pBytes += n;
		length -= n;
		if (length == 0) break;
		// The mark is passed: the writer has to wait until the client takes some.
		if (flushed) deadline.add(n); // takeFlushed() does not know of it any more; it was as much, nearly
		waitWritable(deadline);
	}
	askToFlush();
}


void ConnectionSocketImpl::askToFlush()
{
	if (!hasOutput() || transport().exposed()) return;
	// The handler may now do something that takes long.
	OutputFlusher* pManager = _pManager.load(std::memory_order_relaxed);
	if (pManager && _output.askToFlush()) pManager->flushByLoop();
}


void ConnectionSocketImpl::waitWritable(RateDeadline& deadline)
{
	if (!deadline.begun())
	{
		takeFlushed(); // counts from here
		deadline.begin(sendTimeout(), limits().minRate);
	}
	if (transport().waitToSend(sockfd(), deadline)) return;
	deadline.add(takeFlushed());
	if (deadline.extend()) return;
	_sendTimedOut = true;
	throw Poco::TimeoutException("The client takes no data, or too little");
}


void ConnectionSocketImpl::waitReadable(RateDeadline& deadline)
{
	if (!deadline.begun())
	{
		const Poco::Timespan timeout = transport().receiveTimeout();
		takeArrived(); // counts from here
		deadline.begin(timeout > 0 ? timeout : getReceiveTimeout(), limits().minRate);
	}
	if (transport().waitToReceive(sockfd(), deadline)) return;
	// The records of TLS hide how fast the client is. Whoever gets the bytes looks at the rate of these.
	deadline.add(takeArrived());
	if (!deadline.extend()) throw Poco::TimeoutException("The client sends nothing, or too little");
}


Poco::UInt64 ConnectionSocketImpl::takeArrived()
{
	const Poco::UInt64 arrived = _input.takeArrived();
	return std::max(arrived, transport().takeReceived(sockfd()));
}


Poco::UInt64 ConnectionSocketImpl::takeFlushed()
{
	const Poco::UInt64 flushed = _output.takeFlushed();
	return std::max(flushed, transport().takeAcknowledged(sockfd()));
}


Poco::Timespan ConnectionSocketImpl::sendTimeout() const
{
	const Poco::Timespan set = transport().sendTimeout();
	if (set > 0) return set;
	return _sendTimeout > 0 ? Poco::Timespan(_sendTimeout) : limits().sendTimeout;
}


void ConnectionSocketImpl::flushAll()
{
	RateDeadline deadline;
	for (;;)
	{
		const PendingOutput::Result result = flushAsOwner();
		if (result == PendingOutput::FLUSH_DONE) return;
		if (result == PendingOutput::FLUSH_ERROR) error();
		waitWritable(deadline);
	}
}


#if defined(EVNet_OVERRIDES_SEND_FILE)
std::streamsize ConnectionSocketImpl::sendFile(Poco::FileInputStream& file, std::streamoff offset, std::streamsize count)
{
	flushAll();
	return StreamSocketImpl::sendFile(file, offset, count);
}
#endif


ShutdownResult ConnectionSocketImpl::shutdownSend()
{
	flushAll();
	if (secure()) return ShutdownResult(); // as with a SecureStreamSocket: there is no such thing in TLS up to 1.2
	return StreamSocketImpl::shutdownSend();
}


ShutdownResult ConnectionSocketImpl::shutdown()
{
	flushAll();
	transport().shutdown();
	return StreamSocketImpl::shutdown();
}


void ConnectionSocketImpl::close()
{
	if (!isOpen()) return;

	if (hasOutput())
	{
		try
		{
			flushAll();
		}
		catch (...)
		{
			// The client is gone, or there is no memory, and nobody is left to be told. What is closed must be closed.
		}
		dropOutput(); // before the descriptor can become somebody else's
	}
	transport().shutdown();
	if (_descriptor.close()) closed();
	reset();
}


bool ConnectionSocketImpl::isOpen()
{
	if (initialized() && !_descriptor.isOpen())
	{
		// A handler has closed the SecureStreamSocket. What it has not flushed is lost, as with Poco.
		dropOutput();
		reset();
		closed();
	}
	return initialized();
}


void ConnectionSocketImpl::closed()
{
	if (_pExtras) _pExtras->entry = AddressLimiter::Entry();
}


void ConnectionSocketImpl::abort()
{
	_descriptor.abort();
}


bool ConnectionSocketImpl::countBy(AddressLimiter& limiter)
{
	extras().entry = limiter.enter(peerAddress());
	return extras().entry.counted();
}


void ConnectionSocketImpl::beginWatch()
{
	_descriptor.beginWatch();
}


void ConnectionSocketImpl::endWatch()
{
	if (_descriptor.endWatch()) closed();
}


std::size_t ConnectionSocketImpl::unacknowledged() const
{
	int bytes = 0;
	return ::ioctl(sockfd(), SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}


bool ConnectionSocketImpl::hasUnsent() const
{
	// A short response is confirmed at once, or at least on its way. So that is one system call, mostly.
	const std::size_t bytes = unacknowledged();
	if (bytes == 0 || bytes > INITIAL_WINDOW) return bytes > 0;
	int unsent = 0;
	return ::ioctl(sockfd(), SIOCOUTQNSD, &unsent) == 0 && unsent > 0;
}


void ConnectionSocketImpl::setReceiveTimeout(const Poco::Timespan& timeout)
{
	if (timeout.totalMicroseconds() == _receiveTimeout) return;
	_receiveTimeout = timeout.totalMicroseconds();
	_timeoutSet = false;
}


void ConnectionSocketImpl::setSendTimeout(const Poco::Timespan& timeout)
{
	_sendTimeout = timeout.totalMicroseconds();
	if (!secure()) StreamSocketImpl::setSendTimeout(timeout); // for whoever detaches the socket; with TLS, it is always waited here
}


Poco::Timespan ConnectionSocketImpl::getSendTimeout()
{
	return _sendTimeout > 0 ? Poco::Timespan(_sendTimeout) : StreamSocketImpl::getSendTimeout();
}


Poco::Timespan ConnectionSocketImpl::getReceiveTimeout()
{
	return _receiveTimeout >= 0 ? Poco::Timespan(_receiveTimeout) : StreamSocketImpl::getReceiveTimeout();
}


void ConnectionSocketImpl::applyReceiveTimeout()
{
	if (_timeoutSet || sockfd() == POCO_INVALID_SOCKET) return;
	StreamSocketImpl::setReceiveTimeout(_receiveTimeout);
	_timeoutSet = true;
}


ConnectionSocketImpl::Extras& ConnectionSocketImpl::extras()
{
	if (!_pExtras) _pExtras.reset(new Extras);
	return *_pExtras;
}


void ConnectionSocketImpl::setPeer(const struct sockaddr* pPeer, socklen_t length)
{
	// Now, because the system does not know it any more when the client has reset the connection. The client of a
	// Unix domain socket mostly has no address, and keeps it.
	if (length >= sizeof(struct sockaddr_in) && pPeer->sa_family == AF_INET)
	{
		const struct sockaddr_in* pIPv4 = reinterpret_cast<const struct sockaddr_in*>(pPeer);
		_peerPort = pIPv4->sin_port;
		_peerHost = pIPv4->sin_addr.s_addr;
	}
	else if (length >= sizeof(struct sockaddr_in6) && pPeer->sa_family == AF_INET6)
	{
		try
		{
			std::memcpy(&extras().peer, pPeer, sizeof(struct sockaddr_in6));
		}
		catch (std::bad_alloc&)
		{
			// The system is asked when somebody wants to know.
		}
	}
}


SocketAddress ConnectionSocketImpl::addressBy(int (*pFunction)(int, struct sockaddr*, socklen_t*)) const
{
	const poco_socket_t fd = _descriptor.current(); // also after close(), as long as it is watched
	if (fd == POCO_INVALID_SOCKET) throw Poco::Net::InvalidSocketException();
	// Cleared, because the client of a Unix domain socket mostly has no name. Poco's method
	// copies what happens to be in the memory then.
	struct sockaddr_storage storage = sockaddr_storage();
	struct sockaddr* pAddress = reinterpret_cast<struct sockaddr*>(&storage);
	socklen_t length = sizeof(storage);
	if (pFunction(fd, pAddress, &length) != 0) error();
	return SocketAddress(pAddress, length);
}


SocketAddress ConnectionSocketImpl::address()
{
	return addressBy(&::getsockname);
}


SocketAddress ConnectionSocketImpl::peerAddress()
{
	if (_peerHost)
	{
		struct sockaddr_in peer = sockaddr_in();
		peer.sin_family = AF_INET;
		peer.sin_port = _peerPort;
		peer.sin_addr.s_addr = _peerHost;
		return SocketAddress(reinterpret_cast<const struct sockaddr*>(&peer), sizeof(peer));
	}
	if (_pExtras && _pExtras->peer.sin6_family == AF_INET6) return SocketAddress(reinterpret_cast<const struct sockaddr*>(&_pExtras->peer), sizeof(_pExtras->peer));
	return addressBy(&::getpeername);
}


} } // namespace Poco::EVNet
