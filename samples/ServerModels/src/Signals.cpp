//
// Signals.cpp
//
// The signals that end the program, and those of its children, as events.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Signals.h"
#include "Poco/Exception.h"
#include <cerrno>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>


namespace
{
	sigset_t handledSignals()
	{
		sigset_t signals;
		sigemptyset(&signals);
		sigaddset(&signals, SIGTERM);
		sigaddset(&signals, SIGINT);
		sigaddset(&signals, SIGCHLD);
		return signals;
	}
}


Signals::Signals():
	_descriptor(-1)
{
	::signal(SIGPIPE, SIG_IGN);
	const sigset_t signals = handledSignals();
	::pthread_sigmask(SIG_BLOCK, &signals, 0);
	_descriptor = ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (_descriptor < 0) throw Poco::SystemException("signalfd", errno);
}


Signals::~Signals()
{
	::close(_descriptor);
}


Signals::Event Signals::wait(int milliseconds)
{
	struct pollfd descriptor = {_descriptor, POLLIN, 0};
	if (::poll(&descriptor, 1, milliseconds) <= 0) return NONE;

	struct signalfd_siginfo info;
	if (::read(_descriptor, &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) return NONE;
	return info.ssi_signo == SIGCHLD ? CHILD : END;
}


void Signals::restore()
{
	const sigset_t signals = handledSignals();
	::pthread_sigmask(SIG_UNBLOCK, &signals, 0);
}
