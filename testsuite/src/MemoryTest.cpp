//
// MemoryTest.cpp
//
// The leaves that keep memory: IntrusiveQueue, BufferPool and ConnectionSlab.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "MemoryTest.h"
#include "CppUnit/TestCaller.h"
#include "socket/BufferPool.h"
#include "loop/ConnectionSlab.h"
#include "core/IntrusiveQueue.h"
#include <set>
#include <vector>


using Poco::EVNet::BufferCache;
using Poco::EVNet::BufferPool;
using Poco::EVNet::Connection;
using Poco::EVNet::ConnectionSlab;
using Poco::EVNet::IntrusiveQueue;


namespace
{
	struct Item
	{
		int   value = 0;
		Item* pNext = nullptr;
	};

	Poco::UInt64 identifier(Poco::UInt32 slot, Poco::UInt32 generation)
		/// As Connection::id() makes it for a connection of the first loop.
	{
		return (static_cast<Poco::UInt64>(generation) << 32) | slot;
	}

	BufferPool::Ptr makePool(std::size_t budget)
	{
		return new BufferPool({budget, 65536, 65536, 65536, 0, 0});
	}
}


MemoryTest::MemoryTest(const std::string& name): CppUnit::TestCase(name)
{
}


void MemoryTest::testQueueKeepsOrder()
{
	Item items[3];
	IntrusiveQueue<Item> queue;
	assertTrue (queue.empty());
	assertTrue (queue.pop() == nullptr);
	for (int round = 0; round < 2; round++)
	{
		for (Item& item: items) queue.push(item);
		assertTrue (queue.size() == 3);
		for (Item& item: items) assertTrue (queue.pop() == &item);
		assertTrue (queue.empty());
		assertTrue (queue.size() == 0);
	}
}


void MemoryTest::testQueueAppend()
{
	Item items[4];
	IntrusiveQueue<Item> first, second, none;
	first.push(items[0]);
	first.push(items[1]);
	second.push(items[2]);
	second.push(items[3]);
	first.append(none);
	first.append(second);
	assertTrue (second.empty());
	assertTrue (first.size() == 4);
	for (Item& item: items) assertTrue (first.pop() == &item);
	none.push(items[0]);
	first.append(none);
	assertTrue (first.pop() == &items[0]);
}


void MemoryTest::testPoolReusesBlocks()
{
	BufferPool::Ptr pPool = makePool(1 << 20);
	char* pBlock = pPool->take(BufferPool::BLOCK_SIZE);
	assertTrue (pBlock != nullptr);
	assertTrue (pPool->used() == BufferPool::BLOCK_SIZE);
	pPool->give(pBlock, BufferPool::BLOCK_SIZE);
	assertTrue (pPool->used() == 0);
	assertTrue (pPool->take(BufferPool::BLOCK_SIZE) == pBlock);
	pPool->give(pBlock, BufferPool::BLOCK_SIZE);
}


void MemoryTest::testPoolKeepsTheBudget()
{
	BufferPool::Ptr pPool = makePool(4*BufferPool::BLOCK_SIZE);
	char* pBlock = pPool->take(BufferPool::BLOCK_SIZE);
	char* pLarge = pPool->take(2*BufferPool::BLOCK_SIZE);
	assertTrue (pBlock && pLarge);
	// the last quarter is for single blocks
	assertTrue (pPool->take(BufferPool::BLOCK_SIZE + 1) == nullptr);
	char* pLast = pPool->take(BufferPool::BLOCK_SIZE);
	assertTrue (pLast != nullptr);
	assertTrue (pPool->take(BufferPool::BLOCK_SIZE) == nullptr);
	pPool->give(pLast, BufferPool::BLOCK_SIZE);
	pPool->give(pLarge, 2*BufferPool::BLOCK_SIZE);
	assertTrue (pPool->take(2*BufferPool::BLOCK_SIZE + 1) == nullptr);
	pLarge = pPool->take(2*BufferPool::BLOCK_SIZE);
	assertTrue (pLarge != nullptr);
	pPool->give(pLarge, 2*BufferPool::BLOCK_SIZE);
	pPool->give(pBlock, BufferPool::BLOCK_SIZE);
	assertTrue (pPool->used() == 0);
}


