//
// ConnectionSlab.h
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionSlab
//
// Definition of the ConnectionSlab class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ConnectionSlab_INCLUDED
#define EVNet_ConnectionSlab_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerOptions.h"
#include "loop/Connection.h"
#include <memory>
#include <vector>


namespace Poco {
namespace EVNet {


class ConnectionSlab
	/// The connections of a loop. Memory is allocated by chunks, when it is first
	/// needed, and reused from then on. Only the leader may use it.
{
public:
	enum
	{
		MAX_SLOTS = EVServerOptions::MAX_CAPACITY
			/// What fits into an identifier, see Connection::id().
	};

	ConnectionSlab();

	Connection& allocate();
		/// Returns a free slot. Throws an exception, and has changed nothing, if there is no memory for more, or if all are in use.

	void release(Connection& connection);
		/// Takes a slot back. Identifiers of the connection become stale.

	Connection* find(Poco::UInt64 id);
		/// Returns the connection, or a null pointer if it no longer exists.

	template <class Function>
	void forEach(Function function)
		/// Calls the function with each connection that is in use. The function
		/// may release it.
	{
		for (auto& pChunk: _chunks)
		{
			for (int i = 0; i < CHUNK_SIZE; i++)
			{
				if (!pChunk[i].state.isFree()) function(pChunk[i]);
			}
		}
	}

private:
	enum
	{
		CHUNK_SIZE = 64
	};

	std::vector<std::unique_ptr<Connection[]>> _chunks;
	Connection* _pFree;
};


} } // namespace Poco::EVNet


#endif // EVNet_ConnectionSlab_INCLUDED
