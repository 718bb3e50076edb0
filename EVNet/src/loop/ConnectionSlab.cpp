//
// ConnectionSlab.cpp
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionSlab
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/ConnectionSlab.h"
#include "Poco/Exception.h"
#include <limits>


namespace Poco {
namespace EVNet {


static_assert(EVServerOptions::MAX_EVENT_LOOPS <= 1 << (32 - Connection::SLOT_BITS), "no identifiers for so many loops");
static_assert(ConnectionSlab::MAX_SLOTS <= 1 << Connection::SLOT_BITS, "no identifiers for so many slots");


ConnectionSlab::ConnectionSlab():
	_pFree(nullptr)
{
}


Connection& ConnectionSlab::allocate()
{
	if (!_pFree)
	{
		if (_chunks.size() >= MAX_SLOTS/CHUNK_SIZE)
			throw Poco::OutOfMemoryException("No identifiers are left for more connections of one event loop");
		std::unique_ptr<Connection[]> pChunk(new Connection[CHUNK_SIZE]);
		_chunks.push_back(std::move(pChunk)); // whatever throws has done so before a slot is in the list
		for (int i = CHUNK_SIZE - 1; i >= 0; i--)
		{
			Connection& connection = _chunks.back()[i];
			connection.slot = static_cast<Poco::UInt32>((_chunks.size() - 1)*CHUNK_SIZE + i);
			connection.generation = 1;
			connection.pNext = _pFree;
			_pFree = &connection;
		}
	}
	Connection& connection = *_pFree;
	_pFree = static_cast<Connection*>(connection.pNext);
	connection.pNext = nullptr;
	return connection;
}


void ConnectionSlab::release(Connection& connection)
{
	// After four billion uses its identifiers would come again, and mean another connection to who has kept one: it is not used any more.
	if (connection.generation == std::numeric_limits<Poco::UInt32>::max()) return;
	++connection.generation;
	connection.pNext = _pFree;
	_pFree = &connection;
}


Connection* ConnectionSlab::find(Poco::UInt64 id)
{
	const std::size_t slot = Connection::slotOf(id);
	if (slot / CHUNK_SIZE >= _chunks.size()) return nullptr;
	Connection& connection = _chunks[slot / CHUNK_SIZE][slot % CHUNK_SIZE];
	if (connection.generation != Connection::generationOf(id) || connection.state.isFree()) return nullptr;
	return &connection;
}


} } // namespace Poco::EVNet
