//
// Executor.h
//
// Library: EVNet
// Package: Threads
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
#include "threads/LoopLeaders.h"
#include "threads/Permit.h"
#include "threads/PoolThreads.h"
#include "threads/RequestCosts.h"
#include "threads/RequestQueue.h"
#include "Poco/Timespan.h"
#include <vector>


namespace Poco {
namespace EVNet {


class Executor: public PoolThreads
	/// Decides what each thread of the server does. A thread
	///   - leads a loop, if one has no leader, else
	///   - works: runs tasks from the queue, as long as there is a permit, else
	///   - watches (EXECUTE_ADAPTIVE, one thread at most): takes over the loop of a leader
	///     that is stuck in a request, else
	///   - is parked until it is needed, and goes back to the pool if that takes too long.
	///
	/// With EXECUTE_ADAPTIVE, one thread stays spare: it watches, or is parked. Before a spare thread
	/// leads or works, it wakes or starts the next one.
{
public:
	struct Config
	{
		EVServerOptions::ExecutionPolicy policy;
		int loops;
		int maxRunning;   /// requests at once
		int maxThreads;   /// of the pool, including leaders
		int maxQueued;
		std::chrono::microseconds idleTime;
		Poco::Thread::Priority priority;

		int leastThreads() const;
			/// Returns how many threads there must be: one for each loop, and with EXECUTE_DEDICATED, one to run requests.
	};

	Executor(ThreadOwner& owner, Poco::ThreadPool& pool, const Config& config);
	~Executor();

	void acquire(const Config& config);
		/// Takes Config::leastThreads() from the pool, and one more to watch if the pool has it. They wait for begin() or release(),
		/// also if acquire() throws a Poco::NoThreadAvailableException because there are too few.

	void begin(const std::vector<LedLoop*>& loops);
		/// Has the threads lead these loops, of which there must be Config::loops.

	void stop();
		/// Cancels the tasks in the queue, now and from now on. Threads leave when
		/// the loops have ended.

	bool waitForLoops(Task::Clock::duration timeout);
		/// Waits until all loops have ended, and all threads but those that still run plain connections have left. Returns
		/// false if the time is over.

	void abandon();
		/// Has all threads leave that do not run a request, though there are connections left. For the end of the process only.

	RequestQueue& queue();
	const RequestQueue& queue() const;

	void submit(IntrusiveQueue<Task>& tasks);
		/// Queues tasks for other threads.

	bool trySubmit(Task& task);
		/// Queues the task, or runs it at once where leaders run requests. Returns false if the queue is full.

	bool adaptive() const;

	bool leadersRunRequests() const;
		/// Returns true if there is no other choice for a leader than to run requests: by
		/// policy, or because the server has no other threads at the moment.

	Permit tryEnter();
		/// Called by a leader that wants to run requests. Returns a permit, or an empty one if as many run as may, if older
		/// requests wait for the last permit, or if no other thread could take the loop over.

	Permit enter();
		/// The same, unconditionally.

	bool hasSpareThread() const;
		/// Returns true if there is a thread that leads no loop and runs nothing.

	void passOn(LedLoop& loop, Leadership::Turn turn);
		/// Has another thread lead the loop, whose leader, the calling thread, runs the request with this number. Does nothing if
		/// no thread is there that has nothing else to do, or another one has taken the loop over.

	void wakeWatcher(bool closely);
		/// Wakes the watcher, if there is one and it sleeps, and has it look closely for a moment if that is wanted. Called by a
		/// leader that is busy (Leadership::beginWork()).

	RequestCosts& costs();
		/// Returns what requests are expected to cost. May be called from any thread.

	void addTo(EVServerStatistics& statistics) const;

protected:
	void serve(Lock& lock) override;
	void expectThreads(int threads) override;

private:
	friend class Permit;

	struct Parked
		/// A thread that waits. Lives on the stack of that thread.
	{
		std::condition_variable wake;
		bool    woken = false;
		Parked* pNext = nullptr;
	};

	void configure(const Config& config);
	int permitsFor(int threads) const;
	void takeBack(bool countsRequest);

	// Called under the lock.
	void wakeOne(Lock& lock);
	void wakeForQueue(Lock& lock);
	void wakeAll();
	void wake(Parked& parked);
	void occupy(Lock& lock);
	void vacate();
	void lead(Lock& lock);
	void work(Lock& lock, Permit permit);
	void leadUntil(Lock& lock, LedLoop& loop, Task::Clock::time_point deadline);
	bool park(Lock& lock);
	void unpark(Parked& me);
	void watch(Lock& lock);

	Parked*      _pParked;     /// the last one parked is the first one woken: its cache is warm
	Parked*      _pWatcher;
	int          _waking;      /// threads woken that have not got the lock yet
	bool         _abandoned;
	int          _liveLoops;

	// seldom written, read by every leader
	alignas(64) std::atomic<int> _occupied; /// threads that lead or work; the others are spare
	Config       _config;      /// changed by acquire() only, while there are no threads
	LoopLeaders  _leaders;

	RequestQueue _queue;
	RequestCosts _costs;
};


//
// inlines
//
inline RequestQueue& Executor::queue()
{
	return _queue;
}


inline const RequestQueue& Executor::queue() const
{
	return _queue;
}


inline RequestCosts& Executor::costs()
{
	return _costs;
}


inline bool Executor::adaptive() const
{
	return _config.policy == EVServerOptions::EXECUTE_ADAPTIVE;
}


} } // namespace Poco::EVNet


#endif // EVNet_Executor_INCLUDED
