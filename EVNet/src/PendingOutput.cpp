//
// PendingOutput.cpp
//
// Library: EVNet
// Package: Engine
// Module:  PendingOutput
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "PendingOutput.h"
#include "SecureTransport.h"
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>


namespace Poco {
namespace EVNet {


namespace
{
	const std::size_t HOLD_RESERVE = 4096; // bytes: responses that are held are many, or would not be

	void setNonBlocking(poco_socket_t fd, bool flag)
	{
		const int flags = ::fcntl(fd, F_GETFL);
		::fcntl(fd, F_SETFL, flag ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
	}
}


struct PendingOutput::Bytes
{
	std::string bytes;
	std::size_t sent  = 0;
	FileDescriptor file;         /// behind the bytes
	Poco::UInt64 fileLength = 0; /// what is left of it
	Poco::UInt64 flushed = 0;    /// see takeFlushed()
	bool        asked = false;   /// askToFlush() has been called
	bool        held  = false;   /// nobody has tried to send it

	Poco::UInt64 size() const
	{
		return bytes.size() - sent + fileLength;
	}
};


PendingOutput::PendingOutput():
	_pBytes(nullptr)
{
}


PendingOutput::~PendingOutput()
{
	delete _pBytes.load();
}


std::mutex& PendingOutput::mutex() const
{
	// Only connections whose client is slow need it, so they share a few.
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


PendingOutput::Result PendingOutput::flush(poco_socket_t fd, SecureTransport* pTLS)
{
	if (empty()) return FLUSH_DONE;
	std::lock_guard<std::mutex> lock(mutex());
	return flushLocked(fd, pTLS);
}


PendingOutput::Result PendingOutput::flushLocked(poco_socket_t fd, SecureTransport* pTLS)
{
	Bytes* pBytes = _pBytes;
	if (!pBytes) return FLUSH_DONE;
	pBytes->held = false;
	const Poco::UInt64 limit = pBytes->flushed + FLUSH_SLICE;
	while (pBytes->size() > 0)
	{
		if (pBytes->flushed >= limit) return FLUSH_AGAIN;
		const ssize_t n = flushSome(fd, pTLS, *pBytes);
		if (n > 0) pBytes->flushed += static_cast<Poco::UInt64>(n);
		else if (n == 0) return FLUSH_ERROR; // the file has become shorter
		else if (errno == EAGAIN || errno == EWOULDBLOCK) return FLUSH_AGAIN;
		else if (errno != EINTR) return FLUSH_ERROR;
	}
	if (pBytes->file.get() >= 0 && !pTLS) setNonBlocking(fd, false);
	_pBytes = nullptr;
	delete pBytes;
	return FLUSH_DONE;
}


ssize_t PendingOutput::flushSome(poco_socket_t fd, SecureTransport* pTLS, Bytes& output)
{
	if (output.sent < output.bytes.size())
	{
		const char* pBytes = output.bytes.data() + output.sent;
		const int more = output.fileLength > 0 ? MSG_MORE : 0;
		const std::size_t length = std::min<std::size_t>(output.bytes.size() - output.sent, FLUSH_SLICE);
		const struct iovec part = { const_cast<char*>(pBytes), length };
		const ssize_t n = pTLS ? pTLS->send(&part, 1) : ::send(fd, pBytes, length, MSG_DONTWAIT | MSG_NOSIGNAL | more);
		if (n > 0) output.sent += static_cast<std::size_t>(n);
		return n;
	}
	const std::size_t length = static_cast<std::size_t>(std::min<Poco::UInt64>(output.fileLength, FLUSH_SLICE));
	const ssize_t n = pTLS ? pTLS->sendFile(output.file.get(), length) : ::sendfile(fd, output.file.get(), nullptr, length);
	if (n > 0) output.fileLength -= static_cast<Poco::UInt64>(n);
	else if (n == 0) errno = EIO;
	return n;
}


void PendingOutput::addFile(poco_socket_t fd, SecureTransport* pTLS, FileDescriptor&& file, Poco::UInt64 length)
{
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pBytes = _pBytes;
	std::unique_ptr<Bytes> pNew(pBytes ? nullptr : new Bytes);
	if (!pBytes) pBytes = pNew.get();
	if (!pTLS) setNonBlocking(fd, true);
	pBytes->held = false;
	pBytes->file = std::move(file);
	pBytes->fileLength = length;
	if (pNew) _pBytes.store(pNew.release(), std::memory_order_release);
}


std::size_t PendingOutput::keep(const char* pBytes, std::size_t length, std::size_t maxSize)
{
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pPending = _pBytes;
	const std::size_t pending = pPending ? pPending->bytes.size() - pPending->sent : 0;
	const std::size_t n = std::min(length, maxSize > pending ? maxSize - pending : 0);
	if (n == 0 || (pPending && pPending->fileLength > 0)) return 0;
	std::unique_ptr<Bytes> pNew(pPending ? nullptr : new Bytes);
	if (!pPending) pPending = pNew.get();
	pPending->bytes.erase(0, pPending->sent);
	pPending->sent = 0;
	pPending->held = false;
	pPending->bytes.append(pBytes, n);
	if (pNew) _pBytes.store(pNew.release(), std::memory_order_release);
	return n;
}


bool PendingOutput::hold(const struct iovec* pParts, int count, std::size_t maxSize, const std::atomic<bool>& permitted)
{
	std::lock_guard<std::mutex> lock(mutex());
	return permitted.load(std::memory_order_relaxed) && append(_pBytes, pParts, count, maxSize);
}


bool PendingOutput::join(const struct iovec* pParts, int count, std::size_t maxSize)
{
	if (empty()) return false;
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pBytes = _pBytes;
	return pBytes && pBytes->held && append(pBytes, pParts, count, maxSize);
}


bool PendingOutput::append(Bytes* pBytes, const struct iovec* pParts, int count, std::size_t maxSize)
{
	std::size_t length = 0;
	for (int i = 0; i < count; i++) length += pParts[i].iov_len;
	if (pBytes && pBytes->fileLength > 0) return false;
	if (length + (pBytes ? pBytes->bytes.size() : 0) > maxSize) return false;
	if (!pBytes)
	{
		std::unique_ptr<Bytes> pNew(new Bytes);
		pNew->held = true;
		pNew->bytes.reserve(HOLD_RESERVE);
		pBytes = pNew.release();
		_pBytes.store(pBytes, std::memory_order_release);
	}
	for (int i = 0; i < count; i++) pBytes->bytes.append(static_cast<const char*>(pParts[i].iov_base), pParts[i].iov_len);
	return true;
}


PendingOutput::Result PendingOutput::flushHeld(poco_socket_t fd, SecureTransport* pTLS, std::atomic<bool>& permitted)
{
	std::lock_guard<std::mutex> lock(mutex());
	permitted.store(false, std::memory_order_relaxed);
	return flushLocked(fd, pTLS);
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
	std::lock_guard<std::mutex> lock(mutex());
	delete _pBytes.exchange(nullptr);
}


} } // namespace Poco::EVNet
