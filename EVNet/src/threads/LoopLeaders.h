//
// LoopLeaders.h
//
// Library: EVNet
// Package: Threads
// Module:  LoopLeaders
//
// Definition of the LoopLeaders class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_LoopLeaders_INCLUDED
#define EVNet_LoopLeaders_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "threads/Leadership.h"
#include "threads/LedLoop.h"
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>


namespace Poco {
namespace EVNet {


class LoopLeaders
	/// The loops of a server, those of them that have no leader, and those that need another one, because theirs does not come
	/// back from a request, and somebody waits for it, or may do so by now.
	///
	/// Methods are called under the lock of the Executor, unless said otherwise.
{
public:
	using Lock = std::unique_lock<std::mutex>;

	void reserve(std::size_t loops);
		/// Gets the memory for so many loops: there may be none left when a leader must be replaced.

	void begin(const std::vector<LedLoop*>& loops);
		/// Has these loops, for which reserve() has been called. None has a leader yet.

	void abandon();
		/// Has all loops end at once. None needs a leader any more.

	const std::vector<LedLoop*>& loops() const
	{
		return _loops;
	}

	std::size_t unled() const
		/// Returns how many have no leader.
	{
		return _unled.size();
	}

	void addUnled(LedLoop& loop);
		/// The calling thread does not lead the loop any more, and nobody else does.

	LedLoop& takeUnled();
		/// Returns a loop that has no leader. The calling thread must lead it.

	void watch(Lock& lock, std::condition_variable& wake, const bool& woken);
		/// Looks at the leaders that run requests, until woken is true, or until it has taken loops over, which have no leader then.

	void watchClosely()
		/// Has watch() look often for a moment, beginning at once: a request is run of which nothing is known. The caller then
		/// notifies the condition variable of the watcher.
	{
		_closeLooks.store(CLOSE_LOOKS, std::memory_order_relaxed);
	}

	bool isWatchedClosely() const
		/// Returns true if more than half of the looks that watchClosely() asks for are left. May be called from any thread.
	{
		return _closeLooks.load(std::memory_order_relaxed) > CLOSE_LOOKS/2;
	}

	bool isWatcherAsleep() const
		/// Returns true if watch() will not notice what a leader does. May be called from any thread; a leader that
		/// has become busy must call it.
	{
		return _watcherSleep.asleep();
	}

	void endSleep()
		/// Ends the sleep of watch(). The caller then notifies its condition variable.
	{
		_watcherSleep.end();
	}

	template <class Function>
	void takeOverStuck(Function function)
		/// Calls the function with each loop whose leader runs the same request as when this was called before. The calling
		/// thread leads that loop then. The function may release the lock.
	{
		for (std::size_t i = 0; i < _loops.size(); i++)
		{
			LedLoop& loop = *_loops[i];
			const Leadership::Turn turn = loop.leadership().turn();
			if (_seen[i].byStop.look(turn) > 0 && loop.takeOver(turn, LedLoop::WHY_COMPUTES)) function(loop);
		}
	}

private:
	enum
	{
		CLOSE_LOOKS = 8
	};

	struct Seen
		/// What is known about the leader of a loop.
	{
		LeaderSight byWatcher;
		double      computed = 0;   /// when the watcher saw it again with this request
		LeaderSight byStop;         /// takeOverStuck()
	};

	bool anyBusy() const;
	bool inspect(Lock& lock);
		/// Takes over each loop whose leader is stuck, or runs the same request for long. Returns true if there is one.

	static bool isStuck(const LedLoop& loop, Seen& seen, int looks, LedLoop::Why& why);
		/// Returns true if the leader, which has been seen so often with the same request, needs to be replaced, and says why.
		/// Not under the lock.

	void sleep(Lock& lock, std::condition_variable& wake, const bool& woken);

	std::vector<LedLoop*> _loops;
	std::vector<LedLoop*> _unled;
	std::vector<Seen>     _seen;   /// of each loop
	WatcherSleep          _watcherSleep;
	std::atomic<int>      _closeLooks{0};   /// so many more
	bool                  _suspects = false;  /// at the last look, a leader ran the same request as at the one before
};


} } // namespace Poco::EVNet


#endif // EVNet_LoopLeaders_INCLUDED
