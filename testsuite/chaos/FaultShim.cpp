//
// FaultShim.cpp
//
// Library: EVNet
// Package: ChaosTest
// Module:  FaultShim
//
// Makes system calls fail, or do only a part of their work: to be loaded with LD_PRELOAD (Linux).
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//
// Environment variables:
//
//   FAULT_PROBABILITY  of a fault in one call, 0 to 1
//   FAULT_SEED         of the random numbers; each thread has its own, in the order of their first calls
//   FAULT_KINDS        any of eintr,eagain,short,econnreset,epipe,enomem,emfile; all by default
//   FAULT_REPORT       file that the number of faults is written to when the process ends
//
// Only what the kernel may do itself: EAGAIN, and a send that takes a part, only where the caller does not
// want to wait, EMFILE only for accept4().
//


#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>


namespace
{
	enum Fault
	{
		FAULT_EINTR,
		FAULT_EAGAIN,
		FAULT_SHORT,
		FAULT_ECONNRESET,
		FAULT_EPIPE,
		FAULT_ENOMEM,
		FAULT_EMFILE,
		FAULTS,
		FAULT_NONE
	};

	const char* const NAMES[FAULTS] = { "eintr", "eagain", "short", "econnreset", "epipe", "enomem", "emfile" };
	const int ERRORS[FAULTS] = { EINTR, EAGAIN, 0, ECONNRESET, EPIPE, ENOMEM, EMFILE };

	const unsigned ANY       = (1U << FAULTS) - 1;
	const unsigned ACCEPTING = 1U << FAULT_EINTR | 1U << FAULT_EAGAIN | 1U << FAULT_ENOMEM | 1U << FAULT_EMFILE;
	const unsigned RECEIVING = 1U << FAULT_EINTR | 1U << FAULT_EAGAIN | 1U << FAULT_SHORT | 1U << FAULT_ECONNRESET | 1U << FAULT_ENOMEM;
	const unsigned SENDING   = RECEIVING | 1U << FAULT_EPIPE;
	const unsigned WAITING   = 1U << FAULT_EINTR | 1U << FAULT_SHORT; // libev ends the process for anything else

	std::atomic<std::uint64_t> counts[FAULTS];
	std::atomic<std::uint64_t> calls;
	std::atomic<std::uint64_t> threads;


	template <class Function>
	Function original(Function, const char* pName)
	{
		return reinterpret_cast<Function>(dlsym(RTLD_NEXT, pName));
	}

	struct Settings
	{
		Settings()
		{
			const char* pProbability = std::getenv("FAULT_PROBABILITY");
			const char* pSeed = std::getenv("FAULT_SEED");
			const char* pKinds = std::getenv("FAULT_KINDS");
			threshold = static_cast<std::uint64_t>((pProbability ? std::strtod(pProbability, nullptr) : 0.)*4294967296.);
			seed = pSeed ? std::strtoull(pSeed, nullptr, 10) : 1;
			kinds = pKinds ? 0 : ANY;
			for (int i = 0; pKinds && i < FAULTS; i++)
			{
				if (std::strstr(pKinds, NAMES[i])) kinds |= 1U << i;
			}
		}

		std::uint64_t threshold; /// of 2^32
		std::uint64_t seed;
		unsigned kinds;
	};

	const Settings& settings()
	{
		static const Settings instance;
		return instance;
	}

	std::uint64_t nextRandom()
		/// splitmix64
	{
		static thread_local std::uint64_t state = 0;
		if (state == 0) state = settings().seed*0x100000001B3ULL + ++threads*0x632BE59BD9B4E019ULL;
		state += 0x9E3779B97F4A7C15ULL;
		std::uint64_t z = state;
		z = (z ^ (z >> 30))*0xBF58476D1CE4E5B9ULL;
		z = (z ^ (z >> 27))*0x94D049BB133111EBULL;
		return z ^ (z >> 31);
	}

	Fault pick(unsigned possible)
		/// Returns what is to happen in this call. A fault that is an error is in errno as well.
	{
		calls.fetch_add(1, std::memory_order_relaxed);
		const std::uint64_t x = nextRandom();
		possible &= settings().kinds;
		if (!possible || (x & 0xFFFFFFFF) >= settings().threshold) return FAULT_NONE;
		int left = static_cast<int>((x >> 32) % static_cast<unsigned>(__builtin_popcount(possible)));
		int fault = 0;
		while (!(possible & 1U << fault) || left-- > 0) fault++;
		counts[fault].fetch_add(1, std::memory_order_relaxed);
		if (ERRORS[fault]) errno = ERRORS[fault];
		return static_cast<Fault>(fault);
	}

