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
#include "core/IntrusiveQueue.h"
#include "threads/Leadership.h"
#include "threads/Permit.h"
#include "threads/Task.h"
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


struct EVServerStatistics;
class LedLoop;
class ThreadOwner;


class Executor: public Poco::Runnable
	/// Decides what each thread of the server does. All of them come from the pool and run the
	/// same code; a thread
	///   - leads a loop, if one has no leader, else
	///   - works: runs tasks from the queue, as long as no more than maxRunning do, else
	///   - watches (EXECUTE_ADAPTIVE, one thread at most): takes over the loop of a leader
	///     whose request blocks, else
	///   - is parked until it is needed, and goes back to the pool if that takes too long.
	///
	/// With EXECUTE_ADAPTIVE, one thread is to be spare: it watches, or is parked. Who stops being
	/// that one wakes or starts the next one first.
	///
	/// _mutex guards all that is not atomic. It is never held while a request is run, a loop is led, or the pool
	/// is asked for something.
	///
	/// None of its threads asks the pool for another one: the pool may be locked for as long as somebody waits in its
	/// joinAll(), and that may be until the server stops. A short-lived thread of its own does so, see spawn().
{
public:
	struct Config
	{
		EVServerOptions::ExecutionPolicy policy;
		int loops;
		int maxRunning;   /// requests at once
		int maxThreads;   /// of the pool, including leaders
		int maxQueued;
		Poco::Timespan idleTime;
		Poco::Thread::Priority priority;
	};

	Executor(ThreadOwner& owner, Poco::ThreadPool& pool, const Config& config);
	~Executor();

	void acquire(const Config& config);
		/// Takes the threads from the pool that there must be, and one to watch if there is one. They wait for begin() or release(),
		/// also if it throws a Poco::NoThreadAvailableException because there are too few.

	void begin(const std::vector<LedLoop*>& loops);
		/// Has the threads lead them, which are Config::loops.

	void release();
		/// Gives the threads back that acquire() has taken.

	void stop();
		/// Cancels the tasks in the queue, now and from now on. Threads leave when
		/// the loops have ended.

	bool waitForLoops(Task::Clock::duration timeout);
		/// Waits until all loops have ended, and all threads but those that still run plain connections have left. Returns false if the time is over.

	bool isCurrent() const;
		/// Returns true if called by a thread of this Executor.

	void abandon();
		/// Has all threads leave that do not run a request, though there are connections left. For the end of the process only.

	static void waitForDepartures();
		/// Waits for threads that have left an Executor, but still have their reference to its server, of any server. For the end of the process only.

	void admit();
		/// Counts a task in that is about to be submitted. What there is room for is up to the loops, see isFull() and queuePart().

	void discharge();
		/// Counts a task out that was admitted, or the request of a leader that has been replaced. Called before
		/// its connection is given back: so many connections never count more than that.

	bool isFull() const;
		/// Returns true if as many requests as may run at once and maxQueued more are admitted or being run by leaders.

	int queuePart() const;
		/// Returns how many requests each loop may have in the queue even then, so that no loop can crowd out the others.

	void addWaiting(int loops);
		/// Says that so many loops more, or less, want to hear of it when there is room again: then LedLoop::offerRoom() is
		/// called. A loop must look once more whether there is some after it has said so.

	void submit(IntrusiveQueue<Task>& tasks);
		/// Queues tasks for other threads.

	bool trySubmit(Task& task);
		/// Queues the task, or runs it at once where leaders run requests. Returns false if isFull().

	bool adaptive() const;

	bool leadersRunRequests() const;
		/// Returns true if there is no other choice for a leader than to run requests: by
		/// policy, or because the server has no other threads at the moment.

	Permit tryEnter();
		/// Called by a leader that wants to run requests. Returns a permit if no more than
		/// maxRunning threads run some and another thread could take the loop over, else an empty one.

	Permit enter();
		/// The same, unconditionally.

	void attend(double now);
		/// Called by a leader before it runs requests: sees to it that it is watched, and asks again for a thread that the
		/// pool did not have. The time is that of the loop.

	void addTo(EVServerStatistics& statistics) const;

	int running() const;
	int queued() const;
	int maxRunning() const;

	void run() override;

private:
	friend class Permit;

	struct Parked
		/// A thread that waits. Lives on the stack of that thread.
	{
		std::condition_variable wake;
		bool    woken = false;
		Parked* pNext = nullptr;
	};

	struct Seen
		/// What is known about the leader of a loop. Needs no memory where a leader must be replaced.
	{
		LeaderSight byWatcher;
		LeaderSight byStop;     /// waitForLoops()
	};

	using Lock = std::unique_lock<std::mutex>;

	class Departure;
	class Departures;
		/// Threads that are no longer counted, but still have their reference to the ThreadOwner.

	bool startThread();
	bool spawn(Lock& lock);
	void askAgain(double now);
		/// Asks the pool again for a thread that it did not have, if it is time to.

	void runStarter();
	void noThread();
	int permitsFor(int threads) const;
	bool wakeOne(Lock& lock);
	void wakeForQueue(Lock& lock);
	void wakeAll();
	void wake(Parked& parked);
	void offerRoom(int total);
	void occupy(Lock& lock);
	void vacate();
	Permit tryRun();
	void takeBack(bool countsRequest);
	void lead(Lock& lock);
	void work(Lock& lock, Permit permit);
	void leadUntil(Lock& lock, LedLoop& loop, Task::Clock::time_point deadline);
	bool park(Lock& lock);
	void watch(Lock& lock);
	bool inspectLoops(Lock& lock);

	ThreadOwner&      _owner;
	Poco::ThreadPool& _pool;
	Config            _config;            /// changed by acquire() only, while there are no threads

	mutable std::mutex      _mutex;
	std::condition_variable _changed;     /// a thread has come or left: for those in acquire(), release() and waitForLoops()
	std::condition_variable _begun;       /// _acquiring is over
	std::vector<LedLoop*>   _loops;
	std::vector<LedLoop*>   _unled;       /// loops without a leader
	std::vector<Seen>       _seen;        /// used by the watcher
	IntrusiveQueue<Task>    _queue;
	Parked*                 _pParked;     /// the last one parked is the first one woken: its cache is warm
	Parked*                 _pWatcher;
	int                     _waking;      /// threads woken that have not got _mutex yet
	int                     _occupied;    /// threads that lead or work; the others are spare
	bool                    _acquiring;   /// threads wait until they know whether the server starts
	bool                    _starting;    /// a thread is on its way from the pool
	int                     _starters;    /// threads that ask the pool for it, or have just done so
	bool                    _stopping;
	bool                    _abandoned;
	int                     _liveLoops;
	const std::shared_ptr<Departures> _pDepartures; /// shared with the threads: the last one may destroy the Executor
	Poco::UInt64            _queuedRequests;
	Task::Clock::duration   _queueWait;

	// seldom written, read by every leader
	std::atomic<int>        _threads;     /// in run()
	std::atomic<int>        _spare;       /// _threads - _occupied
	std::atomic<int>        _permits;     /// requests at once; less than maxRunning where the pool is too small for that
	WatcherSleep            _watcherSleep;
	std::atomic<double>     _tryAgainAt;  /// when the pool, which had no thread, is asked again; as Loop::now()

	// written with every batch of requests
	alignas(64) std::atomic<int> _running;
	std::atomic<int>        _total;       /// requests that have been admitted, or are being run by leaders
	std::atomic<int>        _loopsWaiting;
	std::atomic<int>        _queued;      /// _queue.size(), for those who do not hold _mutex
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


inline int Executor::queuePart() const
{
	return std::max(1, _config.maxQueued/std::max(1, _config.loops));
}


inline bool Executor::isFull() const
{
	return _total >= _permits.load(std::memory_order_relaxed) + _config.maxQueued;
}


inline void Executor::admit()
{
	_total.fetch_add(1);
}


inline void Executor::discharge()
{
	const int total = _total.fetch_sub(1) - 1;
	if (_loopsWaiting > 0) offerRoom(total);
}


inline void Executor::addWaiting(int loops)
{
	_loopsWaiting.fetch_add(loops);
}


inline int Executor::maxRunning() const
{
	return _permits.load(std::memory_order_relaxed);
}


} } // namespace Poco::EVNet


#endif // EVNet_Executor_INCLUDED
