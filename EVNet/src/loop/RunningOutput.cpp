//
// RunningOutput.cpp
//
// Library: EVNet
// Package: Loop
// Module:  RunningOutput
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/RunningOutput.h"
#include "loop/LoopConnections.h"
#include <new>


namespace Poco {
namespace EVNet {


namespace
{
	const double INTERVAL = 0.01; // seconds
}


RunningOutput::RunningOutput(EventLoop& loop, LoopConnections& connections):
	_loop(loop),
	_connections(connections)
{
	ev_timer_init(&_timer, &RunningOutput::timerCallback, 0., INTERVAL);
	_timer.data = this;
}


RunningOutput::~RunningOutput()
{
	ev_timer_stop(_loop.get(), &_timer);
}


void RunningOutput::add(Connection& connection)
{
	try
	{
		_identifiers.push_back(connection.id());
	}
	catch (std::bad_alloc&)
	{
		return;
	}
	start();
}


void RunningOutput::start()
{
	_loop.assertLed();
	if (!_identifiers.empty() && !ev_is_active(&_timer)) ev_timer_again(_loop.get(), &_timer);
}


void RunningOutput::send()
{
	// Errors are for the handlers to find.
	std::size_t n = 0;
	for (Poco::UInt64 id: _identifiers)
	{
		Connection* pConnection = _connections.find(id);
		if (!pConnection || !ConnectionState::isRunning(pConnection->state.phase())) continue;
		if (pConnection->socket().output().flushBeside() == Output::FLUSH_AGAIN) _identifiers[n++] = id;
	}
	_identifiers.resize(n);
	if (n == 0) ev_timer_stop(_loop.get(), &_timer);
}


void RunningOutput::timerCallback(struct ev_loop*, ev_timer* pWatcher, int)
{
	RunningOutput& output = *static_cast<RunningOutput*>(pWatcher->data);
	output._loop.assertLed();
	output.send();
}


} } // namespace Poco::EVNet
