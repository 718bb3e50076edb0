//
// Leadership.h
//
// Library: EVNet
// Package: Threads
// Module:  Leadership
//
// Definition of the Leadership, LeaderSight and WatcherSleep classes.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Leadership_INCLUDED
#define EVNet_Leadership_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/Assert.h"
#include "Poco/Types.h"
#include <atomic>
#include <string>


namespace Poco {
namespace EVNet {


template <template <class> class Atomic = std::atomic, bool CHECKED = ASSERTIONS>
class BasicLeadership
	/// Which thread leads a loop.
	///
	///                    beginRequest()
	///      even: led  ------------------->  odd: the leader runs a request
	///         ^  ^                             |         |
	///         |  |   endRequest(): true        |         |  takeOver(): true
	///         |  +-----------------------------+         |
	///         |           the same thread leads on       |
	///         +------------------------------------------+
	///                     another thread leads; the former leader gets false from endRequest()
	///
	/// from  to    function                    thread
	/// even  odd   beginRequest()              the leader
	/// odd   even  endRequest(), true          the leader that runs the request
	/// odd   even  takeOver(), true            the watcher, the thread that waits in stop(), or the leader itself for another thread
	///
	/// The number grows with each step, so that each turn has its own: the watcher says which request it has seen, and cannot take
	/// over a later one. Exactly one of endRequest() and takeOver() succeeds for a turn. The thread whose takeOver() succeeds sees
	/// all that the former leader has written before beginRequest(), libev's own state included.
	///
	/// A leaf: the model in the test suite runs it with an Atomic of its own.
{
public:
	using Turn = Poco::UInt32;

	BasicLeadership():
		_turn(0),
		_busy(false),
		_leader(0)
	{
	}

	void lead(long thread)
		/// Says that the calling thread, with this identifier, leads from now on: nobody has led before, or it has taken the loop
		/// over, or another thread has, and has passed it on. Called by the new leader, before it touches the loop.
	{
		if constexpr (CHECKED)
			if (isRunning(turn())) fail(__LINE__, "a thread begins to lead a loop whose leader runs a request");
		_busy.store(false, std::memory_order_relaxed);
		_leader.store(thread, std::memory_order_relaxed);
	}

	void beginWork()
		/// Says that the leader is about to run requests. It must then look whether the watcher sleeps, see WatcherSleep. Called by
		/// the leader.
	{
		_busy.store(true, std::memory_order_seq_cst);
	}

	void endWork()
		/// Says that the leader will wait for events. Called by the leader.
	{
		_busy.store(false, std::memory_order_relaxed);
	}

	bool busy() const
		/// Returns true while the leader works on requests. May be called by any thread.
	{
		return _busy.load(std::memory_order_seq_cst);
	}

	Turn beginRequest()
		/// From now on, another thread may take over. Returns the turn, which endRequest() needs. Called by the leader.
	{
		const Turn turn = _turn.load(std::memory_order_relaxed) + 1;
		if constexpr (CHECKED)
			if (!isRunning(turn)) fail(__LINE__, "a leader begins a request in another one");
		_turn.store(turn, std::memory_order_release);
		return turn;
	}

	bool endRequest(Turn turn)
		/// Returns true if the thread that called beginRequest() still leads. If not, it must not touch the loop any more. Called
		/// by that thread.
	{
		return _turn.compare_exchange_strong(turn, turn + 1, std::memory_order_relaxed);
	}

	bool takeOver(Turn turn)
		/// Returns true if the request with this number is still run: then the calling thread leads the loop, or passes it on to
		/// one that does. May be called by any thread.
	{
		return isRunning(turn) && _turn.compare_exchange_strong(turn, turn + 1, std::memory_order_acq_rel);
	}

	Turn turn() const
		/// Returns the number of the turn. May be called by any thread, which learns nothing else about the loop.
	{
		return _turn.load(std::memory_order_relaxed);
	}

	static bool isRunning(Turn turn)
		/// Returns true if in that turn, the leader runs a request.
	{
		return (turn & 1) != 0;
	}

	long leader() const
		/// Returns the identifier of the thread that leads, or of the one that did before it was replaced. 0 if there never was
		/// one. May be called by any thread.
	{
		return _leader.load(std::memory_order_relaxed);
	}

	void assertLed(long thread) const
		/// Fails unless the thread with this identifier leads and runs no request, or none has ever led: the loop is being made.
	{
		if constexpr (CHECKED)
		{
			if (leader() == 0) return;
			if (leader() != thread) fail(__LINE__, "thread " + Assertion::text(thread) + " uses a loop that another one leads");
			if (isRunning(turn())) fail(__LINE__, "the leader uses the loop while it runs a request");
		}
	}

protected:
	[[noreturn]] void fail(int line, const std::string& what) const
	{
		Assertion::failed(__FILE__, line, what + "; leader " + Assertion::text(leader()) + ", turn " + Assertion::text(turn()));
	}

	// The model looks at them.
	Atomic<Turn> _turn;
	Atomic<bool> _busy;
	Atomic<long> _leader;    /// as the operating system knows the thread
};


class LeaderSight
	/// What the watcher, or stop(), has seen of a leader: an object for each of the two. Used by one thread at a time.
{
public:
	int look(Poco::UInt32 turn)
		/// Returns how often in succession the same request was seen before: 0 if it is a new one, or the leader runs none.
	{
		_ticks = turn == _turn ? _ticks + 1 : 0;
		_turn = turn;
		return BasicLeadership<>::isRunning(turn) ? _ticks : 0;
	}

private:
	Poco::UInt32 _turn  = 0;
	int          _ticks = 0;
};


template <template <class> class Atomic = std::atomic>
class BasicWatcherSleep
	/// The sleep of a watcher that has nothing to watch. A leader first becomes busy and then looks whether the watcher sleeps; the
	/// watcher first falls asleep and then looks whether a leader is busy: one of them notices the other.
{
public:
	BasicWatcherSleep():
		_asleep(false)
	{
	}

	void fall()
		/// The watcher sleeps from now on. It must look once more whether a leader is busy before it waits. Called by the watcher.
	{
		_asleep.store(true, std::memory_order_seq_cst);
	}

	void end()
		/// The watcher does not sleep any more. Called by itself, or by a leader, under a lock.
	{
		_asleep.store(false, std::memory_order_relaxed);
	}

	bool asleep() const
		/// May be called by any thread; a leader that has become busy must call it.
	{
		return _asleep.load(std::memory_order_seq_cst);
	}

protected:
	Atomic<bool> _asleep;    /// the model looks at it
};


using Leadership = BasicLeadership<>;
using WatcherSleep = BasicWatcherSleep<>;


} } // namespace Poco::EVNet


#endif // EVNet_Leadership_INCLUDED
