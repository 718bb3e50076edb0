//
// TimeoutList.cpp
//
// Library: EVNet
// Package: Loop
// Module:  TimeoutList
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/TimeoutList.h"
#include "loop/Connection.h"
#include "loop/EventLoop.h"


namespace Poco {
namespace EVNet {


TimeoutList::TimeoutList(EventLoop& loop, TimeoutHandler& handler, const RateDeadline& deadline):
	_loop(loop),
	_handler(handler),
	_deadline(deadline),
	_wheel(static_cast<double>(deadline.period().totalMicroseconds())/Poco::Timespan::SECONDS),
	_armedFor(0)
{
	ev_timer_init(&_timer, &TimeoutList::onTimer, 0., 0.);
	// What has arrived while nobody led the loop was in time: it is to be seen first.
	ev_set_priority(&_timer, EV_MINPRI);
	_timer.data = this;
}


TimeoutList::~TimeoutList()
{
	ev_timer_stop(_loop.get(), &_timer);
}


void TimeoutList::start(Connection& connection)
{
	startedAt(connection, _loop.now());
}


void TimeoutList::startedAt(Connection& connection, double time)
{
	_loop.assertLed();
	_wheel.start(connection, time);
	// The timer is left alone unless it has to fire earlier: if it was set for a clock that has been stopped, it will find
	// another one, or none, and set itself anew.
	if (isUsed() && (!ev_is_active(&_timer) || (time + _wheel.timeout() < _armedFor && _wheel.due() < _armedFor))) arm();
}


void TimeoutList::stop(Connection& connection)
{
	TimeoutWheel::stop(connection);
}


Connection* TimeoutList::first()
{
	_loop.assertLed();
	return static_cast<Connection*>(_wheel.first());
}


Connection* TimeoutList::next(Connection& connection)
{
	return static_cast<Connection*>(_wheel.next(connection));
}


bool TimeoutList::contains(const Connection& connection) const
{
	return _wheel.contains(connection);
}


void TimeoutList::arm()
{
	ev_timer_stop(_loop.get(), &_timer);
	_armedFor = _wheel.due();
	const double after = _armedFor - _loop.now();
	ev_timer_set(&_timer, after > 0 ? after : 0., 0.);
	ev_timer_start(_loop.get(), &_timer);
}


void TimeoutList::onTimer(struct ev_loop*, ev_timer* pTimer, int)
{
	TimeoutList& list = *static_cast<TimeoutList*>(pTimer->data);
	list._loop.updateNow();
	const double now = list._loop.now();
	// Whatever onTimeout() does with a connection, its clock is newer afterwards, or it has none.
	for (int i = 0; i < MAX_EXPIRED; i++)
	{
		TimeoutEntry* pEntry = list._wheel.expired(now);
		if (!pEntry) break;
		list._handler.onTimeout(static_cast<Connection&>(*pEntry));
	}
	if (list._wheel.size() > 0) list.arm();
}


} } // namespace Poco::EVNet
