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
#include <optional>
#include <sys/socket.h>


using Poco::Net::SocketAddress;
using Poco::Net::SocketBufVec;


namespace Poco {
namespace EVNet {


namespace
{
	Transport& transportFor(Poco::Net::SocketImpl& inner)
	{
		if (inner.secure()) return *new SecureTransport(inner);
		return PlainTransport::instance();
	}
}


ConnectionSocketImpl::ConnectionSocketImpl(poco_socket_t fd, BufferPool::Ptr pPool, const struct sockaddr* pPeer, socklen_t length):
	StreamSocketImpl(fd),
	_timeoutSet(true),
	_adoptions(0),
	_descriptor(fd),
	_output(fd, PlainTransport::instance(), pPool),
	_receiveTimeout(0)
{
	_peer.set(pPeer, length);
}


ConnectionSocketImpl::ConnectionSocketImpl(Poco::Net::SocketImpl& inner, BufferPool::Ptr pPool):
	_timeoutSet(true),
	_adoptions(0),
	_descriptor(inner),
	_output(inner.sockfd(), transportFor(inner), pPool),
	_receiveTimeout(-1) // not known
{
	struct sockaddr_storage storage;
	struct sockaddr* pPeer = reinterpret_cast<struct sockaddr*>(&storage);
	socklen_t length = sizeof(storage);
	if (::getpeername(inner.sockfd(), pPeer, &length) == 0) _peer.set(pPeer, length);
	reset(inner.sockfd()); // last, because the destructor of the base would close it
}


ConnectionSocketImpl::~ConnectionSocketImpl()
{
	_input.discard();
	_input.release(_output.pool(), nullptr);
	if (_descriptor.isShared()) reset(); // it is for the inner socket to close
}


ConnectionSocketImpl::Result ConnectionSocketImpl::receive(BufferCache* pCache)
{
	switch (_input.makeRoom(_output.pool(), pCache))
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


int ConnectionSocketImpl::waitAndReceive(void* buffer, int length, int flags, bool isEmpty)
{
	// Whoever must not wait, or waits for all, does so in the system: it alone knows what that means.
	if (isPocos() || (!secure() && (flags & (MSG_DONTWAIT | MSG_WAITALL))))
	{
		applyReceiveTimeout();
		return StreamSocketImpl::receiveBytes(buffer, length, flags);
	}
	if (!isOpen()) throw Poco::Net::InvalidSocketException();
	RateDeadline deadline;
	for (;; isEmpty = true)
	{
		if (isEmpty && !getBlocking()) return -1; // as with Poco
		if (isEmpty) waitReadable(deadline);
		const ssize_t n = transport().receive(sockfd(), buffer, static_cast<std::size_t>(length), flags);
		if (n >= 0) return static_cast<int>(n);
		if (errno != EAGAIN) error();
	}
}


bool ConnectionSocketImpl::isPocos() const
{
	return !_output.isManaged() && !secure();
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


void ConnectionSocketImpl::releaseBuffer(BufferCache* pCache)
{
	_input.release(_output.pool(), pCache);
}


void ConnectionSocketImpl::adoptedBy(BufferPool::Ptr pPool)
{
	const bool same = pPool.get() == &_output.pool();
	if (!same && !_input.moveTo(*pPool, _output.pool())) throw Poco::OutOfMemoryException("maxTotalBufferedBytes is used up");
	_output.setPool(pPool);
	_output.hold(false);
	_input.endRequest();
	_adoptions.fetch_add(1);
}


std::size_t ConnectionSocketImpl::readMore(RateDeadline* pDeadline)
{
	_input.nextPart();
	if (_input.size() > 0) return _input.size();
	if (_input.makeRoom(_output.pool(), nullptr) != InputBuffer::ROOM_OK)
		throw Poco::OutOfMemoryException("maxTotalBufferedBytes is used up");
	// What is there is not late, however long the handler has taken to ask for it.
	if (receiveSome() >= 0 || !pDeadline) return _input.size();
	if (errno != EAGAIN && errno != EWOULDBLOCK) error();
	if (!pDeadline->begun()) pDeadline->begin(getReceiveTimeout(), limits().minRate);
	else if (pDeadline->isOver() && !pDeadline->extend()) throw Poco::TimeoutException("The client sends the body too slowly");
	_output.flushAll(); // the client may need what we have said before it says more
	const int n = waitAndReceive(_input.room(), static_cast<int>(_input.roomSize()), 0, true);
	if (n > 0) _input.added(static_cast<std::size_t>(n));
	return _input.size();
}


int ConnectionSocketImpl::receiveBytes(void* buffer, int length, int flags)
{
	if (length <= 0) return 0;
	const std::size_t n = _input.read(buffer, static_cast<std::size_t>(length), (flags & MSG_PEEK) != 0);
	if (n > 0) return static_cast<int>(n);
	_output.flushAll(); // the client may need what we have said before it says more
	const int rc = waitAndReceive(buffer, length, flags, false);
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
	_output.flushAll();
	return StreamSocketImpl::poll(timeout, mode);
}


int ConnectionSocketImpl::sendBytes(const void* buffer, int length, int flags)
{
	if (length <= 0) return 0;
	if (!isOpen()) throw Poco::Net::InvalidSocketException();
	if (isPocos())
	{
		_output.flushAll();
		return StreamSocketImpl::sendBytes(buffer, length, flags);
	}
	_output.send(buffer, static_cast<std::size_t>(length), flags);
	return length;
}


int ConnectionSocketImpl::sendBytes(const SocketBufVec& buffers, int flags)
{
	int sum = 0;
	for (const auto& buffer: buffers) sum += sendBytes(buffer.iov_base, static_cast<int>(buffer.iov_len), flags);
	return sum;
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


#if defined(EVNet_OVERRIDES_SEND_FILE)
std::streamsize ConnectionSocketImpl::sendFile(Poco::FileInputStream& file, std::streamoff offset, std::streamsize count)
{
	_output.flushAll();
	return StreamSocketImpl::sendFile(file, offset, count);
}
#endif


ShutdownResult ConnectionSocketImpl::shutdownSend()
{
	_output.flushAll();
	if (secure()) return ShutdownResult(); // as with a SecureStreamSocket: there is no such thing in TLS up to 1.2
	return StreamSocketImpl::shutdownSend();
}


ShutdownResult ConnectionSocketImpl::shutdown()
{
	_output.flushAll();
	transport().shutdown();
	return StreamSocketImpl::shutdown();
}


void ConnectionSocketImpl::close()
{
	if (!isOpen()) return;

	if (!_output.empty())
	{
		try
		{
			_output.flushAll();
		}
		catch (...)
		{
			// The client is gone, or there is no memory, and nobody is left to be told. What is closed must be closed.
		}
	}
	_output.close(); // before the descriptor can become somebody else's
	transport().shutdown();
	if (_descriptor.close()) closed();
	reset();
}


bool ConnectionSocketImpl::isOpen()
{
	if (initialized() && !_descriptor.isOpen())
	{
		// A handler has closed the SecureStreamSocket. What it has not flushed is lost, as with Poco.
		_output.close();
		reset();
		closed();
	}
	return initialized();
}


void ConnectionSocketImpl::closed()
{
	_peer.uncount();
}


void ConnectionSocketImpl::abort()
{
	_descriptor.abort();
}


bool ConnectionSocketImpl::countBy(AddressLimiter& limiter)
{
	return _peer.countBy(limiter, peerAddress());
}


void ConnectionSocketImpl::beginWatch()
{
	_descriptor.beginWatch();
}


void ConnectionSocketImpl::endWatch()
{
	if (_descriptor.endWatch()) closed();
}


void ConnectionSocketImpl::setReceiveTimeout(const Poco::Timespan& timeout)
{
	if (timeout.totalMicroseconds() == _receiveTimeout) return;
	_receiveTimeout = timeout.totalMicroseconds();
	_timeoutSet = false;
}


void ConnectionSocketImpl::setSendTimeout(const Poco::Timespan& timeout)
{
	_output.setTimeout(timeout);
	if (!secure()) StreamSocketImpl::setSendTimeout(timeout); // for whoever detaches the socket; with TLS, it is always waited here
}


Poco::Timespan ConnectionSocketImpl::getSendTimeout()
{
	const Poco::Timespan set = _output.timeout();
	return set > 0 ? set : StreamSocketImpl::getSendTimeout();
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
	const std::optional<SocketAddress> address = _peer.get();
	return address ? *address : addressBy(&::getpeername);
}


} } // namespace Poco::EVNet
