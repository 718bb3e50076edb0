//
// Executor.cpp
//
// Library: EVNet
// Package: Threads
// Module:  Executor
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "threads/Executor.h"
#include "threads/LedLoop.h"
#include "core/Assert.h"
#include "core/SteadyTime.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include <algorithm>
#include <thread>


namespace Poco {
namespace EVNet {


namespace
{
	// How long a leader may be busy with one request until stop() takes its loop over. Only matters
	// where nobody watches: with EXECUTE_INLINE, or without a thread to spare.
	const std::chrono::milliseconds STOP_TICK(10);

	// How often the thread that waits in stop() looks after a loop that it leads.
	const std::chrono::milliseconds LEAD_TICK(1);
}


int Executor::Config::leastThreads() const
{
	return loops + (policy == EVServerOptions::EXECUTE_DEDICATED ? 1 : 0);
}


Executor::Executor(ThreadOwner& owner, Poco::ThreadPool& pool, const Config& config):
	PoolThreads(owner, pool),
	_pParked(nullptr),
	_pWatcher(nullptr),
	_waking(0),
	_abandoned(false),
	_liveLoops(0),
	_occupied(0),
	_config(config),
	_queue(_leaders.loops())
{
	configure(config);
}


Executor::~Executor()
{
}


void Executor::configure(const Config& config)
{
	_config = config;
	_queue.setLimits(config.maxQueued, config.loops);
	expectThreads(config.maxThreads);
}


void Executor::acquire(const Config& config)
{
	configure(config);
	_leaders.reserve(static_cast<std::size_t>(config.loops));
	const int least = config.leastThreads();
	const bool watched = adaptive() && config.maxThreads > least;
	PoolThreads::acquire({least, least + (watched ? 1 : 0), config.maxThreads, config.priority});
}


void Executor::begin(const std::vector<LedLoop*>& loops)
{
	Lock lock(_mutex);
	_leaders.begin(loops);
	_liveLoops = _config.loops;
	PoolThreads::begin(lock);
}


void Executor::stop()
{
	IntrusiveQueue<Task> cancelled;
	{
		Lock lock(_mutex);
		_stopping = true;
		_queue.takeAll(cancelled);
		wakeAll();
	}
	while (Task* pTask = cancelled.pop()) pTask->cancel();
}


bool Executor::waitForLoops(Task::Clock::duration timeout)
{
	const Task::Clock::time_point deadline = Task::Clock::now() + timeout;
	Lock lock(_mutex);
	// Waits also for a thread whose request is done: until it leaves, it counts as running.
	while (_liveLoops > 0 || _threads > _queue.admitted() || isSpawning())
	{
		const std::cv_status status = _changed.wait_until(lock, std::min(deadline, Task::Clock::now() + STOP_TICK));
		if (status == std::cv_status::timeout && Task::Clock::now() >= deadline) return false;
		_leaders.takeOverStuck([this, &lock, deadline](LedLoop& loop) { leadUntil(lock, loop, deadline); });
	}
	lock.unlock();
	waitForDepartures();
	return true;
}


void Executor::abandon()
{
	Lock lock(_mutex);
	_abandoned = true;
	_leaders.abandon();
	_liveLoops = 0;
	wakeAll();
	_changed.wait_for(lock, std::chrono::seconds(END_PATIENCE), [this] { return _threads <= _queue.admitted(); });
	lock.unlock();
	waitForDepartures();
}


void Executor::leadUntil(Lock& lock, LedLoop& loop, Task::Clock::time_point deadline)
{
	lock.unlock();
	LedLoop::Led led = LedLoop::LED_ON;
	while (led == LedLoop::LED_ON && Task::Clock::now() < deadline)
	{
		led = loop.leadOnce();
		if (led == LedLoop::LED_ON) std::this_thread::sleep_for(LEAD_TICK);
	}
	lock.lock();
	if (led == LedLoop::LED_ON)
	{
		_leaders.addUnled(loop);
		wakeOne(lock); // no thread looks for the loop by itself, and the loop has deadlines
	}
	else if (led == LedLoop::LED_ENDED && --_liveLoops == 0) wakeAll();
}


void Executor::submit(IntrusiveQueue<Task>& tasks)
{
	const Task::Clock::time_point now = Task::Clock::now();
	IntrusiveQueue<Task> cancelled;
	{
		Lock lock(_mutex);
		if (_stopping) cancelled.append(tasks);
		_queue.push(tasks, now);
		const int waking = _waking;
		const double begin = steadyTime();
		wakeForQueue(lock);
		if (_waking > waking && adaptive()) _costs.noteHandOver(steadyTime() - begin);
	}
	while (Task* pTask = cancelled.pop()) pTask->cancel();
}


bool Executor::trySubmit(Task& task)
{
	askAgain(steadyTime());
	const bool here = leadersRunRequests();
	if (!here && _queue.isFull()) return false;
	_queue.admit();
	{
		Lock lock(_mutex);
		if (_stopping)
		{
			lock.unlock();
			task.cancel();
			return true;
		}
		if (!here)
		{
			IntrusiveQueue<Task> tasks;
			tasks.push(task);
			_queue.push(tasks, Task::Clock::now());
			wakeForQueue(lock);
			return true;
		}
		_queue.beginRun();
	}
	const Permit permit(*this, false); // the task discharges its own request
	task.run();
	return true;
}


bool Executor::leadersRunRequests() const
{
	if (_config.policy == EVServerOptions::EXECUTE_INLINE) return true;
	return adaptive() && _threads.load(std::memory_order_relaxed) <= _config.loops;
}


bool Executor::hasSpareThread() const
{
	return _threads.load(std::memory_order_relaxed) > _occupied.load(std::memory_order_relaxed);
}


Permit Executor::tryEnter()
{
	// The last permit is for older requests, and a leader that nobody can replace must not block.
	const bool isLast = _queue.running() + 1 >= _queue.permits();
	if ((isLast && _queue.size() > 0) || !hasSpareThread() || !_queue.tryBeginRun()) return Permit();
	_queue.admit();
	return Permit(*this, true);
}


Permit Executor::enter()
{
	_queue.beginRun();
	_queue.admit();
	return Permit(*this, true);
}


void Executor::takeBack(bool countsRequest)
{
	if (countsRequest) _queue.discharge();
	_queue.endRun();
	if (_queue.size() == 0) return;
	Lock lock(_mutex);
	wakeForQueue(lock);
}


void Permit::giveBack()
{
	if (!_pExecutor) return;
	_pExecutor->takeBack(_countsRequest);
	_pExecutor = nullptr;
}


void Permit::giveBack(const std::unique_lock<std::mutex>&)
{
	if (!_pExecutor) return;
	EVNET_ASSERT(!_countsRequest); // a leader that was replaced has discharged its request
	_pExecutor->_queue.endRun();
	_pExecutor = nullptr;
}


void Executor::passOn(LedLoop& loop, Leadership::Turn turn)
{
	Lock lock(_mutex);
	// A thread that neither leads nor works waits, or looks for something to do first: it takes a loop that has no leader.
	const std::size_t spare = static_cast<std::size_t>(_threads - _occupied);
	if (spare <= _leaders.unled() || !loop.takeOver(turn, LedLoop::WHY_ANNOUNCED)) return;
	_leaders.addUnled(loop);
	wakeOne(lock);
}


void Executor::wakeWatcher(bool closely)
{
	const bool more = closely && !_leaders.isWatchedClosely();
	if (!more && !_leaders.isWatcherAsleep()) return;
	Lock lock(_mutex);
	if (!_pWatcher) return;
	if (more) _leaders.watchClosely();
	else if (!_leaders.isWatcherAsleep()) return;
	_leaders.endSleep();
	_pWatcher->wake.notify_one();
}


int Executor::permitsFor(int threads) const
{
	// Handlers must leave a thread for each loop. If there are not so many threads, one permit remains, or nothing would run.
	if (_config.policy == EVServerOptions::EXECUTE_INLINE) return _config.maxRunning;
	return std::max(1, std::min(_config.maxRunning, threads - _config.loops));
}


void Executor::expectThreads(int threads)
{
	_queue.setPermits(permitsFor(threads));
}


void Executor::wakeOne(Lock& lock)
{
	if (Parked* pParked = _pParked)
	{
		_pParked = pParked->pNext;
		wake(*pParked);
	}
	else if (_pWatcher && !_pWatcher->woken) wake(*_pWatcher);
	else spawn(lock);
}


void Executor::wake(Parked& parked)
{
	parked.woken = true;
	++_waking;
	parked.wake.notify_one();
}


void Executor::wakeForQueue(Lock& lock)
{
	// One at a time: the thread that takes a task wakes the next one if there are more. So
	// fewer threads do short tasks.
	if (_queue.size() > 0 && _waking == 0 && _queue.mayRun()) wakeOne(lock);
}


void Executor::wakeAll()
{
	while (Parked* pParked = _pParked)
	{
		_pParked = pParked->pNext;
		wake(*pParked);
	}
	if (_pWatcher && !_pWatcher->woken) wake(*_pWatcher);
}


void Executor::occupy(Lock& lock)
{
	++_occupied;
	if (!adaptive() || _stopping || _pWatcher || _waking > 0) return;
	// Another thread has to watch now: a parked one, or a new one if all are busy. Any other is on its way to park(), and will.
	if (_pParked || _threads == _occupied) wakeOne(lock);
}


void Executor::vacate()
{
	--_occupied;
}


void Executor::serve(Lock& lock)
{
	for (;;)
	{
		if (_leaders.unled() > 0) lead(lock);
		else if (_stopping && _liveLoops == 0) return;
		else if (_queue.size() > 0 && _queue.tryBeginRun()) work(lock, Permit(*this, false));
		else if (!park(lock)) return;
	}
}


void Executor::lead(Lock& lock)
{
	LedLoop& loop = _leaders.takeUnled();
	occupy(lock);
	wakeForQueue(lock); // this thread may have been woken for the queue
	lock.unlock();
	Permit permit;
	const LedLoop::Led led = loop.lead(permit);
	lock.lock();
	vacate();
	if (led == LedLoop::LED_REPLACED) work(lock, std::move(permit));
	else if (!_abandoned && --_liveLoops == 0) wakeAll(); // to leave
}


void Executor::work(Lock& lock, Permit permit)
{
	occupy(lock);
	// A loop without a leader comes first: nobody else may be there to lead it.
	while (_leaders.unled() == 0 && _queue.size() > 0)
	{
		Task* pTask = _queue.pop();
		wakeForQueue(lock); // may start a thread, which takes time: before the task begins
		_queue.countWait(*pTask, Task::Clock::now());
		lock.unlock();
		pTask->run();
		lock.lock();
	}
	vacate();
	permit.giveBack(lock);
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
	const auto isWoken = [&me] { return me.woken; };
	if (!me.wake.wait_for(lock, _config.idleTime, isWoken))
	{
		// Leaders and one more thread stay: without it, requests could not leave the leaders.
		if (_threads > _config.loops + 1)
		{
			unpark(me);
			return false;
		}
		me.wake.wait(lock, isWoken);
	}
	--_waking;
	return true;
}


void Executor::unpark(Parked& me)
{
	Parked** ppParked = &_pParked;
	while (*ppParked != &me) ppParked = &(*ppParked)->pNext;
	*ppParked = me.pNext;
}


void Executor::watch(Lock& lock)
{
	Parked me;
	_pWatcher = &me;
	_leaders.watch(lock, me.wake, me.woken);
	if (me.woken) --_waking;
	_pWatcher = nullptr;
	// This thread is going to lead one of the loops; each of the others needs a thread, too.
	for (std::size_t n = _leaders.unled(); n > 1; --n) wakeOne(lock);
}


void Executor::addTo(EVServerStatistics& statistics) const
{
	Lock lock(_mutex);
	_queue.addTo(statistics);
	statistics.threads += _threads;
}


} } // namespace Poco::EVNet