	unsigned faultsOf(unsigned faults, int fd, int flags = 0)
		/// Returns those of the faults that are possible in this call.
	{
		if (flags & MSG_WAITALL) faults &= ~(1U << FAULT_SHORT); // recv(2): only an error or the end makes it short
		const bool waits = !(flags & MSG_DONTWAIT) && !(fcntl(fd, F_GETFL) & O_NONBLOCK);
		if (!waits) return faults;
		faults &= ~(1U << FAULT_EAGAIN);
		return faults == (SENDING & ~(1U << FAULT_EAGAIN)) ? faults & ~(1U << FAULT_SHORT) : faults;
	}

	std::size_t part(std::size_t length)
		/// Mostly one byte.
	{
		const std::uint64_t x = nextRandom();
		return x % 4 ? 1 : 1 + static_cast<std::size_t>(x >> 8) % length;
	}
}


#define FAULT_SHIM_API extern "C" __attribute__((visibility("default")))


FAULT_SHIM_API int accept4(int fd, struct sockaddr* pAddress, socklen_t* pLength, int flags)
{
	static const auto pOriginal = original(&::accept4, "accept4");
	const Fault fault = pick(faultsOf(ACCEPTING, fd));
	return fault < FAULTS ? -1 : pOriginal(fd, pAddress, pLength, flags);
}


FAULT_SHIM_API ssize_t recv(int fd, void* pBuffer, std::size_t length, int flags)
{
	static const auto pOriginal = original(&::recv, "recv");
	const Fault fault = pick(faultsOf(RECEIVING, fd, flags));
	if (fault < FAULTS && ERRORS[fault]) return -1;
	return pOriginal(fd, pBuffer, fault == FAULT_SHORT && length > 1 ? part(length) : length, flags);
}


FAULT_SHIM_API ssize_t send(int fd, const void* pBuffer, std::size_t length, int flags)
{
	static const auto pOriginal = original(&::send, "send");
	const Fault fault = pick(faultsOf(SENDING, fd, flags));
	if (fault < FAULTS && ERRORS[fault]) return -1;
	return pOriginal(fd, pBuffer, fault == FAULT_SHORT && length > 1 ? part(length) : length, flags);
}


FAULT_SHIM_API ssize_t sendmsg(int fd, const struct msghdr* pMessage, int flags)
{
	static const auto pOriginal = original(&::sendmsg, "sendmsg");
	const Fault fault = pick(faultsOf(SENDING, fd, flags));
	if (fault < FAULTS && ERRORS[fault]) return -1;
	if (fault != FAULT_SHORT || pMessage->msg_iovlen == 0) return pOriginal(fd, pMessage, flags);
	// As many parts as chance will have it, the last one cut.
	struct iovec parts[8];
	struct msghdr message = *pMessage;
	message.msg_iovlen = std::min<std::size_t>(part(pMessage->msg_iovlen), sizeof(parts)/sizeof(*parts));
	std::copy(pMessage->msg_iov, pMessage->msg_iov + message.msg_iovlen, parts);
	message.msg_iov = parts;
	struct iovec& last = parts[message.msg_iovlen - 1];
	if (last.iov_len > 1) last.iov_len = part(last.iov_len);
	return pOriginal(fd, &message, flags);
}


FAULT_SHIM_API ssize_t sendfile(int out, int in, off_t* pOffset, std::size_t length)
{
	static const auto pOriginal = original(&::sendfile, "sendfile");
	const Fault fault = pick(faultsOf(SENDING, out));
	if (fault < FAULTS && ERRORS[fault]) return -1;
	return pOriginal(out, in, pOffset, fault == FAULT_SHORT && length > 1 ? part(length) : length);
}


FAULT_SHIM_API int epoll_wait(int fd, struct epoll_event* pEvents, int maxEvents, int timeout)
{
	static const auto pOriginal = original(&::epoll_wait, "epoll_wait");
	const Fault fault = pick(WAITING);
	if (fault == FAULT_EINTR) return -1;
	return pOriginal(fd, pEvents, fault == FAULT_SHORT ? 1 : maxEvents, timeout);
}


__attribute__((destructor)) static void report()
{
	const char* pPath = std::getenv("FAULT_REPORT");
	std::FILE* pFile = pPath ? std::fopen(pPath, "w") : nullptr;
	if (!pFile) return;
	std::fprintf(pFile, "{\"calls\":%llu", static_cast<unsigned long long>(calls.load()));
	for (int i = 0; i < FAULTS; i++) std::fprintf(pFile, ",\"%s\":%llu", NAMES[i], static_cast<unsigned long long>(counts[i].load()));
	std::fprintf(pFile, "}\n");
	std::fclose(pFile);
}
