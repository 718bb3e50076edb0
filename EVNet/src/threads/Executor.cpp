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
#include "threads/ThreadOwner.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include "Poco/Exception.h"
#include <exception>
#include <limits>
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

	// How long abandon() waits for a thread that is neither in a handler nor waits for anything.
	const std::chrono::seconds ABANDON_PATIENCE(5);

	// How long a pool that had no thread is left alone.
	const double ASK_AGAIN_AFTER = 1.; // seconds
	const double NEVER = std::numeric_limits<double>::infinity();

	double now()
	{
		return std::chrono::duration<double>(Task::Clock::now().time_since_epoch()).count();
	}

	const std::string THREAD_NAME("EVTCPServer");

	thread_local const Executor* pCurrentExecutor = nullptr;
}


class Executor::Departures
	/// Who stops the server waits until they are over: a thread that gives its reference back later would destroy the server
	/// after what main() leaves behind.
{
public:
	static Departures& ofProcess()
		/// Returns those of all Executors.
	{
		static Departures* const pDepartures = new Departures; // threads may outlive what is static
		return *pDepartures;
	}

	void begin()
	{
		std::lock_guard<std::mutex> lock(_mutex);
		++_number;
	}

	void end()
	{
		std::lock_guard<std::mutex> lock(_mutex);
		if (--_number == 0) _over.notify_all();
	}

	void wait()
	{
		std::unique_lock<std::mutex> lock(_mutex);
		_over.wait(lock, [this] { return _number == 0; });
	}

	void waitFor(Task::Clock::duration timeout)
	{
		std::unique_lock<std::mutex> lock(_mutex);
		_over.wait_for(lock, timeout, [this] { return _number == 0; });
	}

private:
	std::mutex              _mutex;
	std::condition_variable _over;
	int                     _number = 0;
};


class Executor::Departure
	/// That of one thread: gives its reference back.
{
public:
	explicit Departure(Executor& executor):
		_pOwner(&executor._owner), // the reference taken by who started the thread
		_pDepartures(executor._pDepartures)
	{
	}

	~Departure()
	{
		_pOwner = nullptr;
		_pDepartures->end();
		Departures::ofProcess().end();
	}

	void begin()
		/// From now on, the thread is waited for. Called under the lock of the Executor, before it is no longer counted.
	{
		_pDepartures->begin();
		Departures::ofProcess().begin();
	}

private:
	Poco::AutoPtr<ThreadOwner>        _pOwner;
	const std::shared_ptr<Departures> _pDepartures;
};


void Executor::waitForDepartures()
{
	Departures::ofProcess().waitFor(ABANDON_PATIENCE);
}


Executor::Executor(ThreadOwner& owner, Poco::ThreadPool& pool, const Config& config):
	_owner(owner),
	_pool(pool),
	_config(config),
	_pParked(nullptr),
	_pWatcher(nullptr),
	_waking(0),
	_occupied(0),
	_acquiring(false),
	_starting(false),
	_starters(0),
	_stopping(false),
	_abandoned(false),
	_liveLoops(0),
	_pDepartures(std::make_shared<Departures>()),
	_queuedRequests(0),
	_queueWait(0),
	_threads(0),
	_spare(0),
	_permits(permitsFor(config.maxThreads)),
	_tryAgainAt(NEVER),
	_running(0),
	_total(0),
	_loopsWaiting(0),
	_queued(0)
{
}


Executor::~Executor()
{
}


void Executor::acquire(const Config& config)
{
	_config = config;
	_permits = permitsFor(config.maxThreads);
	_seen.assign(static_cast<std::size_t>(config.loops), Seen());
	_loops.reserve(_seen.size());
	_unled.reserve(_seen.size()); // lest there is no memory when a leader must be replaced
	{
		Lock lock(_mutex);
		_acquiring = true;
	}
	const int needed = config.loops + (config.policy == EVServerOptions::EXECUTE_DEDICATED ? 1 : 0);
	int taken = 0;
	while (taken < needed && startThread()) ++taken;
	const bool enough = taken == needed;
	bool complete = enough;
	if (enough && adaptive() && config.maxThreads > needed)
	{
		complete = startThread(); // to watch
		if (complete) ++taken;
	}
	Lock lock(_mutex);
	_changed.wait(lock, [this, taken] { return _threads == taken; });
	if (!complete) noThread();
	if (!enough) throw Poco::NoThreadAvailableException("Not enough threads in the pool to lead the event loops (and, with EXECUTE_DEDICATED, one to run requests)");
}


