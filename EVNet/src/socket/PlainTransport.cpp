//
// PlainTransport.cpp
//
// Library: EVNet
// Package: Socket
// Module:  PlainTransport
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/PlainTransport.h"
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>


namespace Poco {
namespace EVNet {


namespace
{
	class NonBlocking
		/// Keeps a socket from blocking, because sendfile() has no flag against waiting. Only while the owner of
		/// the socket calls it; all other calls say MSG_DONTWAIT.
	{
	public:
		explicit NonBlocking(poco_socket_t fd):
			_fd(fd),
			_flags(::fcntl(fd, F_GETFL)),
			_set(_flags >= 0 && !(_flags & O_NONBLOCK) && ::fcntl(fd, F_SETFL, _flags | O_NONBLOCK) == 0)
		{
		}

		bool works() const
			/// Returns false if the system has refused it.
		{
			return _set || (_flags >= 0 && (_flags & O_NONBLOCK));
		}

		bool restore()
			/// Returns false if the system has refused it.
		{
			return !_set || ::fcntl(_fd, F_SETFL, _flags) == 0;
		}

	private:
		const poco_socket_t _fd;
		const int           _flags;
		const bool          _set;
	};

	bool refusesFile(int error)
		/// Returns true if the system cannot send the file with sendfile(), but can perhaps read it: some file systems.
	{
		return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EOVERFLOW;
	}

	ssize_t copyFile(poco_socket_t fd, const OutputFile& file, std::size_t length)
	{
		char buffer[16384];
		length = std::min(length, sizeof(buffer));
		if (!file.descriptor.read(buffer, length, file.offset)) return errno == EIO ? 0 : -1;
		return ::send(fd, buffer, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	}

	ssize_t sendPart(poco_socket_t fd, OutputFile& file, std::size_t length)
	{
		if (!file.copied)
		{
			off_t offset = file.offset;
			const ssize_t n = ::sendfile(fd, file.descriptor.get(), &offset, length);
			if (n >= 0 || !refusesFile(errno)) return n;
			file.copied = true;
		}
		return copyFile(fd, file, length);
	}
}


PlainTransport::PlainTransport():
	Transport(false)
{
}


PlainTransport& PlainTransport::instance()
{
	static PlainTransport* pInstance = new PlainTransport;
	return *pInstance;
}


ssize_t PlainTransport::receive(poco_socket_t fd, void* buffer, std::size_t length, int flags)
{
	ssize_t n;
	do
	{
		n = ::recv(fd, buffer, length, flags | MSG_DONTWAIT);
	}
	while (n < 0 && errno == EINTR);
	return n;
}


ssize_t PlainTransport::send(poco_socket_t fd, const struct iovec* pParts, int count, int flags)
{
	struct msghdr message = msghdr();
	message.msg_iov = const_cast<struct iovec*>(pParts);
	message.msg_iovlen = static_cast<std::size_t>(count);
	flags |= MSG_DONTWAIT | MSG_NOSIGNAL;
	ssize_t n;
	do
	{
		// Most have one part, for which send() is a little faster.
		n = count == 1 ? ::send(fd, pParts->iov_base, pParts->iov_len, flags) : ::sendmsg(fd, &message, flags);
	}
	while (n < 0 && errno == EINTR);
	return n;
}


int PlainTransport::sendFile(poco_socket_t fd, OutputFile& file, std::size_t length)
{
	const auto send = [&](std::size_t left) { return sendPart(fd, file, left); };
	if (file.copied) return sendParts(file, length, send);
	NonBlocking nonBlocking(fd);
	if (!nonBlocking.works()) file.copied = true;
	const int result = sendParts(file, length, send);
	if (nonBlocking.restore()) return result;
	// Handlers must not get a socket that does not wait. What is left of the file, if anything, and the next answer are lost by that, and
	// not by the client.
	const int error = errno;
	::shutdown(fd, SHUT_RDWR);
	return error;
}


} } // namespace Poco::EVNet
