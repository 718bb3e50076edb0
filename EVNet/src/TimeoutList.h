//
// TimeoutList.h
//
// Library: EVNet
// Package: Engine
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
#include "Poco/Timespan.h"
#include <ev.h>


namespace Poco {
namespace EVNet {


class Connection;
class Loop;


class TimeoutList
	/// The connections that are subject to one deadline, the
	/// one whose clock was started first at the front.
	///
	/// All deadlines in a list have the same length, so starting a clock means
	/// moving to the end, and one libev timer, set for the front, serves them all
	/// (see "Be smart about timeouts" in libev's manual).
	///
	/// Only the thread that leads the loop may use it.
{
public:
	TimeoutList(Loop& loop, const Poco::Timespan& timeout);
		/// Creates the list. With a timeout of 0, the list takes nothing in.

	~TimeoutList();

	void start(Connection& connection);
		/// Starts the clock of the connection now, stopping any other
		/// it has (in this or another list).

	void startedAt(Connection& connection, double time);
		/// The same, for a clock that should have been started at
		/// the given time. Takes time proportional to the number of connections
		/// in this list whose clocks were started before that.

	Connection* first() const;
		/// Returns the connection whose clock was started first, or a null pointer.

	bool isUsed() const;
		/// Returns false if the list takes nothing in.

	static void stop(Connection& connection);
		/// Stops the clock of the connection, if it has one.

private:
	TimeoutList(const TimeoutList&);
	TimeoutList& operator = (const TimeoutList&);

	void insertBefore(Connection* pNext, Connection& connection);
	void arm();
	static void onTimer(struct ev_loop* pLoop, ev_timer* pTimer, int events);

	Loop&        _loop;
	const double _timeout;   /// in seconds
	Connection*  _pFirst;
	Connection*  _pLast;
	ev_timer     _timer;
};


inline Connection* TimeoutList::first() const
{
	return _pFirst;
}


inline bool TimeoutList::isUsed() const
{
	return _timeout > 0;
}


} } // namespace Poco::EVNet


#endif // EVNet_TimeoutList_INCLUDED
