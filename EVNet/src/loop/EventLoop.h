//
// EventLoop.h
//
// Library: EVNet
// Package: Loop
// Module:  EventLoop
//
// Definition of the EventLoop and EventsInVain classes.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EventLoop_INCLUDED
#define EVNet_EventLoop_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/Assert.h"
#include "core/SteadyTime.h"
#include "core/ThreadState.h"
#include "threads/Leadership.h"
#include <atomic>
#include <ev.h>
#include <functional>
#include <memory>


namespace Poco {
namespace EVNet {


class EventLoop
	/// A loop of libev, with the thread that leads it and the time it knows. Whatever the system refuses, neither the process ends, as it
	/// would by libev's own choice, nor the loop.
	///
	/// Used by the leader only, unless said otherwise.
{
public:
	using WakeHandler = std::function<void()>;

	EventLoop(unsigned evFlags, const WakeHandler& onWake);
		/// Creates the loop. The function is called by the leader, in run(), when the loop has been woken. Throws a
		/// Poco::SystemException if the system refuses what the loop needs.

	struct ev_loop* get() const;
		/// Returns what libev's functions want to have.

	void run(bool wait);
		/// Lets libev call back for what has happened. If wait is true, waits for something.

	void wake();
		/// Wakes the loop. May be called from any thread.

	bool hasEvents() const;
		/// Returns true if run() would call back because the loop has been woken, or for a descriptor that it has waited for
		/// before, or if that cannot be found out. Does not know of timers. May be called from any thread.

	double now() const;
		/// Returns the time (steadyTime()) at which the current events were received.

	void updateNow();

	Leadership& leadership();
	const Leadership& leadership() const;
		/// Returns who leads the loop. May be called from any thread.

	void assertLed() const;
		/// Fails, where assertions are on, unless the calling thread leads the loop.

private:
	EventLoop(const EventLoop&);
	EventLoop& operator = (const EventLoop&);

	void checkWakeUp();
		/// Throws an exception if the system refuses to watch the descriptor by which libev is woken.

	void restoreWakeUp();
	static void releaseCallback(struct ev_loop* pLoop) noexcept;
	static void asyncCallback(struct ev_loop* pLoop, ev_async* pWatcher, int events);
	static void forkCallback(struct ev_loop* pLoop, ev_fork* pWatcher, int events);

	const std::unique_ptr<struct ev_loop, void (*)(struct ev_loop*)> _pLoop;
	std::atomic<int>  _epoll;   /// libev's own descriptor, -1 if it does not have one
	std::atomic<bool> _woken;   /// and has not called back yet: libev tells the system only if it waits
	WakeHandler _onWake;
	ev_async    _async;
	ev_fork     _fork;
	bool        _epollReplaced; /// libev has made another descriptor
	bool        _watchFailed;   /// the system has refused to watch a descriptor
	double      _now;
	Leadership  _leadership;
};


class EventsInVain
	/// Counts events in succession in which there was nothing. When the system refuses to watch a descriptor (EPERM), libev takes it for a
	/// file, which is always ready, and never asks again; it does when it is told to watch it once more.
	///
	/// Used by the leader only.
{
public:
	explicit EventsInVain(EventLoop& loop):
		_loop(loop),
		_count(0)
	{
	}

	void reset()
		/// There was something.
	{
		_count = 0;
	}

	void add(ev_io& watcher)
		/// There was an event, but nothing in it. After MAX_IN_VAIN of them, has libev watch the descriptor anew.
	{
		if (++_count < MAX_IN_VAIN) return;
		_count = 0;
		if (!ev_is_active(&watcher)) return;
		ev_io_stop(_loop.get(), &watcher);
		ev_io_set(&watcher, watcher.fd, watcher.events & (EV_READ | EV_WRITE));
		ev_io_start(_loop.get(), &watcher);
	}

private:
	enum
	{
		MAX_IN_VAIN = 64
			/// Somebody else may have been quicker, or TLS has received what is no data, but not so often.
	};

	EventLoop& _loop;
	int        _count;
};


//
// inlines
//
inline struct ev_loop* EventLoop::get() const
{
	return _pLoop.get();
}


inline void EventLoop::wake()
{
	_woken.store(true, std::memory_order_relaxed);
	ev_async_send(get(), &_async);
}


inline double EventLoop::now() const
{
	return _now;
}


inline void EventLoop::updateNow()
{
	_now = steadyTime();
}


inline Leadership& EventLoop::leadership()
{
	return _leadership;
}


inline const Leadership& EventLoop::leadership() const
{
	return _leadership;
}


inline void EventLoop::assertLed() const
{
	if constexpr (ASSERTIONS) _leadership.assertLed(ThreadState::currentId());
}


} } // namespace Poco::EVNet


#endif // EVNet_EventLoop_INCLUDED
