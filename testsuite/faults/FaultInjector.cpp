//
// FaultInjector.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultInjector
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


// The functions of the C library by their own names: lseek() is not to be lseek64() here
#undef _FILE_OFFSET_BITS


#include "FaultInjector.h"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <new>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(EVNET_TEST_TLS)
#include <openssl/crypto.h>
#endif


namespace
{
	const int NONE = -1;
	const int ANY = FaultInjector::CALLS;

	FaultInjector::StandIns standIns = {};

	std::atomic<int>  armedCall(NONE);
	std::atomic<long> armedN(0);
	std::atomic<int>  armedError(0);
	std::atomic<bool> armedLasts(false);
	std::atomic<long> seen(0);
	std::atomic<long> failed(0);
	std::atomic<long> counted(0);
	std::atomic<int>  inWait(0);
	std::atomic<int>  hitCall(FaultInjector::CALLS);
	std::atomic<long> allocated(0);

	thread_local bool exempt = false;
	thread_local int  spared = 0;   // allocations that do not fail

	const int SPARED_BY_ACCEPT = 3;
	const int SPARED_BY_THREAD = 1;


	void showStack()
	{
		const FaultInjector::Exempt exempt;
		void* addresses[30];
		::backtrace_symbols_fd(addresses, ::backtrace(addresses, 30), STDERR_FILENO);
	}

	bool fails(FaultInjector::Call call, bool mayLast = true)
		/// Returns true, with the error in errno, if this call has to fail.
	{
		if (exempt || (call == FaultInjector::CALL_NEW && spared > 0 && spared-- > 0)) return false;
		counted.fetch_add(1, std::memory_order_relaxed);
		const int armed = armedCall.load(std::memory_order_acquire);
		if (armed != call && armed != ANY) return false;
		const long n = seen.fetch_add(1) + 1;
		if (n < armedN || (n > armedN && !armedLasts)) return false;
		if (armedLasts && !mayLast) return false;
		if (armed == ANY)
		{
			hitCall = call;
			armedCall.store(call, std::memory_order_release); // those that fail as well, if it lasts
		}
		if (failed.fetch_add(1) == 0 && std::getenv("FAULTS_VERBOSE")) showStack();
		const std::vector<FaultInjector::Error>& errors = FaultInjector::errorsOf(call);
		errno = errors[std::min<std::size_t>(static_cast<std::size_t>(armedError), errors.size() - 1)].number;
		return true;
	}

	template <class Function>
	Function original(Function, const char* pName)
	{
		return reinterpret_cast<Function>(dlsym(RTLD_NEXT, pName));
	}

	#define ORIGINAL(name) static const auto pOriginal = original(&::name, #name)

	bool isSocketOrFile(int fd)
		/// Not what libev wakes its loop with: it can rely on that.
	{
		static const auto pFstat = reinterpret_cast<int (*)(int, struct stat*)>(dlsym(RTLD_NEXT, "fstat"));
		const int error = errno;
		struct stat status;
		const bool result = pFstat(fd, &status) == 0 && (S_ISSOCK(status.st_mode) || S_ISREG(status.st_mode));
		errno = error;
		return result;
	}

	template <class Result, class... Parameters>
	Result standIn(Result (*pFunction)(Parameters...), Parameters... parameters)
	{
		const FaultInjector::Exempt exempt;
		return pFunction(parameters...);
	}

	class Waiting
	{
	public:
		Waiting()
		{
			if (!exempt) ++inWait;
		}

		~Waiting()
		{
			if (!exempt) --inWait;
		}
	};
}


//
// The C library. What is defined in the program is used by all libraries as well.
//


