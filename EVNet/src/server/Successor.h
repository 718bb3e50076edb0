//
// Successor.h
//
// Library: EVNet
// Package: Server
// Module:  Successor
//
// Definition of the Successor class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Successor_INCLUDED
#define EVNet_Successor_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Timespan.h"
#include <string>
#include <sys/types.h>
#include <vector>


namespace Poco {
namespace EVNet {


class Successor
	/// A process that inherits listening sockets, from its start until it says that it is ready.
	///
	/// All that needs memory is prepared before fork(): another thread may hold any lock at that moment, which nobody
	/// unlocks in the new process, so that it can call only async-signal-safe functions until exec().
	///
	/// To be used by one thread.
{
public:
	enum
	{
		FIRST_DESCRIPTOR = 3
			/// See sd_listen_fds(3).
	};

	static const char* const READY_FD;
		/// The environment variable with the descriptor on which the successor says that it is ready.

	Successor(const std::vector<int>& descriptors, const std::vector<std::string>& names, const std::string& command,
		const std::vector<std::string>& args);
		/// Prepares the process. Throws a Poco::SystemException if there are no descriptors left.

	~Successor();
		/// Forgets the process, which goes on.

	pid_t start(const Poco::Timespan& timeout);
		/// Starts the process and waits until it is ready. Throws a Poco::SystemException or a
		/// Poco::TimeoutException if it is not; it is gone then.

private:
	Successor(const Successor&);
	Successor& operator = (const Successor&);

	void prepareEnvironment(const std::vector<std::string>& names);
	void prepareDescriptors(const std::vector<int>& descriptors);
	void closeDescriptors();
	pid_t fork();
	[[noreturn]] void runInChild();
	void resetSignals();
	int  arrangeDescriptors();
	void closeDescriptorsFrom(int first);
	void waitUntilReady(pid_t pid, const Poco::Timespan& timeout);
	[[noreturn]] void failed(pid_t pid, bool kill, const std::string& reason);

	std::string              _command;
	std::vector<std::string> _arguments;
	std::vector<std::string> _environment;
	std::size_t              _pidVariable;   /// where in _environment
	std::vector<char*>       _argv;
	std::vector<char*>       _envp;
	std::vector<int>         _descriptors;   /// copies, beyond those of the successor; the last one is the successor's end of the channel
	int                      _channel;       /// our end; an error number arrives here, 0 when the successor is ready
};


} } // namespace Poco::EVNet


#endif // EVNet_Successor_INCLUDED
