//
// PausedConnections.cpp
//
// Library: EVNet
// Package: Loop
// Module:  PausedConnections
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/PausedConnections.h"
#include "loop/LoopConnections.h"
#include "loop/LoopOutput.h"
#include "loop/QueueShare.h"


namespace Poco {
namespace EVNet {


namespace
{
	const double RETRY_INTERVAL = 0.05; // seconds
}


PausedConnections::PausedConnections(EventLoop& loop, LoopConnections& connections, LoopOutput& output, QueueShare& queue):
	_loop(loop),
	_connections(connections),
	_output(output),
	_queue(queue)
{
	ev_timer_init(&_retry, &PausedConnections::timerCallback, 0., RETRY_INTERVAL);
	_retry.data = this;
}


PausedConnections::~PausedConnections()
{
	ev_timer_stop(_loop.get(), &_retry);
}


void PausedConnections::pause(Connection& connection)
{
	_loop.assertLed();
	if (!connection.socket().output().empty())
	{
		_output.flush(connection); // what is held must not wait, too
		return;
	}
	_connections.watch(connection, 0);
	connection.unframed = connection.unframed || connection.socket().input().size() > 0;
	_connections.counters().count(connection.state.pause());
	_paused.push(connection);
	EVNET_ASSERT(_connections.counters().phases[ConnectionState::PHASE_PAUSED].value() == static_cast<Poco::Int64>(_paused.size()));
	if (!ev_is_active(&_retry)) ev_timer_again(_loop.get(), &_retry);
}


void PausedConnections::resumeAll()
{
	_loop.assertLed();
	_queue.endWait();
	while (Task* pTask = _paused.pop())
	{
		Connection& connection = static_cast<Connection&>(*pTask);
		_connections.counters().count(connection.state.resume());
		_connections.watch(connection, EV_READ);
		_connections.makeReady(connection);
	}
	EVNET_ASSERT(_connections.counters().phases[ConnectionState::PHASE_PAUSED].value() == 0);
	ev_timer_stop(_loop.get(), &_retry);
}


void PausedConnections::timerCallback(struct ev_loop*, ev_timer* pWatcher, int)
{
	static_cast<PausedConnections*>(pWatcher->data)->resumeAll();
}


} } // namespace Poco::EVNet
