//
// Executor.cpp
//
// Library: EVNet
// Package: Engine
// Module:  Executor
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Executor.h"
#include "Engine.h"
#include "Loop.h"
#include "PlainTask.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include "Poco/Exception.h"
#include <thread>


namespace Poco {
namespace EVNet {


namespace
{
	// How often the watcher looks. A blocked leader is replaced when it is seen
	// with the same request twice, so after one to two ticks.
	const std::chrono::milliseconds WATCH_TICK(1);

	// Where no leader has been replaced for so many ticks, a tick gets twice as long, and
	// after as many ticks more, twice as long again: the first surprise then lasts a little longer.
	const int WATCH_CALM_TICKS = 1000;

	// A leader that has not blocked but computes, or has been preempted, is replaced only after that many ticks.
	const int WATCH_PATIENCE = 10;

	// With nothing to watch for so many ticks, the watcher sleeps until it is called.
	const int WATCH_IDLE_TICKS = 20;

	// How long a leader may be busy with one request until stop() takes its loop over. Only matters
	// where nobody watches: with EXECUTE_INLINE, or without a thread to spare.
	const std::chrono::milliseconds STOP_TICK(10);

	class WaitCount
		/// Counts a thread that waits, under the lock.
	{
	public:
		explicit WaitCount(int& count):
			_count(count)
		{
			++_count;
		}

		~WaitCount()
		{
			--_count;
		}

	private:
		int& _count;
	};

	const std::string THREAD_NAME("EVTCPServer");

