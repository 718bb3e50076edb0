//
// WatchedDescriptor.cpp
//
// Library: EVNet
// Package: Socket
// Module:  WatchedDescriptor
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/WatchedDescriptor.h"
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>


namespace Poco {
namespace EVNet {


namespace
{
	Poco::UInt64 inodeOf(int fd)
		/// Returns a number that no other socket has at the same time, 0 if there is no such descriptor.
	{
		struct stat status;
		return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
	}
}


WatchedDescriptor::WatchedDescriptor(poco_socket_t fd):
	_fd(fd),
	_watches(0),
	_inode(0)
{
}


WatchedDescriptor::WatchedDescriptor(Poco::Net::SocketImpl& socket):
	_fd(socket.sockfd()),
	_watches(0),
	_pOwner(&socket, true),
	_inode(inodeOf(_fd))
{
}


WatchedDescriptor::~WatchedDescriptor()
{
}


bool WatchedDescriptor::endWatch()
{
	return _watches.fetch_sub(1) == (CLOSE_WANTED | 1) && closeNow();
}


bool WatchedDescriptor::close()
{
	// Before CLOSE_WANTED is set: from then on the descriptor may be closed at any moment, and become somebody else's.
	if (_watches.load() > 0 && isOpen()) ::shutdown(_fd, SHUT_RDWR);
	return _watches.fetch_or(CLOSE_WANTED) == 0 && closeNow();
}


bool WatchedDescriptor::closeNow()
{
	if (!_pOwner) ::close(_fd);
	else if (_pOwner->initialized()) _pOwner->close();
	return true;
}


void WatchedDescriptor::abort()
{
	if (!_pOwner)
	{
		::shutdown(_fd, SHUT_RDWR);
		return;
	}
	// A handler may be closing it, and then the number is another client's. A duplicate stays what it is while it is looked at.
	const int fd = ::fcntl(_fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0) return;
	if (inodeOf(fd) == _inode) ::shutdown(fd, SHUT_RDWR);
	::close(fd);
}


} } // namespace Poco::EVNet
