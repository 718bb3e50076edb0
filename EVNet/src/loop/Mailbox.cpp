//
// Mailbox.cpp
//
// Library: EVNet
// Package: Loop
// Module:  Mailbox
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/Mailbox.h"
#include "loop/EventLoop.h"
#include <new>


namespace Poco {
namespace EVNet {


Mailbox::Mailbox(EventLoop& loop):
	_loop(loop),
	_reasons(0),
	_closed(true)
{
}


Mailbox::~Mailbox()
{
	// Empty, unless the server was never started or could not start.
	while (ConnectionSocketImpl* pSocket = _arrived.pop()) pSocket->release();
}


void Mailbox::open()
{
	std::lock_guard<std::mutex> lock(_mutex);
	_closed = false;
}


bool Mailbox::close()
{
	std::lock_guard<std::mutex> lock(_mutex);
	_closed = _arrived.empty();
	return _closed;
}


bool Mailbox::deliver(ConnectionSocketImpl* pSocket)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (_closed) return false;
	_arrived.push(*pSocket);
	_loop.wake();
	return true;
}


void Mailbox::giveBack(Task& connection)
{
	std::lock_guard<std::mutex> lock(_mutex);
	_returned.push(connection);
	_loop.wake();
}


void Mailbox::closeConnection(Poco::UInt64 id)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (_closed) return;
	_closeWanted.push_back(id);
	_loop.wake();
}


void Mailbox::notify(Poco::UInt64 id)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (_closed) return;
	_notifyWanted.push_back(id);
	if (_notifyWanted.size() == 1) _loop.wake();
}


void Mailbox::flush(Poco::UInt64 id)
{
	std::lock_guard<std::mutex> lock(_mutex);
	_flushWanted.push_back(id);
	_loop.wake();
}


void Mailbox::wake(int reasons)
{
	_reasons.fetch_or(reasons, std::memory_order_acq_rel);
	_loop.wake();
}


void Mailbox::collect(Mail& mail, std::vector<Poco::UInt64>& flushWanted)
{
	_loop.assertLed();
	// Before the rest: who sees that the loop has to end must see all that came before.
	mail.reasons = _reasons.exchange(0, std::memory_order_acq_rel);
	std::lock_guard<std::mutex> lock(_mutex);
	mail.returned.append(_returned);
	mail.arrived.append(_arrived);
	mail.closeWanted.swap(_closeWanted);
	mail.notifyWanted.swap(_notifyWanted);
	try
	{
		flushWanted.insert(flushWanted.end(), _flushWanted.begin(), _flushWanted.end());
		_flushWanted.clear();
	}
	catch (std::bad_alloc&)
	{
		// With the next mail. At the latest when their requests are done, their output is sent anyway.
	}
}


} } // namespace Poco::EVNet
