//
// TimeoutList.h
//
// Library: EVNet
// Package: Loop
// Module:  TimeoutList
//
// Definition of the TimeoutList class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_TimeoutList_INCLUDED
#define EVNet_TimeoutList_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/RateDeadline.h"
#include "core/TimeoutWheel.h"
#include <ev.h>


namespace Poco {
namespace EVNet {


class Connection;
class EventLoop;


class TimeoutHandler
	/// Who decides about connections whose clock has run out.
{
public:
	virtual void onTimeout(Connection& connection) = 0;
		/// Called by the leader. The connection's clock must be newer afterwards, or stopped.

protected:
	virtual ~TimeoutHandler() = default;
};


class TimeoutList
	/// The connections that are subject to one deadline: a TimeoutWheel, with one libev timer for
	/// all of them (see "Be smart about timeouts" in libev's manual).
	///
	/// Only the thread that leads the loop may use it.
{
public:
	TimeoutList(EventLoop& loop, TimeoutHandler& handler, const RateDeadline& deadline);
		/// Creates the list. With a period of 0, the list takes nothing in.

	~TimeoutList();

	void start(Connection& connection);
		/// Starts the clock of the connection now, stopping any other
		/// it has (in this or another list).

	void startedAt(Connection& connection, double time);
		/// The same, for a clock that should have been started at the given time.

	Connection* first();
		/// Returns the connection whose clock was started first, nearly (see TimeoutWheel), or a null pointer.

	Connection* next(Connection& connection);
		/// Returns the one behind one that is in this list, or a null pointer.

	bool contains(const Connection& connection) const;
		/// Returns true if the clock of the connection runs in this list.

	bool isUsed() const;
		/// Returns false if the list takes nothing in.

	double timeout() const;
		/// Returns the length of the deadline, in seconds.

	bool isEnough(Poco::UInt64 bytes) const;
		/// Returns true if a client that has transferred so many bytes since its clock was started is not too slow.

	static void stop(Connection& connection);
		/// Stops the clock of the connection, if it has one.

private:
	enum
	{
		MAX_EXPIRED = 128
			/// So many at a time, then the loop looks for other events: all connections may expire together.
	};

	TimeoutList(const TimeoutList&);
	TimeoutList& operator = (const TimeoutList&);

	void arm();
	static void onTimer(struct ev_loop* pLoop, ev_timer* pTimer, int events);

	EventLoop&         _loop;
	TimeoutHandler&    _handler;
	const RateDeadline _deadline;
	TimeoutWheel       _wheel;
	double             _armedFor;   /// if the timer is active
	ev_timer           _timer;
};


inline bool TimeoutList::isUsed() const
{
	return _wheel.timeout() > 0;
}


inline double TimeoutList::timeout() const
{
	return _wheel.timeout();
}


inline bool TimeoutList::isEnough(Poco::UInt64 bytes) const
{
	return _deadline.isEnough(bytes);
}


} } // namespace Poco::EVNet


#endif // EVNet_TimeoutList_INCLUDED
