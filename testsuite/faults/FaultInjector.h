//
// FaultInjector.h
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultInjector
//
// Makes one chosen call of a server fail: functions of the C library, operator new, and OpenSSL's allocator are replaced in the program.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef FaultInjector_INCLUDED
#define FaultInjector_INCLUDED


#include <ctime>
#include <poll.h>
#include <string>
#include <sys/epoll.h>
#include <sys/types.h>
#include <vector>


class FaultInjector
	/// Counts calls, and lets the N-th one of a kind fail. Only calls by threads of a server count: that is, by all that
	/// are not exempt. May be used from any thread.
{
public:
	enum Call
	{
		CALL_ACCEPT,         /// accept, accept4
		CALL_RECV,           /// recv, recvfrom, recvmsg
		CALL_SEND,
		CALL_SENDMSG,
		CALL_SENDFILE,
		CALL_READ,           /// read of a socket (OpenSSL) or a file
		CALL_WRITE,          /// write to a socket (OpenSSL)
		CALL_PREAD,
		CALL_LSEEK,
		CALL_OPEN,
		CALL_STAT,           /// stat, fstat
		CALL_CLOSE,          /// closes, and says that it has failed, as Linux does
		CALL_FCNTL,
		CALL_IOCTL,
		CALL_POLL,
		CALL_EPOLL_CTL,
		CALL_EPOLL_WAIT,
		CALL_EPOLL_CREATE,
		CALL_EVENTFD,
		CALL_PIPE,
		CALL_SOCKET,
		CALL_BIND,
		CALL_LISTEN,
		CALL_SHUTDOWN,
		CALL_SETSOCKOPT,
		CALL_GETSOCKOPT,
		CALL_GETSOCKNAME,
		CALL_GETPEERNAME,
		CALL_PTHREAD_CREATE,
		CALL_NEW,            /// operator new
		CALL_OPENSSL_MALLOC,
		CALLS
	};

	struct Error
	{
		int         number;
		const char* pName;
	};

	struct Fault
	{
		Call call;
		int  n;        /// which call, from 1 on
		int  error;    /// index into errorsOf(call)
		bool lasts;    /// all later calls fail as well
	};

	static const char* nameOf(Call call);

	static const std::vector<Error>& errorsOf(Call call);
		/// Returns the errors with which the call is made to fail.

	static bool mayLast(const Error& error);
		/// Returns false for what a caller repeats at once, and rightly so: EINTR and EAGAIN.

	static bool mustLast(Call call, const Error& error);
		/// Returns true for an end of the connection that is told to OpenSSL: it does not look at that when it sends the ticket
		/// of a session, and goes on, behind a gap. With a connection that has really ended, that does not matter.

	static std::string textOf(const Fault& fault);

	static void replaceOpenSSLAllocator();
		/// To be called before OpenSSL has been used.

	static void arm(const Fault& fault, bool any = false);
		/// If any is true, the call is the n-th one of all kinds. If the fault lasts, all later calls of the same kind fail as well.

	static void disarm();

	static Call failedCall();
		/// Returns the kind of the call that has failed, or CALLS if none has since arm().

	static long injected();
		/// Returns how often a call has failed since arm().

	static long calls();
		/// Returns the number of calls of all kinds so far.

	static int waiting();
		/// Returns the number of threads that wait for events.

	static long allocations();
		/// Returns how many allocations by operator new have not been deleted, by all threads.

	struct StandIns
		/// Functions that are called in place of those of the C library, unless they fail; by a thread that is exempt meanwhile.
	{
		int (*pPoll)(struct pollfd*, nfds_t, int);
		int (*pEpollWait)(int, struct epoll_event*, int, int);
		ssize_t (*pReceive)(int, void*, std::size_t, int);
		int (*pGetTime)(clockid_t, struct timespec*);
		int (*pSleep)(const struct timespec*, struct timespec*);
	};

	static void use(const StandIns& standIns);
		/// To be called before there are other threads.


	class Exempt
		/// Exempts the calling thread, or takes that back, as long as it exists.
	{
	public:
		explicit Exempt(bool flag = true);
		~Exempt();

	private:
		bool _before;
	};

	//
	// For the functions that are replaced
	//
	static bool fails(Call call, bool mayLast = true);
		/// Returns true, with the error in errno, if this call has to fail.

	static void spare(int allocations);
		/// So many allocations of the calling thread, the next ones, do not fail.

	static bool isExempt();
		/// Returns true if the calling thread is exempt.

	static void countAllocation(int change);
		/// Counts allocations by operator new that have not been deleted.

	class Waiting
		/// The calling thread, unless it is exempt, waits for events as long as it exists.
	{
	public:
		Waiting();
		~Waiting();
	};
};


#endif // FaultInjector_INCLUDED
