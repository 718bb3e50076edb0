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
	// How often the watcher looks. A blocked leader is replaced when it is seen
	// with the same request twice, so after one to two ticks.
	const std::chrono::milliseconds TICK(1);

	// After so many ticks without a replaced leader, a tick is twice as long, and after as many
	// more, four times: the watcher then notices the next blocked leader a little later.
	const int CALM_TICKS = 1000;

	// A leader that has not blocked but computes, or has been preempted, is replaced only after that many ticks.
	const int PATIENCE = 10;

	// With nothing to watch for so many ticks, the watcher sleeps until it is called.
	const int IDLE_TICKS = 20;
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
		if (calmTicks < 2*CALM_TICKS) calmTicks++;
		wake.wait_for(lock, TICK*(1 << calmTicks/CALM_TICKS));
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
	for (std::size_t i = 0; i < _loops.size(); i++)
	{
		LedLoop& loop = *_loops[i];
		const Leadership::Turn turn = loop.leadership().turn();
		const int ticks = _seen[i].byWatcher.look(turn);
		if (ticks == 0) continue;
		if (ticks < PATIENCE)
		{
			// leaderIsRunnable() reads a file: not under the lock.
			lock.unlock();
			const bool runnable = loop.leaderIsRunnable();
			lock.lock();
			if (runnable) continue;
		}
		if (!loop.takeOver(turn)) continue;
		addUnled(loop);
		takenOver = true;
	}
	return takenOver;
}


} } // namespace Poco::EVNet
