//
// Executor.h
//
// Library: EVNet
// Package: Engine
// Module:  Executor
//
// Definition of the Executor class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Executor_INCLUDED
#define EVNet_Executor_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerOptions.h"
#include "IntrusiveQueue.h"
#include "Task.h"
#include "Poco/Runnable.h"
#include "Poco/ThreadPool.h"
#include "Poco/Timespan.h"
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>


namespace Poco {
namespace EVNet {


class Engine;
struct EVServerStatistics;
class Loop;
class PlainTask;


class Executor: public Poco::Runnable
	/// Decides what each thread of the server does. All of them come from the pool and run the
	/// same code; a thread
	///   - leads a loop, if one has no leader, else
	///   - works: runs tasks from the queue, as long as no more than maxRunning do, else
	///   - watches (EXECUTE_ADAPTIVE, one thread at most): takes over the loop of a leader
	///     whose request blocks, else
	///   - is parked until it is needed, and goes back to the pool if that takes too long.
	///
	/// _mutex guards all that is not atomic. It is never held while a request is run or a loop is led. A
	/// loop's mailbox may be locked while it is held, not the other way round.
{
public:
	struct Config
	{
		EVServerOptions::ExecutionPolicy policy;
		int maxRunning;   /// requests at once
		int maxThreads;   /// of the pool, including leaders
		int maxQueued;
		Poco::Timespan idleTime;
		Poco::Thread::Priority priority;
	};

	Executor(Engine& engine, Poco::ThreadPool& pool, const Config& config);
	~Executor();

	void start(const std::vector<std::unique_ptr<Loop>>& loops);
		/// Takes a thread for each loop from the pool.

	void stop();
		/// Cancels the tasks in the queue, now and from now on. Threads leave when
		/// the loops have ended.

	bool waitForLoops(const Poco::Timespan& timeout);
		/// Waits until all loops have ended, and all threads but those that still run plain connections have left. Returns false if the time is over, or if called by
		/// a thread of this Executor.

	void submit(IntrusiveQueue<Task>& tasks);
		/// Queues tasks for other threads. What there is room for is up to
		/// the loops, see queueShare().

	void submitPlain(PlainTask* pTask);
		/// Queues the task, or refuses it if there are maxQueued already
		/// and no thread is free.

	int queueShare() const;
		/// Returns how many requests each loop may have in the queue. Beyond that, a loop has
		/// to leave requests in the kernel, so that no loop can crowd out the others.

	bool adaptive() const;

	bool leadersRunRequests() const;
		/// Returns true if there is no other choice for a leader than to run requests: by
		/// policy, or because the server has no other threads.

	bool tryEnter();
		/// Called by a leader that wants to run requests. Returns true if no more than
		/// maxRunning threads do, and counts the thread in.

	void enter();
		/// The same, unconditionally.

	void leave();
		/// Ends what tryEnter() or enter() began.

	void attend();
		/// Called by a leader before it runs requests: sees to it that it is watched.

	void addTo(EVServerStatistics& statistics) const;

	int running() const;
	int queued() const;
	int maxRunning() const;

	void run() override;

private:
	struct Parked
		/// A thread that waits. Lives on the stack of that thread.
	{
		std::condition_variable wake;
		bool    woken = false;
		Parked* pNext = nullptr;
	};

	struct Seen
		/// What the watcher knows about a loop, and what waitForLoops() does, which must not need memory.
	{
		Poco::UInt32 turn   = 0;
		int          ticks  = 0;   /// since when
		Poco::UInt32 atStop = 0;   /// turn, when waitForLoops() looked last
	};

	using Lock = std::unique_lock<std::mutex>;

	bool spawn();
	bool wakeOne();
	void wakeForQueue();
	void wakeAll();
	void lead(Lock& lock);
	void work(Lock& lock);
	void leadUntil(Lock& lock, Loop& loop, Task::Clock::time_point deadline);
	bool park(Lock& lock);
	void watch(Lock& lock);
	bool inspectLoops();

	Engine&           _engine;
	Poco::ThreadPool& _pool;
	const Config      _config;

	mutable std::mutex      _mutex;
	std::condition_variable _threadLeft;  /// signalled while stopping
	std::vector<Loop*>      _loops;
	std::vector<Loop*>      _unled;       /// loops without a leader
	std::vector<Seen>       _seen;        /// used by the watcher
	IntrusiveQueue<Task>    _queue;
	Parked*                 _pParked;     /// the last one parked is the first one woken: its cache is warm
	Parked*                 _pWatcher;
	int                     _waking;      /// threads woken or taken from the pool that have not got _mutex yet
	bool                    _stopping;
	int                     _liveLoops;
	int                     _waiting;     /// threads in waitForLoops()
	Poco::UInt64            _queuedRequests;
	Task::Clock::duration   _queueWait;

	std::atomic<int>        _threads;
	std::atomic<int>        _running;
	std::atomic<int>        _queued;      /// _queue.size(), for those who do not hold _mutex
	std::atomic<bool>       _watcherAsleep;
};


//
// inlines
//
inline bool Executor::adaptive() const
{
	return _config.policy == EVServerOptions::EXECUTE_ADAPTIVE;
}


inline int Executor::running() const
{
	return _running.load(std::memory_order_relaxed);
}


inline int Executor::queued() const
{
	return _queued.load(std::memory_order_relaxed);
}


inline int Executor::queueShare() const
{
	const int loops = std::max(1, static_cast<int>(_loops.size()));
	return std::max(1, (_config.maxQueued + loops - 1)/loops);
}


inline int Executor::maxRunning() const
{
	return _config.maxRunning;
}


} } // namespace Poco::EVNet


#endif // EVNet_Executor_INCLUDED
