//
// ThreadState.cpp
//
// Library: EVNet
// Package: Core
// Module:  ThreadState
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "core/ThreadState.h"
#include <pthread.h>
#if defined(__linux__)
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif


namespace Poco {
namespace EVNet {


ThreadState::Clock ThreadState::computingClock()
{
	static thread_local Clock clock = CLOCK_THREAD_CPUTIME_ID;
	// CLOCK_THREAD_CPUTIME_ID is that of the thread that asks; this one is that of the calling thread, whoever asks.
	if (clock == CLOCK_THREAD_CPUTIME_ID) ::pthread_getcpuclockid(::pthread_self(), &clock);
	return clock;
}


double ThreadState::computed(Clock clock)
{
	struct timespec time;
	return ::clock_gettime(clock, &time) == 0 ? static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec)*1e-9 : 0;
}


#if defined(__linux__)


long ThreadState::currentId()
{
	static thread_local const long id = ::syscall(SYS_gettid);
	return id;
}


bool ThreadState::isRunnable(long id)
{
	// proc(5): the state is the field behind the name, which is in parentheses.
	char buffer[512];
	std::snprintf(buffer, sizeof(buffer), "/proc/self/task/%ld/stat", id);
	int fd = ::open(buffer, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return false;
	ssize_t n = ::read(fd, buffer, sizeof(buffer) - 1);
	::close(fd);
	if (n <= 0) return false;
	buffer[n] = 0;
	const char* pName = std::strrchr(buffer, ')');
	return pName && pName[1] == ' ' && pName[2] == 'R';
}


long ThreadState::waits()
{
	struct rusage usage;
	return ::getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : 0;
}


#else


long ThreadState::currentId()
{
	return 0;
}


bool ThreadState::isRunnable(long)
{
	return false;
}


long ThreadState::waits()
{
	static thread_local long n = 0;
	return ++n;
}


#endif


} } // namespace Poco::EVNet
