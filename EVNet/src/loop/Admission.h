//
// Admission.h
//
// Library: EVNet
// Package: Loop
// Module:  Admission
//
// Definition of the Admission class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Admission_INCLUDED
#define EVNet_Admission_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include "core/AddressLimiter.h"
#include "Poco/Net/TCPServer.h"
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace Poco {
namespace EVNet {


class Acceptor;
class Loop;


class Admission
	/// How many connections a server has, and may have: the loops ask before they accept one, and count each out
	/// exactly once. At capacity, a loop that wants to accept waits until another connection is closed, and then is woken alone.
	///
	/// Methods may be called from any thread, unless said otherwise.
{
public:
	struct Limits
	{
		int  capacity;             /// connections at once
		int  perAddress;           /// connections of one client address, 0 for any number
		int  backlog;              /// connections that may wait in the backlog of a listening socket
		bool closesIdle;           /// idle connections are closed at capacity
	};

	Admission(const Limits& limits, const std::vector<std::unique_ptr<Loop>>& loops);
	~Admission();

	const Limits& limits() const;

	AddressLimiter* addressLimiter() const;
		/// Returns a null pointer if there is no limit.

	void setFilter(const Poco::Net::TCPServerConnectionFilter::Ptr& pFilter);
		/// Before start() only.

	Poco::Net::TCPServerConnectionFilter::Ptr filter() const;

	bool connectionOpening();
		/// Reserves room for a connection. Returns false if the server is at capacity.

	void connectionOpened();
		/// Says that the reserved room is being used.

	void connectionAdopted();
		/// Counts a connection in that the application brings, even beyond capacity.

	void connectionClosed();
		/// Counts a connection out.

	void connectionEnded(EVServerStatistics::CloseReason reason);
		/// Counts a connection out that does not belong to a loop.

	void releaseRoom();
		/// Frees the room that connectionOpening() has reserved, and offers it to a loop that waits for it.

	void askForRoom(Acceptor& acceptor);
		/// Has the loop of the acceptor woken, in its turn, when connectionOpening() can succeed. Does not wait itself.

	void offerRoom();
		/// Wakes one loop that waits for room, if there is one.

	bool draining() const;
		/// Returns true if beginDrain() has been called.

	void beginDrain(int loops);
		/// From now on, waitUntilDrained() waits for the backlogs of so many loops. May be called again, by another thread.

	void backlogDrained();
		/// Says that a loop has accepted what was waiting when the drain began.

	bool waitUntilDrained(std::chrono::microseconds timeout);
		/// Waits until the backlogs are drained and no connection is open. Returns false if the time is over.

	int maxConnections() const;
		/// Returns the most connections there have been at once.

	void addTo(EVServerStatistics& statistics) const;

private:
	Admission(const Admission&);
	Admission& operator = (const Admission&);

	void releaseDrained();
		/// Wakes the threads in waitUntilDrained().

	const Limits            _limits;
	const std::vector<std::unique_ptr<Loop>>& _loops;
	AddressLimiter::Ptr     _pAddressLimiter;
	Poco::Net::TCPServerConnectionFilter::Ptr _pFilter;

	std::atomic<int>        _connections;    /// including those that are being accepted
	std::atomic<int>        _open;
	std::atomic<int>        _maxConnections;
	std::atomic<int>        _waiting;        /// acceptors that wait for room, or have just been woken
	std::atomic<unsigned>   _nextWaiting;    /// the loop that is asked first
	std::atomic<int>        _backlogs;       /// that have not been drained
	std::atomic<bool>       _draining;

	mutable std::mutex      _mutex;          /// guards the following
	std::condition_variable _drained;        /// nothing is open any more
	Poco::UInt64            _closed[EVServerStatistics::CLOSE_REASONS];
	Poco::UInt64            _adopted;
};


//
// inlines
//
inline const Admission::Limits& Admission::limits() const
{
	return _limits;
}


inline AddressLimiter* Admission::addressLimiter() const
{
	return const_cast<AddressLimiter*>(_pAddressLimiter.get());
}


inline Poco::Net::TCPServerConnectionFilter::Ptr Admission::filter() const
{
	return _pFilter;
}


inline bool Admission::draining() const
{
	return _draining.load(std::memory_order_relaxed);
}


inline int Admission::maxConnections() const
{
	return _maxConnections;
}

} } // namespace Poco::EVNet


#endif // EVNet_Admission_INCLUDED
