//
// LoopHost.h
//
// Library: EVNet
// Package: Loop
// Module:  LoopHost
//
// Definition of the LoopHost and LoopParts classes.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_LoopHost_INCLUDED
#define EVNet_LoopHost_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/BufferPool.h"
#include "socket/ConnectionSocketImpl.h"
#include "threads/Task.h"
#include "Poco/AutoPtr.h"
#include "Poco/Net/TCPServerConnection.h"
#include <memory>

namespace Poco {
namespace EVNet {


class Admission;
class ConnectionObjects;
class Executor;
class Loop;


class LoopHost
	/// What a loop leaves to the server that it belongs to.
{
public:
	virtual void distribute(Loop& acceptingLoop, ConnectionSocketImpl* pSocket) = 0;
		/// Gives an accepted connection to a loop. Called by the leader of the accepting
		/// loop. Takes over the reference.

	virtual Task* makePlain(const Poco::AutoPtr<ConnectionSocketImpl>& pSocket,
		std::unique_ptr<Poco::Net::TCPServerConnection>&& pObject) = 0;
		/// Returns the task for a connection that is not multiplexed: it shares the socket, and takes over the object, if there is
		/// one. Throws if there is no memory.

	virtual void submitPlain(Task* pTask) = 0;
		/// Has a thread run what makePlain() has returned, or refuses it.

protected:
	virtual ~LoopHost() = default;
};


struct LoopParts
	/// What the loops of a server share. It is there as long as they are.
{
	LoopHost&          host;
	Executor&          executor;
	Admission&         admission;
	ConnectionObjects& objects;
	BufferPool::Ptr    pBufferPool;
	int                loops;
};


} } // namespace Poco::EVNet


#endif // EVNet_LoopHost_INCLUDED
