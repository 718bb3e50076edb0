//
// Children.cpp
//
// Processes that the program starts, and is responsible for.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Children.h"
#include "Poco/Exception.h"
#include <chrono>
#include <exception>
#include <iostream>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>


Children::~Children()
{
	stop();
}


bool Children::start(int number, const Function& child)
{
	const pid_t parent = ::getpid();
	const pid_t pid = ::fork();
	if (pid < 0) return false;
	if (pid > 0)
	{
		_pids[number] = pid;
		return true;
	}

	_pids.clear(); // they are not ours
	Signals::restore();
	::prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (::getppid() != parent) ::_exit(0); // it has ended before that call
	int status = 0;
	try
	{
		child();
	}
	catch (std::exception& exc)
	{
		std::cerr << "ServerModels: " << exc.what() << std::endl;
		status = 1;
	}
	// not exit(): what is to be done at the end of the program is for the parent
	::_exit(status);
}


void Children::reap()
{
	// One SIGCHLD may stand for several children, because a signal that is pending already does not count.
	pid_t pid;
	while ((pid = ::waitpid(-1, 0, WNOHANG)) > 0)
	{
		for (auto it = _pids.begin(); it != _pids.end(); ++it)
		{
			if (it->second == pid)
			{
				_pids.erase(it);
				break;
			}
		}
	}
}


void Children::startMissing(int workers, const Worker& worker)
{
	for (int i = 0; i < workers; i++)
	{
		if (_pids.find(i) == _pids.end()) start(i, [&] { worker(i); });
	}
}


void Children::startAll(int workers, const Worker& worker)
{
	startMissing(workers, worker);
	if (count() == workers) return;
	stop();
	throw Poco::SystemException("cannot start so many processes");
}


void Children::keepAll(int workers, const Worker& worker, Signals& signals)
{
	for (;;)
	{
		switch (signals.wait(count() < workers ? REPLACE_AFTER : -1))
		{
		case Signals::END:
			return;
		case Signals::CHILD:
			reap();
			break;
		case Signals::NONE:
			startMissing(workers, worker);
			break;
		}
	}
}


void Children::stop()
{
	for (const auto& child: _pids) ::kill(child.second, SIGTERM);
	const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(PATIENCE);
	while (reap(), !_pids.empty())
	{
		if (std::chrono::steady_clock::now() > end)
		{
			for (const auto& child: _pids) ::kill(child.second, SIGKILL);
		}
		std::this_thread::sleep_for(std::chrono::milliseconds(1));
	}
}
