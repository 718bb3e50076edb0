//
// QueueShare.h
//
// Library: EVNet
// Package: Loop
// Module:  QueueShare
//
// Definition of the QueueShare class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_QueueShare_INCLUDED
#define EVNet_QueueShare_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <atomic>


namespace Poco {
namespace EVNet {


class Mailbox;
class RequestQueue;


class QueueShare
	/// The part of a loop in the queue of requests. What finds no room there either is refused, or waits: then the
	/// loop is woken (Mailbox::WAKE_PAUSED) when there is room again.
{
public:
	QueueShare(RequestQueue& queue, Mailbox& mailbox);

	bool isFull() const;
		/// Returns true if every thread that may run requests is busy and the queue is full, the loop's own part of it included.
		/// Called by the leader.

	bool beginWait();
		/// Has what can wait do so if the queue is full. Returns true also when there is room again, until endWait(): who came first has to
		/// be first. Called by the leader.

	bool waits() const;
		/// Returns true between beginWait() and endWait().

	void endWait();
		/// Called by the leader when those that wait are to try again.

	void add();
		/// A request of the loop goes to the queue. Called by the leader.

	void remove();
		/// One has left it. May be called from any thread.

	void offerRoom();
		/// There is room in the queue for one of those that wait. May be called from any thread.

private:
	QueueShare(const QueueShare&);
	QueueShare& operator = (const QueueShare&);

	RequestQueue&     _queue;
	Mailbox&          _mailbox;
	std::atomic<int>  _queued;
	std::atomic<bool> _waits;
};


//
// inlines
//
inline bool QueueShare::waits() const
{
	return _waits;
}


inline void QueueShare::add()
{
	_queued.fetch_add(1);
}


} } // namespace Poco::EVNet


#endif // EVNet_QueueShare_INCLUDED
