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


	int epoll_ctl(int epoll, int operation, int fd, struct epoll_event* pEvent) noexcept
	{
		static const auto pNext = next(&::epoll_ctl, "epoll_ctl");
		return fails(CallFault::CALL_EPOLL_CTL, fd) ? -1 : pNext(epoll, operation, fd, pEvent);
	}


	int epoll_wait(int epoll, struct epoll_event* pEvents, int count, int timeout)
	{
		static const auto pNext = next(&::epoll_wait, "epoll_wait");
		return fails(CallFault::CALL_EPOLL_WAIT, epoll) ? -1 : pNext(epoll, pEvents, count, timeout);
	}


	int epoll_create1(int flags) noexcept
	{
		static const auto pNext = next(&::epoll_create1, "epoll_create1");
		return fails(CallFault::CALL_EPOLL_CREATE, -1) ? -1 : pNext(flags);
	}


	int epoll_create(int size) noexcept
	{
		static const auto pNext = next(&::epoll_create, "epoll_create");
		return fails(CallFault::CALL_EPOLL_CREATE, -1) ? -1 : pNext(size);
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
