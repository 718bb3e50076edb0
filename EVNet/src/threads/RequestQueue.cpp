//
// RequestQueue.cpp
//
// Library: EVNet
// Package: Threads
// Module:  RequestQueue
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "threads/RequestQueue.h"
#include "threads/LedLoop.h"
#include "Poco/EVNet/EVServerStatistics.h"


namespace Poco {
namespace EVNet {


RequestQueue::RequestQueue(const std::vector<LedLoop*>& loops):
	_loops(loops),
	_maxQueued(0),
	_part(1),
	_permits(1),
	_popped(0),
	_waited(0),
	_running(0),
	_admitted(0),
	_loopsWaiting(0),
	_size(0)
{
}


void RequestQueue::setLimits(int maxQueued, int loops)
{
	_maxQueued = maxQueued;
	_part = std::max(1, maxQueued/std::max(1, loops));
}


void RequestQueue::offerRoom(int admitted)
{
	// Not for each request: a loop tries all that wait. It is told at the latest when its own have left the queue, see QueueShare.
	if (admitted > _permits + _maxQueued/2) return;
	for (LedLoop* pLoop: _loops) pLoop->offerRoom();
}


void RequestQueue::push(IntrusiveQueue<Task>& tasks, Task::Clock::time_point now)
{
	while (Task* pTask = tasks.pop())
	{
		pTask->queuedAt = now;
		_tasks.push(*pTask);
	}
	_size = static_cast<int>(_tasks.size());
}


Task* RequestQueue::pop()
{
	Task* pTask = _tasks.pop();
	if (pTask) _size = static_cast<int>(_tasks.size());
	return pTask;
}


void RequestQueue::takeAll(IntrusiveQueue<Task>& tasks)
{
	tasks.append(_tasks);
	_size = 0;
}


void RequestQueue::addTo(EVServerStatistics& statistics) const
{
	statistics.queuedRequests += _popped;
	statistics.queueWait += Poco::Timespan(std::chrono::duration_cast<std::chrono::microseconds>(_waited).count());
	statistics.queued += size();
	statistics.running += running();
}


} } // namespace Poco::EVNet
