//
// ServerModelsProgram.h
//
// Definition of the ServerModelsProgram class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ServerModelsProgram_INCLUDED
#define ServerModelsProgram_INCLUDED


#include "HandoverSupport.h"
#include "TestSupport.h"
#include <cerrno>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>


class ServerModelsProgram
	/// The sample ServerModels, run by a process of its own. The program is beside the test runner.
{
public:
	explicit ServerModelsProgram(std::vector<std::string> arguments, rlim_t descriptors = 0):
		_pid(-1),
		_output(-1)
	{
		const std::string path = handoverProgram();
		arguments.insert(arguments.begin(), path.substr(0, path.rfind('/') + 1) + "ServerModels");
		std::vector<char*> argv;
		for (std::string& argument: arguments) argv.push_back(&argument[0]);
		argv.push_back(nullptr);
		int pipe[2];
		if (::pipe2(pipe, O_CLOEXEC) != 0) throw Poco::SystemException("pipe2", errno);
		_pid = ::fork();
		if (_pid == 0)
		{
			// A group of its own, by which its children are found
			::setpgid(0, 0);
			::dup2(pipe[1], STDOUT_FILENO);
			::dup2(pipe[1], STDERR_FILENO);
			const struct rlimit limit = {descriptors, descriptors};
			if (descriptors > 0) ::setrlimit(RLIMIT_NOFILE, &limit);
			::execv(argv[0], argv.data());
			::_exit(127);
		}
		::setpgid(_pid, _pid);
		::close(pipe[1]);
		_output = pipe[0];
	}

	~ServerModelsProgram()
	{
		if (_pid > 0)
		{
			::kill(-_pid, SIGKILL);
			::waitpid(_pid, nullptr, 0);
		}
		::close(_output);
	}

	SocketAddress address()
	{
		const std::string line = readLine();
		if (line.compare(0, 10, "listening ") != 0) throw Poco::DataException("it does not listen: " + line);
		return SocketAddress("127.0.0.1", static_cast<Poco::UInt16>(std::stoi(line.substr(10))));
	}

	std::string readLine()
	{
		std::string line;
		char c;
		while (::read(_output, &c, 1) == 1 && c != '\n') line += c;
		return line;
	}

	std::string readAll()
	{
		std::string text;
		char c;
		while (::read(_output, &c, 1) == 1) text += c;
		return text;
	}

	int wait()
		/// Returns the exit status.
	{
		const pid_t pid = _pid;
		_pid = -1;
		return waitForProcess(pid);
	}

	double processorSeconds() const
		/// Returns what the program has used, without its children.
	{
		clockid_t clock;
		struct timespec time = {0, 0};
		const bool told = ::clock_getcpuclockid(_pid, &clock) == 0 && ::clock_gettime(clock, &time) == 0;
		if (!told) throw Poco::SystemException("clock_getcpuclockid", errno);
		return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec)/1e9;
	}

	void checkEnd()
		/// Ends it, as a service manager does.
	{
		const pid_t pid = _pid;
		const Stopwatch stopwatch;
		::kill(pid, SIGTERM);
		const int status = wait();
		const int elapsed = stopwatch.elapsed();
		const bool alone = ::kill(-pid, 0) != 0 && errno == ESRCH;
		if (!alone) ::kill(-pid, SIGKILL);
		const std::string output = readAll();
		const bool right = output.compare(0, 7, "cpu_ms ") == 0 && output.find('\n') == output.size() - 1;
		if (!right) throw Poco::DataException("it says more than it should: " + output);
		assertEqual(0, status);
		assertTrue(elapsed < DEADLINE/2);
		assertTrue(alone);
	}

private:
	pid_t _pid;
	int   _output;
};


#endif // ServerModelsProgram_INCLUDED
