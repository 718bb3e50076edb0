//
// TimeoutList.cpp
//
// Library: EVNet
// Package: Engine
// Module:  TimeoutList
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "TimeoutList.h"
#include "Connection.h"
#include "Loop.h"


namespace Poco {
namespace EVNet {


TimeoutList::TimeoutList(Loop& loop, const Poco::Timespan& timeout):
	_loop(loop),
	_timeout(static_cast<double>(timeout.totalMicroseconds())/Poco::Timespan::SECONDS),
	_pFirst(nullptr),
	_pLast(nullptr)
{
	ev_timer_init(&_timer, &TimeoutList::onTimer, 0., 0.);
	// What has arrived while nobody led the loop was in time: it is to be seen first.
	ev_set_priority(&_timer, EV_MINPRI);
	_timer.data = this;
}


TimeoutList::~TimeoutList()
{
	ev_timer_stop(_loop.evLoop(), &_timer);
}


void TimeoutList::start(Connection& connection)
{
	stop(connection);
	if (_timeout <= 0) return;

	connection.clockStart = _loop.now();
	insertBefore(nullptr, connection);
	if (!ev_is_active(&_timer)) arm();
}


void TimeoutList::startedAt(Connection& connection, double time)
{
	stop(connection);
	if (_timeout <= 0) return;

	connection.clockStart = time;
	Connection* pNext = _pFirst;
	while (pNext && pNext->clockStart < time) pNext = pNext->pLater;
	insertBefore(pNext, connection);
	if (!ev_is_active(&_timer)) arm();
}


void TimeoutList::stop(Connection& connection)
{
	TimeoutList* pList = connection.pTimeoutList;
	if (!pList) return;

	// The timer is left alone: if it was set for this connection, it will
	// find another one at the front, or none, and set itself anew.
	(connection.pEarlier ? connection.pEarlier->pLater : pList->_pFirst) = connection.pLater;
	(connection.pLater ? connection.pLater->pEarlier : pList->_pLast) = connection.pEarlier;
	connection.pEarlier = connection.pLater = nullptr;
	connection.pTimeoutList = nullptr;
}


void TimeoutList::insertBefore(Connection* pNext, Connection& connection)
{
	Connection* pPrevious = pNext ? pNext->pEarlier : _pLast;
	connection.pEarlier = pPrevious;
	connection.pLater = pNext;
	(pPrevious ? pPrevious->pLater : _pFirst) = &connection;
	(pNext ? pNext->pEarlier : _pLast) = &connection;
	connection.pTimeoutList = this;
}


void TimeoutList::arm()
{
	ev_timer_stop(_loop.evLoop(), &_timer);
	double after = _pFirst->clockStart + _timeout - _loop.now();
	ev_timer_set(&_timer, after > 0 ? after : 0., 0.);
	ev_timer_start(_loop.evLoop(), &_timer);
}


void TimeoutList::onTimer(struct ev_loop*, ev_timer* pTimer, int)
{
	TimeoutList& list = *static_cast<TimeoutList*>(pTimer->data);
	list._loop.updateNow();
	double expired = list._loop.now() - list._timeout;
	// Whatever onTimeout() does with a connection, its clock is newer afterwards, or it has none.
	while (list._pFirst && list._pFirst->clockStart <= expired)
	{
		list._loop.onTimeout(*list._pFirst, list);
	}
	if (list._pFirst) list.arm();
}


} } // namespace Poco::EVNet