extern "C"
{


int accept(int fd, struct sockaddr* pAddress, socklen_t* pLength)
{
	ORIGINAL(accept);
	const int result = fails(FaultInjector::CALL_ACCEPT) ? -1 : pOriginal(fd, pAddress, pLength);
	// By Poco::Net::SocketImpl only, which loses the descriptor if there is no memory for the address and the socket.
	spared = result >= 0 ? SPARED_BY_ACCEPT : 0;
	return result;
}


int accept4(int fd, struct sockaddr* pAddress, socklen_t* pLength, int flags)
{
	ORIGINAL(accept4);
	return fails(FaultInjector::CALL_ACCEPT) ? -1 : pOriginal(fd, pAddress, pLength, flags);
}


ssize_t recv(int fd, void* pBuffer, std::size_t length, int flags)
{
	ORIGINAL(recv);
	if (fails(FaultInjector::CALL_RECV)) return -1;
	return standIns.pReceive ? standIn(standIns.pReceive, fd, pBuffer, length, flags) : pOriginal(fd, pBuffer, length, flags);
}


ssize_t recvfrom(int fd, void* pBuffer, std::size_t length, int flags, struct sockaddr* pAddress, socklen_t* pLength)
{
	ORIGINAL(recvfrom);
	return fails(FaultInjector::CALL_RECV) ? -1 : pOriginal(fd, pBuffer, length, flags, pAddress, pLength);
}


ssize_t recvmsg(int fd, struct msghdr* pMessage, int flags)
{
	ORIGINAL(recvmsg);
	return fails(FaultInjector::CALL_RECV) ? -1 : pOriginal(fd, pMessage, flags);
}


ssize_t send(int fd, const void* pBuffer, std::size_t length, int flags)
{
	ORIGINAL(send);
	return fails(FaultInjector::CALL_SEND) ? -1 : pOriginal(fd, pBuffer, length, flags);
}


ssize_t sendmsg(int fd, const struct msghdr* pMessage, int flags)
{
	ORIGINAL(sendmsg);
	return fails(FaultInjector::CALL_SENDMSG) ? -1 : pOriginal(fd, pMessage, flags);
}


ssize_t sendfile(int out, int in, off_t* pOffset, std::size_t length) noexcept
{
	ORIGINAL(sendfile);
	return fails(FaultInjector::CALL_SENDFILE) ? -1 : pOriginal(out, in, pOffset, length);
}


ssize_t sendfile64(int out, int in, off64_t* pOffset, std::size_t length) noexcept
{
	ORIGINAL(sendfile64);
	return fails(FaultInjector::CALL_SENDFILE) ? -1 : pOriginal(out, in, pOffset, length);
}


ssize_t read(int fd, void* pBuffer, std::size_t length)
{
	ORIGINAL(read);
	return !exempt && isSocketOrFile(fd) && fails(FaultInjector::CALL_READ) ? -1 : pOriginal(fd, pBuffer, length);
}


ssize_t write(int fd, const void* pBuffer, std::size_t length)
{
	ORIGINAL(write);
	return !exempt && isSocketOrFile(fd) && fails(FaultInjector::CALL_WRITE) ? -1 : pOriginal(fd, pBuffer, length);
}


ssize_t pread(int fd, void* pBuffer, std::size_t length, off_t offset)
{
	ORIGINAL(pread);
	return fails(FaultInjector::CALL_PREAD) ? -1 : pOriginal(fd, pBuffer, length, offset);
}


ssize_t pread64(int fd, void* pBuffer, std::size_t length, off64_t offset)
{
	ORIGINAL(pread64);
	return fails(FaultInjector::CALL_PREAD) ? -1 : pOriginal(fd, pBuffer, length, offset);
}


off_t lseek(int fd, off_t offset, int whence) noexcept
{
	ORIGINAL(lseek);
	return fails(FaultInjector::CALL_LSEEK) ? -1 : pOriginal(fd, offset, whence);
}


off64_t lseek64(int fd, off64_t offset, int whence) noexcept
{
	ORIGINAL(lseek64);
	return fails(FaultInjector::CALL_LSEEK) ? -1 : pOriginal(fd, offset, whence);
}


int open(const char* pPath, int flags, ...)
{
	ORIGINAL(open);
	va_list arguments;
	va_start(arguments, flags);
	const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return fails(FaultInjector::CALL_OPEN) ? -1 : pOriginal(pPath, flags, mode);
}


int open64(const char* pPath, int flags, ...)
{
	ORIGINAL(open64);
	va_list arguments;
	va_start(arguments, flags);
	const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return fails(FaultInjector::CALL_OPEN) ? -1 : pOriginal(pPath, flags, mode);
}


int stat(const char* pPath, struct stat* pStatus) noexcept
{
	static const auto pOriginal = reinterpret_cast<int (*)(const char*, struct stat*)>(dlsym(RTLD_NEXT, "stat"));
	return fails(FaultInjector::CALL_STAT) ? -1 : pOriginal(pPath, pStatus);
}


int stat64(const char* pPath, struct stat64* pStatus) noexcept
{
	static const auto pOriginal = reinterpret_cast<int (*)(const char*, struct stat64*)>(dlsym(RTLD_NEXT, "stat64"));
	return fails(FaultInjector::CALL_STAT) ? -1 : pOriginal(pPath, pStatus);
}


int fstat(int fd, struct stat* pStatus) noexcept
{
	ORIGINAL(fstat);
	return fails(FaultInjector::CALL_STAT) ? -1 : pOriginal(fd, pStatus);
}


int fstat64(int fd, struct stat64* pStatus) noexcept
{
	ORIGINAL(fstat64);
	return fails(FaultInjector::CALL_STAT) ? -1 : pOriginal(fd, pStatus);
}


int close(int fd)
{
	ORIGINAL(close);
	if (!fails(FaultInjector::CALL_CLOSE)) return pOriginal(fd);
	const int error = errno;
	pOriginal(fd);
	errno = error;
	return -1;
}


int fcntl(int fd, int command, ...)
{
	static const auto pOriginal = reinterpret_cast<int (*)(int, int, ...)>(dlsym(RTLD_NEXT, "fcntl"));
	va_list arguments;
	va_start(arguments, command);
	void* const pArgument = va_arg(arguments, void*);
	va_end(arguments);
	return fails(FaultInjector::CALL_FCNTL) ? -1 : pOriginal(fd, command, pArgument);
}


int fcntl64(int fd, int command, ...)
{
	static const auto pOriginal = reinterpret_cast<int (*)(int, int, ...)>(dlsym(RTLD_NEXT, "fcntl64"));
	va_list arguments;
	va_start(arguments, command);
	void* const pArgument = va_arg(arguments, void*);
	va_end(arguments);
	return fails(FaultInjector::CALL_FCNTL) ? -1 : pOriginal(fd, command, pArgument);
}


int ioctl(int fd, unsigned long request, ...) noexcept
{
	static const auto pOriginal = reinterpret_cast<int (*)(int, unsigned long, ...)>(dlsym(RTLD_NEXT, "ioctl"));
	va_list arguments;
	va_start(arguments, request);
	void* const pArgument = va_arg(arguments, void*);
	va_end(arguments);
	return fails(FaultInjector::CALL_IOCTL) ? -1 : pOriginal(fd, request, pArgument);
}


int poll(struct pollfd* pDescriptors, nfds_t count, int timeout)
{
	ORIGINAL(poll);
	if (fails(FaultInjector::CALL_POLL)) return -1;
	const Waiting waiting; // libev as well, where it has no epoll
	return standIns.pPoll ? standIn(standIns.pPoll, pDescriptors, count, timeout) : pOriginal(pDescriptors, count, timeout);
}


int epoll_ctl(int fd, int operation, int target, struct epoll_event* pEvent) noexcept
{
	ORIGINAL(epoll_ctl);
	// Only adding needs memory. Where libev fails to change something, it begins anew with all descriptors, and sleeps if it cannot add them.
	return fails(FaultInjector::CALL_EPOLL_CTL, operation == EPOLL_CTL_ADD) ? -1 : pOriginal(fd, operation, target, pEvent);
}


int epoll_wait(int fd, struct epoll_event* pEvents, int maxEvents, int timeout)
{
	ORIGINAL(epoll_wait);
	if (fails(FaultInjector::CALL_EPOLL_WAIT)) return -1;
	const Waiting waiting;
	return standIns.pEpollWait ? standIn(standIns.pEpollWait, fd, pEvents, maxEvents, timeout) : pOriginal(fd, pEvents, maxEvents, timeout);
}


int epoll_create(int size) noexcept
{
	ORIGINAL(epoll_create);
	return fails(FaultInjector::CALL_EPOLL_CREATE) ? -1 : pOriginal(size);
}


int epoll_create1(int flags) noexcept
{
	ORIGINAL(epoll_create1);
	return fails(FaultInjector::CALL_EPOLL_CREATE) ? -1 : pOriginal(flags);
}


int eventfd(unsigned value, int flags) noexcept
{
	ORIGINAL(eventfd);
	return fails(FaultInjector::CALL_EVENTFD) ? -1 : pOriginal(value, flags);
}


int pipe(int descriptors[2]) noexcept
{
	ORIGINAL(pipe);
	return fails(FaultInjector::CALL_PIPE) ? -1 : pOriginal(descriptors);
}


int socket(int domain, int type, int protocol) noexcept
{
	ORIGINAL(socket);
	return fails(FaultInjector::CALL_SOCKET) ? -1 : pOriginal(domain, type, protocol);
}


int bind(int fd, const struct sockaddr* pAddress, socklen_t length) noexcept
{
	ORIGINAL(bind);
	return fails(FaultInjector::CALL_BIND) ? -1 : pOriginal(fd, pAddress, length);
}


int listen(int fd, int backlog) noexcept
{
	ORIGINAL(listen);
	return fails(FaultInjector::CALL_LISTEN) ? -1 : pOriginal(fd, backlog);
}


int shutdown(int fd, int how) noexcept
{
	ORIGINAL(shutdown);
	return fails(FaultInjector::CALL_SHUTDOWN) ? -1 : pOriginal(fd, how);
}


int setsockopt(int fd, int level, int name, const void* pValue, socklen_t length) noexcept
{
	ORIGINAL(setsockopt);
	return fails(FaultInjector::CALL_SETSOCKOPT) ? -1 : pOriginal(fd, level, name, pValue, length);
}


int getsockopt(int fd, int level, int name, void* pValue, socklen_t* pLength) noexcept
{
	ORIGINAL(getsockopt);
	return fails(FaultInjector::CALL_GETSOCKOPT) ? -1 : pOriginal(fd, level, name, pValue, pLength);
}


int getsockname(int fd, struct sockaddr* pAddress, socklen_t* pLength) noexcept
{
	ORIGINAL(getsockname);
	return fails(FaultInjector::CALL_GETSOCKNAME) ? -1 : pOriginal(fd, pAddress, pLength);
}


int getpeername(int fd, struct sockaddr* pAddress, socklen_t* pLength) noexcept
{
	ORIGINAL(getpeername);
	return fails(FaultInjector::CALL_GETPEERNAME) ? -1 : pOriginal(fd, pAddress, pLength);
}


int clock_gettime(clockid_t clock, struct timespec* pTime) noexcept
{
	ORIGINAL(clock_gettime);
	return standIns.pGetTime ? standIns.pGetTime(clock, pTime) : pOriginal(clock, pTime);
}


int nanosleep(const struct timespec* pTime, struct timespec* pLeft)
{
	ORIGINAL(nanosleep);
	return standIns.pSleep ? standIns.pSleep(pTime, pLeft) : pOriginal(pTime, pLeft);
}


int pthread_create(pthread_t* pThread, const pthread_attr_t* pAttributes, void* (*pRoutine)(void*), void* pArgument) noexcept
{
	ORIGINAL(pthread_create);
	if (fails(FaultInjector::CALL_PTHREAD_CREATE)) return errno;
	// Poco::ThreadPool deletes a thread that runs already if there is no memory to remember it, and waits for ever.
	spared = SPARED_BY_THREAD;
	return pOriginal(pThread, pAttributes, pRoutine, pArgument);
}


} // extern "C"


