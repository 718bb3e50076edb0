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
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
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
	std::string bytes;
	std::size_t sent  = 0;
	Poco::UInt64 flushed = 0;    /// see takeFlushed()
	bool        asked = false;   /// askToFlush() has been called
	bool        held  = false;   /// nobody has tried to send it
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


PendingOutput::Result PendingOutput::flush(poco_socket_t fd)
{
	if (empty()) return FLUSH_DONE;
	std::lock_guard<std::mutex> lock(mutex());
	return flushLocked(fd);
}


PendingOutput::Result PendingOutput::flushLocked(poco_socket_t fd)
{
	Bytes* pBytes = _pBytes;
	if (!pBytes) return FLUSH_DONE;
	pBytes->held = false;
	while (pBytes->sent < pBytes->bytes.size())
	{
		const ssize_t n = ::send(fd, pBytes->bytes.data() + pBytes->sent, pBytes->bytes.size() - pBytes->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
		{
			pBytes->sent += static_cast<std::size_t>(n);
			pBytes->flushed += static_cast<Poco::UInt64>(n);
		}
		else if (errno == EAGAIN || errno == EWOULDBLOCK) return FLUSH_AGAIN;
		else if (errno != EINTR) return FLUSH_ERROR;
	}
	_pBytes = nullptr;
	delete pBytes;
	return FLUSH_DONE;
}


std::size_t PendingOutput::keep(const char* pBytes, std::size_t length, std::size_t maxSize)
{
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pPending = _pBytes;
	const std::size_t pending = pPending ? pPending->bytes.size() - pPending->sent : 0;
	const std::size_t n = std::min(length, maxSize > pending ? maxSize - pending : 0);
	if (n == 0) return 0;
	std::unique_ptr<Bytes> pNew(pPending ? nullptr : new Bytes);
	if (!pPending) pPending = pNew.get();
	pPending->bytes.erase(0, pPending->sent);
	pPending->sent = 0;
	pPending->held = false;
	pPending->bytes.append(pBytes, n);
	if (pNew) _pBytes.store(pNew.release(), std::memory_order_release);
	return n;
}


bool PendingOutput::hold(const struct iovec* pParts, int count, std::size_t maxSize)
{
	std::size_t length = 0;
	for (int i = 0; i < count; i++) length += pParts[i].iov_len;
	std::lock_guard<std::mutex> lock(mutex());
	Bytes* pBytes = _pBytes;
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
