//
// NonBlockingConnection.cpp
//
// A connection that nobody waits for.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "NonBlockingConnection.h"
#include <cerrno>
#include <exception>
#include <sys/socket.h>
#include <unistd.h>


NonBlockingConnection::NonBlockingConnection(const ModelOptions& options):
	_timeout(std::chrono::microseconds(options.timeout.totalMicroseconds())),
	_fd(-1),
	_state(CLOSED),
	_hungUp(false),
	_conversation(options.protocol, options.work)
{
}


NonBlockingConnection::~NonBlockingConnection()
{
	close();
}


void NonBlockingConnection::open(int fd)
{
	_fd = fd;
	_state = READING;
	_hungUp = false;
	_deadline = Clock::now() + _timeout;
	place = WATCHED;
	interest = 0;
}


void NonBlockingConnection::close()
{
	if (_fd < 0) return;
	::close(_fd);
	_fd = -1;
	_state = CLOSED;
	_conversation.restart();
}


NonBlockingConnection::State NonBlockingConnection::advance(LongJobs longJobs)
{
	if (_state == LINGERING) return _state = discard(); // whose deadline stays as it is

	_deadline = Clock::now() + _timeout;
	try
	{
		return _state = go(longJobs);
	}
	catch (std::exception&)
	{
		return _state = CLOSED; // no memory: this client is lost, others are not
	}
}


NonBlockingConnection::State NonBlockingConnection::go(LongJobs longJobs)
{
	// Receives once only, lest a client that sends without end keeps the thread from all others.
	for (bool received = false;; received = true)
	{
		// What has been received is answered before more is received, and the answers are sent together.
		do
		{
			while (_conversation.ready())
			{
				if (longJobs == LEAVE_LONG_JOBS && _conversation.isLong()) return flush() ? WORKING : CLOSED;
				_conversation.answer();
			}
			if (!flush()) return CLOSED;
			if (!_conversation.output().empty()) return WRITING;
		}
		while (_conversation.ready());

		if (_conversation.isOver()) return finish();
		if (received) return _state;
		_state = receive();
		if (_state == CLOSED) return CLOSED;
	}
}


NonBlockingConnection::State NonBlockingConnection::receive()
	/// Returns READY if it is not known that the socket is empty.
{
	char buffer[Conversation::CHUNK];
	ssize_t n;
	do
	{
		n = ::recv(_fd, buffer, sizeof(buffer), 0);
	}
	while (n < 0 && errno == EINTR);

	if (n < 0) return errno == EAGAIN ? READING : CLOSED;
	if (n == 0)
	{
		_conversation.endOfInput();
		return READING;
	}
	_conversation.receive(buffer, static_cast<std::size_t>(n));
	// Less than asked for has emptied the socket, and what comes later makes a new event. This
	// spares an edge-triggered loop the recv() that only says EAGAIN.
	return n == static_cast<ssize_t>(sizeof(buffer)) || _hungUp ? READY : READING;
}


bool NonBlockingConnection::flush()
	/// Sends what the client takes. Returns false if it takes nothing ever again.
{
	while (!_conversation.output().empty())
	{
		const ssize_t n = ::send(_fd, _conversation.output().data(), _conversation.output().size(), MSG_NOSIGNAL);
		if (n >= 0) _conversation.sent(static_cast<std::size_t>(n));
		else if (errno == EAGAIN) return true;
		else if (errno != EINTR) return false;
	}
	return true;
}


void NonBlockingConnection::performJob()
{
	try
	{
		_conversation.answer();
		flush(); // an error comes again
	}
	catch (std::exception&)
	{
		::shutdown(_fd, SHUT_RDWR); // advance() will notice
	}
}


NonBlockingConnection::State NonBlockingConnection::finish()
{
	if (!_conversation.mustLinger()) return CLOSED;
	::shutdown(_fd, SHUT_WR);
	_deadline = Clock::now() + std::chrono::seconds(LINGER_SECONDS);
	return discard();
}


NonBlockingConnection::State NonBlockingConnection::discard()
{
	char buffer[Conversation::CHUNK];
	for (int i = 0; i < LINGER_CHUNKS; i++)
	{
		const ssize_t n = ::recv(_fd, buffer, sizeof(buffer), 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) return CLOSED;
		if (n < 0 && errno == EAGAIN) return LINGERING;
	}
	return CLOSED;
}
