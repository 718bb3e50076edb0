//
// Listener.cpp
//
// A listening socket, and what can happen when a connection is accepted.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Listener.h"
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>


Listener::Listener(const Poco::Net::SocketAddress& address, Mode mode):
	_mode(mode)
{
	_socket.bind(address, true, true);
	_socket.setBlocking(mode != NON_BLOCKING);
	::fcntl(descriptor(), F_SETFD, FD_CLOEXEC);
	_socket.listen(BACKLOG);
}


int Listener::accept()
{
	for (;;)
	{
		const int fd = ::accept4(descriptor(), 0, 0, SOCK_CLOEXEC | (_mode == BLOCKING ? 0 : SOCK_NONBLOCK));
		if (fd >= 0)
		{
			// An answer must not wait for the acknowledgement of the one before.
			const int on = 1;
			::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			return fd;
		}
		switch (errno)
		{
		case EAGAIN:
			return NOBODY;
		case EMFILE:
		case ENFILE:
		case ENOBUFS:
		case ENOMEM:
			return NO_RESOURCES;
		case EINVAL:
		case EBADF:
			return CLOSED;
		default:
			break; // EINTR, and errors of this one client, e.g. ECONNABORTED: the next one, please
		}
	}
}


void Listener::shutdown()
{
	::shutdown(descriptor(), SHUT_RDWR);
}
