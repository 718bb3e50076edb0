//
// OutputBuffer.h
//
// Library: EVNet
// Package: Socket
// Module:  OutputBuffer
//
// Definition of the OutputBuffer class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_OutputBuffer_INCLUDED
#define EVNet_OutputBuffer_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/BufferPool.h"
#include "socket/Transport.h"
#include "Poco/Net/SocketDefs.h"
#include "Poco/Types.h"
#include <cstddef>
#include <string>
#include <sys/types.h>


struct iovec;


namespace Poco {
namespace EVNet {


class OutputBuffer
	/// The bytes that wait for a client, and the part of a file behind them. Memory for the bytes is counted by a pool.
	///
	/// Made and filled by the owner of the connection. As the leader may send the bytes meanwhile, all methods are called under
	/// the lock of Output, except where it says otherwise.
{
public:
	enum
	{
		SIZE_ALWAYS = 65536 /// bytes for which each connection gets memory, whatever the budget of the server
	};

	explicit OutputBuffer(BufferPool& pool);
	~OutputBuffer();

	std::size_t size() const;
		/// Returns the number of bytes, without the file.

	std::size_t append(const char* pBytes, std::size_t length);
		/// Appends as many of the bytes as the budget of the server, or SIZE_ALWAYS, lets. Returns their number.

	void append(const struct iovec* pParts, int count, std::size_t length);
		/// Appends all parts; the size is SIZE_ALWAYS at most then. There is room for that length in all from now on.

	ssize_t send(Transport& transport, poco_socket_t fd);
		/// Sends bytes, as Transport::send() does, and drops them.

	void setFile(FileDescriptor&& file, Poco::UInt64 length);
		/// So many bytes of the file, from its beginning on, come behind the bytes.

	Poco::UInt64 fileLength() const;
		/// Returns how many bytes of the file are left.

	int sendFile(Transport& transport, poco_socket_t fd, std::size_t length);
		/// Sends so many bytes of the file at most, as Transport::sendFile() does. May wait for the disk, so the owner calls it
		/// without the lock: nobody else touches the file.

	void fileSent(int error);
		/// Drops what sendFile() has sent, which has returned this.

	bool readFile(std::string& bytes) const;
		/// Reads the rest of the file. Returns false with errno if that is not possible. Called without the lock, as sendFile().

	FileDescriptor replaceFile(std::string& bytes);
		/// Puts the bytes, which are the rest of the file, into its place. Returns the file, to be closed without the lock.

	Poco::UInt64 flushed = 0;     /// bytes that have been sent since somebody has looked
	int          fileError = 0;   /// why nothing more can be sent, 0 if it can
	bool         asked = false;   /// the loop has been asked to send it
	bool         held  = false;   /// nobody has tried to send it

private:
	OutputBuffer(const OutputBuffer&);
	OutputBuffer& operator = (const OutputBuffer&);

	bool reserve(std::size_t length);
	void replace(std::string& bytes, std::size_t capacity);

	BufferPool::Ptr _pPool;        /// whose budget it is: it stays that when the socket gets to another server
	std::size_t     _capacity = 0; /// of _bytes, counted by the pool
	std::string     _bytes;
	std::size_t     _sent = 0;     /// of _bytes
	OutputFile      _file;
	off_t           _fileBegin = 0;  /// of what is left of it, as far as fileSent() knows
	Poco::UInt64    _fileLength = 0; /// from there on
};


//
// inlines
//
inline std::size_t OutputBuffer::size() const
{
	return _bytes.size() - _sent;
}


inline Poco::UInt64 OutputBuffer::fileLength() const
{
	return _fileLength;
}


} } // namespace Poco::EVNet


#endif // EVNet_OutputBuffer_INCLUDED
