//
// EpollLoop.h
//
// A thread that waits for many connections with epoll.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EpollLoop_INCLUDED
#define EpollLoop_INCLUDED


#include "ConnectionPool.h"
#include "Listener.h"
#include <atomic>
#include <mutex>
#include <vector>


class EpollLoop
	/// An event loop: waits until something can be done for some connections, and does it, one after the other. To be run by
	/// one thread; only stop() and giveBack() may be called by others.
{
public:
	enum Trigger
	{
		LEVEL_TRIGGERED,
			/// epoll tells that a socket can be read until it has been. It has to be told what is waited for, whenever
			/// that changes.
		EDGE_TRIGGERED
			/// epoll tells once that something has come, and not again until more comes. Nothing has to be changed, ever;
			/// but who does not read to the end never hears of it.
	};

	EpollLoop(const ModelOptions& options, Trigger trigger, int capacity);

	virtual ~EpollLoop();

	void listen(Listener& listener);
		/// Accepts connections. The listener must be non-blocking, and belongs to the caller.

	void adopt(int fd);
		/// Serves a connection, and closes it in the end.

	void run();
		/// Runs until stop() or, without a listener, until all connections have been closed.

	void stop();

protected:
	ConnectionPool& connections();

	void leaveLongJobs();
		/// Long jobs are for handOver() from now on.

	virtual void handOver(NonBlockingConnection& connection);
		/// Called for a connection that is WORKING. Whoever does the job gives the connection back.

	void giveBack(NonBlockingConnection& connection);

private:
	enum
	{
		EVENTS  = 256,
		ACCEPTS = 64,
			/// At once: those who are connected have to get their turn, too.
		TICK    = 500
			/// Milliseconds between two looks for those that are overdue.
	};

	EpollLoop(const EpollLoop&);
	EpollLoop& operator = (const EpollLoop&);

	void wait();
	void accept();
	void setAccepting(bool accepting);
	void takeBack();
	void enqueue(NonBlockingConnection& connection);
	void advance(NonBlockingConnection& connection);
	void watch(NonBlockingConnection& connection, unsigned events);
	bool addToEpoll(int fd, unsigned events, void* pData);
	void wake();
	void keepTime();

	const Trigger  _trigger;
	NonBlockingConnection::LongJobs _longJobs;
	ConnectionPool _connections;
	Listener*      _pListener;
	bool           _accepting;
	int            _epoll;
	int            _wakeUp;    // eventfd
	std::atomic<bool> _stopped;
	NonBlockingConnection::Clock::time_point _nextTick;
	NonBlockingConnection::Clock::time_point _acceptAfter;
	std::vector<NonBlockingConnection*> _queue;   // those whose turn it is
	std::vector<NonBlockingConnection*> _turn;
	std::mutex     _mutex;
	std::vector<NonBlockingConnection*> _mailbox; // given back, under the mutex
};


//
// inlines
//
inline ConnectionPool& EpollLoop::connections()
{
	return _connections;
}


inline void EpollLoop::leaveLongJobs()
{
	_longJobs = NonBlockingConnection::LEAVE_LONG_JOBS;
}


#endif // EpollLoop_INCLUDED
