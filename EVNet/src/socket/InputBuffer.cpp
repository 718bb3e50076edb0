//
// InputBuffer.cpp
//
// Library: EVNet
// Package: Socket
// Module:  InputBuffer
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/InputBuffer.h"
#include "Poco/EVNet/EVServerOptions.h"
#include "Poco/Bugcheck.h"
#include <cstring>
#include <new>


namespace Poco {
namespace EVNet {


static_assert(EVServerOptions::MAX_BUFFERED_BYTES < (1LL << 31) - 1024,
	"a block, with its head, has a length of 32 bits, and the lengths that Poco's methods take are int");


InputBuffer::InputBuffer():
	_pBlock(nullptr)
{
}


InputBuffer::~InputBuffer()
{
	poco_assert_dbg (!_pBlock);
}


InputBuffer::Block* InputBuffer::blockAt(char* pMemory, std::size_t capacity)
{
	if (!pMemory) return nullptr;
	const Poco::UInt32 begin = sizeof(Block);
	return new (pMemory) Block{static_cast<Poco::UInt32>(capacity), begin, begin, 0, 0, 0};
}


InputBuffer::Room InputBuffer::makeRoom(BufferPool& pool, BufferCache* pCache)
{
	const std::size_t maxSize = pool.limits().maxBuffered;
	if (!_pBlock)
	{
		_pBlock = blockAt(pCache ? pCache->take() : pool.take(BufferPool::BLOCK_SIZE), BufferPool::BLOCK_SIZE);
		return _pBlock ? ROOM_OK : ROOM_NO_MEMORY;
	}
	if (size() >= maxSize) return ROOM_FULL;
	if (_pBlock->end < _pBlock->capacity) return ROOM_OK;
	if (_pBlock->begin > sizeof(Block))
	{
		char* pBytes = _pBlock->bytes();
		std::memmove(pBytes + sizeof(Block), data(), size());
		_pBlock->end -= _pBlock->begin - sizeof(Block);
		_pBlock->begin = sizeof(Block);
		return ROOM_OK;
	}
	const std::size_t capacity = std::min<std::size_t>(maxSize + sizeof(Block), 4*static_cast<std::size_t>(_pBlock->capacity));
	char* pMemory = pool.take(capacity);
	if (!pMemory && pCache)
	{
		pCache->clear(); // its blocks count as used
		pMemory = pool.take(capacity);
	}
	if (!pMemory) return ROOM_NO_MEMORY;
	std::memcpy(pMemory, _pBlock, _pBlock->end);
	pool.give(_pBlock->bytes(), _pBlock->capacity);
	_pBlock = reinterpret_cast<Block*>(pMemory);
	_pBlock->capacity = static_cast<Poco::UInt32>(capacity);
	return ROOM_OK;
}


void InputBuffer::release(BufferPool& pool, BufferCache* pCache)
{
	if (!_pBlock || size() > 0) return;

	if (pCache && _pBlock->capacity == BufferPool::BLOCK_SIZE) pCache->give(_pBlock->bytes());
	else pool.give(_pBlock->bytes(), _pBlock->capacity);
	_pBlock = nullptr;
}


bool InputBuffer::moveTo(BufferPool& to, BufferPool& from)
{
	if (!_pBlock) return true;
	// The bytes may be more than the other pool allows for one connection;
	// that shows when there have to be more.
	char* pMemory = to.take(_pBlock->capacity);
	if (!pMemory) return false;
	std::memcpy(pMemory, _pBlock, _pBlock->end);
	from.give(_pBlock->bytes(), _pBlock->capacity);
	_pBlock = reinterpret_cast<Block*>(pMemory);
	return true;
}


void InputBuffer::beginRequest(std::size_t length)
{
	_pBlock->request = length;
	_pBlock->read = 0;
}


std::size_t InputBuffer::read(void* buffer, std::size_t length, bool peek)
{
	const std::size_t n = std::min(unread(), length);
	if (n == 0) return 0;
	std::memcpy(buffer, data() + _pBlock->read, n);
	if (!peek) _pBlock->read += n;
	return n;
}


bool InputBuffer::endRequest()
{
	if (!_pBlock) return true;
	const std::size_t end = std::max(_pBlock->request, _pBlock->read);
	const bool complete = _pBlock->read >= _pBlock->request || _pBlock->request <= size();
	_pBlock->begin += static_cast<Poco::UInt32>(std::min(end, size()));
	_pBlock->request = _pBlock->read = 0;
	return complete;
}


void InputBuffer::nextPart()
{
	if (!_pBlock) return;
	_pBlock->begin += static_cast<Poco::UInt32>(std::min(_pBlock->request, size()));
	_pBlock->request = _pBlock->read = 0;
	if (size() == 0) _pBlock->begin = _pBlock->end = sizeof(Block);
}


} } // namespace Poco::EVNet
