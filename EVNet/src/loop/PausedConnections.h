//
// PausedConnections.h
//
// Library: EVNet
// Package: Loop
// Module:  PausedConnections
//
// Definition of the PausedConnections class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_PausedConnections_INCLUDED
#define EVNet_PausedConnections_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/IntrusiveQueue.h"
#include "threads/Task.h"
#include <ev.h>


namespace Poco {
namespace EVNet {


class Connection;
class EventLoop;
class LoopConnections;
class LoopOutput;
class QueueShare;


class PausedConnections
	/// Connections that wait for room in the queue, or for memory. They are not watched, so that their clients are slowed down.
	///
	/// Used by the leader only.
{
public:
	PausedConnections(EventLoop& loop, LoopConnections& connections, LoopOutput& output, QueueShare& queue);
	~PausedConnections();

	void pause(Connection& connection);
		/// Lets the connection wait until resumeAll().

	void resumeAll();
		/// Has the leader look at all of them, in the order in which they came. Called when there is room again, and now and then.

private:
	PausedConnections(const PausedConnections&);
	PausedConnections& operator = (const PausedConnections&);

	static void timerCallback(struct ev_loop* pLoop, ev_timer* pWatcher, int events);

	EventLoop&           _loop;
	LoopConnections&     _connections;
	LoopOutput&          _output;
	QueueShare&          _queue;
	IntrusiveQueue<Task> _paused;
	ev_timer             _retry;   /// nobody says when there is memory
};


} } // namespace Poco::EVNet


#endif // EVNet_PausedConnections_INCLUDED
