//
// RequestQueue.h
//
// Library: EVNet
// Package: Threads
// Module:  RequestQueue
//
// Definition of the RequestQueue class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_RequestQueue_INCLUDED
#define EVNet_RequestQueue_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/IntrusiveQueue.h"
#include "threads/Task.h"
#include "Poco/Types.h"
#include <algorithm>
#include <atomic>
#include <vector>


namespace Poco {
namespace EVNet {


struct EVServerStatistics;
class LedLoop;


class RequestQueue
	/// The tasks that wait for a thread, and how many requests there may be, waiting and running.
	///
	/// It has no lock: methods may be called from any thread, but where it is said, only under the lock of the Executor.
{
public:
	explicit RequestQueue(const std::vector<LedLoop*>& loops);
		/// The loops are those that are to hear of room.

	void setLimits(int maxQueued, int loops);
		/// Sets how many requests may wait, and how many loops share the queue. Called while there are no threads.

	void setPermits(int permits)
		/// Sets how many requests may run at once.
	{
		_permits = permits;
	}

	void admit()
		/// Counts a request in that is about to be queued or run. What there is room for is up to the loops, see isFull() and part().
	{
		_admitted.fetch_add(1);
	}

	void discharge()
		/// Counts a request out that was admitted. Called before its connection is given back: so many connections never count more
		/// than that.
	{
		const int admitted = _admitted.fetch_sub(1) - 1;
		if (_loopsWaiting > 0) offerRoom(admitted);
	}

	bool isFull() const
		/// Returns true if as many requests are admitted as may run at once, and maxQueued more.
	{
		return _admitted >= permits() + _maxQueued;
	}

	int part() const
		/// Returns how many requests each loop may have in the queue even then, so that no loop can crowd out the others.
	{
		return _part;
	}

	void addWaiting(int loops)
		/// Says that so many loops more, or less, want to hear of it when there is room again: then LedLoop::offerRoom() is
		/// called. A loop must look once more whether there is some after it has said so.
	{
		_loopsWaiting.fetch_add(loops);
	}

	bool tryBeginRun()
		/// Counts one more that runs, and returns true, if there is a permit.
	{
		int running = _running;
		while (running < permits())
		{
			if (_running.compare_exchange_weak(running, running + 1)) return true;
		}
		return false;
	}

	void beginRun()
		/// Counts one more that runs.
	{
		_running.fetch_add(1);
	}

	void endRun()
		/// Counts one that has run.
	{
		_running.fetch_sub(1);
	}

	bool mayRun() const
		/// Returns true if there is a permit.
	{
		return _running < permits();
	}

	int permits() const
	{
		return _permits.load(std::memory_order_relaxed);
	}

	int running() const
	{
		return _running.load(std::memory_order_relaxed);
	}

	int admitted() const
	{
		return _admitted;
	}

	int size() const
		/// Returns how many tasks wait.
	{
		return _size;
	}

	void push(IntrusiveQueue<Task>& tasks, Task::Clock::time_point now);
		/// Moves all tasks from another queue to this one. Called under the lock.

	Task* pop();
		/// Returns the task that has been waiting for the longest time, or a null pointer. Called under the lock.

	void countWait(const Task& task, Task::Clock::time_point now)
		/// Counts how long the task, which is about to be run, has been waiting. Called under the lock.
	{
		++_popped;
		_waited += now - task.queuedAt;
	}

	void takeAll(IntrusiveQueue<Task>& tasks);
		/// Moves all tasks to the end of another queue. Called under the lock.

	void addTo(EVServerStatistics& statistics) const;
		/// Called under the lock.

private:
	void offerRoom(int admitted);

	// seldom written, read by every leader
	const std::vector<LedLoop*>& _loops;
	int                   _maxQueued;
	int                   _part;
	std::atomic<int>      _permits;

	// guarded by the lock
	alignas(64) IntrusiveQueue<Task> _tasks;
	Poco::UInt64          _popped;
	Task::Clock::duration _waited;

	// written with every batch of requests
	alignas(64) std::atomic<int> _running;
	std::atomic<int>      _admitted;
	std::atomic<int>      _loopsWaiting;
	std::atomic<int>      _size;        /// _tasks.size(), for those who do not hold the lock
};


} } // namespace Poco::EVNet


#endif // EVNet_RequestQueue_INCLUDED