	thread_local const Executor* pCurrentExecutor = nullptr;
}


Executor::Executor(Engine& engine, Poco::ThreadPool& pool, const Config& config):
	_engine(engine),
	_pool(pool),
	_config(config),
	_pParked(nullptr),
	_pWatcher(nullptr),
	_waking(0),
	_stopping(false),
	_liveLoops(0),
	_waiting(0),
	_queuedRequests(0),
	_queueWait(0),
	_threads(0),
	_running(0),
	_queued(0),
	_watcherAsleep(false)
{
}


Executor::~Executor()
{
}


void Executor::start(const std::vector<std::unique_ptr<Loop>>& loops)
{
	Lock lock(_mutex);
	for (const auto& pLoop: loops) _loops.push_back(pLoop.get());
	_unled = _loops;
	_seen.resize(_loops.size());
	_liveLoops = static_cast<int>(_loops.size());
	int missing = _liveLoops;
	while (missing > 0 && spawn()) --missing;
	if (_config.policy == EVServerOptions::EXECUTE_DEDICATED && missing == 0 && !spawn()) missing = 1;
	if (missing > 0)
	{
		_stopping = true;
		_unled.clear();
		_liveLoops = 0;
		wakeAll();
		throw Poco::NoThreadAvailableException("Not enough threads in the pool to lead the event loops (and, with EXECUTE_DEDICATED, one to run requests)");
	}
	if (adaptive()) spawn(); // the watcher; does without it if need be
}


void Executor::stop()
{
	IntrusiveQueue<Task> cancelled;
	{
		Lock lock(_mutex);
		_stopping = true;
		cancelled.append(_queue);
		_queued = 0;
		wakeAll();
	}
	while (Task* pTask = cancelled.pop()) pTask->cancel();
}


bool Executor::waitForLoops(const Poco::Timespan& timeout)
{
	if (pCurrentExecutor == this) return false;
	const Task::Clock::time_point deadline = Task::Clock::now() + std::chrono::microseconds(timeout.totalMicroseconds());
	Lock lock(_mutex);
	const WaitCount counted(_waiting);
	while (_liveLoops > 0 || _threads > _running)
	{
		if (_threadLeft.wait_until(lock, std::min(deadline, Task::Clock::now() + STOP_TICK)) == std::cv_status::timeout && Task::Clock::now() >= deadline) return false;
		for (std::size_t i = 0; i < _loops.size(); i++)
		{
			Loop& loop = *_loops[i];
			const Poco::UInt32 turn = loop.turn();
			if ((turn & 1) && turn == _seen[i].atStop && loop.takeOver(turn)) leadUntil(lock, loop, deadline);
			_seen[i].atStop = turn;
		}
	}
	return true;
}


void Executor::leadUntil(Lock& lock, Loop& loop, Task::Clock::time_point deadline)
{
	lock.unlock();
	bool ended = false;
	while (!ended && Task::Clock::now() < deadline)
	{
		ended = loop.leadOnce();
		if (!ended) std::this_thread::sleep_for(WATCH_TICK);
	}
	lock.lock();
	if (!ended) _unled.push_back(&loop);
	else if (--_liveLoops == 0) wakeAll();
}


void Executor::submit(IntrusiveQueue<Task>& tasks)
{
	const Task::Clock::time_point now = Task::Clock::now();
	IntrusiveQueue<Task> cancelled;
	{
		Lock lock(_mutex);
		if (_stopping) cancelled.append(tasks);
		while (Task* pTask = tasks.pop())
		{
			pTask->queuedAt = now;
			_queue.push(*pTask);
		}
		_queued = static_cast<int>(_queue.size());
		wakeForQueue();
	}
	while (Task* pTask = cancelled.pop()) pTask->cancel();
}


void Executor::submitPlain(PlainTask* pTask)
{
	if (leadersRunRequests())
	{
		enter();
		pTask->run(Task::Clock::now());
		leave();
		return;
	}
	bool refused = false;
	{
		Lock lock(_mutex);
		refused = static_cast<int>(_queue.size()) >= _config.maxQueued;
		if (!refused && !_stopping)
		{
			pTask->queuedAt = Task::Clock::now();
			_queue.push(*pTask);
			_queued = static_cast<int>(_queue.size());
			wakeForQueue();
			return;
		}
	}
	if (refused) pTask->refuse();
	else pTask->cancel();
}


bool Executor::leadersRunRequests() const
{
	return _config.policy == EVServerOptions::EXECUTE_INLINE || _threads.load(std::memory_order_relaxed) <= static_cast<int>(_loops.size());
}


bool Executor::tryEnter()
{
	if (_queued > 0) return false; // older requests come first
	if (_running.fetch_add(1) < _config.maxRunning) return true;
	leave();
	return false;
}


void Executor::enter()
{
	_running.fetch_add(1);
}


void Executor::leave()
{
	_running.fetch_sub(1);
	if (_queued > 0)
	{
		Lock lock(_mutex);
		wakeForQueue();
	}
}


void Executor::attend()
{
	if (!_watcherAsleep) return;
	Lock lock(_mutex);
	if (_watcherAsleep && _pWatcher)
	{
		_watcherAsleep = false;
		_pWatcher->wake.notify_one();
	}
}


bool Executor::spawn()
{
	if (_threads >= _config.maxThreads) return false;
	_engine.duplicate(); // released by run()
	try
	{
		_pool.startWithPriority(_config.priority, *this, THREAD_NAME);
	}
	catch (...)
	{
		// no thread, or no memory for one
		_engine.release();
		return false;
	}
	++_threads;
	++_waking;
	return true;
}


bool Executor::wakeOne()
{
	Parked* pParked = _pParked;
	if (pParked) _pParked = pParked->pNext;
	else if (spawn()) return true;
	else if (_pWatcher && !_pWatcher->woken) pParked = _pWatcher;
	else return false;
	pParked->woken = true;
	++_waking;
	pParked->wake.notify_one();
	return true;
}


void Executor::wakeForQueue()
{
	// One at a time: who takes a task wakes the next one if there are more. Short
	// tasks are then done by fewer threads.
	if (!_queue.empty() && _waking == 0 && _running < _config.maxRunning) wakeOne();
}


void Executor::wakeAll()
{
	while (_pParked) wakeOne();
	if (_pWatcher && !_pWatcher->woken)
	{
		_pWatcher->woken = true;
		++_waking;
		_pWatcher->wake.notify_one();
	}
}


void Executor::run()
{
	Poco::AutoPtr<Engine> pEngine(&_engine); // the reference taken by spawn()
	pCurrentExecutor = this;
	{
		Lock lock(_mutex);
		--_waking;
		for (;;)
		{
			if (!_unled.empty()) lead(lock);
			else if (_stopping && _liveLoops == 0) break;
			else if (!_queue.empty() && _running.fetch_add(1) < _config.maxRunning) work(lock);
			else
			{
				if (!_queue.empty()) _running.fetch_sub(1);
				if (!park(lock)) break;
			}
		}
		// Who waits has a reference, too: when the wait is over, this one must be gone, or the engine might
		// be destroyed here, after what main() leaves behind.
		if (_waiting > 0) pEngine = nullptr;
		--_threads;
		if (_stopping) _threadLeft.notify_all();
	}
	pCurrentExecutor = nullptr;
}


void Executor::lead(Lock& lock)
{
	Loop* pLoop = _unled.back();
	_unled.pop_back();
	wakeForQueue(); // this thread may have been woken for it
	lock.unlock();
	bool ended = pLoop->lead();
	lock.lock();
	if (!ended) work(lock);
	else if (--_liveLoops == 0) wakeAll(); // to leave
}


void Executor::work(Lock& lock)
{
	while (Task* pTask = _queue.pop())
	{
		_queued = static_cast<int>(_queue.size());
		wakeForQueue();
		const Task::Clock::time_point now = Task::Clock::now();
		++_queuedRequests;
		_queueWait += now - pTask->queuedAt;
		lock.unlock();
		pTask->run(now);
		lock.lock();
	}
	_running.fetch_sub(1);
}


bool Executor::park(Lock& lock)
{
	if (adaptive() && !_pWatcher)
	{
		watch(lock);
		return true;
	}
	Parked me;
	me.pNext = _pParked;
	_pParked = &me;
	const std::chrono::microseconds idleTime(_config.idleTime.totalMicroseconds());
	for (;;)
	{
		if (me.wake.wait_for(lock, idleTime, [&me] { return me.woken; }))
		{
			--_waking;
			return true;
		}
		// Leaders and one more thread stay: without it, requests could not leave the leaders.
		if (_threads > static_cast<int>(_loops.size()) + 1) break;
	}
	Parked** ppParked = &_pParked;
	while (*ppParked != &me) ppParked = &(*ppParked)->pNext;
	*ppParked = me.pNext;
	return false;
}


void Executor::watch(Lock& lock)
{
	Parked me;
	_pWatcher = &me;
	int idleTicks = 0;
	int calmTicks = 0; // begins anew with each watcher: the one that replaces a leader becomes the leader
	while (!me.woken)
	{
		if (calmTicks < 2*WATCH_CALM_TICKS) calmTicks++;
		const std::chrono::milliseconds tick = WATCH_TICK*(1 << calmTicks/WATCH_CALM_TICKS);
		if (idleTicks < WATCH_IDLE_TICKS)
		{
			if (_pParked || _threads < _config.maxThreads)
			{
				// Nobody will wake the watcher, there are others. Sleeping is one system call.
				lock.unlock();
				std::this_thread::sleep_for(tick);
				lock.lock();
			}
			else me.wake.wait_for(lock, tick);
			if (me.woken) break;
			bool busy = false;
			for (Loop* pLoop: _loops) busy = busy || pLoop->busy();
			idleTicks = busy ? 0 : idleTicks + 1;
			if (busy && inspectLoops()) break;
		}
		else
		{
			idleTicks = 0;
			_watcherAsleep = true;
			// A leader first becomes busy and then looks whether the watcher sleeps: one of us notices.
			bool busy = false;
			for (Loop* pLoop: _loops) busy = busy || pLoop->busy();
			if (!busy) me.wake.wait(lock, [this, &me] { return me.woken || !_watcherAsleep; });
			_watcherAsleep = false;
		}
	}
	if (me.woken) --_waking;
	_pWatcher = nullptr;
	// Somebody else has to watch now. If all are busy, the next one that has nothing to do will.
	if (!_stopping && (_pParked || _threads < _config.maxThreads)) wakeOne();
}


bool Executor::inspectLoops()
{
	bool takenOver = false;
	for (std::size_t i = 0; i < _loops.size(); i++)
	{
		Loop& loop = *_loops[i];
		Seen& seen = _seen[i];
		const Poco::UInt32 turn = loop.turn();
		seen.ticks = turn == seen.turn ? seen.ticks + 1 : 0;
		seen.turn = turn;
		if ((turn & 1) == 0 || seen.ticks == 0) continue;
		if (seen.ticks < WATCH_PATIENCE && loop.leaderIsRunnable()) continue;
		if (loop.takeOver(turn))
		{
			_unled.push_back(&loop);
			takenOver = true;
		}
	}
	// This thread leads one of them; there may be more.
	for (std::size_t n = _unled.size(); n > 1; --n) wakeOne();
	return takenOver;
}


void Executor::addTo(EVServerStatistics& statistics) const
{
	Lock lock(_mutex);
	statistics.queuedRequests += _queuedRequests;
	statistics.queueWait += Poco::Timespan(std::chrono::duration_cast<std::chrono::microseconds>(_queueWait).count());
	statistics.queued += queued();
	statistics.running += running();
	statistics.threads += _threads;
}


} } // namespace Poco::EVNet
