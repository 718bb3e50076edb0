//
// BufferPool.cpp
//
// Library: EVNet
// Package: Socket
// Module:  BufferPool
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/BufferPool.h"
#include <algorithm>
#include <new>


namespace Poco {
namespace EVNet {


BufferPool::BufferPool(const Limits& limits):
	_limits(limits),
	_used(0),
	_output(0)
{
	_spare.reserve(MAX_SPARE_BLOCKS);
}


BufferPool::~BufferPool()
{
	for (char* pBlock: _spare) delete [] pBlock;
}


char* BufferPool::take(std::size_t size)
{
	// The last quarter is for those who have nothing yet: large bodies must not keep out small requests.
	const std::size_t limit = size == BLOCK_SIZE ? _limits.maxTotalBuffered : _limits.maxTotalBuffered - _limits.maxTotalBuffered/4;
	if (_used.fetch_add(size, std::memory_order_relaxed) + size > limit)
	{
		_used.fetch_sub(size, std::memory_order_relaxed);
		return nullptr;
	}
	if (size == BLOCK_SIZE)
	{
		std::lock_guard<std::mutex> lock(_mutex);
		if (!_spare.empty())
		{
			char* pBlock = _spare.back();
			_spare.pop_back();
			return pBlock;
		}
	}
	char* pBuffer = new (std::nothrow) char[size];
	if (!pBuffer) _used.fetch_sub(size, std::memory_order_relaxed);
	return pBuffer;
}


void BufferPool::give(char* pBuffer, std::size_t size)
{
	_used.fetch_sub(size, std::memory_order_relaxed);
	if (size == BLOCK_SIZE)
	{
		std::lock_guard<std::mutex> lock(_mutex);
		if (_spare.size() < MAX_SPARE_BLOCKS)
		{
			_spare.push_back(pBuffer);
			return;
		}
	}
	delete [] pBuffer;
}


bool BufferPool::takeOutput(std::size_t size, bool always)
{
	const std::size_t output = _output.fetch_add(size, std::memory_order_relaxed) + size;
	if (always || output <= _limits.maxTotalOutput) return true;
	giveOutput(size);
	return false;
}


std::size_t BufferPool::spare()
{
	std::lock_guard<std::mutex> lock(_mutex);
	return _spare.size();
}


BufferCache::BufferCache(BufferPool::Ptr pPool, int caches):
	_pPool(pPool),
	_capacity(static_cast<int>(std::min<std::size_t>(CAPACITY,
		pPool->limits().maxTotalBuffered/SHARE/BufferPool::BLOCK_SIZE/static_cast<std::size_t>(caches)))),
	_count(0)
{
}


BufferCache::~BufferCache()
{
	clear();
}


void BufferCache::clear()
{
	while (_count > 0) _pPool->give(_blocks[--_count], BufferPool::BLOCK_SIZE);
}


} } // namespace Poco::EVNet
