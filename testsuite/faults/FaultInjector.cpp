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
	using Errors = std::vector<FaultInjector::Error>;

	#define E(name) {name, #name}

	struct CallInfo
	{
		const char* pName;
		Errors errors;
	};

	const CallInfo& infoOf(FaultInjector::Call call)
	{
		static const CallInfo infos[FaultInjector::CALLS] =
		{
			{"accept", {E(EINTR), E(EAGAIN), E(ECONNABORTED), E(EMFILE), E(ENOMEM), E(EPERM), E(EPROTO), E(EIO)}},
			{"recv", {E(EINTR), E(EAGAIN), E(ECONNRESET), E(ETIMEDOUT), E(ENOMEM), E(EIO)}},
			{"send", {E(EINTR), E(EAGAIN), E(ECONNRESET), E(EPIPE), E(ENOBUFS), E(EIO)}},
			{"sendmsg", {E(EINTR), E(EAGAIN), E(ECONNRESET), E(EPIPE), E(ENOBUFS), E(EIO)}},
			{"sendfile", {E(EINTR), E(EAGAIN), E(EPIPE), E(EIO), E(EINVAL), E(ENOSYS), E(ENOMEM)}},
			{"read", {E(EINTR), E(EAGAIN), E(ECONNRESET), E(ENETDOWN), E(ENOMEM), E(EIO)}},
			{"write", {E(EINTR), E(EAGAIN), E(ECONNRESET), E(EPIPE), E(ENOBUFS), E(EIO)}},
			{"pread", {E(EINTR), E(EAGAIN), E(EIO), E(EISDIR), E(EINVAL), E(ESPIPE)}},
			{"lseek", {E(EINVAL), E(ESPIPE), E(EOVERFLOW), E(EBADF), E(ENXIO), E(EIO)}},
			{"open", {E(EINTR), E(EMFILE), E(ENFILE), E(EACCES), E(ENOENT), E(ENOMEM), E(EIO)}},
			{"stat", {E(EIO), E(ENOMEM), E(EACCES), E(EOVERFLOW), E(ENOENT), E(EBADF)}},
			{"close", {E(EINTR), E(EIO), E(ENOSPC), E(EDQUOT), E(EBADF), E(ENOMEM)}},
			{"fcntl", {E(EINTR), E(ENOMEM), E(EINVAL), E(EPERM), E(EMFILE), E(EBADF)}},
			{"ioctl", {E(EINTR), E(EINVAL), E(ENOTTY), E(EBADF), E(EIO), E(ENOMEM)}},
			{"poll", {E(EINTR), E(EAGAIN), E(ENOMEM), E(EINVAL), E(EIO), E(EPERM)}},
			{"epoll_ctl", {E(EINTR), E(ENOSPC), E(ENOMEM), E(ENFILE), E(EMFILE), E(EIO)}},
			{"epoll_wait", {E(EINTR)}},
			{"epoll_create", {E(EMFILE), E(ENFILE), E(ENOMEM), E(EINVAL), E(EPERM), E(ENOSYS)}},
			{"eventfd", {E(EMFILE), E(ENFILE), E(ENODEV), E(ENOMEM), E(EPERM), E(ENOSYS)}},
			{"pipe", {E(EINTR)}},
			{"socket", {E(EMFILE), E(ENFILE), E(ENOBUFS), E(ENOMEM), E(EACCES), E(EAFNOSUPPORT)}},
			{"bind", {E(EADDRINUSE), E(EACCES), E(EADDRNOTAVAIL), E(EINVAL), E(ENOMEM), E(EIO)}},
			{"listen", {E(EADDRINUSE), E(EACCES), E(ENOBUFS), E(EINVAL), E(EOPNOTSUPP), E(EIO)}},
			{"shutdown", {E(ENOTCONN), E(EINVAL), E(EBADF), E(ENOTSOCK), E(EIO), E(ENOMEM)}},
			{"setsockopt", {E(EINVAL), E(ENOPROTOOPT), E(EPERM), E(ENOMEM), E(ENOBUFS), E(EIO)}},
			{"getsockopt", {E(EINVAL), E(ENOPROTOOPT), E(EPERM), E(ENOMEM), E(ENOBUFS), E(EIO)}},
			{"getsockname", {E(ENOTCONN), E(EINVAL), E(ENOBUFS), E(EBADF), E(ENOMEM), E(EIO)}},
			{"getpeername", {E(ENOTCONN), E(EINVAL), E(ENOBUFS), E(EBADF), E(ENOMEM), E(EIO)}},
			{"pthread_create", {E(EAGAIN), E(ENOMEM), E(EPERM), E(EINVAL), E(EINTR), E(EIO)}},
			{"new", {{ENOMEM, "bad_alloc"}}},
			{"openssl_malloc", {{ENOMEM, "null"}}},
		};
		return infos[call];
	}

	#undef E


	const int NONE = -1;

	std::atomic<int>  armedCall(NONE);
	std::atomic<long> armedN(0);
	std::atomic<int>  armedError(0);
	std::atomic<bool> armedLasts(false);
	std::atomic<long> seen(0);
	std::atomic<long> failed(0);
	std::atomic<long> counted(0);
	std::atomic<int>  inWait(0);

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

	bool fails(FaultInjector::Call call)
		/// Returns true, with the error in errno, if this call has to fail.
	{
		if (exempt || (call == FaultInjector::CALL_NEW && spared > 0 && spared-- > 0)) return false;
		counted.fetch_add(1, std::memory_order_relaxed);
		if (armedCall.load(std::memory_order_acquire) != call) return false;
		const long n = seen.fetch_add(1) + 1;
		if (n < armedN || (n > armedN && !armedLasts)) return false;
		if (failed.fetch_add(1) == 0 && std::getenv("FAULTS_VERBOSE")) showStack();
		errno = armedError;
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
	return fails(FaultInjector::CALL_RECV) ? -1 : pOriginal(fd, pBuffer, length, flags);
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
	return pOriginal(pDescriptors, count, timeout);
}


