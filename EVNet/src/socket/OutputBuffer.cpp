//
// OutputBuffer.cpp
//
// Library: EVNet
// Package: Socket
// Module:  OutputBuffer
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/OutputBuffer.h"
#include "core/Assert.h"
#include "core/HandlerClock.h"
#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>


namespace Poco {
namespace EVNet {


namespace
{
	const std::size_t MAX_SEND = 1 << 20; // bytes for one call, under the lock
}


OutputBuffer::OutputBuffer(BufferPool& pool):
	_pPool(&pool, true)
{
}


OutputBuffer::~OutputBuffer()
{
	_pPool->giveOutput(_capacity);
}


bool OutputBuffer::reserve(std::size_t length)
{
	if (length <= _capacity)
	{
		_bytes.erase(0, _sent);
		_sent = 0;
		return true;
	}
	std::size_t grown = std::max(length, std::min(2*_capacity, _pPool->limits().maxOutput));
	if (!_pPool->takeOutput(grown, grown <= SIZE_ALWAYS))
	{
		grown = length;
		if (!_pPool->takeOutput(grown, grown <= SIZE_ALWAYS)) return false;
	}
	std::string larger;
	try
	{
		larger.reserve(grown); // no more than that: it is empty
	}
	catch (...)
	{
		_pPool->giveOutput(grown);
		throw;
	}
	larger.append(_bytes, _sent, std::string::npos);
	replace(larger, grown);
	return true;
}


void OutputBuffer::replace(std::string& bytes, std::size_t capacity)
{
	_bytes.swap(bytes);
	_sent = 0;
	_pPool->giveOutput(_capacity);
	_capacity = capacity;
}


std::size_t OutputBuffer::append(const char* pBytes, std::size_t length)
{
	EVNET_ASSERT(fileLength() == 0);
	const std::size_t before = size();
	if (!reserve(before + length))
	{
		const std::size_t most = std::max<std::size_t>(SIZE_ALWAYS, _capacity);
		length = std::min(length, most > before ? most - before : 0);
		if (length == 0) return 0;
		reserve(before + length);
	}
	_bytes.append(pBytes, length);
	return length;
}


void OutputBuffer::append(const struct iovec* pParts, int count, std::size_t length)
{
	EVNET_ASSERT(fileLength() == 0 && length <= SIZE_ALWAYS);
	reserve(length);
	for (int i = 0; i < count; i++) _bytes.append(static_cast<const char*>(pParts[i].iov_base), pParts[i].iov_len);
}


ssize_t OutputBuffer::send(Transport& transport, poco_socket_t fd)
{
	const HandlerClock::Pause pause;
	const struct iovec part = { &_bytes[_sent], std::min(size(), MAX_SEND) };
	const ssize_t n = transport.send(fd, &part, 1, fileLength() > 0 ? MSG_MORE : 0);
	if (n > 0)
	{
		_sent += static_cast<std::size_t>(n);
		flushed += static_cast<Poco::UInt64>(n);
	}
	return n;
}


void OutputBuffer::setFile(FileDescriptor&& file, Poco::UInt64 length)
{
	EVNET_ASSERT(fileLength() == 0);
	_file = OutputFile();
	_file.descriptor = std::move(file);
	_fileBegin = 0;
	_fileLength = length;
}


int OutputBuffer::sendFile(Transport& transport, poco_socket_t fd, std::size_t length)
{
	return transport.sendFile(fd, _file, static_cast<std::size_t>(std::min<Poco::UInt64>(_fileLength, length)));
}


void OutputBuffer::fileSent(int error)
{
	const Poco::UInt64 sent = static_cast<Poco::UInt64>(_file.offset - _fileBegin);
	EVNET_ASSERT(sent <= _fileLength);
	_fileBegin = _file.offset;
	_fileLength -= sent;
	flushed += sent;
	if (error != EAGAIN) fileError = error;
}


bool OutputBuffer::readFile(std::string& bytes) const
{
	bytes.resize(static_cast<std::size_t>(_fileLength));
	return _file.descriptor.read(&bytes[0], bytes.size(), _fileBegin);
}


FileDescriptor OutputBuffer::replaceFile(std::string& bytes)
{
	const std::size_t length = bytes.size();
	_pPool->takeOutput(length, true);
	replace(bytes, length);
	_fileLength = 0;
	return std::move(_file.descriptor);
}


} } // namespace Poco::EVNet
