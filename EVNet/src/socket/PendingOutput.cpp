//
// PendingOutput.cpp
//
// Library: EVNet
// Package: Socket
// Module:  PendingOutput
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/PendingOutput.h"
#include "socket/Transport.h"
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <sys/socket.h>
#include <sys/uio.h>


namespace Poco {
namespace EVNet {


namespace
{
	const std::size_t HOLD_RESERVE = 4096; // bytes: responses that are held are many, or would not be
}


struct PendingOutput::Bytes
{
	explicit Bytes(BufferPool& pool):
		pPool(&pool, true)
	{
	}

	~Bytes()
	{
		pPool->giveOutput(capacity);
	}

	std::size_t size() const
	{
		return bytes.size() - sent;
	}

	bool reserve(std::size_t length)
		/// Makes room for so many bytes. Returns false if the budget does not have it.
	{
		if (length <= capacity)
		{
			bytes.erase(0, sent);
			sent = 0;
			return true;
		}
		std::size_t grown = std::max(length, std::min(2*capacity, pPool->limits().maxOutput));
		if (!pPool->takeOutput(grown, grown <= KEPT_ALWAYS))
		{
			grown = length;
			if (!pPool->takeOutput(grown, grown <= KEPT_ALWAYS)) return false;
		}
		std::string larger;
		try
		{
			larger.reserve(grown); // no more than that: it is empty
		}
		catch (...)
		{
			pPool->giveOutput(grown);
			throw;
		}
		larger.append(bytes, sent, std::string::npos);
		replace(larger, grown);
		return true;
	}

	void replace(std::string& other, std::size_t otherCapacity)
		/// Has other bytes from now on, which have been counted in.
	{
		bytes.swap(other);
		sent = 0;
		pPool->giveOutput(capacity);
		capacity = otherCapacity;
	}