int epoll_ctl(int fd, int operation, int target, struct epoll_event* pEvent) noexcept
{
	ORIGINAL(epoll_ctl);
	// Only adding needs memory. Where libev fails to change something, it begins anew with all descriptors, and sleeps if it cannot add them.
	const bool mayFail = operation == EPOLL_CTL_ADD || !armedLasts;
	return mayFail && fails(FaultInjector::CALL_EPOLL_CTL) ? -1 : pOriginal(fd, operation, target, pEvent);
}


int epoll_wait(int fd, struct epoll_event* pEvents, int maxEvents, int timeout)
{
	ORIGINAL(epoll_wait);
	if (fails(FaultInjector::CALL_EPOLL_WAIT)) return -1;
	const Waiting waiting;
	return pOriginal(fd, pEvents, maxEvents, timeout);
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


void* operator new(std::size_t size)
{
	const int error = errno;
	if (fails(FaultInjector::CALL_NEW)) throw std::bad_alloc();
	errno = error;
	if (void* pMemory = std::malloc(size ? size : 1)) return pMemory;
	throw std::bad_alloc();
}


void* operator new[](std::size_t size)
{
	return operator new(size);
}


void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
	return fails(FaultInjector::CALL_NEW) ? nullptr : std::malloc(size ? size : 1);
}


void* operator new[](std::size_t size, const std::nothrow_t& nothrow) noexcept
{
	return operator new(size, nothrow);
}


void operator delete(void* pMemory) noexcept
{
	std::free(pMemory);
}


void operator delete[](void* pMemory) noexcept
{
	std::free(pMemory);
}


void operator delete(void* pMemory, std::size_t) noexcept
{
	std::free(pMemory);
}


void operator delete[](void* pMemory, std::size_t) noexcept
{
	std::free(pMemory);
}


void operator delete(void* pMemory, const std::nothrow_t&) noexcept
{
	std::free(pMemory);
}


void operator delete[](void* pMemory, const std::nothrow_t&) noexcept
{
	std::free(pMemory);
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


const char* FaultInjector::nameOf(Call call)
{
	return infoOf(call).pName;
}


const std::vector<FaultInjector::Error>& FaultInjector::errorsOf(Call call)
{
	return infoOf(call).errors;
}


bool FaultInjector::mayLast(const Error& error)
{
	return error.number != EINTR && error.number != EAGAIN;
}


bool FaultInjector::mustLast(Call call, const Error& error)
{
	return call == CALL_WRITE && (error.number == ECONNRESET || error.number == EPIPE);
}


std::string FaultInjector::textOf(const Fault& fault)
{
	return std::string(nameOf(fault.call)) + " " + std::to_string(fault.n) + " " + errorsOf(fault.call)[static_cast<std::size_t>(fault.error)].pName + (fault.lasts ? " lasting" : "");
}


void FaultInjector::replaceOpenSSLAllocator()
{
#if defined(EVNET_TEST_TLS)
	if (!CRYPTO_set_mem_functions(&openSSLMalloc, &openSSLRealloc, &openSSLFree)) std::abort();
#endif
}


void FaultInjector::arm(const Fault& fault)
{
	disarm();
	armedN = fault.n;
	armedError = errorsOf(fault.call)[static_cast<std::size_t>(fault.error)].number;
	armedLasts = fault.lasts;
	seen = 0;
	failed = 0;
	armedCall.store(fault.call, std::memory_order_release);
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


FaultInjector::Exempt::Exempt(bool flag):
	_before(exempt)
{
	exempt = flag;
}


FaultInjector::Exempt::~Exempt()
{
	exempt = _before;
}