void Executor::begin(const std::vector<LedLoop*>& loops)
{
	Lock lock(_mutex);
	_loops = loops; // has room for them, see acquire()
	_unled = _loops;
	_liveLoops = _config.loops;
	_acquiring = false;
	_begun.notify_all();
}


void Executor::release()
{
	Lock lock(_mutex);
	_stopping = true;
	_acquiring = false;
	_begun.notify_all();
	_changed.wait(lock, [this] { return _threads == 0; });
	_stopping = false;
	_tryAgainAt = NEVER;
	lock.unlock();
	_pDepartures->wait();
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


bool Executor::isCurrent() const
{
	return pCurrentExecutor == this;
}


bool Executor::waitForLoops(Task::Clock::duration timeout)
{
	const Task::Clock::time_point deadline = Task::Clock::now() + timeout;
	Lock lock(_mutex);
	// Threads whose request is done are not left alone: they would still count as running.
	while (_liveLoops > 0 || _threads > _total || _starting || _starters > 0)
	{
		if (_changed.wait_until(lock, std::min(deadline, Task::Clock::now() + STOP_TICK)) == std::cv_status::timeout && Task::Clock::now() >= deadline) return false;
		for (std::size_t i = 0; i < _loops.size(); i++)
		{
			LedLoop& loop = *_loops[i];
			const Leadership::Turn turn = loop.leadership().turn();
			if (_seen[i].byStop.look(turn) > 0 && loop.takeOver(turn)) leadUntil(lock, loop, deadline);
		}
	}
	lock.unlock();
	_pDepartures->wait();
	return true;
}


void Executor::abandon()
{
	Lock lock(_mutex);
	_abandoned = true;
	_unled.clear();
	_liveLoops = 0;
	for (LedLoop* pLoop: _loops) pLoop->abandon();
	wakeAll();
	_changed.wait_for(lock, ABANDON_PATIENCE, [this] { return _threads <= _total; });
	lock.unlock();
	_pDepartures->wait();
}


void Executor::leadUntil(Lock& lock, LedLoop& loop, Task::Clock::time_point deadline)
{
	lock.unlock();
	LedLoop::Led led = LedLoop::LED_ON;
	while (led == LedLoop::LED_ON && Task::Clock::now() < deadline)
	{
		led = loop.leadOnce();
		if (led == LedLoop::LED_ON) std::this_thread::sleep_for(WATCH_TICK);
	}
	lock.lock();
	if (led == LedLoop::LED_ON)
	{
		_unled.push_back(&loop);
		wakeOne(lock); // nobody looks by himself, and its deadlines go on
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
		while (Task* pTask = tasks.pop())
		{
			pTask->queuedAt = now;
			_queue.push(*pTask);
		}
		_queued = static_cast<int>(_queue.size());
		wakeForQueue(lock);
	}
	while (Task* pTask = cancelled.pop()) pTask->cancel();
}


bool Executor::trySubmit(Task& task)
{
	askAgain(now());
	const bool here = leadersRunRequests();
	if (!here && isFull()) return false;
	admit();
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
			task.queuedAt = Task::Clock::now();
			_queue.push(task);
			_queued = static_cast<int>(_queue.size());
			wakeForQueue(lock);
			return true;
		}
		_running.fetch_add(1);
	}
	const Permit permit(*this, false); // the task counts itself out
	task.run(Task::Clock::now());
	return true;
}


bool Executor::leadersRunRequests() const
{
	if (_config.policy == EVServerOptions::EXECUTE_INLINE) return true;
	return adaptive() && _threads.load(std::memory_order_relaxed) <= _config.loops;
}


