//
// FileDescriptor.h
//
// Library: EVNet
// Package: Engine
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
#include "Poco/Exception.h"
#include <fcntl.h>
#include <string>
#include <unistd.h>


namespace Poco {
namespace EVNet {


class FileDescriptor
	/// Owns the descriptor of a file that is open for reading, or none.
{
public:
	FileDescriptor():
		_fd(-1)
	{
	}

	explicit FileDescriptor(const std::string& path):
		_fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC))
		/// Opens the file. Throws a Poco::OpenFileException if that fails.
	{
		if (_fd < 0) throw Poco::OpenFileException(path);
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

	int get() const
	{
		return _fd;
	}

private:
	int _fd;
};


} } // namespace Poco::EVNet


#endif // EVNet_FileDescriptor_INCLUDED
