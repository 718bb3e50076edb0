//
// TestClock.cpp
//
// Defines functions of the C library in the program, as CallFaults.cpp does: those that tell the time, or wait for it.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "TestClock.h"
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>


namespace
{
	using Nanoseconds = ClockedWait::Nanoseconds;

	const Nanoseconds MILLISECOND = 1000*1000;
	const Nanoseconds SECOND = 1000*MILLISECOND;

	// What waits for less than that polls: it is let do so a few times before the clock jumps.
	const Nanoseconds SHORTEST = 3*MILLISECOND;
	const Nanoseconds LONGEST = 12*SECOND;

	// So often all threads must be found waiting, and nothing may have happened between.
	const int LOOKS = 7;
	const Nanoseconds LOOK_INTERVAL = MILLISECOND/2;

	// Times on CLOCK_MONOTONIC are counted from the start of the machine, which is not that long ago.
	const std::time_t NOT_MONOTONIC = 1000*1000*1000;

	std::atomic<Nanoseconds> ahead(0);
	std::atomic<int> clocks(0);
	std::atomic<int> holds(0);
	std::atomic<unsigned> activity(0); // changes when a wait begins or ends
	std::mutex waitsMutex;
	ClockedWait* pWaits = nullptr; // those that count
	thread_local bool pollInterrupted = false;


	int wakeSignal()
	{
		return SIGRTMAX - 1;
	}


	template <class Function>
	Function next(Function, const char* name)
		/// Returns the function that this one hides: that of a sanitizer, or of the C library.
	{
		return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
	}


	Nanoseconds nanoseconds(const struct timespec& time)
	{
		return time.tv_sec*SECOND + time.tv_nsec;
	}


	struct timespec toTimespec(Nanoseconds time)
	{
		time = std::max<Nanoseconds>(time, 0);
		struct timespec result;
		result.tv_sec = static_cast<std::time_t>(time/SECOND);
		result.tv_nsec = static_cast<long>(time%SECOND);
		return result;
	}


	template <class Wait>
	int waitForCondition(pthread_cond_t* pCondition, const struct timespec& until, Wait wait)
	{
		// Who is woken too early looks at the time himself: that may always happen.
		const ClockedWait clocked(std::max<Nanoseconds>(0, nanoseconds(until) - ClockedWait::now()), pCondition);
		const struct timespec real = toTimespec(nanoseconds(until) - ahead);
		return wait(&real);
	}


	bool waits(const char* pName)
		/// Returns true if the thread, an entry of /proc/self/task, waits for something other than a processor or a disk.
	{
		char buffer[512];
		std::snprintf(buffer, sizeof(buffer), "/proc/self/task/%s/stat", pName);
		const int fd = ::open(buffer, O_RDONLY | O_CLOEXEC);
		if (fd < 0) return true; // it has ended
		const ssize_t n = ::read(fd, buffer, sizeof(buffer) - 1);
		::close(fd);
		if (n <= 0) return true;
		buffer[n] = 0;
		// proc(5): the state is the field behind the name, which is in parentheses.
		const char* pState = std::strrchr(buffer, ')');
		return pState && !std::strchr("RDTt", pState[2]);
	}
}


TestClock::TestClock():
	_ended(false),
	_threadId(0)
{
	struct sigaction action = {};
	action.sa_handler = [](int) {};
	::sigaction(wakeSignal(), &action, nullptr);
	++clocks;
	_thread = std::thread(&TestClock::run, this);
}


TestClock::~TestClock()
{
	_ended = true;
	_thread.join();
	--clocks;
}


TestClock::Hold::Hold()
{
	++holds;
}


TestClock::Hold::~Hold()
{
	--holds;
}


void TestClock::interruptPoll()
{
	pollInterrupted = true;
}


bool TestClock::isQuiet() const
{
	DIR* pTasks = ::opendir("/proc/self/task");
	if (!pTasks) return false;
	bool quiet = true;
	while (const struct dirent* pEntry = quiet ? ::readdir(pTasks) : nullptr)
	{
		quiet = pEntry->d_name[0] == '.' || std::atol(pEntry->d_name) == _threadId || waits(pEntry->d_name);
	}
	::closedir(pTasks);
	return quiet;
}


void TestClock::run()
{
	_threadId = ::syscall(SYS_gettid);
	unsigned seen = 0;
	int looks = 0;
	while (!_ended)
	{
		const struct timespec interval = toTimespec(LOOK_INTERVAL);
		::syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &interval, nullptr);
		{
			std::lock_guard<std::mutex> lock(waitsMutex);
			if (!pWaits || holds > 0 || activity != seen)
			{
				looks = 0;
				seen = activity;
				continue;
			}
		}
		looks = isQuiet() ? looks + 1 : 0;
		if (looks < LOOKS) continue;

		looks = 0;
		std::lock_guard<std::mutex> lock(waitsMutex);
		if (activity != seen || holds > 0) continue;
		const ClockedWait* pFirst = pWaits;
		for (const ClockedWait* pWait = pWaits; pWait; pWait = pWait->_pNext)
		{
			if (pWait->_deadline < pFirst->_deadline) pFirst = pWait;
		}
		ahead += std::max<Nanoseconds>(0, pFirst->_deadline - ClockedWait::now());
		for (ClockedWait* pWait = pWaits; pWait; pWait = pWait->_pNext)
		{
			if (pWait->_deadline > pFirst->_deadline) continue;
			pWait->_woken = true;
			if (pWait->_pCondition) ::pthread_cond_broadcast(pWait->_pCondition);
			else ::pthread_kill(pWait->_thread, wakeSignal());
		}
	}
}


