//
// Output.cpp
//
// Library: EVNet
// Package: Socket
// Module:  Output
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/Output.h"
#include "core/HandlerClock.h"
#include "core/RateDeadline.h"
#include "socket/OutputBuffer.h"
#include "Poco/Net/NetException.h"
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <linux/sockios.h>
#include <new>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <utility>


namespace Poco {
namespace EVNet {


namespace
{
	const std::size_t HOLD_RESERVE = 4096; // bytes: responses that are held are many, or would not be
	const std::size_t INITIAL_WINDOW = 14600; // bytes that TCP sends at once, at least
	static_assert(HOLD_RESERVE <= OutputBuffer::SIZE_ALWAYS, "");

	struct Failure: public Poco::Net::SocketImpl
		/// Makes Poco's exceptions for errors of the system known here.
	{
		using SocketImpl::error;
	};

	std::size_t lengthOf(const struct iovec* pParts, int count)
	{
		std::size_t length = 0;
		for (int i = 0; i < count; i++) length += pParts[i].iov_len;
		return length;
	}
}


Output::Output(poco_socket_t fd, Transport& transport, const BufferPool::Ptr& pPool):
	_pTransport(&transport),
	_pPool(pPool),
	_pBuffer(nullptr),
	_pManager(nullptr),
	_timeout(0),
	_fd(fd),
	_mayHold(false),
	_timedOut(false)
{
}


Output::~Output()
{
	delete _pBuffer.load();
}


std::mutex& Output::mutex() const
{
	if (std::mutex* pMutex = transport().outputMutex()) return *pMutex;
	// Only connections whose client is slow need it, so they share a few. Nobody who holds one of these waits for anything.
	static std::mutex mutexes[16];
	return mutexes[(reinterpret_cast<std::uintptr_t>(this) >> 6) % 16];
}


void Output::setPool(const BufferPool::Ptr& pPool)
{
	_pPool = pPool;
}


void Output::close()
{
	drop(); // the leader uses the descriptor only if there is something
	_fd = POCO_INVALID_SOCKET;
}


void Output::setTimeout(const Poco::Timespan& timeout)
{
	_timeout = timeout.totalMicroseconds();
}


Poco::Timespan Output::timeout() const
{
	return Poco::Timespan(_timeout);
}


bool Output::timedOut() const
{
	return _timedOut;
}


void Output::unmanage(OutputFlusher& manager)
{
	OutputFlusher* pManager = &manager;
	_pManager.compare_exchange_strong(pManager, nullptr, std::memory_order_relaxed);
}


void Output::send(const struct iovec* pParts, int count, Urgency urgency)
{
	const std::size_t length = lengthOf(pParts, count);
	if (length == 0 && (urgency == URGENCY_HOLD || empty())) return;
	checkOpen();
	if (urgency == URGENCY_HOLD && _mayHold.load(std::memory_order_relaxed) && hold(pParts, count)) return;
	if (join(pParts, count))
	{
		if (flush() == FLUSH_ERROR) Failure::error();
		askToFlush();
	}
	else if (length > 0)
	{
		std::size_t sent = empty() ? sendSome(pParts, count) : 0;
		for (int i = 0; i < count; i++)
		{
			const std::size_t done = std::min(sent, pParts[i].iov_len);
			sent -= done;
			sendRest(static_cast<const char*>(pParts[i].iov_base) + done, pParts[i].iov_len - done, 0);
		}
	}
	if (urgency == URGENCY_FLUSH && transport().exposed()) flushAll();
}


void Output::send(const void* pBytes, std::size_t length, int flags)
{
	const struct iovec part = { const_cast<void*>(pBytes), length };
	const std::size_t sent = empty() ? sendSome(&part, 1, flags) : 0;
	sendRest(static_cast<const char*>(pBytes) + sent, length - sent, flags);
}


std::size_t Output::sendSome(const struct iovec* pParts, int count, int flags)
{
	const HandlerClock::Pause pause;
	const ssize_t n = transport().send(_fd, pParts, count, flags);
	if (n < 0 && errno != EAGAIN) Failure::error();
	return n > 0 ? static_cast<std::size_t>(n) : 0;
}


void Output::sendRest(const char* pBytes, std::size_t length, int flags)
{
	if (length == 0) return;
	// With TLS, a record that has been begun has to be sent again as it is: if the writer gives up, it must not be taken for what
	// somebody sends next.
	const bool keeps = isManaged() || transport().secure();
	RateDeadline deadline;
	for (;;)
	{
		if (flushAsOwner() == FLUSH_ERROR) Failure::error();
		const bool flushed = empty();
		std::size_t n = keeps ? keep(pBytes, length) : 0;
		if (n == 0 && empty())
		{
			const struct iovec part = { const_cast<char*>(pBytes), length };
			n = sendSome(&part, 1, flags);
		}
		pBytes += n;
		length -= n;
		if (length == 0) break;
		// The limit is reached: the writer has to wait until the client takes some.
		if (flushed) deadline.add(n); // takeFlushed() does not know of it any more; it was as much, nearly
		waitWritable(deadline);
	}
	if (isManaged()) askToFlush();
	else flushAll(); // nobody else does
}


void Output::sendFile(FileDescriptor&& file, Poco::UInt64 length)
{
	checkOpen();
	if (length == 0) return;
	if (!empty() && !held()) flushAll(); // it may be a file
	{
		std::lock_guard<std::mutex> lock(mutex());
		buffer().held = false;
		buffer().setFile(std::move(file), length);
	}
	if (!isManaged()) return flushAll();
	if (flushAsOwner() == FLUSH_ERROR) Failure::error();
	askToFlush();
}


void Output::flushAll()
{
	RateDeadline deadline;
	for (;;)
	{
		const Result result = flushAsOwner();
		if (result == FLUSH_DONE) return;
		if (result == FLUSH_ERROR) Failure::error();
		waitWritable(deadline);
	}
}


void Output::waitWritable(RateDeadline& deadline)
{
	if (!deadline.begun())
	{
		takeFlushed(); // counts from here
		const Poco::Timespan set = transport().sendTimeout();
		const BufferPool::Limits& limits = _pPool->limits();
		deadline.begin(set > 0 ? set : _timeout > 0 ? timeout() : limits.sendTimeout, limits.minRate);
	}
	if (transport().waitToSend(_fd, deadline)) return;
	deadline.add(takeFlushed());
	if (deadline.extend()) return;
	_timedOut = true;
	throw Poco::TimeoutException("The client takes no data, or too little");
}


void Output::checkOpen() const
{
	if (_fd == POCO_INVALID_SOCKET) throw Poco::Net::InvalidSocketException();
}


Output::Result Output::trySend(const std::string& text)
{
	if (const Result flushed = flush(); flushed != FLUSH_DONE) return flushed;
	const struct iovec part = { const_cast<char*>(text.data()), text.size() };
	const ssize_t n = transport().send(_fd, &part, 1);
	if (n < 0) return errno == EAGAIN ? FLUSH_AGAIN : FLUSH_ERROR;
	const std::size_t rest = text.size() - static_cast<std::size_t>(n);
	if (rest == 0) return FLUSH_DONE;
	return keep(&text[text.size() - rest], rest) == rest ? FLUSH_KEPT : FLUSH_ERROR;
}


Output::Result Output::flush()
{
	return flush(false);
}


Output::Result Output::flushBeside()
{
	return flush(true);
}


Output::Result Output::flushHeld()
{
	{
		std::lock_guard<std::mutex> lock(mutex());
		hold(false);
	}
	return flush(true);
}


Output::Result Output::flush(bool beside)
{
	if (empty()) return FLUSH_DONE;
	std::unique_ptr<OutputBuffer> pDone; // destroyed when the mutex is unlocked: closing the file may take long
	std::lock_guard<std::mutex> lock(mutex());
	OutputBuffer* pBuffer = _pBuffer;
	if (!pBuffer || (beside && transport().exposed())) return FLUSH_DONE;
	pBuffer->held = false;
	const Poco::UInt64 limit = pBuffer->flushed + FLUSH_SLICE;
	while (pBuffer->size() > 0)
	{
		if (pBuffer->flushed >= limit) return FLUSH_AGAIN;
		if (pBuffer->send(transport(), _fd) < 0) return errno == EAGAIN ? FLUSH_AGAIN : FLUSH_ERROR;
	}
	if (pBuffer->fileError)
	{
		errno = pBuffer->fileError;
		return FLUSH_ERROR;
	}
	if (pBuffer->fileLength() > 0) return FLUSH_FILE;
	_pBuffer = nullptr;
	pDone.reset(pBuffer);
	return FLUSH_DONE;
}


Output::Result Output::flushAsOwner()
{
	if (const Result result = flush(); result != FLUSH_FILE) return result;
	// No lock is held while the disk is waited for: nobody else removes the output as long as there is a file.
	OutputBuffer& buffer = *_pBuffer.load(std::memory_order_relaxed);
	const int error = buffer.sendFile(transport(), _fd, FLUSH_SLICE);
	bool shortRest;
	{
		std::lock_guard<std::mutex> lock(mutex());
		buffer.fileSent(error);
		shortRest = error == EAGAIN && buffer.fileLength() <= OutputBuffer::SIZE_ALWAYS;
	}
	if (shortRest) keepRest(buffer);
	const Result rest = flush();
	return rest == FLUSH_FILE ? FLUSH_AGAIN : rest;
}


void Output::keepRest(OutputBuffer& buffer)
{
	std::string rest;
	bool whole;
	try
	{
		whole = buffer.readFile(rest);
	}
	catch (std::bad_alloc&)
	{
		return; // it stays a file
	}
	const int error = errno;
	FileDescriptor file; // closed when the mutex is unlocked: that may take long, too
	std::lock_guard<std::mutex> lock(mutex());
	if (whole) file = buffer.replaceFile(rest);
	else buffer.fileError = error;
	buffer.asked = buffer.asked && !whole; // now the loop can do something about it
}


OutputBuffer& Output::buffer()
{
	if (empty()) _pBuffer.store(new OutputBuffer(*_pPool), std::memory_order_release);
	return *_pBuffer.load(std::memory_order_relaxed);
}


std::size_t Output::keep(const char* pBytes, std::size_t length)
{
	std::lock_guard<std::mutex> lock(mutex());
	const OutputBuffer* pBuffer = _pBuffer;
	if (pBuffer && pBuffer->fileLength() > 0) return 0;
	const std::size_t kept = pBuffer ? pBuffer->size() : 0;
	const std::size_t limit = _pPool->limits().maxOutput;
	if (kept >= limit) return 0;
	buffer().held = false;
	return buffer().append(pBytes, std::min(length, limit - kept));
}


bool Output::hold(const struct iovec* pParts, int count)
{
	std::lock_guard<std::mutex> lock(mutex());
	return _mayHold.load(std::memory_order_relaxed) && append(pParts, count);
}


bool Output::join(const struct iovec* pParts, int count)
{
	if (empty()) return false;
	std::lock_guard<std::mutex> lock(mutex());
	const OutputBuffer* pBuffer = _pBuffer;
	return pBuffer && pBuffer->held && append(pParts, count);
}


bool Output::append(const struct iovec* pParts, int count)
{
	const OutputBuffer* pBuffer = _pBuffer;
	const std::size_t length = lengthOf(pParts, count) + (pBuffer ? pBuffer->size() : 0);
	if (length > MAX_HELD || (pBuffer && pBuffer->fileLength() > 0)) return false;
	if (!pBuffer) buffer().held = true;
	buffer().append(pParts, count, std::max(length, HOLD_RESERVE));
	return true;
}


void Output::askToFlush()
{
	if (empty() || transport().exposed()) return;
	// The handler may now do something that takes long.
	OutputFlusher* pManager = _pManager.load(std::memory_order_relaxed);
	if (!pManager) return;
	{
		std::lock_guard<std::mutex> lock(mutex());
		OutputBuffer* pBuffer = _pBuffer;
		if (!pBuffer || pBuffer->asked) return;
		pBuffer->asked = true;
	}
	pManager->flushByLoop();
}


bool Output::held() const
{
	if (empty()) return false;
	std::lock_guard<std::mutex> lock(mutex());
	const OutputBuffer* pBuffer = _pBuffer;
	return pBuffer && pBuffer->held;
}


Poco::UInt64 Output::takeFlushed()
{
	const Poco::UInt64 acknowledged = transport().takeAcknowledged(_fd);
	if (empty()) return acknowledged;
	std::lock_guard<std::mutex> lock(mutex());
	OutputBuffer* pBuffer = _pBuffer;
	return std::max(acknowledged, pBuffer ? std::exchange(pBuffer->flushed, 0) : 0);
}


void Output::drop()
{
	if (empty()) return;
	std::unique_ptr<OutputBuffer> pDropped; // as in flush()
	std::lock_guard<std::mutex> lock(mutex());
	pDropped.reset(_pBuffer.exchange(nullptr));
}


std::size_t Output::unacknowledged() const
{
	int bytes = 0;
	return ::ioctl(_fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}


bool Output::hasUnsent() const
{
	// A short response is confirmed at once, or at least on its way. So that is one system call, mostly.
	const std::size_t bytes = unacknowledged();
	if (bytes == 0 || bytes > INITIAL_WINDOW) return bytes > 0;
	int unsent = 0;
	return ::ioctl(_fd, SIOCOUTQNSD, &unsent) == 0 && unsent > 0;
}


} } // namespace Poco::EVNet