	BufferPool::Ptr pPool;       /// whose budget it is: it stays that when the socket gets to another server
	std::size_t capacity = 0;    /// of bytes, counted by the pool
	std::string bytes;
	std::size_t sent  = 0;
	OutputFile  file;            /// behind the bytes
	Poco::UInt64 fileLength = 0; /// what is left of it
	int         fileError = 0;   /// why nothing more can be sent, 0 if it can
	Poco::UInt64 flushed = 0;    /// see takeFlushed()
	bool        asked = false;   /// askToFlush() has been called
	bool        held  = false;   /// nobody has tried to send it
};


PendingOutput::PendingOutput():
	_pMutex(nullptr),
	_pBytes(nullptr)
{
}


PendingOutput::~PendingOutput()
{
	delete _pBytes.load();
}


void PendingOutput::guardedBy(std::mutex* pMutex)
{
	_pMutex = pMutex;
}


std::mutex& PendingOutput::mutex() const
{
	// Only connections whose client is slow need it, so they share a few. Nobody who holds one of these waits for anything.
	if (_pMutex) return *_pMutex;
	static std::mutex mutexes[16];
	return mutexes[(reinterpret_cast<std::uintptr_t>(this) >> 6) % 16];
}


bool PendingOutput::held() const
{
	if (empty()) return false;
	std::lock_guard<std::mutex> lock(mutex());
	const Bytes* pBytes = _pBytes;
	return pBytes && pBytes->held;
}


PendingOutput::Result PendingOutput::flush(poco_socket_t fd, Transport& transport, bool beside)
{
	if (empty()) return FLUSH_DONE;
	std::unique_ptr<Bytes> pDone; // destroyed when the mutex is unlocked: closing the file may take long
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pBytes = _pBytes;
	if (!pBytes || (beside && transport.exposed())) return FLUSH_DONE;
	pBytes->held = false;
	const Poco::UInt64 limit = pBytes->flushed + FLUSH_SLICE;
	while (pBytes->sent < pBytes->bytes.size())
	{
		if (pBytes->flushed >= limit) return FLUSH_AGAIN;
		const ssize_t n = flushSome(fd, transport, *pBytes);
		if (n < 0) return errno == EAGAIN ? FLUSH_AGAIN : FLUSH_ERROR;
		pBytes->flushed += static_cast<Poco::UInt64>(n);
	}
	if (pBytes->fileError)
	{
		errno = pBytes->fileError;
		return FLUSH_ERROR;
	}
	if (pBytes->fileLength > 0) return FLUSH_FILE;
	_pBytes = nullptr;
	pDone.reset(pBytes);
	return FLUSH_DONE;
}


PendingOutput::Result PendingOutput::flushAsOwner(poco_socket_t fd, Transport& transport)
{
	const Result result = flush(fd, transport);
	if (result != FLUSH_FILE) return result;

	// No lock is held while the disk is waited for: nobody else removes the output as long as there is a file.
	Bytes& output = *_pBytes.load(std::memory_order_relaxed);
	const off_t begin = output.file.offset;
	const Poco::UInt64 slice = std::min<Poco::UInt64>(output.fileLength, FLUSH_SLICE);
	const int error = transport.sendFile(fd, output.file, static_cast<std::size_t>(slice));
	{
		std::lock_guard<std::mutex> lock(mutex());
		const Poco::UInt64 sent = static_cast<Poco::UInt64>(output.file.offset - begin);
		output.fileLength -= sent;
		output.flushed += sent;
		output.fileError = error == EAGAIN ? 0 : error;
	}
	if (error == EAGAIN && output.fileLength <= KEPT_ALWAYS) keepRest();
	const Result rest = flush(fd, transport);
	return rest == FLUSH_FILE ? FLUSH_AGAIN : rest;
}


ssize_t PendingOutput::flushSome(poco_socket_t fd, Transport& transport, Bytes& output)
{
	const char* pBytes = output.bytes.data() + output.sent;
	const std::size_t length = std::min<std::size_t>(output.bytes.size() - output.sent, FLUSH_SLICE);
	const struct iovec part = { const_cast<char*>(pBytes), length };
	const ssize_t n = transport.send(fd, &part, 1, output.fileLength > 0 ? MSG_MORE : 0);
	if (n > 0) output.sent += static_cast<std::size_t>(n);
	return n;
}


void PendingOutput::keepRest()
{
	Bytes& output = *_pBytes.load(std::memory_order_relaxed);
	std::string rest;
	try
	{
		rest.resize(static_cast<std::size_t>(output.fileLength));
	}
	catch (std::bad_alloc&)
	{
		return; // it stays a file
	}
	const std::size_t size = rest.size();
	const bool whole = output.file.descriptor.read(&rest[0], rest.size(), output.file.offset);
	const int error = errno;
	FileDescriptor file; // closed when the mutex is unlocked: that may take long, too
	std::lock_guard<std::mutex> lock(mutex());
	if (!whole)
	{
		output.fileError = error;
		return;
	}
	output.pPool->takeOutput(size, true);
	output.replace(rest, size);
	output.asked = false; // now the loop can do something about it
	output.fileLength = 0;
	file = std::move(output.file.descriptor);
}


void PendingOutput::addFile(FileDescriptor&& file, Poco::UInt64 length, BufferPool& pool)
{
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pBytes = _pBytes;
	std::unique_ptr<Bytes> pNew(pBytes ? nullptr : new Bytes(pool));
	if (!pBytes) pBytes = pNew.get();
	pBytes->held = false;
	pBytes->file.descriptor = std::move(file);
	pBytes->fileLength = length;
	if (pNew) _pBytes.store(pNew.release(), std::memory_order_release);
}


std::size_t PendingOutput::keep(const char* pBytes, std::size_t length, BufferPool& pool)
{
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pPending = _pBytes;
	const std::size_t pending = pPending ? pPending->size() : 0;
	const std::size_t maxSize = pool.limits().maxOutput;
	std::size_t n = std::min(length, maxSize > pending ? maxSize - pending : 0);
	if (n == 0 || (pPending && pPending->fileLength > 0)) return 0;
	std::unique_ptr<Bytes> pNew(pPending ? nullptr : new Bytes(pool));
	if (!pPending) pPending = pNew.get();
	if (!pPending->reserve(pending + n))
	{
		const std::size_t most = std::max<std::size_t>(KEPT_ALWAYS, pPending->capacity);
		n = std::min(n, most > pending ? most - pending : 0);
		if (n == 0) return 0;
		pPending->reserve(pending + n);
	}
	pPending->held = false;
	pPending->bytes.append(pBytes, n);
	if (pNew) _pBytes.store(pNew.release(), std::memory_order_release);
	return n;
}


bool PendingOutput::hold(const struct iovec* pParts, int count, std::size_t maxSize, BufferPool& pool, const std::atomic<bool>& permitted)
{
	std::lock_guard<std::mutex> lock(mutex());
	return permitted.load(std::memory_order_relaxed) && append(_pBytes, pParts, count, maxSize, pool);
}


bool PendingOutput::join(const struct iovec* pParts, int count, std::size_t maxSize)
{
	if (empty()) return false;
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pBytes = _pBytes;
	return pBytes && pBytes->held && append(pBytes, pParts, count, maxSize, *pBytes->pPool);
}


bool PendingOutput::append(Bytes* pBytes, const struct iovec* pParts, int count, std::size_t maxSize, BufferPool& pool)
{
	std::size_t length = 0;
	for (int i = 0; i < count; i++) length += pParts[i].iov_len;
	if (pBytes && pBytes->fileLength > 0) return false;
	length += pBytes ? pBytes->size() : 0;
	if (length > maxSize) return false;
	std::unique_ptr<Bytes> pNew(pBytes ? nullptr : new Bytes(pool));
	if (!pBytes)
	{
		pBytes = pNew.get();
		pBytes->held = true;
	}
	pBytes->reserve(std::max(length, HOLD_RESERVE));
	if (pNew) _pBytes.store(pNew.release(), std::memory_order_release);
	for (int i = 0; i < count; i++) pBytes->bytes.append(static_cast<const char*>(pParts[i].iov_base), pParts[i].iov_len);
	return true;
}


PendingOutput::Result PendingOutput::flushHeld(poco_socket_t fd, Transport& transport, std::atomic<bool>& permitted)
{
	{
		std::lock_guard<std::mutex> lock(mutex());
		permitted.store(false, std::memory_order_relaxed);
	}
	return flush(fd, transport, true);
}


Poco::UInt64 PendingOutput::takeFlushed()
{
	if (empty()) return 0;
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pBytes = _pBytes;
	if (!pBytes) return 0;
	const Poco::UInt64 result = pBytes->flushed;
	pBytes->flushed = 0;
	return result;
}


bool PendingOutput::askToFlush()
{
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pBytes = _pBytes;
	if (!pBytes || pBytes->asked) return false;
	pBytes->asked = true;
	return true;
}


void PendingOutput::drop()
{
	if (empty()) return;
	std::unique_ptr<Bytes> pDropped; // as in flush()
	std::lock_guard<std::mutex> lock(mutex());
	pDropped.reset(_pBytes.exchange(nullptr));
}


} } // namespace Poco::EVNet
