//
// QueueShare.cpp
//
// Library: EVNet
// Package: Loop
// Module:  QueueShare
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/QueueShare.h"
#include "loop/Mailbox.h"
#include "threads/RequestQueue.h"


namespace Poco {
namespace EVNet {


QueueShare::QueueShare(RequestQueue& queue, Mailbox& mailbox):
	_queue(queue),
	_mailbox(mailbox),
	_queued(0),
	_waits(false)
{
}


bool QueueShare::isFull() const
{
	return _queued >= _queue.part() && _queue.isFull();
}


bool QueueShare::beginWait()
{
	if (_waits) return true;
	if (!isFull()) return false;
	_waits = true;
	_queue.addWaiting(1);
	if (isFull()) return true;
	_waits = false; // somebody made room before he could see the flag
	_queue.addWaiting(-1);
	return false;
}


void QueueShare::endWait()
{
	if (_waits.exchange(false)) _queue.addWaiting(-1);
}


void QueueShare::remove()
{
	const int queued = _queued.fetch_sub(1) - 1;
	if (_waits && queued <= _queue.part()/2) offerRoom();
}


void QueueShare::offerRoom()
{
	if (_waits) _mailbox.wake(Mailbox::WAKE_PAUSED);
}


} } // namespace Poco::EVNet
