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
		/// The queue tells these loops when there is room again.

	void setLimits(int maxQueued, int loops);
		/// Sets how many requests may wait, and how many loops share the queue. Called while there are no threads.

	void setPermits(int permits)
		/// Sets how many requests may run at once.
	{
		_permits = permits;
	}

	void admit()
		/// Counts in a request that is about to be queued or run. The loops ask first whether there is room, see isFull() and part().
	{
		_admitted.fetch_add(1);
	}

	void discharge()
		/// Counts out a request that was admitted. Called before its connection is given back, or the client's next request
		/// would count beside it.
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
		/// Returns how many requests each loop may have in the queue even if it is full, so that no loop can crowd out the others.
	{
		return _part;
	}

	void addWaiting(int loops)
		/// Says that so many loops more, or less, wait for room: as long as one does, LedLoop::offerRoom() is called when there
		/// is room again. A loop must look once more whether there is room after it has said so.
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
