//
// Successor.cpp
//
// Library: EVNet
// Package: Server
// Module:  Successor
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "server/Successor.h"
#include "core/SteadyTime.h"
#include "Poco/Error.h"
#include "Poco/Exception.h"
#include "Poco/Format.h"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>


extern char** environ;


namespace Poco {
namespace EVNet {


namespace
{
	const char LISTEN_PID[] = "LISTEN_PID=";
	const std::size_t PID_DIGITS = 10;
	const std::chrono::milliseconds POLL_AGAIN_AFTER(10); // when the system has no memory to wait for the successor


	int systemFailed(const std::string& what)
	{
		throw Poco::SystemException(what, Poco::Error::getMessage(errno));
	}


	bool isOurs(const char* pVariable)
	{
		for (const char* name: {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID", Successor::READY_FD})
		{
			const std::size_t length = std::strlen(name);
			if (std::strncmp(pVariable, name, length) == 0 && pVariable[length] == '=') return true;
		}
		return false;
	}


	std::vector<char*> pointersTo(std::vector<std::string>& strings)
	{
		std::vector<char*> result;
		for (std::string& string: strings) result.push_back(&string[0]);
		result.push_back(nullptr);
		return result;
	}
}


const char* const Successor::READY_FD = "EVNET_READY_FD";


Successor::Successor(const std::vector<int>& descriptors, const std::vector<std::string>& names, const std::string& command,
	const std::vector<std::string>& args):
	_command(command),
	_arguments(args),
	_pidVariable(0),
	_channel(-1)
{
	_arguments.insert(_arguments.begin(), command);
	prepareEnvironment(names);
	_argv = pointersTo(_arguments);
	_envp = pointersTo(_environment);
	try
	{
		prepareDescriptors(descriptors);
	}
	catch (...)
	{
		closeDescriptors();
		throw;
	}
}


Successor::~Successor()
{
	closeDescriptors();
}


void Successor::prepareEnvironment(const std::vector<std::string>& names)
{
	for (char** ppVariable = environ; ppVariable && *ppVariable; ++ppVariable)
	{
		if (!isOurs(*ppVariable)) _environment.push_back(*ppVariable);
	}
	_pidVariable = _environment.size();
	_environment.push_back(LISTEN_PID + std::string(PID_DIGITS, '\0')); // known to the new process only
	_environment.push_back("LISTEN_FDS=" + std::to_string(names.size()));
	std::string list;
	for (const std::string& name: names) list += (list.empty() ? "" : ":") + name;
	_environment.push_back("LISTEN_FDNAMES=" + list);
	_environment.push_back(std::string(READY_FD) + "=" + std::to_string(FIRST_DESCRIPTOR + names.size()));
}


void Successor::prepareDescriptors(const std::vector<int>& descriptors)
{
	// Copies beyond all places, so that dup2() overwrites none that it has not copied yet.
	const int beyond = FIRST_DESCRIPTOR + static_cast<int>(descriptors.size()) + 1;
	for (int fd: descriptors)
	{
		const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, beyond);
		if (copy < 0) systemFailed("A listening socket cannot be handed over");
		_descriptors.push_back(copy);
	}
	// Not a pipe: a successor that outlives us must not be ended by SIGPIPE when it says that it is ready.
	int ends[2];
	if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) systemFailed("No channel to the successor");
	_channel = ends[0];
	const int copy = ::fcntl(ends[1], F_DUPFD_CLOEXEC, beyond);
	const int error = errno;
	::close(ends[1]);
	errno = error;
	if (copy < 0) systemFailed("No channel to the successor");
	_descriptors.push_back(copy);
}


void Successor::closeDescriptors()
{
	for (int fd: _descriptors) ::close(fd);
	_descriptors.clear();
	if (_channel >= 0) ::close(_channel);
	_channel = -1;
}


pid_t Successor::start(const Poco::Timespan& timeout)
{
	const pid_t pid = fork();
	::close(_descriptors.back()); // only the successor has it now: if it ends, so does the channel
	_descriptors.pop_back();
	waitUntilReady(pid, timeout);
	return pid;
}


pid_t Successor::fork()
{
	// Handlers for signals belong to this process and must not run in the new one.
	sigset_t all, previous;
	sigfillset(&all);
	::pthread_sigmask(SIG_SETMASK, &all, &previous);
	const pid_t pid = ::fork();
	if (pid == 0) runInChild();
	const int error = errno;
	::pthread_sigmask(SIG_SETMASK, &previous, nullptr);
	errno = error;
	if (pid < 0) systemFailed("Cannot start " + _command);
	return pid;
}


void Successor::runInChild()
{
	char* pDigit = &_environment[_pidVariable][0] + sizeof(LISTEN_PID) - 1;
	char digits[PID_DIGITS];
	std::size_t n = 0;
	for (pid_t pid = ::getpid(); pid > 0 && n < PID_DIGITS; pid /= 10) digits[n++] = static_cast<char>('0' + pid % 10);
	while (n > 0) *pDigit++ = digits[--n];

	const int channel = arrangeDescriptors();
	if (channel >= 0)
	{
		closeDescriptorsFrom(channel + 1);
		resetSignals();
		::execve(_command.c_str(), _argv.data(), _envp.data());
	}
	const int error = errno;
	::send(channel >= 0 ? channel : _descriptors.back(), &error, sizeof(error), MSG_NOSIGNAL);
	::_exit(127);
}


int Successor::arrangeDescriptors()
{
	int target = FIRST_DESCRIPTOR;
	for (int fd: _descriptors)
	{
		if (::dup2(fd, target++) < 0) return -1; // the copy survives exec()
	}
	return target - 1;
}


void Successor::closeDescriptorsFrom(int first)
{
	// Connections above all: a client would not notice that this process has closed its connection
	// as long as the successor had it open. Descriptors that the application has opened may lack FD_CLOEXEC.
#if defined(SYS_close_range)
	if (::syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) return;
#endif
	const long end = ::sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd < end; fd++) ::close(fd);
}


void Successor::resetSignals()
{
	struct sigaction action;
	for (int number = 1; number < NSIG; number++)
	{
		if (::sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_IGN || action.sa_handler == SIG_DFL) continue;
		action.sa_handler = SIG_DFL;
		action.sa_flags = 0;
		::sigaction(number, &action, nullptr);
	}
	sigset_t none;
	sigemptyset(&none);
	::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}


void Successor::waitUntilReady(pid_t pid, const Poco::Timespan& timeout)
{
	using Clock = std::chrono::steady_clock;
	const Clock::time_point end = Clock::now() + boundedTime(timeout);
	for (;;)
	{
		const Poco::Int64 left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
		struct pollfd ready = {_channel, POLLIN, 0};
		const int rc = ::poll(&ready, 1, static_cast<int>(std::min<Poco::Int64>(std::max<Poco::Int64>(left, 0), 1000*1000)));
		if (rc > 0) break;
		if (left <= 0) failed(pid, true, "");
		if (rc < 0 && errno != EINTR) std::this_thread::sleep_for(POLL_AGAIN_AFTER);
	}
	int error = 0;
	ssize_t n;
	do
	{
		n = ::read(_channel, &error, sizeof(error));
	}
	while (n < 0 && errno == EINTR);
	if (n != static_cast<ssize_t>(sizeof(error))) failed(pid, true, "it has ended before it was ready");
	if (error != 0) failed(pid, false, Poco::Error::getMessage(error));
}


void Successor::failed(pid_t pid, bool kill, const std::string& reason)
{
	// A successor that is not ready must not take connections from the queue.
	if (kill) ::kill(pid, SIGKILL);
	while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {}
	if (reason.empty()) throw Poco::TimeoutException("The successor is not ready", _command);
	throw Poco::SystemException("The successor " + _command + " cannot take over", reason);
}


} } // namespace Poco::EVNet
