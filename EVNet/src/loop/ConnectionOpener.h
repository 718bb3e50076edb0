//
// ConnectionOpener.h
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionOpener
//
// Definition of the ConnectionOpener class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ConnectionOpener_INCLUDED
#define EVNet_ConnectionOpener_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/IntrusiveQueue.h"
#include "threads/Task.h"
#include "Poco/AutoPtr.h"
#include "Poco/Net/TCPServerConnection.h"
#include <memory>


namespace Poco {
namespace EVNet {


class Admission;
class Connection;
class ConnectionObjects;
class ConnectionSocketImpl;
class EventLoop;
class Loop;
class LoopConnections;
class LoopHost;
class QueueShare;
struct LoopParts;


class ConnectionOpener
	/// Begins to serve new connections: gets them their objects, at once or when their first byte has arrived. A plain one, whose
	/// object is not multiplexed by request, leaves the loop.
	///
	/// Used by the leader only.
{
public:
	enum Result
		/// What became of an attempt to get an object for a connection that waits for its first byte.
	{
		RESULT_OPEN,
		RESULT_NOTHING,
			/// Nothing has arrived.
		RESULT_GONE
			/// It is plain and has left the loop, or it has been closed.
	};

	ConnectionOpener(EventLoop& eventLoop, Loop& loop, LoopConnections& connections, const QueueShare& queue, const LoopParts& parts);

	void open(ConnectionSocketImpl* pSocket);
		/// Begins to serve a new connection. Takes over one reference to the socket.

	Result openOnData(Connection& connection);
		/// Gets an object for a connection that has none yet.

	bool hasLeaving() const;
		/// Returns true if submitLeaving() has something to do.

	void submitLeaving();
		/// Hands over connections that were watched until now. Not before libev has been run
		/// once more: it finds out that it still watches the descriptor only when there is an event. Trying to
		/// remove it after the new owner has closed it would fail, and libev would begin anew with all descriptors.

private:
	ConnectionOpener(const ConnectionOpener&);
	ConnectionOpener& operator = (const ConnectionOpener&);

	void open(Poco::AutoPtr<ConnectionSocketImpl>& pSocket, std::unique_ptr<Poco::Net::TCPServerConnection> pObject);
		/// Begins to serve a connection that has its object, if it is to have one. Leaves the socket alone if it throws.

	Poco::Net::TCPServerConnection* createObject(ConnectionSocketImpl& socket);
		/// Returns a null pointer if the factory throws.

	EventLoop&           _eventLoop;
	Loop&                _loop;
	LoopConnections&     _connections;
	const QueueShare&    _queue;
	LoopHost&            _host;
	Admission&           _admission;
	ConnectionObjects&   _objects;
	IntrusiveQueue<Task> _leaving;   /// plain connections that have left the loop
};


//
// inlines
//
inline bool ConnectionOpener::hasLeaving() const
{
	return !_leaving.empty();
}


} } // namespace Poco::EVNet


#endif // EVNet_ConnectionOpener_INCLUDED