ClockedWait::ClockedWait(Nanoseconds timeout, pthread_cond_t* pCondition):
	_deadline(timeout < 0 ? -1 : now() + timeout),
	_pCondition(pCondition),
	_thread(::pthread_self()),
	_counts(clocks > 0 && timeout >= SHORTEST && timeout <= LONGEST),
	_woken(false),
	_pNext(nullptr),
	_ppThis(nullptr)
{
	if (!_counts) return;
	std::lock_guard<std::mutex> lock(waitsMutex);
	++activity;
	_pNext = pWaits;
	_ppThis = &pWaits;
	if (_pNext) _pNext->_ppThis = &_pNext;
	pWaits = this;
}


ClockedWait::~ClockedWait()
{
	if (!_counts) return;
	const int error = errno;
	{
		std::lock_guard<std::mutex> lock(waitsMutex);
		++activity;
		*_ppThis = _pNext;
		if (_pNext) _pNext->_ppThis = _ppThis;
	}
	errno = error;
}


ClockedWait ClockedWait::forMilliseconds(int timeout)
{
	if (timeout < 0 || timeout*MILLISECOND >= SHORTEST) ++activity; // those who wait for events are the ones who make something happen
	return ClockedWait(timeout*MILLISECOND);
}


Nanoseconds ClockedWait::left() const
{
	return std::max<Nanoseconds>(0, _deadline - now());
}


int ClockedWait::millisecondsLeft() const
{
	return _deadline < 0 ? -1 : static_cast<int>((left() + MILLISECOND - 1)/MILLISECOND);
}


bool ClockedWait::goesOn(int& result) const
{
	if (result >= 0 || errno != EINTR || !_woken) return false;
	if (now() < _deadline) return true;
	result = 0;
	return false;
}


Nanoseconds ClockedWait::now()
{
	struct timespec time;
	::clock_gettime(CLOCK_MONOTONIC, &time);
	return nanoseconds(time);
}


extern "C"
{
	int clock_gettime(clockid_t clock, struct timespec* pTime) noexcept
	{
		static const auto pNext = next(&::clock_gettime, "clock_gettime");
		const int rc = pNext(clock, pTime);
		if (rc == 0 && (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE)) *pTime = toTimespec(nanoseconds(*pTime) + ahead);
		return rc;
	}


	int pthread_cond_timedwait(pthread_cond_t* pCondition, pthread_mutex_t* pMutex, const struct timespec* pUntil)
	{
		static const auto pNext = next(&::pthread_cond_timedwait, "pthread_cond_timedwait");
		if (pUntil->tv_sec >= NOT_MONOTONIC) return pNext(pCondition, pMutex, pUntil);
		return waitForCondition(pCondition, *pUntil, [&](const struct timespec* pReal) { return pNext(pCondition, pMutex, pReal); });
	}


	int pthread_cond_clockwait(pthread_cond_t* pCondition, pthread_mutex_t* pMutex, clockid_t clock, const struct timespec* pUntil)
	{
		static const auto pNext = next(&::pthread_cond_clockwait, "pthread_cond_clockwait");
		if (clock != CLOCK_MONOTONIC || pUntil->tv_sec >= NOT_MONOTONIC) return pNext(pCondition, pMutex, clock, pUntil);
		return waitForCondition(pCondition, *pUntil, [&](const struct timespec* pReal) { return pNext(pCondition, pMutex, clock, pReal); });
	}


	int nanosleep(const struct timespec* pTime, struct timespec* pLeft)
	{
		static const auto pNext = next(&::nanosleep, "nanosleep");
		const ClockedWait wait(nanoseconds(*pTime));
		int rc;
		do
		{
			const struct timespec real = toTimespec(wait.left());
			rc = pNext(&real, pLeft);
		}
		while (wait.goesOn(rc));
		return rc;
	}


	ssize_t recv(int fd, void* pBuffer, size_t length, int flags)
	{
		static const auto pNext = next(&::recv, "recv");
		if (clocks > 0 && !(flags & MSG_DONTWAIT) && !(::syscall(SYS_fcntl, fd, F_GETFL) & O_NONBLOCK))
		{
			struct timeval timeout = {};
			socklen_t size = sizeof(timeout);
			::getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, &size);
			const Nanoseconds time = timeout.tv_sec*SECOND + timeout.tv_usec*1000;
			struct pollfd descriptor = {fd, POLLIN, 0};
			if (time > 0 && ::poll(&descriptor, 1, static_cast<int>(time/MILLISECOND)) == 0)
			{
				errno = EAGAIN;
				return -1;
			}
		}
		return pNext(fd, pBuffer, length, flags);
	}


	int poll(struct pollfd* pDescriptors, nfds_t count, int timeout)
	{
		if (pollInterrupted)
		{
			pollInterrupted = false;
			errno = EINTR;
			return -1;
		}
		const ClockedWait wait = ClockedWait::forMilliseconds(timeout);
		int n;
		do
		{
			const struct timespec real = toTimespec(wait.left());
			n = ::ppoll(pDescriptors, count, timeout < 0 ? nullptr : &real, nullptr);
		}
		while (wait.goesOn(n));
		return n;
	}
}
