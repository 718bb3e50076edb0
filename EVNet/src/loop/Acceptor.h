//
// Acceptor.h
//
// Library: EVNet
// Package: Loop
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
#include "core/Counter.h"
#include "core/FailureEpisode.h"
#include "loop/EventLoop.h"
#include "Poco/Net/ServerSocket.h"
#include <atomic>
#include <exception>
#include <ev.h>


namespace Poco {
namespace EVNet {


class ConnectionSocketImpl;
class Loop;


class Acceptor
	/// Accepts connections from a listening socket, on behalf of a loop.
	///
	/// At capacity, or when accepting keeps failing, it stops watching the socket: pending
	/// connections wait in the backlog of the kernel, and the loop does not spin. A failed accept() counts like a connection of the
	/// batch. After a failure that is not the fault of one client, or that lasts, the leader tries again 0.1 s later, and
	/// reports it to the ErrorHandler if it is the first one for a while.
	///
	/// Unless said otherwise, methods may be called only by the thread
	/// that leads the loop, or while no thread does.
{
public:
	struct Listener
	{
		Poco::Net::ServerSocket socket;
		bool closed;   /// when the server stops
		bool drained;  /// by drain(): nobody else is going to accept what is in its backlog
		bool shared;   /// other processes may have it, too
	};

	explicit Acceptor(Loop& loop);
	~Acceptor();

	void open(const Listener& listener);
		/// Begins to accept from the socket, which must not block. Does not throw.

	void drain();
		/// Accepts what is in the backlog, unless the application keeps the listening socket and somebody else can accept
		/// it; then calls close(). May be called once, and calls Admission::backlogDrained() when it is done.

	void close();
		/// Stops accepting for good and forgets the socket.

	bool isOpen() const;
		/// Returns true between open() and close(). May be called from any thread.

	void useRoom();
		/// Called when takeOffer() has returned true: accepts, or lets another loop have the room.

	bool takeOffer();
		/// Returns true if this loop waits for room for a connection, and ends the wait. May be called from any thread.

	void askForRoom();
		/// Makes takeOffer() return true.

	Poco::Int64 accepted() const;
	Poco::Int64 filtered() const;
	Poco::Int64 overLimit() const;
	Poco::Int64 pauses() const;
		/// Counters. May be called from any thread.

private:
	enum
	{
		MAX_ACCEPTS_PER_EVENT = 64,
			/// With more, a flood of new connections would keep the loop from the old ones.
		FULL_BATCHES          = 8,
			/// After so many events in succession with a full batch, the batch is doubled.
		MAX_FAILURES          = 16
			/// After so many failures in succession, the fault is not that of single clients.
	};

	enum Outcome
		/// Of an attempt to accept a connection.
	{
		OUTCOME_ACCEPTED,
		OUTCOME_NOTHING,
			/// There is none.
		OUTCOME_FAILED
			/// See failed().
	};

	Acceptor(const Acceptor&);
	Acceptor& operator = (const Acceptor&);

	void acceptSome();
	bool somebodyWaits() const;
		/// Returns true if there is a connection to accept, so that one that is idle is not closed in vain.

	void expectMore();
	Outcome acceptOne();
	ConnectionSocketImpl* acceptSecure();
		/// Returns a null pointer, and errno, if there is no connection.

	Outcome failed(int error, const std::exception_ptr& pException);
		/// Decides what follows from a failed accept(). The exception is null if accept() has thrown none.

	void watchFailed();
	void listenerGone();
	void report(int error, const std::exception_ptr& pException, const char* pText);
		/// Reports the failure to the ErrorHandler if it is the first one for a while.

	void watch();
	void endDrain();
	bool passesLimit(ConnectionSocketImpl& socket);
	bool passesFilter(ConnectionSocketImpl& socket);
	void pause(double seconds);
	static void ioCallback(struct ev_loop* pLoop, ev_io* pWatcher, int events);
	static void timerCallback(struct ev_loop* pLoop, ev_timer* pWatcher, int events);

	Loop&   _loop;
	const Poco::Net::ServerSocket _none; /// what _socket is while it is not open; close() must not need memory for it
	Poco::Net::ServerSocket _socket;
	bool    _closed;        /// as in Listener
	bool    _drained;
	bool    _shared;
	std::atomic<bool> _open;
	ev_io   _watcher;
	ev_timer _backOff;
	int     _batch;         /// number of connections expected at an event: asking in vain is not cheap
	int     _fullBatches;   /// in succession
	int     _failures;      /// in succession
	EventsInVain   _inVain;
	FailureEpisode _episode;
	int     _drainLeft;     /// one more than the connections that are still accepted before close(); 0 before and after drain()
	std::atomic<bool> _waits; /// for room
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
