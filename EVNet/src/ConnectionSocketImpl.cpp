//
// ConnectionSocketImpl.cpp
//
// Library: EVNet
// Package: Engine
// Module:  ConnectionSocketImpl
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ConnectionSocketImpl.h"
#include "Connection.h"
#include "Poco/Net/NetException.h"
#include "Poco/Buffer.h"
#include "Poco/MemoryPool.h"
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>


using Poco::Net::SocketAddress;
using Poco::Net::SocketBufVec;
using Poco::Net::StreamSocketImpl;


namespace Poco {
namespace EVNet {


namespace
{
	const int MAX_SEND = 1 << 30; // bytes for one system call

	Poco::MemoryPool& memoryPool()
	{
		// Never destroyed: sockets may outlive static objects.
		static Poco::MemoryPool* pPool = new Poco::MemoryPool(sizeof(ConnectionSocketImpl));
		return *pPool;
	}
}


ConnectionSocketImpl::ConnectionSocketImpl(poco_socket_t fd, BufferPool::Ptr pPool):
	StreamSocketImpl(fd),
	_pPool(pPool),
	_pBuffer(nullptr),
	_capacity(0),
	_begin(0),
	_end(0),
	_request(0),
	_read(0),
	_pOutput(nullptr),
	_pInner(nullptr),
	_receiveTimeout(0),
	_pManager(nullptr),
	_watches(0),
	_closing(POCO_INVALID_SOCKET),
	_hold(false),
	_timeoutSet(true),
	_sendTimedOut(false)
{
}


ConnectionSocketImpl::ConnectionSocketImpl(Poco::Net::SocketImpl& inner, BufferPool::Ptr pPool):
	ConnectionSocketImpl(inner.sockfd(), pPool)
{
	_receiveTimeout = -1; // not known
	_pInner = &inner;
	_pInner->duplicate();
}


ConnectionSocketImpl::~ConnectionSocketImpl()
{
	if (_pBuffer) _pPool->give(_pBuffer, _capacity);
	delete _pOutput.load();
	if (_pInner)
	{
		reset();
		_pInner->release();
	}
}


void* ConnectionSocketImpl::operator new(std::size_t)
{
	return memoryPool().get();
}


void ConnectionSocketImpl::operator delete(void* p)
{
	memoryPool().release(p);
}


bool ConnectionSocketImpl::makeRoom(BufferCache* pCache, Result& result)
{
	if (!_pBuffer)
	{
		_pBuffer = pCache ? pCache->take() : _pPool->take(BufferPool::BLOCK_SIZE);
		_capacity = BufferPool::BLOCK_SIZE;
		if (!_pBuffer) _capacity = 0;
	}
	else if (_end == _capacity && _begin > 0)
	{
		std::memmove(_pBuffer, _pBuffer + _begin, _end - _begin);
		_end -= _begin;
		_begin = 0;
	}
	else if (_end == _capacity)
	{
		std::size_t maxBuffered = _pPool->limits().maxBuffered;
		if (_capacity >= maxBuffered)
		{
			result = RESULT_FULL;
			return false;
		}
		std::size_t size = std::min<std::size_t>(maxBuffered, 4*static_cast<std::size_t>(_capacity));
		char* pBuffer = _pPool->take(size);
		if (pBuffer)
		{
			std::memcpy(pBuffer, _pBuffer, _end);
			_pPool->give(_pBuffer, _capacity);
			_pBuffer = pBuffer;
			_capacity = static_cast<Poco::UInt32>(size);
		}
	}
	result = RESULT_NO_MEMORY;
	return _pBuffer && _end < _capacity;
}


ConnectionSocketImpl::Result ConnectionSocketImpl::receive(BufferCache& cache)
{
	Result result;
	if (!makeRoom(&cache, result)) return result;

	std::size_t room = _capacity - _end;
	std::size_t maxBuffered = _pPool->limits().maxBuffered;
	if (buffered() >= maxBuffered) return RESULT_FULL;
	room = std::min(room, maxBuffered - buffered());

	ssize_t n;
	do
	{
		n = ::recv(sockfd(), _pBuffer + _end, room, MSG_DONTWAIT);
	}
	while (n < 0 && errno == EINTR);
	if (n > 0)
	{
		_end += static_cast<Poco::UInt32>(n);
		return RESULT_OK;
	}
	int error = errno;
	releaseBuffer(&cache);
	if (n == 0) return RESULT_END;
	return error == EAGAIN || error == EWOULDBLOCK ? RESULT_AGAIN : RESULT_ERROR;
}


std::mutex& ConnectionSocketImpl::outputMutex() const
{
	// Only connections whose client is slow need it, so they share a few.
	static std::mutex mutexes[16];
	return mutexes[(reinterpret_cast<std::uintptr_t>(this) >> 6) % 16];
}


ConnectionSocketImpl::Result ConnectionSocketImpl::flush()
{
	if (!hasOutput()) return RESULT_OK;
	std::lock_guard<std::mutex> lock(outputMutex());
	return flushLocked();
}


ConnectionSocketImpl::Result ConnectionSocketImpl::flushLocked()
{
	Output* pOutput = _pOutput;
	if (pOutput) pOutput->held = false;
	while (pOutput)
	{
		const char* pBytes = pOutput->bytes.data() + pOutput->sent;
		std::size_t length = pOutput->bytes.size() - pOutput->sent;
		ssize_t n = ::send(sockfd(), pBytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
		{
			pOutput->sent += static_cast<std::size_t>(n);
			if (pOutput->sent < pOutput->bytes.size()) continue;
			_pOutput = nullptr;
			delete pOutput;
			return RESULT_OK;
		}
		if (errno == EAGAIN || errno == EWOULDBLOCK) return RESULT_AGAIN;
		if (errno != EINTR) return RESULT_ERROR;
	}
	return RESULT_OK;
}


bool ConnectionSocketImpl::holdsOutput() const
{
	if (!hasOutput()) return false;
	std::lock_guard<std::mutex> lock(outputMutex());
	const Output* pOutput = _pOutput;
	return pOutput && pOutput->held;
}


void ConnectionSocketImpl::dropOutput()
{
	if (!hasOutput()) return;
	std::lock_guard<std::mutex> lock(outputMutex());
	delete _pOutput.exchange(nullptr);
}


void ConnectionSocketImpl::releaseBuffer(BufferCache* pCache)
{
	if (!_pBuffer || _begin != _end) return;

	if (pCache && _capacity == BufferPool::BLOCK_SIZE) pCache->give(_pBuffer);
	else _pPool->give(_pBuffer, _capacity);
	_pBuffer = nullptr;
	_capacity = _begin = _end = 0;
}


void ConnectionSocketImpl::beginRequest(std::size_t length)
{
	_request = length;
	_read = 0;
}


bool ConnectionSocketImpl::endRequest()
{
	std::size_t end = std::max(_request, _read);
	bool complete = _read >= _request || _request <= buffered();
	_begin += static_cast<Poco::UInt32>(std::min(end, buffered()));
	_request = _read = 0;
	return complete;
}


void ConnectionSocketImpl::adoptedBy(BufferPool::Ptr pPool)
{
	if (_pBuffer && pPool.get() != _pPool.get())
	{
		// The bytes may be more than the new server accepts for one connection;
		// that shows when it tries to receive more.
		char* pBuffer = pPool->take(_capacity);
		if (!pBuffer) throw Poco::OutOfMemoryException("maxTotalBufferedBytes is used up");
		std::memcpy(pBuffer, _pBuffer, _end);
		_pPool->give(_pBuffer, _capacity);
		_pBuffer = pBuffer;
	}
	_pPool = pPool;
	endRequest();
}


std::size_t ConnectionSocketImpl::readMore(bool wait)
{
	_begin += static_cast<Poco::UInt32>(std::min(_request, buffered()));
	_request = _read = 0;
	if (buffered() > 0) return buffered();
	_begin = _end = 0;
	Result result;
	if (!makeRoom(nullptr, result)) throw Poco::OutOfMemoryException("maxTotalBufferedBytes is used up");
	int n;
	if (wait)
	{
		flushAll(); // the client may need what we have said before it says more
		applyReceiveTimeout();
		n = StreamSocketImpl::receiveBytes(_pBuffer, static_cast<int>(_capacity));
	}
	else n = static_cast<int>(::recv(sockfd(), _pBuffer, _capacity, MSG_DONTWAIT));
	if (n > 0) _end = static_cast<Poco::UInt32>(n);
	return buffered();
}


std::size_t ConnectionSocketImpl::unread() const
{
	return buffered() > _read ? buffered() - _read : 0;
}


int ConnectionSocketImpl::receiveBytes(void* buffer, int length, int flags)
{
	if (length <= 0) return 0;
	std::size_t n = std::min(unread(), static_cast<std::size_t>(length));
	if (n > 0)
	{
		std::memcpy(buffer, data() + _read, n);
		if (!(flags & MSG_PEEK)) _read += n;
		return static_cast<int>(n);
	}
	flushAll(); // the client may need what we have said before it says more
	applyReceiveTimeout();
	int rc = StreamSocketImpl::receiveBytes(buffer, length, flags);
	if (rc > 0 && !(flags & MSG_PEEK)) _read += static_cast<std::size_t>(rc);
	return rc;
}


int ConnectionSocketImpl::receiveBytes(SocketBufVec& buffers, int flags)
{
	int sum = 0;
	for (auto& buffer: buffers)
	{
		// As with readv(): wait for the first byte only.
		if (sum > 0 && unread() == 0) break;
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
	std::size_t n = unread();
	return n > 0 ? static_cast<int>(n) : StreamSocketImpl::available();
}


bool ConnectionSocketImpl::poll(const Poco::Timespan& timeout, int mode)
{
	if ((mode & SELECT_READ) && unread() > 0) return true;
	flushAll();
	return StreamSocketImpl::poll(timeout, mode);
}


int ConnectionSocketImpl::sendBytes(const void* buffer, int length, int flags)
{
	if (length <= 0) return 0;
	if (sockfd() == POCO_INVALID_SOCKET) throw Poco::Net::InvalidSocketException();
	if (!_pManager.load(std::memory_order_relaxed))
	{
		flushAll();
		return StreamSocketImpl::sendBytes(buffer, length, flags);
	}

	const char* pBytes = static_cast<const char*>(buffer);
	std::size_t rest = static_cast<std::size_t>(length);
	if (!hasOutput())
	{
		const std::size_t n = sendSome(pBytes, rest, flags);
		pBytes += n;
		rest -= n;
	}
	if (rest > 0) keep(pBytes, rest);
	return length;
}


std::size_t ConnectionSocketImpl::sendSome(const char* pBytes, std::size_t length, int flags)
{
	ssize_t n;
	do
	{
		n = ::send(sockfd(), pBytes, length, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) error();
	return n > 0 ? static_cast<std::size_t>(n) : 0;
}


void ConnectionSocketImpl::send(const struct iovec* pParts, int count)
{
	poco_assert_dbg (count <= MAX_PARTS);

	if (_hold && held(pParts, count)) return;
	std::size_t sent = 0;
	if (!hasOutput() && sockfd() != POCO_INVALID_SOCKET)
	{
		struct iovec parts[MAX_PARTS];
		std::copy(pParts, pParts + count, parts);
		struct msghdr message = msghdr();
		message.msg_iov = parts;
		message.msg_iovlen = static_cast<std::size_t>(count);
		ssize_t n;
		do
		{
			n = ::sendmsg(sockfd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
		}
		while (n < 0 && errno == EINTR);
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) error();
		sent = n > 0 ? static_cast<std::size_t>(n) : 0;
	}
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


bool ConnectionSocketImpl::held(const struct iovec* pParts, int count)
{
	std::size_t length = 0;
	for (int i = 0; i < count; i++) length += pParts[i].iov_len;
	std::lock_guard<std::mutex> lock(outputMutex());
	Output* pOutput = _pOutput;
	if (length + (pOutput ? pOutput->bytes.size() : 0) > MAX_HELD) return false;
	if (!pOutput)
	{
		pOutput = new Output;
		pOutput->held = true;
		_pOutput.store(pOutput, std::memory_order_release);
		pOutput->bytes.reserve(MAX_HELD/8);
	}
	for (int i = 0; i < count; i++) pOutput->bytes.append(static_cast<const char*>(pParts[i].iov_base), pParts[i].iov_len);
	return true;
}


void ConnectionSocketImpl::sendFile(int fd, Poco::UInt64 length)
{
	flushAll();
	// The descriptor blocks for handlers, but sendfile() has no flag against waiting, and would do so without end.
	setBlocking(false);
	try
	{
		while (length > 0)
		{
			const ssize_t n = ::sendfile(sockfd(), fd, nullptr, static_cast<std::size_t>(std::min<Poco::UInt64>(length, MAX_SEND)));
			if (n > 0) length -= static_cast<Poco::UInt64>(n);
			else if (n == 0) throw Poco::ReadFileException("The file has become shorter while it was sent");
			else if (errno == EAGAIN || errno == EWOULDBLOCK) waitWritable();
			else if (errno != EINTR) error();
		}
	}
	catch (...)
	{
		setBlocking(true);
		throw;
	}
	setBlocking(true);
}


int ConnectionSocketImpl::sendBytes(const SocketBufVec& buffers, int flags)
{
	int sum = 0;
	for (const auto& buffer: buffers) sum += sendBytes(buffer.iov_base, static_cast<int>(buffer.iov_len), flags);
	return sum;
}


void ConnectionSocketImpl::keep(const char* pBytes, std::size_t length)
{
	for (;;)
	{
		const std::size_t n = keepSome(pBytes, length);
		pBytes += n;
		length -= n;
		if (length == 0) break;
		// The mark is passed: the writer has to wait until the client takes some.
		waitWritable();
		if (flush() == RESULT_ERROR) error();
	}
	// The handler may now do something that takes long.
	std::lock_guard<std::mutex> lock(outputMutex());
	Output* pOutput = _pOutput;
	Connection* pManager = _pManager.load(std::memory_order_relaxed);
	if (pOutput && pManager && !pOutput->asked)
	{
		pOutput->asked = true;
		pManager->flushByLoop();
	}
}


std::size_t ConnectionSocketImpl::keepSome(const char* pBytes, std::size_t length)
{
	std::lock_guard<std::mutex> lock(outputMutex());
	if (flushLocked() == RESULT_ERROR) error();
	Output* pOutput = _pOutput;
	const std::size_t pending = pOutput ? pOutput->bytes.size() - pOutput->sent : 0;
	const std::size_t maxOutput = _pPool->limits().maxOutput;
	const std::size_t n = std::min(length, maxOutput > pending ? maxOutput - pending : 0);
	if (n == 0 && !pOutput && maxOutput == 0) return sendSome(pBytes, length);
	if (n == 0) return 0;
	std::unique_ptr<Output> pNew(pOutput ? nullptr : new Output);
	if (!pOutput) pOutput = pNew.get();
	pOutput->bytes.erase(0, pOutput->sent);
	pOutput->sent = 0;
	pOutput->held = false;
	pOutput->bytes.append(pBytes, n);
	if (pNew) _pOutput.store(pNew.release(), std::memory_order_release);
	return n;
}


void ConnectionSocketImpl::waitWritable()
{
	const Poco::Timespan& timeout = _pPool->limits().sendTimeout;
	const Poco::Timespan forever(Poco::Timespan::DAYS);
	while (!StreamSocketImpl::poll(timeout > 0 ? timeout : forever, SELECT_WRITE))
	{
		if (timeout > 0)
		{
			_sendTimedOut = true;
			throw Poco::TimeoutException("The client takes no data");
		}
	}
}


void ConnectionSocketImpl::flushAll()
{
	for (;;)
	{
		Result result = flush();
		if (result == RESULT_OK) return;
		if (result == RESULT_ERROR) error();
		waitWritable();
	}
}


void ConnectionSocketImpl::shutdownSend()
{
	flushAll();
	StreamSocketImpl::shutdownSend();
}


void ConnectionSocketImpl::close()
{
	if (hasOutput() && sockfd() != POCO_INVALID_SOCKET)
	{
		try
		{
			flushAll();
		}
		catch (Poco::Exception&)
		{
			// the client is gone, and nobody is left to be told
		}
		dropOutput(); // before the descriptor can become somebody else's
	}
	if (sockfd() == POCO_INVALID_SOCKET) return;

	_closing = sockfd();
	// Before CLOSE_WANTED is set: from then on the descriptor may be closed at any moment, and become somebody else's.
	if (_watches.load() > 0) ::shutdown(_closing, SHUT_RDWR);
	if (_watches.fetch_or(CLOSE_WANTED) == 0) closeDescriptor();
	reset();
}


void ConnectionSocketImpl::closeDescriptor()
{
	if (_pInner) _pInner->close();
	else ::close(_closing);
}


void ConnectionSocketImpl::beginWatch()
{
	_watches.fetch_add(1);
}


void ConnectionSocketImpl::endWatch()
{
	if (_watches.fetch_sub(1) == (CLOSE_WANTED | 1)) closeDescriptor();
}


void ConnectionSocketImpl::setReceiveTimeout(const Poco::Timespan& timeout)
{
	if (timeout.totalMicroseconds() == _receiveTimeout) return;
	_receiveTimeout = timeout.totalMicroseconds();
	_timeoutSet = false;
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


const ConnectionSocketImpl::Addresses& ConnectionSocketImpl::addresses()
{
	if (!_pAddresses)
	{
		std::unique_ptr<Addresses> pAddresses(new Addresses);
		pAddresses->own = StreamSocketImpl::address();
		pAddresses->peer = StreamSocketImpl::peerAddress();
		_pAddresses = std::move(pAddresses);
	}
	return *_pAddresses;
}


SocketAddress ConnectionSocketImpl::address()
{
	return addresses().own;
}


SocketAddress ConnectionSocketImpl::peerAddress()
{
	return addresses().peer;
}


} } // namespace Poco::EVNet
