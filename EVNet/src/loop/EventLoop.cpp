//
// EventLoop.cpp
//
// Library: EVNet
// Package: Loop
// Module:  EventLoop
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/EventLoop.h"
#include "core/ExceptionReport.h"
#include "core/FailureEpisode.h"
#include "core/Readiness.h"
#include "Poco/Error.h"
#include "Poco/Exception.h"
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>


namespace Poco {
namespace EVNet {


namespace
{
	const std::chrono::milliseconds ERROR_PAUSE(10);

	thread_local bool inLoop = false;

	class InLoop
		/// Says that libev's functions are called for an EventLoop.
	{
	public:
		InLoop(): _before(inLoop)
		{
			inLoop = true;
		}

		~InLoop()
		{
			inLoop = _before;
		}

	private:
		const bool _before;
	};

	void onSystemError(const char* pMessage) noexcept
		/// Called by libev if the system has failed it in a way that it does not expect: no descriptor for a new epoll, epoll_wait() with
		/// EIO. Libev tries again when this function returns, so that nothing is lost.
	{
		const int error = errno;
		if (!inLoop)
		{
			// a loop of the application: what libev does by default
			std::perror(pMessage);
			std::abort();
		}
		static FailureEpisode episode;
		if (episode.addFailure(steadyTime()))
		{
			try
			{
				throw Poco::SystemException(pMessage, Poco::Error::getMessage(error), error);
			}
			catch (...)
			{
				reportException();
			}
		}
		std::this_thread::sleep_for(ERROR_PAUSE);
	}

	// libev has one such function for the whole process. It is set before main(), so that the application's own, if it sets one, comes
	// later, and is used. A program that links these sources a second time, beside the library, leaves it to the library, whose loops
	// it runs.
#if !defined(EVNet_SECOND_COPY)
	const bool systemErrorsAreHandled = (ev_set_syserr_cb(&onSystemError), true);
#else
	[[maybe_unused]] const auto pNotSet = &onSystemError;
#endif

	struct ev_loop* newLoop(unsigned evFlags)
	{
		struct ev_loop* pLoop = ev_loop_new(evFlags);
		if (!pLoop) throw Poco::SystemException("Cannot create an event loop, e.g. because there are too many open files");
		return pLoop;
	}

	int epollOf(struct ev_loop* pLoop)
		/// Returns the descriptor of libev's epoll instance, or -1. Libev has no function for it, but watches it when the loop is
		/// embedded in another one.
	{
		if ((ev_backend(pLoop) & ev_embeddable_backends()) == 0) return -1;
		struct ev_loop* pOuter = ev_loop_new(EVBACKEND_POLL | EVFLAG_NOENV);
		if (!pOuter) return -1;
		ev_embed embed;
		ev_embed_init(&embed, nullptr, pLoop);
		ev_embed_start(pOuter, &embed);
		const int fd = embed.io.fd;
		ev_embed_stop(pOuter, &embed);
		ev_loop_destroy(pOuter);
		return fd;
	}
}


EventLoop::EventLoop(unsigned evFlags, const WakeHandler& onWake):
	_pLoop(newLoop(evFlags), &ev_loop_destroy),
	_epoll(epollOf(_pLoop.get())),
	_woken(false),
	_epollReplaced(false),
	_watchFailed(false),
	_now(0)
{
	updateNow();
	ev_async_init(&_async, &EventLoop::asyncCallback);
	_async.data = this;
	ev_fork_init(&_fork, &EventLoop::forkCallback);
	_fork.data = this;
	ev_fork_start(get(), &_fork);
	checkWakeUp();
	_onWake = onWake; // not before: its owner is not complete
}


void EventLoop::checkWakeUp()
{
	const InLoop marked;
	// Libev needs a descriptor for that, and ends the process if there is none.
	const int fd = ::eventfd(0, EFD_CLOEXEC);
	if (fd < 0) throw Poco::SystemException("Cannot create an event loop, e.g. because there are too many open files");
	::close(fd);
	ev_set_userdata(get(), this);
	ev_set_loop_release_cb(get(), &EventLoop::releaseCallback, nullptr);
	ev_async_start(get(), &_async);
	ev_run(get(), EVRUN_NOWAIT); // only now does libev tell the system about the descriptor
	if (!_watchFailed) return;
	restoreWakeUp(); // or libev would not close it
	throw Poco::SystemException("Cannot create an event loop: the system refuses to watch a descriptor,"
		" e.g. because a limit is reached (epoll_ctl(2))");
}


void EventLoop::run(bool wait)
{
	assertLed();
	const InLoop marked;
	ev_run(get(), wait ? EVRUN_ONCE : EVRUN_NOWAIT);
	updateNow();
	if (_watchFailed) restoreWakeUp();
	if (!_epollReplaced) return;
	_epollReplaced = false;
	_epoll.store(epollOf(get()), std::memory_order_relaxed);
}


bool EventLoop::hasEvents() const
{
	const int fd = _epoll.load(std::memory_order_relaxed);
	return _woken.load(std::memory_order_relaxed) || fd < 0 || pollNow(fd, POLLIN) != 0;
}


void EventLoop::restoreWakeUp()
{
	// It may have been the descriptor by which libev is woken: then libev makes a new one here.
	_watchFailed = false;
	ev_async_stop(get(), &_async);
	ev_async_start(get(), &_async);
	ev_async_send(get(), &_async); // what was sent meanwhile may be lost
}


void EventLoop::releaseCallback(struct ev_loop* pLoop) noexcept
{
	// Libev is about to wait. If it has found out just now that the system refuses to watch a descriptor, it would tell
	// only when something else happens.
	if (ev_pending_count(pLoop) == 0) return;
	EventLoop& loop = *static_cast<EventLoop*>(ev_userdata(pLoop));
	loop._watchFailed = true;
	ev_async_send(pLoop, &loop._async);
}


void EventLoop::asyncCallback(struct ev_loop*, ev_async* pWatcher, int)
{
	EventLoop& loop = *static_cast<EventLoop*>(pWatcher->data);
	loop._woken.store(false, std::memory_order_relaxed);
	if (loop._onWake) loop._onWake();
}


void EventLoop::forkCallback(struct ev_loop*, ev_fork* pWatcher, int)
{
	// Not only after fork(2): libev also replaces its epoll instance to get rid of a descriptor that has been closed while somebody
	// else has another one for the same connection.
	EventLoop& loop = *static_cast<EventLoop*>(pWatcher->data);
	loop._epoll.store(-1, std::memory_order_relaxed);
	loop._epollReplaced = true;
}


} } // namespace Poco::EVNet
