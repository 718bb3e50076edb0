//
// CallFaults.h
//
// System calls and allocations of this process that fail when a test wants them to.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef CallFaults_INCLUDED
#define CallFaults_INCLUDED


#include <atomic>
#include <cstddef>
#include <functional>
#include <string>


class CallFault
	/// While it exists, all calls of one function of the system by this process, on any thread, ask the test first.
	/// There can be one for each function at a time.
{
public:
	enum Call
		/// What can be made to fail.
	{
		CALL_ACCEPT,
			/// accept() and accept4()
		CALL_EPOLL_CTL,
			/// The descriptor is the one to be watched, not that of epoll.
		CALL_EPOLL_WAIT,
		CALL_EPOLL_CREATE,
		CALL_SENDFILE,
			/// The descriptor is that of the file.
		CALL_OPEN,
		CALL_FCNTL,
		CALL_COUNT
	};

	using Function = std::function<int(int)>;
		/// Is given the descriptor. Returns the errno that the call shall fail with, 0 to let it be done. May wait meanwhile,
		/// or do what somebody else might do just before.

	using OpenFunction = std::function<int(const std::string&)>;
		/// Is given the path instead.

	CallFault(Call call, const Function& function);
	explicit CallFault(const OpenFunction& function);
		/// For CALL_OPEN.

	~CallFault();

	static std::size_t bytesSentFromFiles();
		/// Returns how much sendfile() has sent so far.

private:
	CallFault(const CallFault&);
	CallFault& operator = (const CallFault&);

	const Call _call;
};


class AllocationFault
	/// While it exists, one allocation by operator new fails, of those made by threads other than the one that has created it.
{
public:
	explicit AllocationFault(int successful);
		/// So many succeed before.

	~AllocationFault();

	bool hit() const;
		/// Returns true if the allocation has been asked for.

private:
	AllocationFault(const AllocationFault&);
	AllocationFault& operator = (const AllocationFault&);
};


#endif // CallFaults_INCLUDED
