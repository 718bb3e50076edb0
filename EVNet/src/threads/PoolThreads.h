//
// PoolThreads.h
//
// Library: EVNet
// Package: Threads
// Module:  PoolThreads
//
// Definition of the PoolThreads class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_PoolThreads_INCLUDED
#define EVNet_PoolThreads_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Runnable.h"
#include "Poco/ThreadPool.h"
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>


namespace Poco {
namespace EVNet {


class ThreadOwner;


class PoolThreads: public Poco::Runnable
	/// The threads that a server has from a pool. They all run the same code, serve(). This class takes them from the
	/// pool, and waits until they have left.
	///
	/// Each thread has a reference to the ThreadOwner. Who stops the server waits until all are given back (waitForDepartures()): a
	/// thread that gives its reference back later would destroy the server after what main() leaves behind.
	///
	/// None of the threads asks the pool for another one: the pool may be locked for as long as somebody waits in its
	/// joinAll(), and that may be until the server stops. A short-lived thread of its own does so, see spawn().
	///
	/// _mutex guards all that is not atomic, also what derived classes have. It is never held while serve() runs what may
	/// take long, or while the pool is asked for something.
{
public:
	struct Demand
		/// How many threads a server wants.
	{
		int least;   /// without them it does not start
		int first;   /// are taken when it starts, if the pool has so many
		int most;
		Poco::Thread::Priority priority;
	};

	void release();
		/// Gives the threads back that acquire() has taken.

	void askAgain(double now);
		/// Asks the pool again for a thread that it did not have, if it is time to.

	bool isCurrent() const;
		/// Returns true if called by one of the threads.

	static void waitForAllDepartures();
		/// Waits for threads that have left, of any server. For the end of the process only.

	void run() override;

protected:
	using Lock = std::unique_lock<std::mutex>;

	PoolThreads(ThreadOwner& owner, Poco::ThreadPool& pool);
	~PoolThreads();

	virtual void serve(Lock& lock) = 0;
		/// What a thread does until it leaves. Called under the lock.

	virtual void expectThreads(int threads) = 0;
		/// Says that there will be no more threads than that for now: fewer than wanted if the pool has no more. Called under the lock.

	void acquire(const Demand& demand);
		/// Takes the first threads from the pool. They wait for begin() or release(), also if acquire() throws a
		/// Poco::NoThreadAvailableException because there are too few.

	void begin(Lock& lock);
		/// Has the threads serve.

	void spawn(Lock& lock);
		/// Has a short-lived thread ask the pool for another one, if that is wanted now. Unlocks meanwhile.

	bool isSpawning() const;
		/// Returns true if a thread is on its way, or somebody asks for it. Called under the lock.

	void waitForDepartures();
		/// Waits for threads that are not counted any more.

	enum
	{
		END_PATIENCE = 5
			/// Seconds that the end of the process waits for a thread that has nothing to do but to leave.
	};

	mutable std::mutex      _mutex;
	std::condition_variable _changed;    /// a thread has come or left
	bool                    _stopping;

	// seldom written, read by every leader
	alignas(64) std::atomic<int> _threads; /// in run()

private:
	class Departure;
	class Departures;

	bool startThread();
	void runStarter();
	void noThread();

	std::atomic<double>     _askAgainAt;   /// when the pool, which had no thread, is asked again
	ThreadOwner&            _owner;
	Poco::ThreadPool&       _pool;
	Demand                  _demand;     /// changed by acquire() only, while there are no threads
	std::condition_variable _begun;      /// _acquiring is over
	bool                    _acquiring;  /// threads wait until they know whether the server starts
	bool                    _spawning;   /// a thread is on its way from the pool
	int                     _starters;   /// short-lived threads that ask the pool for it, or have just done so
	const std::shared_ptr<Departures> _pDepartures; /// shared with the threads: the last one may destroy this object
};


//
// inlines
//
inline bool PoolThreads::isSpawning() const
{
	return _spawning || _starters > 0;
}


} } // namespace Poco::EVNet


#endif // EVNet_PoolThreads_INCLUDED
