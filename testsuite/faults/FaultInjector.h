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


#include <string>
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

	static void arm(const Fault& fault);
	static void disarm();

	static long injected();
		/// Returns how often a call has failed since arm().

	static long calls();
		/// Returns the number of calls of all kinds so far.

	static int waiting();
		/// Returns the number of threads that wait for events.


	class Exempt
		/// Exempts the calling thread, or takes that back, as long as it exists.
	{
	public:
		explicit Exempt(bool flag = true);
		~Exempt();

	private:
		bool _before;
	};
};


#endif // FaultInjector_INCLUDED
