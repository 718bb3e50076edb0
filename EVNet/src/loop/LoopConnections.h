//
// LoopConnections.h
//
// Library: EVNet
// Package: Loop
// Module:  LoopConnections
//
// Definition of the LoopConnections class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_LoopConnections_INCLUDED
#define EVNet_LoopConnections_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include "core/IntrusiveQueue.h"
#include "loop/Connection.h"
#include "loop/ConnectionSlab.h"
#include "loop/Deadlines.h"
#include "loop/EventLoop.h"
#include "loop/LoopCounters.h"
#include "socket/BufferPool.h"


namespace Poco {
namespace EVNet {


class Admission;
struct LoopParts;


class LoopConnections
	/// The connections of a loop, and what their phases have in common: which of them the leader is to look at, what libev watches, the
	/// clocks, counting and closing.
	///
	/// Used by the leader only.
{
public:
	using IOCallback = void (*)(struct ev_loop* pLoop, ev_io* pWatcher, int events);

	LoopConnections(EventLoop& loop, const LoopParts& parts, Deadlines& deadlines, LoopCounters& counters, IOCallback onIO);

	Connection& open(Loop& loop, ConnectionSocketImpl* pSocket);
		/// Begins with a connection, which has no object yet, and has it watched for reading. Throws an exception, and has changed
		/// nothing, if there is no memory.

	void close(Connection& connection, EVServerStatistics::CloseReason reason);
		/// Ends the connection at once. With CLOSE_REASONS, it goes on outside of the loop, and is not counted out.

	void closeInTurn(Connection& connection, EVServerStatistics::CloseReason reason);
		/// The same, but has it closed in its turn if the leader is going to look at it.

	Connection* find(Poco::UInt64 id);
		/// Returns the connection, or a null pointer if it no longer exists.

	template <class Function>
	void forEach(Function function);
		/// Calls the function with each connection. The function may close it.

	void makeReady(Connection& connection, bool first = false);
		/// Has the leader look at the connection, after all others that are ready, or before them.

	Connection* takeReady();
		/// Returns the connection that has its turn, or a null pointer.

	std::size_t ready() const;
		/// Returns the number of connections that are ready.

	void watch(Connection& connection, int events);
		/// Has libev watch the connection for these events (EV_READ, EV_WRITE) and no others.

	bool recall(Connection& connection);
		/// Does not watch the connection any more, whose work is run by another thread, so that it must come back through the
		/// mailbox. Returns false, and does nothing, if it has been recalled, or has let go.

	void onWatchFailed(Connection& connection);
		/// Called when libev has stopped the watcher: the system refuses to watch the socket, and the connection would be forgotten.

	EventsInVain& eventsInVain();

	BufferCache& cache();

	void releaseBuffer(Connection& connection);
		/// Gives the input buffer back if it holds no bytes.

	Deadlines& deadlines();
	LoopCounters& counters();

	template <class Function>
	bool guarded(Connection& connection, Function function);
		/// Calls the function, and returns what it returns. If it throws, reports that, has the connection closed,
		/// and returns false: whatever it was (most likely, there is no memory), the loop goes on.

	void check(const Connection& connection) const;
		/// Fails, where assertions are on, if clock, watcher or buffer of the connection contradict its phase. Called after
		/// each callback.

private:
	LoopConnections(const LoopConnections&);
	LoopConnections& operator = (const LoopConnections&);

	void onException(Connection& connection);

	EventLoop&           _loop;
	Admission&           _admission;
	Deadlines&           _deadlines;
	LoopCounters&        _counters;
	const IOCallback     _onIO;
	ConnectionSlab       _slab;
	BufferCache          _cache;
	IntrusiveQueue<Task> _ready;
	EventsInVain         _inVain;
};


//
// inlines
//
template <class Function>
void LoopConnections::forEach(Function function)
{
	_slab.forEach(function);
}


template <class Function>
bool LoopConnections::guarded(Connection& connection, Function function)
{
	try
	{
		return function();
	}
	catch (...)
	{
		onException(connection);
	}
	return false;
}


inline Connection* LoopConnections::find(Poco::UInt64 id)
{
	return _slab.find(id);
}


inline std::size_t LoopConnections::ready() const
{
	return _ready.size();
}


inline EventsInVain& LoopConnections::eventsInVain()
{
	return _inVain;
}


inline BufferCache& LoopConnections::cache()
{
	return _cache;
}


inline void LoopConnections::releaseBuffer(Connection& connection)
{
	connection.socket().releaseBuffer(&_cache);
}


inline Deadlines& LoopConnections::deadlines()
{
	return _deadlines;
}


inline LoopCounters& LoopConnections::counters()
{
	return _counters;
}


} } // namespace Poco::EVNet


#endif // EVNet_LoopConnections_INCLUDED
