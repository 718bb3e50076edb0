//
// PoolThreads.cpp
//
// Library: EVNet
// Package: Threads
// Module:  PoolThreads
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "threads/PoolThreads.h"
#include "core/SteadyTime.h"
#include "threads/Task.h"
#include "threads/ThreadOwner.h"
#include "Poco/AutoPtr.h"
#include "Poco/Exception.h"
#include <chrono>
#include <exception>
#include <limits>
#include <string>
#include <thread>


namespace Poco {
namespace EVNet {


namespace
{
	// How long a pool that had no thread is left alone.
	const double ASK_AGAIN_AFTER = 1.; // seconds
	const double NEVER = std::numeric_limits<double>::infinity();

	const std::string THREAD_NAME("EVTCPServer");

	thread_local const PoolThreads* pCurrent = nullptr;
}


class PoolThreads::Departures
	/// How many threads are not counted any more, but still have their reference to the ThreadOwner.
{
public:
	static Departures& ofProcess()
		/// Returns those of all servers.
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


class PoolThreads::Departure
	/// The departure of one thread. Gives the thread's reference to the ThreadOwner back.
{
public:
	explicit Departure(PoolThreads& threads):
		_pOwner(&threads._owner), // the reference that startThread() or spawn() has taken
		_pDepartures(threads._pDepartures)
	{
	}

	~Departure()
	{
		_pOwner = nullptr;
		_pDepartures->end();
		Departures::ofProcess().end();
	}

	void begin()
		/// From now on, stop() waits for the departure. Called under the lock, before the thread is no longer counted.
	{
		_pDepartures->begin();
		Departures::ofProcess().begin();
	}

private:
	Poco::AutoPtr<ThreadOwner>        _pOwner;
	const std::shared_ptr<Departures> _pDepartures;
};


PoolThreads::PoolThreads(ThreadOwner& owner, Poco::ThreadPool& pool):
	_stopping(false),
	_threads(0),
	_askAgainAt(NEVER),
	_owner(owner),
	_pool(pool),
	_demand(),
	_acquiring(false),
	_spawning(false),
	_starters(0),
	_pDepartures(std::make_shared<Departures>())
{
}


PoolThreads::~PoolThreads()
{
}


void PoolThreads::waitForDepartures()
{
	_pDepartures->wait();
}


void PoolThreads::waitForAllDepartures()
{
	Departures::ofProcess().waitFor(std::chrono::seconds(END_PATIENCE));
}


bool PoolThreads::isCurrent() const
{
	return pCurrent == this;
}


void PoolThreads::acquire(const Demand& demand)
{
	_demand = demand;
	{
		Lock lock(_mutex);
		_acquiring = true;
	}
	int taken = 0;
	while (taken < demand.first && startThread()) ++taken;
	Lock lock(_mutex);
	_changed.wait(lock, [this, taken] { return _threads == taken; });
	if (taken < demand.first) noThread();
	if (taken >= demand.least) return;
	throw Poco::NoThreadAvailableException("Not enough threads in the pool to lead the event loops (and, with EXECUTE_DEDICATED, "
		"one to run requests)");
}


void PoolThreads::begin(Lock&)
{
	_acquiring = false;
	_begun.notify_all();
}


void PoolThreads::release()
{
	Lock lock(_mutex);
	_stopping = true;
	begin(lock);
	_changed.wait(lock, [this] { return _threads == 0; });
	_stopping = false;
	_askAgainAt = NEVER;
	lock.unlock();
	waitForDepartures();
}


bool PoolThreads::startThread()
{
	_owner.duplicate(); // released by run()
	try
	{
		_pool.startWithPriority(_demand.priority, *this, THREAD_NAME);
		return true;
	}
	catch (...)
	{
		// no thread in the pool or in the system, or no memory for one
		_owner.release();
		return false;
	}
}


void PoolThreads::askAgain(double now)
{
	if (now < _askAgainAt.load(std::memory_order_relaxed)) return;
	Lock lock(_mutex);
	spawn(lock);
}


void PoolThreads::spawn(Lock& lock)
{
	if (_stopping || _spawning || _threads >= _demand.most) return;
	if (_askAgainAt != NEVER && steadyTime() < _askAgainAt) return;
	_spawning = true;
	++_starters;
	lock.unlock();
	bool started = false;
	_owner.duplicate(); // released by runStarter()
	try
	{
		std::thread(&PoolThreads::runStarter, this).detach();
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
}


void PoolThreads::runStarter()
{
	Departure departure(*this);
	const bool started = startThread();
	Lock lock(_mutex);
	if (!started) noThread();
	departure.begin();
	--_starters;
	_changed.notify_all();
}


void PoolThreads::noThread()
{
	_spawning = false;
	_askAgainAt = steadyTime() + ASK_AGAIN_AFTER;
	expectThreads(_threads);
}


void PoolThreads::run()
{
	Departure departure(*this);
	pCurrent = this;
	{
		Lock lock(_mutex);
		++_threads;
		if (!_acquiring)
		{
			_spawning = false;
			_askAgainAt = NEVER;
			expectThreads(_demand.most);
		}
		_changed.notify_all();
		_begun.wait(lock, [this] { return !_acquiring; });
		serve(lock);
		departure.begin();
		if (_stopping && _threads == 1) _owner.lastThreadLeaves();
		--_threads;
		_changed.notify_all();
	}
	pCurrent = nullptr;
}


} } // namespace Poco::EVNet
