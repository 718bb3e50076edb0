//
// BlockingConnection.cpp
//
// A connection whose thread waits for it: the simple way.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "BlockingConnection.h"
#include "Poco/Thread.h"
#include <cerrno>
#include <chrono>
#include <exception>
#include <iostream>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>


namespace
{
	ssize_t receive(int fd, char* pBuffer, std::size_t size)
		/// A signal is no reason to stop.
	{
		ssize_t n;
		do
		{
			n = ::recv(fd, pBuffer, size, 0);
		}
		while (n < 0 && errno == EINTR);
		return n;
	}
}


BlockingConnection::BlockingConnection(int fd, const ModelOptions& options):
	_fd(fd),
	_conversation(options.protocol, options.work)
{
	setTimeout(options.timeout);
}


void BlockingConnection::setTimeout(const Poco::Timespan& timeout)
{
	struct timeval value;
	value.tv_sec = static_cast<time_t>(timeout.totalSeconds());
	value.tv_usec = timeout.useconds();
	::setsockopt(_fd, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof(value));
	::setsockopt(_fd, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof(value));
}


void BlockingConnection::serve()
{
	char buffer[Conversation::CHUNK];
	for (;;)
	{
		// All that has been received is answered at once, and the answers are sent together.
		do
		{
			while (_conversation.ready()) _conversation.answer();
			if (!sendOutput()) return;
		}
		while (_conversation.ready());

		if (_conversation.isOver())
		{
			if (_conversation.mustLinger()) linger();
			return;
		}

		const ssize_t n = receive(_fd, buffer, sizeof(buffer));
		if (n < 0) return; // a reset, or the timeout
		if (n == 0) _conversation.endOfInput();
		else _conversation.receive(buffer, static_cast<std::size_t>(n));
	}
}


bool BlockingConnection::sendOutput()
{
	while (!_conversation.output().empty())
	{
		const ssize_t n = ::send(_fd, _conversation.output().data(), _conversation.output().size(), MSG_NOSIGNAL);
		if (n >= 0) _conversation.sent(static_cast<std::size_t>(n));
		else if (errno != EINTR) return false;
	}
	return true;
}


void BlockingConnection::linger()
{
	::shutdown(_fd, SHUT_WR);
	setTimeout(Poco::Timespan(LINGER_SECONDS, 0));
	const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(LINGER_SECONDS);
	char buffer[Conversation::CHUNK];
	for (int i = 0; i < LINGER_CHUNKS && std::chrono::steady_clock::now() < end; i++)
	{
		if (receive(_fd, buffer, sizeof(buffer)) <= 0) return;
	}
}


void BlockingConnection::serveAndClose(int fd, const ModelOptions& options, Interrupter& interrupter)
{
	try
	{
		Interrupter::Scope scope(interrupter, [fd] { ::shutdown(fd, SHUT_RDWR); });
		BlockingConnection(fd, options).serve();
	}
	catch (std::exception& exc)
	{
		// no memory: this client is lost, others are not
		std::cerr << "ServerModels: " << exc.what() << std::endl;
	}
	::close(fd);
}


void BlockingConnection::serveInTurn(Listener& listener, const ModelOptions& options, Interrupter& interrupter)
{
	for (;;)
	{
		const int fd = listener.accept();
		if (fd >= 0) serveAndClose(fd, options, interrupter);
		else if (fd == Listener::CLOSED) return;
		else Poco::Thread::sleep(Listener::RETRY);
	}
}
