//
// HandoverSupport.h
//
// What the tests with several processes have in common.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef HandoverSupport_INCLUDED
#define HandoverSupport_INCLUDED


#include "TestSupport.h"
#include "Poco/EVNet/EVSharedSocket.h"
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>


using Poco::EVNet::EVSharedSocket;
using Poco::Net::SocketAddress;


inline std::string handoverProgram()
	/// Returns the path of EVNet-handover, which is beside the test runner.
{
	std::string path(4096, '\0');
	const ssize_t n = ::readlink("/proc/self/exe", &path[0], path.size());
	path.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
	return path.substr(0, path.rfind('/') + 1) + "EVNet-handover";
}


inline int waitForProcess(pid_t pid)
	/// Returns the exit status of a child, -1 if a signal has ended it. Ends it itself if it does not.
{
	int status = 0;
	if (!waitFor([&] { return ::waitpid(pid, &status, WNOHANG) != 0; }))
	{
		::kill(pid, SIGKILL);
		::waitpid(pid, &status, 0);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}


#endif // HandoverSupport_INCLUDED
