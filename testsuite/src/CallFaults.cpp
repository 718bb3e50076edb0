//
// CallFaults.cpp
//
// Defines functions of the C library in the program: the linker prefers them, for the shared libraries, too.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


// The functions of the C library by their own names: sendfile() is not to be sendfile64() here
#undef _FILE_OFFSET_BITS


#include "CallFaults.h"
#include "TestClock.h"
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <memory>
#include <mutex>
#include <new>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>


namespace
{
	std::mutex functionsMutex;
	using Asked = std::function<int(int, const char*)>; // descriptor and path

	std::shared_ptr<Asked> functions[CallFault::CALL_COUNT];
	std::atomic<int> functionCount(0);
	std::atomic<std::size_t> sentFromFiles(0);

	std::atomic<long> allocationsLeft(-1); // until one fails, negative if none shall
	std::atomic<bool> allocationFailed(false);
	thread_local bool exempt = false;


	bool fails(CallFault::Call call, int fd, const char* pPath = nullptr)
	{
		if (functionCount.load(std::memory_order_relaxed) == 0) return false;
		std::shared_ptr<Asked> pFunction;
		{
			std::lock_guard<std::mutex> lock(functionsMutex);
			pFunction = functions[call];
		}
		const int error = pFunction ? (*pFunction)(fd, pPath) : 0;
		if (error != 0) errno = error;
		return error != 0;
	}


	template <class Function>
	Function next(Function, const char* name)
		/// Returns the function that this one hides: that of a sanitizer, or of the C library.
	{
		return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
	}


	ssize_t sendFile(int out, int in, off64_t* pOffset, std::size_t length)
	{
		if (fails(CallFault::CALL_SENDFILE, in)) return -1;
		const ssize_t n = ::syscall(SYS_sendfile, out, in, pOffset, length);
		if (n > 0) sentFromFiles += static_cast<std::size_t>(n);
		return n;
	}


	int openFile(const char* pPath, int flags, std::va_list arguments)
	{
		const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
		return fails(CallFault::CALL_OPEN, -1, pPath) ? -1 : static_cast<int>(::syscall(SYS_openat, AT_FDCWD, pPath, flags, mode));
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
	functions[call] = std::make_shared<Asked>([function](int fd, const char*) { return function(fd); });
	++functionCount;
}


CallFault::CallFault(const OpenFunction& function):
	_call(CALL_OPEN)
{
	std::lock_guard<std::mutex> lock(functionsMutex);
	functions[_call] = std::make_shared<Asked>([function](int, const char* pPath) { return function(pPath); });
	++functionCount;
}


std::size_t CallFault::bytesSentFromFiles()
{
	return sentFromFiles;
}


CallFault::~CallFault()
{
	std::shared_ptr<Asked> pFunction;
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


	ssize_t sendfile(int out, int in, off_t* pOffset, std::size_t length) noexcept
	{
		static_assert(sizeof(off_t) == sizeof(off64_t), "sendfile() and sendfile64() are the same");
		return sendFile(out, in, pOffset, length);
	}


	ssize_t sendfile64(int out, int in, off64_t* pOffset, std::size_t length) noexcept
	{
		return sendFile(out, in, pOffset, length);
	}


	int open(const char* pPath, int flags, ...)
	{
		std::va_list arguments;
		va_start(arguments, flags);
		const int fd = openFile(pPath, flags, arguments);
		va_end(arguments);
		return fd;
	}


	int open64(const char* pPath, int flags, ...)
	{
		std::va_list arguments;
		va_start(arguments, flags);
		const int fd = openFile(pPath, flags, arguments);
		va_end(arguments);
		return fd;
	}


	int fcntl(int fd, int command, ...)
	{
		std::va_list arguments;
		va_start(arguments, command);
		const long argument = va_arg(arguments, long);
		va_end(arguments);
		return fails(CallFault::CALL_FCNTL, fd) ? -1 : static_cast<int>(::syscall(SYS_fcntl, fd, command, argument));
	}


	int fcntl64(int fd, int command, ...)
	{
		std::va_list arguments;
		va_start(arguments, command);
		const long argument = va_arg(arguments, long);
		va_end(arguments);
		return fails(CallFault::CALL_FCNTL, fd) ? -1 : static_cast<int>(::syscall(SYS_fcntl, fd, command, argument));
	}


	// To the system, and not to what ThreadSanitizer has put between: it does not see libev's other calls either (tsan.supp), and
	// would take a descriptor that libev closes for one that is still open.

	int epoll_ctl(int epoll, int operation, int fd, struct epoll_event* pEvent) noexcept
	{
		return fails(CallFault::CALL_EPOLL_CTL, fd) ? -1 : static_cast<int>(::syscall(SYS_epoll_ctl, epoll, operation, fd, pEvent));
	}


	int epoll_wait(int epoll, struct epoll_event* pEvents, int count, int timeout)
	{
		if (fails(CallFault::CALL_EPOLL_WAIT, epoll)) return -1;
		const ClockedWait wait = ClockedWait::forMilliseconds(timeout);
		int n;
		do n = static_cast<int>(::syscall(SYS_epoll_pwait, epoll, pEvents, count, wait.millisecondsLeft(), nullptr, 0));
		while (wait.goesOn(n));
		return n;
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