Permit Executor::tryEnter()
{
	// Older requests come first, and a leader that nobody can replace must not block.
	if (_queued > 0 || _spare.load(std::memory_order_relaxed) == 0) return Permit();
	Permit permit = tryRun();
	if (permit)
	{
		_total.fetch_add(1);
		permit._countsRequest = true;
	}
	return permit;
}


Permit Executor::tryRun()
{
	int running = _running;
	while (running < _permits.load(std::memory_order_relaxed))
	{
		if (_running.compare_exchange_weak(running, running + 1)) return Permit(*this, false);
	}
	return Permit();
}


Permit Executor::enter()
{
	_running.fetch_add(1);
	_total.fetch_add(1);
	return Permit(*this, true);
}


void Executor::offerRoom(int total)
{
	// Not for each: a loop tries all that wait. While it waits, some of its own are in the queue, and those tell it at the latest.
	if (total > _permits + _config.maxQueued/2) return;
	for (LedLoop* pLoop: _loops) pLoop->offerRoom();
}


void Executor::takeBack(bool countsRequest)
{
	if (countsRequest) discharge();
	_running.fetch_sub(1);
	if (_queued > 0)
	{
		Lock lock(_mutex);
		wakeForQueue(lock);
	}
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
	if (_countsRequest) _pExecutor->_total.fetch_sub(1);
	_pExecutor->_running.fetch_sub(1);
	_pExecutor = nullptr;
}


void Executor::askAgain(double now)
{
	if (now < _tryAgainAt.load(std::memory_order_relaxed)) return;
	Lock lock(_mutex);
	spawn(lock);
}


void Executor::attend(double now)
{
	askAgain(now);
	if (!_watcherSleep.asleep()) return;
	Lock lock(_mutex);
	if (_watcherSleep.asleep() && _pWatcher)
	{
		_watcherSleep.end();
		_pWatcher->wake.notify_one();
	}
}


int Executor::permitsFor(int threads) const
{
	// Whatever the handlers do, there has to be a thread for each loop besides; with one thread only, it does everything.
	if (_config.policy == EVServerOptions::EXECUTE_INLINE) return _config.maxRunning;
	return std::max(1, std::min(_config.maxRunning, threads - _config.loops));
}


bool Executor::startThread()
{
	_owner.duplicate(); // released by run()
	try
	{
		_pool.startWithPriority(_config.priority, *this, THREAD_NAME);
		return true;
	}
	catch (...)
	{
		// no thread in the pool or in the system, or no memory for one
		_owner.release();
		return false;
	}
}


bool Executor::spawn(Lock& lock)
{
	if (_stopping || _starting || _threads >= _config.maxThreads) return false;
	if (_tryAgainAt != NEVER && now() < _tryAgainAt) return false;
	_starting = true;
	++_starters;
	lock.unlock();
	bool started = false;
	_owner.duplicate(); // released by runStarter()
	try
	{
		std::thread(&Executor::runStarter, this).detach();
		started = true;
	}
	catch (std::exception&)
	{
		_owner.release();
	}
	lock.lock();
	if (!started)
	{
		--_starters;
		noThread();
	}
	return started;
}


void Executor::runStarter()
{
	Departure departure(*this);
	const bool started = startThread();
	Lock lock(_mutex);
	if (!started) noThread();
	departure.begin();
	--_starters;
	_changed.notify_all();
}


void Executor::noThread()
{
	_starting = false;
	_tryAgainAt = now() + ASK_AGAIN_AFTER;
	_permits = permitsFor(_threads);
}


bool Executor::wakeOne(Lock& lock)
{
	if (Parked* pParked = _pParked)
	{
		_pParked = pParked->pNext;
		wake(*pParked);
		return true;
	}
	if (!_pWatcher || _pWatcher->woken) return spawn(lock);
	wake(*_pWatcher);
	return true;
}


void Executor::wake(Parked& parked)
{
	parked.woken = true;
	++_waking;
	parked.wake.notify_one();
}


