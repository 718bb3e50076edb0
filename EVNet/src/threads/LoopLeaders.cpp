//
// LoopLeaders.cpp
//
// Library: EVNet
// Package: Threads
// Module:  LoopLeaders
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "threads/LoopLeaders.h"
#include "core/Assert.h"
#include <algorithm>
#include <chrono>


namespace Poco {
namespace EVNet {


namespace
{
	// How often the watcher looks. A leader that waits is replaced when it is seen
	// with the same request twice, so after one to two ticks; one that computes, COMPUTED later.
	const std::chrono::milliseconds TICK(1);

	// After so many ticks without a replaced leader, a tick is twice as long, and after as many
	// more, four times: the watcher then notices the next one that is stuck a little later.
	const int CALM_TICKS = 250;

	// How often it looks for the first moments of a request of which nothing is known, and while a leader may be stuck.
	const std::chrono::microseconds CLOSE_TICK(200);

	// A leader that runs the same request for so many looks is replaced in any case: there may be deadlines, or somebody who waits
	// for what libev has not told the system yet.
	const int PATIENCE = 25;

	// One that waits for nothing is stuck when it has computed for so long since it was seen for the second time: it may have been
	// preempted, and for a request that is nearly done, another thread would only compete with it.
	const double COMPUTED = 300e-6; // seconds

	// With nothing to watch for so many ticks, the watcher sleeps until it is called.
	const int IDLE_TICKS = 5;
}


void LoopLeaders::reserve(std::size_t loops)
{
	_seen.assign(loops, Seen());
	_loops.reserve(loops);
	_unled.reserve(loops);
}


void LoopLeaders::begin(const std::vector<LedLoop*>& loops)
{
	EVNET_ASSERT_EQUAL(_seen.size(), loops.size());
	_loops = loops;
	_unled = loops;
}


void LoopLeaders::abandon()
{
	_unled.clear();
	for (LedLoop* pLoop: _loops) pLoop->abandon();
}


void LoopLeaders::addUnled(LedLoop& loop)
{
	EVNET_ASSERT(_unled.size() < _loops.size());
	_unled.push_back(&loop);
}


LedLoop& LoopLeaders::takeUnled()
{
	EVNET_ASSERT(!_unled.empty());
	LedLoop& loop = *_unled.back();
	_unled.pop_back();
	return loop;
}


void LoopLeaders::watch(Lock& lock, std::condition_variable& wake, const bool& woken)
{
	int idleTicks = 0;
	int calmTicks = 0; // begins anew with each watcher: the one that replaces a leader becomes the leader
	while (!woken)
	{
		if (idleTicks == IDLE_TICKS)
		{
			idleTicks = 0;
			sleep(lock, wake, woken);
			continue;
		}
		const int closeLooks = _closeLooks.load(std::memory_order_relaxed);
		if (closeLooks > 0) _closeLooks.store(closeLooks - 1, std::memory_order_relaxed);
		if (closeLooks > 0 || _suspects) wake.wait_for(lock, CLOSE_TICK);
		else
		{
			if (calmTicks < 2*CALM_TICKS) calmTicks++;
			wake.wait_for(lock, TICK*(1 << calmTicks/CALM_TICKS));
		}
		if (woken) break;
		const bool busy = anyBusy();
		idleTicks = busy ? 0 : idleTicks + 1;
		if (busy && inspect(lock)) return;
	}
}


void LoopLeaders::sleep(Lock& lock, std::condition_variable& wake, const bool& woken)
{
	_watcherSleep.fall();
	// A leader first becomes busy and then looks whether the watcher sleeps: one of us notices.
	if (!anyBusy()) wake.wait(lock, [this, &woken] { return woken || !_watcherSleep.asleep(); });
	_watcherSleep.end();
}


bool LoopLeaders::anyBusy() const
{
	return std::any_of(_loops.begin(), _loops.end(), [](const LedLoop* pLoop) { return pLoop->leadership().busy(); });
}


bool LoopLeaders::inspect(Lock& lock)
{
	bool takenOver = false;
	bool suspects = false;
	for (std::size_t i = 0; i < _loops.size(); i++)
	{
		LedLoop& loop = *_loops[i];
		Seen& seen = _seen[i];
		const Leadership::Turn turn = loop.leadership().turn();
		const int looks = seen.byWatcher.look(turn);
		if (looks == 0) continue;
		suspects = true;
		LedLoop::Why why = LedLoop::WHY_COMPUTES;
		lock.unlock(); // isStuck() asks the system
		const bool stuck = isStuck(loop, seen, looks, why);
		lock.lock();
		if (!stuck || !loop.takeOver(turn, why)) continue;
		addUnled(loop);
		takenOver = true;
	}
	_suspects = suspects && !takenOver;
	return takenOver;
}


bool LoopLeaders::isStuck(const LedLoop& loop, Seen& seen, int looks, LedLoop::Why& why)
{
	const double computed = loop.leaderComputed();
	if (looks == 1) seen.computed = computed;
	const bool late = looks >= PATIENCE;
	if (!late && !loop.somebodyWaits()) return false;
	if (computed - seen.computed > COMPUTED) return true;
	if (loop.leaderIsRunnable()) return late;
	why = LedLoop::WHY_BLOCKED;
	return true;
}


} } // namespace Poco::EVNet
