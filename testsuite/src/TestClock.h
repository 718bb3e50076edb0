//
// TestClock.h
//
// The clock of this process, which tests need not wait for.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef TestClock_INCLUDED
#define TestClock_INCLUDED


#include <atomic>
#include <cstdint>
#include <pthread.h>
#include <thread>


class TestClock
	/// While it exists, time passes quickly: whenever all threads of the process wait, and have waited for a moment, the clock jumps to
	/// the time at which the first of them goes on by itself, e.g. because a deadline of a server is over, or the test has slept long enough.
	/// Whatever happens, happens in the same order, and at the same times, as if the test had really waited.
	///
	/// That clock is CLOCK_MONOTONIC, which std::chrono::steady_clock, libev and Poco use. It never goes back, so it stays ahead afterwards.
	/// What waits for it are sleepFor() and Poco::Thread::sleep(), epoll_wait(), poll() and recv(), and conditions (Poco::Event, too), for 3 ms to 12 s:
	/// what waits for less just does so, and what waits for more (DEADLINE) only does because something is broken.
	///
	/// Not while a test waits for another process, or for what the system does by its own clock: a TCP window that is probed, SO_SNDTIMEO.
	/// It must be there before the server is. There can be one at a time.
{
public:
	TestClock();
	~TestClock();

	static void interruptPoll();
		/// Has the next poll() of the calling thread return at once, as if a signal had interrupted it. Needs no clock.

	class Hold
		/// While it exists, a TestClock, if there is one, does not jump: time passes as it really does.
	{
	public:
		Hold();
		~Hold();

	private:
		Hold(const Hold&);
		Hold& operator = (const Hold&);
	};

private:
	TestClock(const TestClock&);
	TestClock& operator = (const TestClock&);

	void run();
	bool isQuiet() const;

	std::atomic<bool> _ended;
	long              _threadId;   /// of the thread that lets the clock jump
	std::thread       _thread;
};


class ClockedWait
	/// A wait of the calling thread, in one of the functions of the C library that TestClock.cpp and CallFaults.cpp replace.
{
public:
	using Nanoseconds = std::int64_t;

	explicit ClockedWait(Nanoseconds timeout, pthread_cond_t* pCondition = nullptr);
		/// Begins a wait. If it is not for the condition, a signal ends it.

	~ClockedWait();

	static ClockedWait forMilliseconds(int timeout);
		/// A negative timeout is none.

	Nanoseconds left() const;
		/// Returns how long the thread has still to wait, 0 if the time is over.

	int millisecondsLeft() const;
		/// Returns the same as poll() takes it.

	bool goesOn(int& result) const;
		/// Returns true if the call must be made once more: the clock has jumped, but not far enough. If it has, the result becomes 0.

	static Nanoseconds now();
		/// Returns the time that the process sees.

private:
	friend class TestClock;

	ClockedWait(const ClockedWait&);
	ClockedWait& operator = (const ClockedWait&);

	const Nanoseconds     _deadline;   /// negative for none
	pthread_cond_t* const _pCondition;
	const pthread_t       _thread;
	bool                  _counts;     /// the clock may jump to its end
	std::atomic<bool>     _woken;
	ClockedWait*          _pNext;
	ClockedWait**         _ppThis;
};


#endif // TestClock_INCLUDED