//
// memory
//


namespace
{
	void* allocate(std::size_t size)
		/// Returns null if there is no memory.
	{
		const int error = errno;
		if (fails(FaultInjector::CALL_NEW)) return nullptr;
		errno = error;
		void* pMemory = std::malloc(size ? size : 1);
		if (pMemory) allocated.fetch_add(1, std::memory_order_relaxed);
		return pMemory;
	}

	void release(void* pMemory)
	{
		if (pMemory) allocated.fetch_sub(1, std::memory_order_relaxed);
		std::free(pMemory);
	}
}


void* operator new(std::size_t size)
{
	if (void* pMemory = allocate(size)) return pMemory;
	throw std::bad_alloc();
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


void operator delete(void* pMemory) noexcept
{
	release(pMemory);
}


void operator delete[](void* pMemory) noexcept
{
	release(pMemory);
}


void operator delete(void* pMemory, std::size_t) noexcept
{
	release(pMemory);
}


void operator delete[](void* pMemory, std::size_t) noexcept
{
	release(pMemory);
}


void operator delete(void* pMemory, const std::nothrow_t&) noexcept
{
	release(pMemory);
}


void operator delete[](void* pMemory, const std::nothrow_t&) noexcept
{
	release(pMemory);
}


#if defined(EVNET_TEST_TLS)
namespace
{
	void* openSSLMalloc(std::size_t size, const char*, int)
	{
		return fails(FaultInjector::CALL_OPENSSL_MALLOC) ? nullptr : std::malloc(size);
	}

	void* openSSLRealloc(void* pMemory, std::size_t size, const char*, int)
	{
		return fails(FaultInjector::CALL_OPENSSL_MALLOC) ? nullptr : std::realloc(pMemory, size);
	}

	void openSSLFree(void* pMemory, const char*, int)
	{
		std::free(pMemory);
	}
}
#endif


//
// FaultInjector
//


void FaultInjector::replaceOpenSSLAllocator()
{
#if defined(EVNET_TEST_TLS)
	if (!CRYPTO_set_mem_functions(&openSSLMalloc, &openSSLRealloc, &openSSLFree)) std::abort();
#endif
}


void FaultInjector::arm(const Fault& fault, bool any)
{
	disarm();
	errorsOf(fault.call); // made now: whoever fails must not allocate
	armedN = fault.n;
	armedError = fault.error;
	armedLasts = fault.lasts;
	seen = 0;
	failed = 0;
	hitCall = CALLS;
	armedCall.store(any ? ANY : static_cast<int>(fault.call), std::memory_order_release);
}


FaultInjector::Call FaultInjector::failedCall()
{
	return static_cast<Call>(hitCall.load());
}


void FaultInjector::disarm()
{
	armedCall.store(NONE, std::memory_order_release);
}


long FaultInjector::injected()
{
	return failed;
}


long FaultInjector::calls()
{
	return counted;
}


int FaultInjector::waiting()
{
	return inWait;
}


long FaultInjector::allocations()
{
	return allocated;
}


void FaultInjector::use(const StandIns& functions)
{
	standIns = functions;
}


FaultInjector::Exempt::Exempt(bool flag):
	_before(exempt)
{
	exempt = flag;
}


FaultInjector::Exempt::~Exempt()
{
	exempt = _before;
}
