//
// CallFaults.cpp
//
// Defines functions of the C library in the program: the linker prefers them, for the shared libraries, too.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "CallFaults.h"
#include <cerrno>
#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <mutex>
#include <new>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>


namespace
{
	std::mutex functionsMutex;
	std::shared_ptr<CallFault::Function> functions[CallFault::CALL_COUNT];
	std::atomic<int> functionCount(0);

	std::atomic<long> allocationsLeft(-1); // until one fails, negative if none shall
	std::atomic<bool> allocationFailed(false);
	thread_local bool exempt = false;


	bool fails(CallFault::Call call, int fd)
	{
		if (functionCount.load(std::memory_order_relaxed) == 0) return false;
		std::shared_ptr<CallFault::Function> pFunction;
		{
			std::lock_guard<std::mutex> lock(functionsMutex);
			pFunction = functions[call];
		}
		const int error = pFunction ? (*pFunction)(fd) : 0;
		if (error != 0) errno = error;
		return error != 0;
	}


	template <class Function>
	Function next(Function, const char* name)
		/// Returns the function that this one hides: that of a sanitizer, or of the C library.
	{
		return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
	}


	void* allocate(std::size_t size)
	{
		if (allocationsLeft.load(std::memory_order_relaxed) >= 0 && !exempt && allocationsLeft.fetch_sub(1) == 0)
		{
			allocationFailed = true;
			return nullptr;
		}
		return std::malloc(size > 0 ? size : 1);
	}
}


CallFault::CallFault(Call call, const Function& function):
	_call(call)
{
	std::lock_guard<std::mutex> lock(functionsMutex);
	functions[call] = std::make_shared<Function>(function);
	++functionCount;
}


CallFault::~CallFault()
{
	std::shared_ptr<Function> pFunction;
	{
		std::lock_guard<std::mutex> lock(functionsMutex);
		pFunction.swap(functions[_call]);
		--functionCount;
	}
	while (pFunction.use_count() > 1); // a thread is calling it, and it may use what the test destroys now
}


AllocationFault::AllocationFault(int successful)
{
	exempt = true;
	allocationFailed = false;
	allocationsLeft = successful;
}


AllocationFault::~AllocationFault()
{
	allocationsLeft = -1;
	exempt = false;
}


bool AllocationFault::hit() const
{
	return allocationFailed;
}


extern "C"
{
	int accept(int fd, struct sockaddr* pAddress, socklen_t* pLength)
	{
		static const auto pNext = next(&::accept, "accept");
		return fails(CallFault::CALL_ACCEPT, fd) ? -1 : pNext(fd, pAddress, pLength);
	}


	int accept4(int fd, struct sockaddr* pAddress, socklen_t* pLength, int flags)
	{
		static const auto pNext = next(&::accept4, "accept4");
		return fails(CallFault::CALL_ACCEPT, fd) ? -1 : pNext(fd, pAddress, pLength, flags);
	}


	// To the system, and not to what ThreadSanitizer has put between: it does not see libev's other calls either (tsan.supp), and
	// would take a descriptor that libev closes for one that is still open.

	int epoll_ctl(int epoll, int operation, int fd, struct epoll_event* pEvent) noexcept
	{
		return fails(CallFault::CALL_EPOLL_CTL, fd) ? -1 : static_cast<int>(::syscall(SYS_epoll_ctl, epoll, operation, fd, pEvent));
	}


	int epoll_wait(int epoll, struct epoll_event* pEvents, int count, int timeout)
	{
		return fails(CallFault::CALL_EPOLL_WAIT, epoll) ? -1 : static_cast<int>(::syscall(SYS_epoll_pwait, epoll, pEvents, count, timeout, nullptr, 0));
	}


	int epoll_create1(int flags) noexcept
	{
		return fails(CallFault::CALL_EPOLL_CREATE, -1) ? -1 : static_cast<int>(::syscall(SYS_epoll_create1, flags));
	}


	int epoll_create(int) noexcept
	{
		return fails(CallFault::CALL_EPOLL_CREATE, -1) ? -1 : static_cast<int>(::syscall(SYS_epoll_create1, 0));
	}
}


void* operator new(std::size_t size)
{
	void* p = allocate(size);
	if (!p) throw std::bad_alloc();
	return p;
}


void* operator new[](std::size_t size)
{
	return operator new(size);
}


void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
	return allocate(size);
}


void* operator new[](std::size_t size, const std::nothrow_t&) noexcept
{
	return allocate(size);
}


void operator delete(void* p) noexcept
{
	std::free(p);
}


void operator delete[](void* p) noexcept
{
	std::free(p);
}


void operator delete(void* p, std::size_t) noexcept
{
	std::free(p);
}


void operator delete[](void* p, std::size_t) noexcept
{
	std::free(p);
}


void operator delete(void* p, const std::nothrow_t&) noexcept
{
	std::free(p);
}


void operator delete[](void* p, const std::nothrow_t&) noexcept
{
	std::free(p);
}
