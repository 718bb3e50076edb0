//
// ReplacedCalls.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  ReplacedCalls
//
// The functions of the C library, which a FaultInjector lets fail. What is defined in the program is used by all libraries as well.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


// The functions of the C library by their own names: lseek() is not to be lseek64() here
#undef _FILE_OFFSET_BITS


#include "FaultInjector.h"
#include <cerrno>
#include <cstdarg>
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>


namespace
{
	const int SPARED_BY_ACCEPT = 3;
	const int SPARED_BY_THREAD = 1;

	FaultInjector::StandIns standIns = {};


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
}


extern "C"
{


int accept(int fd, struct sockaddr* pAddress, socklen_t* pLength)
{
	ORIGINAL(accept);
	const int result = FaultInjector::fails(FaultInjector::CALL_ACCEPT) ? -1 : pOriginal(fd, pAddress, pLength);
	// By Poco::Net::SocketImpl only, which loses the descriptor if there is no memory for the address and the socket.
	FaultInjector::spare(result >= 0 ? SPARED_BY_ACCEPT : 0);
	return result;
}


int accept4(int fd, struct sockaddr* pAddress, socklen_t* pLength, int flags)
{
	ORIGINAL(accept4);
	return FaultInjector::fails(FaultInjector::CALL_ACCEPT) ? -1 : pOriginal(fd, pAddress, pLength, flags);
}


ssize_t recv(int fd, void* pBuffer, std::size_t length, int flags)
{
	ORIGINAL(recv);
	if (FaultInjector::fails(FaultInjector::CALL_RECV)) return -1;
	return standIns.pReceive ? standIn(standIns.pReceive, fd, pBuffer, length, flags) : pOriginal(fd, pBuffer, length, flags);
}


ssize_t recvfrom(int fd, void* pBuffer, std::size_t length, int flags, struct sockaddr* pAddress, socklen_t* pLength)
{
	ORIGINAL(recvfrom);
	return FaultInjector::fails(FaultInjector::CALL_RECV) ? -1 : pOriginal(fd, pBuffer, length, flags, pAddress, pLength);
}


ssize_t recvmsg(int fd, struct msghdr* pMessage, int flags)
{
	ORIGINAL(recvmsg);
	return FaultInjector::fails(FaultInjector::CALL_RECV) ? -1 : pOriginal(fd, pMessage, flags);
}


ssize_t send(int fd, const void* pBuffer, std::size_t length, int flags)
{
	ORIGINAL(send);
	return FaultInjector::fails(FaultInjector::CALL_SEND) ? -1 : pOriginal(fd, pBuffer, length, flags);
}


ssize_t sendmsg(int fd, const struct msghdr* pMessage, int flags)
{
	ORIGINAL(sendmsg);
	return FaultInjector::fails(FaultInjector::CALL_SENDMSG) ? -1 : pOriginal(fd, pMessage, flags);
}


ssize_t sendfile(int out, int in, off_t* pOffset, std::size_t length) noexcept
{
	ORIGINAL(sendfile);
	return FaultInjector::fails(FaultInjector::CALL_SENDFILE) ? -1 : pOriginal(out, in, pOffset, length);
}


ssize_t sendfile64(int out, int in, off64_t* pOffset, std::size_t length) noexcept
{
	ORIGINAL(sendfile64);
	return FaultInjector::fails(FaultInjector::CALL_SENDFILE) ? -1 : pOriginal(out, in, pOffset, length);
}


ssize_t read(int fd, void* pBuffer, std::size_t length)
{
	ORIGINAL(read);
	if (!FaultInjector::isExempt() && isSocketOrFile(fd) && FaultInjector::fails(FaultInjector::CALL_READ)) return -1;
	return pOriginal(fd, pBuffer, length);
}


ssize_t write(int fd, const void* pBuffer, std::size_t length)
{
	ORIGINAL(write);
	if (!FaultInjector::isExempt() && isSocketOrFile(fd) && FaultInjector::fails(FaultInjector::CALL_WRITE)) return -1;
	return pOriginal(fd, pBuffer, length);
}


ssize_t pread(int fd, void* pBuffer, std::size_t length, off_t offset)
{
	ORIGINAL(pread);
	return FaultInjector::fails(FaultInjector::CALL_PREAD) ? -1 : pOriginal(fd, pBuffer, length, offset);
}


ssize_t pread64(int fd, void* pBuffer, std::size_t length, off64_t offset)
{
	ORIGINAL(pread64);
	return FaultInjector::fails(FaultInjector::CALL_PREAD) ? -1 : pOriginal(fd, pBuffer, length, offset);
}


off_t lseek(int fd, off_t offset, int whence) noexcept
{
	ORIGINAL(lseek);
	return FaultInjector::fails(FaultInjector::CALL_LSEEK) ? -1 : pOriginal(fd, offset, whence);
}


off64_t lseek64(int fd, off64_t offset, int whence) noexcept
{
	ORIGINAL(lseek64);
	return FaultInjector::fails(FaultInjector::CALL_LSEEK) ? -1 : pOriginal(fd, offset, whence);
}


int open(const char* pPath, int flags, ...)
{
	ORIGINAL(open);
	va_list arguments;
	va_start(arguments, flags);
	const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return FaultInjector::fails(FaultInjector::CALL_OPEN) ? -1 : pOriginal(pPath, flags, mode);
}


int open64(const char* pPath, int flags, ...)
{
	ORIGINAL(open64);
	va_list arguments;
	va_start(arguments, flags);
	const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	return FaultInjector::fails(FaultInjector::CALL_OPEN) ? -1 : pOriginal(pPath, flags, mode);
}


int stat(const char* pPath, struct stat* pStatus) noexcept
{
	static const auto pOriginal = reinterpret_cast<int (*)(const char*, struct stat*)>(dlsym(RTLD_NEXT, "stat"));
	return FaultInjector::fails(FaultInjector::CALL_STAT) ? -1 : pOriginal(pPath, pStatus);
}


int stat64(const char* pPath, struct stat64* pStatus) noexcept
{
	static const auto pOriginal = reinterpret_cast<int (*)(const char*, struct stat64*)>(dlsym(RTLD_NEXT, "stat64"));
	return FaultInjector::fails(FaultInjector::CALL_STAT) ? -1 : pOriginal(pPath, pStatus);
}


int fstat(int fd, struct stat* pStatus) noexcept
{
	ORIGINAL(fstat);
	return FaultInjector::fails(FaultInjector::CALL_STAT) ? -1 : pOriginal(fd, pStatus);
}


int fstat64(int fd, struct stat64* pStatus) noexcept
{
	ORIGINAL(fstat64);
	return FaultInjector::fails(FaultInjector::CALL_STAT) ? -1 : pOriginal(fd, pStatus);
}


int close(int fd)
{
	ORIGINAL(close);
	if (!FaultInjector::fails(FaultInjector::CALL_CLOSE)) return pOriginal(fd);
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
	return FaultInjector::fails(FaultInjector::CALL_FCNTL) ? -1 : pOriginal(fd, command, pArgument);
}


int fcntl64(int fd, int command, ...)
{
	static const auto pOriginal = reinterpret_cast<int (*)(int, int, ...)>(dlsym(RTLD_NEXT, "fcntl64"));
	va_list arguments;
	va_start(arguments, command);
	void* const pArgument = va_arg(arguments, void*);
	va_end(arguments);
	return FaultInjector::fails(FaultInjector::CALL_FCNTL) ? -1 : pOriginal(fd, command, pArgument);
}


int ioctl(int fd, unsigned long request, ...) noexcept
{
	static const auto pOriginal = reinterpret_cast<int (*)(int, unsigned long, ...)>(dlsym(RTLD_NEXT, "ioctl"));
	va_list arguments;
	va_start(arguments, request);
	void* const pArgument = va_arg(arguments, void*);
	va_end(arguments);
	return FaultInjector::fails(FaultInjector::CALL_IOCTL) ? -1 : pOriginal(fd, request, pArgument);
}


int poll(struct pollfd* pDescriptors, nfds_t count, int timeout)
{
	ORIGINAL(poll);
	if (FaultInjector::fails(FaultInjector::CALL_POLL)) return -1;
	const FaultInjector::Waiting waiting; // libev as well, where it has no epoll
	return standIns.pPoll ? standIn(standIns.pPoll, pDescriptors, count, timeout) : pOriginal(pDescriptors, count, timeout);
}


int epoll_ctl(int fd, int operation, int target, struct epoll_event* pEvent) noexcept
{
	ORIGINAL(epoll_ctl);
	// Only adding needs memory. Where libev fails to change something, it begins anew with all descriptors, and sleeps if it cannot add
	// them.
	return FaultInjector::fails(FaultInjector::CALL_EPOLL_CTL, operation == EPOLL_CTL_ADD) ? -1 : pOriginal(fd, operation, target, pEvent);
}


int epoll_wait(int fd, struct epoll_event* pEvents, int maxEvents, int timeout)
{
	ORIGINAL(epoll_wait);
	if (FaultInjector::fails(FaultInjector::CALL_EPOLL_WAIT)) return -1;
	const FaultInjector::Waiting waiting;
	return standIns.pEpollWait ? standIn(standIns.pEpollWait, fd, pEvents, maxEvents, timeout) : pOriginal(fd, pEvents, maxEvents, timeout);
}


int epoll_create(int size) noexcept
{
	ORIGINAL(epoll_create);
	return FaultInjector::fails(FaultInjector::CALL_EPOLL_CREATE) ? -1 : pOriginal(size);
}


int epoll_create1(int flags) noexcept
{
	ORIGINAL(epoll_create1);
	return FaultInjector::fails(FaultInjector::CALL_EPOLL_CREATE) ? -1 : pOriginal(flags);
}


int eventfd(unsigned value, int flags) noexcept
{
	ORIGINAL(eventfd);
	return FaultInjector::fails(FaultInjector::CALL_EVENTFD) ? -1 : pOriginal(value, flags);
}


int pipe(int descriptors[2]) noexcept
{
	ORIGINAL(pipe);
	return FaultInjector::fails(FaultInjector::CALL_PIPE) ? -1 : pOriginal(descriptors);
}


int socket(int domain, int type, int protocol) noexcept
{
	ORIGINAL(socket);
	return FaultInjector::fails(FaultInjector::CALL_SOCKET) ? -1 : pOriginal(domain, type, protocol);
}


int bind(int fd, const struct sockaddr* pAddress, socklen_t length) noexcept
{
	ORIGINAL(bind);
	return FaultInjector::fails(FaultInjector::CALL_BIND) ? -1 : pOriginal(fd, pAddress, length);
}


int listen(int fd, int backlog) noexcept
{
	ORIGINAL(listen);
	return FaultInjector::fails(FaultInjector::CALL_LISTEN) ? -1 : pOriginal(fd, backlog);
}


int shutdown(int fd, int how) noexcept
{
	ORIGINAL(shutdown);
	return FaultInjector::fails(FaultInjector::CALL_SHUTDOWN) ? -1 : pOriginal(fd, how);
}


int setsockopt(int fd, int level, int name, const void* pValue, socklen_t length) noexcept
{
	ORIGINAL(setsockopt);
	return FaultInjector::fails(FaultInjector::CALL_SETSOCKOPT) ? -1 : pOriginal(fd, level, name, pValue, length);
}


int getsockopt(int fd, int level, int name, void* pValue, socklen_t* pLength) noexcept
{
	ORIGINAL(getsockopt);
	return FaultInjector::fails(FaultInjector::CALL_GETSOCKOPT) ? -1 : pOriginal(fd, level, name, pValue, pLength);
}


int getsockname(int fd, struct sockaddr* pAddress, socklen_t* pLength) noexcept
{
	ORIGINAL(getsockname);
	return FaultInjector::fails(FaultInjector::CALL_GETSOCKNAME) ? -1 : pOriginal(fd, pAddress, pLength);
}


int getpeername(int fd, struct sockaddr* pAddress, socklen_t* pLength) noexcept
{
	ORIGINAL(getpeername);
	return FaultInjector::fails(FaultInjector::CALL_GETPEERNAME) ? -1 : pOriginal(fd, pAddress, pLength);
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
	if (FaultInjector::fails(FaultInjector::CALL_PTHREAD_CREATE)) return errno;
	// Poco::ThreadPool deletes a thread that runs already if there is no memory to remember it, and waits for ever.
	FaultInjector::spare(SPARED_BY_THREAD);
	return pOriginal(pThread, pAttributes, pRoutine, pArgument);
}


} // extern "C"


void FaultInjector::use(const StandIns& functions)
{
	standIns = functions;
}