void MemoryTest::testPoolShrinksAfterABurst()
{
	// ClickHouse 51732: a pool that grows to thousands of blocks and never shrinks
	BufferPool::Ptr pPool = makePool(std::size_t(1) << 30);
	std::vector<char*> blocks;
	for (int i = 0; i < 4*BufferPool::MAX_SPARE_BLOCKS; i++) blocks.push_back(pPool->take(BufferPool::BLOCK_SIZE));
	std::set<char*> distinct(blocks.begin(), blocks.end());
	assertTrue (distinct.size() == blocks.size());
	for (char* pBlock: blocks) pPool->give(pBlock, BufferPool::BLOCK_SIZE);
	assertTrue (pPool->used() == 0);
	assertTrue (pPool->spare() == BufferPool::MAX_SPARE_BLOCKS);
}


void MemoryTest::testCache()
{
	BufferPool::Ptr pPool = makePool(1 << 20);
	{
		BufferCache cache(pPool);
		char* pBlock = cache.take();
		cache.give(pBlock);
		assertTrue (cache.take() == pBlock);
		std::vector<char*> blocks(1, pBlock);
		while (char* pNext = cache.take()) blocks.push_back(pNext);
		assertTrue (blocks.size() == (1 << 20)/BufferPool::BLOCK_SIZE);
		for (char* p: blocks) cache.give(p);
		assertTrue (pPool->used() > 0);
	}
	assertTrue (pPool->used() == 0);
}


void MemoryTest::testSlabReusesSlots()
{
	ConnectionSlab slab;
	std::set<Connection*> distinct;
	for (int i = 0; i < 200; i++) distinct.insert(&slab.allocate());
	assertTrue (distinct.size() == 200);
	Connection& last = **distinct.begin();
	slab.release(last);
	assertTrue (&slab.allocate() == &last);
	for (Connection* pConnection: distinct) slab.release(*pConnection);
	for (int i = 0; i < 200; i++) assertTrue (distinct.count(&slab.allocate()) == 1);
}


void MemoryTest::testSlabIdsBecomeStale()
{
	ConnectionSlab slab;
	Connection& connection = slab.allocate();
	connection.state.open();
	const Poco::UInt64 id = identifier(connection.slot, connection.generation);
	assertTrue (slab.find(id) == &connection);
	assertTrue (slab.find(identifier(connection.slot, connection.generation + 1)) == nullptr);
	assertTrue (slab.find(identifier(100000, connection.generation)) == nullptr);

	connection.state.close();
	slab.release(connection);
	assertTrue (slab.find(id) == nullptr);

	Connection& next = slab.allocate();
	next.state.open();
	assertTrue (&next == &connection);
	assertTrue (slab.find(id) == nullptr);
	assertTrue (slab.find(identifier(next.slot, next.generation)) == &next);

	next.generation = 0xFFFFFFFF;
	slab.release(next);
	assertTrue (&slab.allocate() != &next); // an identifier is never 0, and does not come again
}


CppUnit::Test* MemoryTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("MemoryTest");

	CppUnit_addTest(pSuite, MemoryTest, testQueueKeepsOrder);
	CppUnit_addTest(pSuite, MemoryTest, testQueueAppend);
	CppUnit_addTest(pSuite, MemoryTest, testPoolReusesBlocks);
	CppUnit_addTest(pSuite, MemoryTest, testPoolKeepsTheBudget);
	CppUnit_addTest(pSuite, MemoryTest, testPoolShrinksAfterABurst);
	CppUnit_addTest(pSuite, MemoryTest, testCache);
	CppUnit_addTest(pSuite, MemoryTest, testSlabReusesSlots);
	CppUnit_addTest(pSuite, MemoryTest, testSlabIdsBecomeStale);

	return pSuite;
}
