//
// BufferPool.h
//
// Library: EVNet
// Package: Socket
// Module:  BufferPool
//
// Definition of the BufferPool and BufferCache classes.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_BufferPool_INCLUDED
#define EVNet_BufferPool_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/RefCountedObject.h"
#include "Poco/AutoPtr.h"
#include "Poco/Timespan.h"
#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>


namespace Poco {
namespace EVNet {


class BufferPool: public Poco::RefCountedObject
	/// The memory for request bytes of all connections of a server, within
	/// the budget maxTotalBufferedBytes, and the account of what they keep for clients
	/// that are slow (maxTotalPendingOutput).
	///
	/// Nearly all requests fit into one block, and blocks are kept for
	/// reuse. Larger buffers come from the heap and go back there.
	/// After a burst, all but MAX_SPARE_BLOCKS go back to the heap.
	///
	/// All methods may be called from any thread. Sockets taken out of the server
	/// keep the pool alive.
{
public:
	using Ptr = Poco::AutoPtr<BufferPool>;

	enum
	{
		BLOCK_SIZE       = 8192,
		MAX_SPARE_BLOCKS = 64
	};

	struct Limits
		/// What the options of the server say about buffers.
	{
		std::size_t    maxTotalBuffered;
		std::size_t    maxBuffered;
		std::size_t    maxOutput;
		std::size_t    maxTotalOutput;
		Poco::Timespan sendTimeout;
		int            minRate;         /// bytes per second, see RateDeadline
	};

	explicit BufferPool(const Limits& limits);

	const Limits& limits() const;
		/// Returns the limits of the server.

	char* take(std::size_t size);
		/// Returns size bytes, or a null pointer if that exceeds the budget
		/// or the system has no memory left.

	void give(char* pBuffer, std::size_t size);
		/// Takes back what take() returned.

	std::size_t used() const;
		/// Returns the number of bytes taken and not given back.

	bool takeOutput(std::size_t size, bool always);
		/// Counts memory for pending output in. Returns false if that exceeds the budget, unless
		/// it is for a connection that always gets it.

	void giveOutput(std::size_t size);
		/// Counts memory for pending output out.

	std::size_t output() const;
		/// Returns the number of bytes that pending output takes.

	std::size_t spare();
		/// Returns the number of blocks kept for reuse.

protected:
	~BufferPool();

private:
	const Limits             _limits;
	std::atomic<std::size_t> _used;
	std::atomic<std::size_t> _output;
	std::mutex               _mutex;   /// guards _spare
	std::vector<char*>       _spare;
};


class BufferCache
	/// A few blocks of the pool at hand for the thread that leads an
	/// event loop, so that the common path takes no lock. They count as used, and other loops cannot have
	/// them: all caches together keep no more than a 16th of the budget. With a small one, that is nothing.
{
public:
	explicit BufferCache(BufferPool::Ptr pPool, int caches = 1);
		/// Creates the cache, one of so many for the same pool.

	~BufferCache();

	char* take();
		/// Returns a block of BLOCK_SIZE bytes, or a null pointer.

	void give(char* pBlock);
		/// Takes back a block.

	void clear();
		/// Gives all blocks back to the pool.

private:
	enum
	{
		CAPACITY = 16,
		SHARE    = 16    /// of all caches, in the budget
	};

	BufferPool::Ptr _pPool;
	char*           _blocks[CAPACITY];
	const int       _capacity;
	int             _count;
};


inline const BufferPool::Limits& BufferPool::limits() const
{
	return _limits;
}


inline std::size_t BufferPool::used() const
{
	return _used.load(std::memory_order_relaxed);
}


inline void BufferPool::giveOutput(std::size_t size)
{
	_output.fetch_sub(size, std::memory_order_relaxed);
}


inline std::size_t BufferPool::output() const
{
	return _output.load(std::memory_order_relaxed);
}


inline char* BufferCache::take()
{
	return _count > 0 ? _blocks[--_count] : _pPool->take(BufferPool::BLOCK_SIZE);
}


inline void BufferCache::give(char* pBlock)
{
	if (_count < _capacity) _blocks[_count++] = pBlock;
	else _pPool->give(pBlock, BufferPool::BLOCK_SIZE);
}


} } // namespace Poco::EVNet


#endif // EVNet_BufferPool_INCLUDED
