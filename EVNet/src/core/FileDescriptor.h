//
// FileDescriptor.h
//
// Library: EVNet
// Package: Core
// Module:  FileDescriptor
//
// Definition of the FileDescriptor class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_FileDescriptor_INCLUDED
#define EVNet_FileDescriptor_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/File.h"
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <utility>


namespace Poco {
namespace EVNet {


class FileDescriptor
	/// Owns a descriptor, mostly that of a file that is open for reading, or none.
{
public:
	FileDescriptor():
		_fd(-1)
	{
	}

	explicit FileDescriptor(int fd):
		_fd(fd)
		/// Takes over a descriptor of whatever kind, or none if fd is negative.
	{
	}

	explicit FileDescriptor(const std::string& path):
		_fd(-1)
		/// Opens the file. Throws what a Poco::FileInputStream does if that fails. Does not wait for the writer of a FIFO.
	{
		int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
		while ((_fd = ::open(path.c_str(), flags)) < 0)
		{
			if (errno == EWOULDBLOCK && (flags & O_NONBLOCK)) flags &= ~O_NONBLOCK; // a file that somebody has a lease of
			else if (errno != EINTR) Poco::File::handleLastError(path);
		}
	}

	FileDescriptor(FileDescriptor&& other):
		_fd(other._fd)
	{
		other._fd = -1;
	}

	FileDescriptor& operator = (FileDescriptor&& other)
	{
		std::swap(_fd, other._fd);
		return *this;
	}

	~FileDescriptor()
	{
		if (_fd >= 0) ::close(_fd);
	}

	int release()
		/// Returns the descriptor, which is the caller's to close from now on.
	{
		const int fd = _fd;
		_fd = -1;
		return fd;
	}

	int get() const
	{
		return _fd;
	}

	bool read(char* pBytes, std::size_t length, off_t offset) const
		/// Reads so many bytes. Returns false if the file does not have them (then errno is EIO), or cannot be read.
	{
		while (length > 0)
		{
			const ssize_t n = ::pread(_fd, pBytes, length, offset);
			if (n < 0 && errno == EINTR) continue;
			if (n == 0) errno = EIO;
			if (n <= 0) return false;
			pBytes += n;
			offset += n;
			length -= static_cast<std::size_t>(n);
		}
		return true;
	}

private:
	int _fd;
};


} } // namespace Poco::EVNet


#endif // EVNet_FileDescriptor_INCLUDED