void Executor::wakeForQueue(Lock& lock)
{
	// One at a time: who takes a task wakes the next one if there are more. Short
	// tasks are then done by fewer threads.
	if (!_queue.empty() && _waking == 0 && _running < _permits) wakeOne(lock);
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
	_spare = _threads - ++_occupied;
	if (!adaptive() || _stopping || _pWatcher || _waking > 0) return;
	// Somebody else has to watch now. If all are busy, the next one that has nothing to do will.
	if (_pParked || _spare == 0) wakeOne(lock);
}


void Executor::vacate()
{
	_spare = _threads - --_occupied;
}


void Executor::run()
{
	Departure departure(*this);
	pCurrentExecutor = this;
	{
		Lock lock(_mutex);
		_spare = ++_threads - _occupied;
		if (!_acquiring)
		{
			_starting = false;
			_tryAgainAt = NEVER;
			_permits = permitsFor(_config.maxThreads);
		}
		_changed.notify_all();
		_begun.wait(lock, [this] { return !_acquiring; });
		for (;;)
		{
			Permit permit;
			if (!_unled.empty()) lead(lock);
			else if (_stopping && _liveLoops == 0) break;
			else if (!_queue.empty() && (permit = tryRun())) work(lock, std::move(permit));
			else if (!park(lock)) break;
		}
		departure.begin();
		if (_stopping && _threads == 1) _owner.lastThreadLeaves();
		_spare = --_threads - _occupied;
		_changed.notify_all();
	}
	pCurrentExecutor = nullptr;
}


void Executor::lead(Lock& lock)
{
	LedLoop* pLoop = _unled.back();
	_unled.pop_back();
	occupy(lock);
	wakeForQueue(lock); // this thread may have been woken for it
	lock.unlock();
	Permit permit;
	const LedLoop::Led led = pLoop->lead(permit);
	lock.lock();
	vacate();
	if (led == LedLoop::LED_REPLACED) work(lock, std::move(permit));
	else if (!_abandoned && --_liveLoops == 0) wakeAll(); // to leave
}


void Executor::work(Lock& lock, Permit permit)
{
	occupy(lock);
	// A loop without a leader comes first: nobody else may be there to lead it.
	while (Task* pTask = _unled.empty() ? _queue.pop() : nullptr)
	{
		_queued = static_cast<int>(_queue.size());
		wakeForQueue(lock);
		const Task::Clock::time_point now = Task::Clock::now();
		++_queuedRequests;
		_queueWait += now - pTask->queuedAt;
		lock.unlock();
		pTask->run(now);
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
			me.wake.wait_for(lock, tick);
			if (me.woken) break;
			bool busy = false;
			for (LedLoop* pLoop: _loops) busy = busy || pLoop->leadership().busy();
			idleTicks = busy ? 0 : idleTicks + 1;
			if (busy && inspectLoops(lock)) break;
		}
		else
		{
			idleTicks = 0;
			_watcherSleep.fall();
			// A leader first becomes busy and then looks whether the watcher sleeps: one of us notices.
			bool busy = false;
			for (LedLoop* pLoop: _loops) busy = busy || pLoop->leadership().busy();
			if (!busy) me.wake.wait(lock, [this, &me] { return me.woken || !_watcherSleep.asleep(); });
			_watcherSleep.end();
		}
	}
	if (me.woken) --_waking;
	_pWatcher = nullptr;
	// This thread leads one of them; there may be more.
	for (std::size_t n = _unled.size(); n > 1; --n) wakeOne(lock);
}


bool Executor::inspectLoops(Lock& lock)
{
	bool takenOver = false;
	for (std::size_t i = 0; i < _loops.size(); i++)
	{
		LedLoop& loop = *_loops[i];
		const Leadership::Turn turn = loop.leadership().turn();
		const int ticks = _seen[i].byWatcher.look(turn);
		if (ticks == 0) continue;
		if (ticks < WATCH_PATIENCE)
		{
			// The system is asked by reading files.
			lock.unlock();
			const bool runnable = loop.leaderIsRunnable();
			lock.lock();
			if (runnable) continue;
		}
		if (loop.takeOver(turn))
		{
			_unled.push_back(&loop);
			takenOver = true;
		}
	}
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
