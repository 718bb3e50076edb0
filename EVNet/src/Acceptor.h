//
// Acceptor.h
//
// Library: EVNet
// Package: Engine
// Module:  Acceptor
//
// Definition of the Acceptor class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Acceptor_INCLUDED
#define EVNet_Acceptor_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Counter.h"
#include "Poco/Net/ServerSocket.h"
#include <atomic>
#include <ev.h>


namespace Poco {
namespace EVNet {


class ConnectionSocketImpl;
class Loop;


class Acceptor
	/// Accepts connections from a listening socket, on behalf of a loop.
	///
	/// At capacity, or without a free descriptor, it stops watching the socket: pending
	/// connections wait in the backlog of the kernel, and nothing spins.
	///
	/// Unless said otherwise, methods may be called only by the thread
	/// that leads the loop, or while no thread does.
{
public:
	explicit Acceptor(Loop& loop);
	~Acceptor();

	void open(const Poco::Net::ServerSocket& socket);
		/// Begins to accept from the socket.

	void drain();
		/// Accepts what is in the backlog, unless the application keeps the listening socket, so that somebody else
		/// can; then close().

	void close();
		/// Stops accepting for good and forgets the socket.

	bool isOpen() const;
		/// Returns true between open() and close(). May be called from any thread.

	void resume();
		/// Accepts again after capacity had been reached.

	Poco::Int64 accepted() const;
	Poco::Int64 filtered() const;
	Poco::Int64 overLimit() const;
	Poco::Int64 pauses() const;
		/// Counters. May be called from any thread.

private:
	enum
	{
		MAX_ACCEPTS_PER_EVENT = 64,
			/// Lest a flood of new connections keeps the loop from the old ones.
		FULL_BATCHES          = 8
			/// So many events in succession with as many connections as were expected: expect more.
	};

	Acceptor(const Acceptor&);
	Acceptor& operator = (const Acceptor&);

	void acceptSome();
	void expectMore();
	bool acceptOne();
	ConnectionSocketImpl* acceptPlain();
	ConnectionSocketImpl* acceptSecure();
	bool goesOnAfter(int error);
		/// Returns false if accept() has failed for a reason that lasts.

	bool passesLimit(ConnectionSocketImpl& socket);
	bool passesFilter(ConnectionSocketImpl& socket);
	void pause(double seconds);
	static void ioCallback(struct ev_loop* pLoop, ev_io* pWatcher, int events);
	static void timerCallback(struct ev_loop* pLoop, ev_timer* pWatcher, int events);

	Loop&   _loop;
	Poco::Net::ServerSocket _socket;
	std::atomic<bool> _open;
	ev_io   _watcher;
	ev_timer _backOff;
	int     _batch;         /// number of connections expected at an event: asking in vain is not cheap
	int     _fullBatches;   /// in succession
	Counter _accepted;
	Counter _filtered;
	Counter _overLimit;
	Counter _pauses;
};


//
// inlines
//
inline bool Acceptor::isOpen() const
{
	return _open.load(std::memory_order_relaxed);
}


inline Poco::Int64 Acceptor::accepted() const
{
	return _accepted.value();
}


inline Poco::Int64 Acceptor::filtered() const
{
	return _filtered.value();
}


inline Poco::Int64 Acceptor::overLimit() const
{
	return _overLimit.value();
}


inline Poco::Int64 Acceptor::pauses() const
{
	return _pauses.value();
}


} } // namespace Poco::EVNet


#endif // EVNet_Acceptor_INCLUDED
