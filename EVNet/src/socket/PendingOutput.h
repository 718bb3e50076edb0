//
// PendingOutput.h
//
// Library: EVNet
// Package: Socket
// Module:  PendingOutput
//
// Definition of the PendingOutput class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_PendingOutput_INCLUDED
#define EVNet_PendingOutput_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/BufferPool.h"
#include "core/FileDescriptor.h"
#include "Poco/Net/SocketDefs.h"
#include "Poco/Types.h"
#include <atomic>
#include <cstddef>
#include <mutex>


struct iovec;


namespace Poco {
namespace EVNet {


class Transport;


class PendingOutput
	/// The bytes, and the file behind them, that have been sent by a handler and not been taken by the client, and
	/// the bytes of responses that wait for the next one, to be sent together.
	///
	/// Filled by the owner of the socket. May be flushed by the leader of the loop meanwhile. Nearly
	/// all connections have none, and then this is no more than a null pointer.
{
public:
	enum Result
		/// What became of an attempt to send without waiting.
	{
		FLUSH_DONE,
			/// All was sent.
		FLUSH_AGAIN,
			/// The client does not take more at present.
		FLUSH_FILE,
			/// The file is next, which only flushAsOwner() reads.
		FLUSH_ERROR
			/// The connection is broken, or the file cannot be read or has become shorter; see errno.
	};

	PendingOutput();
	~PendingOutput();

	void guardedBy(std::mutex* pMutex);
		/// Has this mutex, unless it is null, guard the output: it is no other connection's. To be called before there is any.

	bool empty() const;

	bool held() const;
		/// Returns true if there is output, and it is only there because of hold().

	Result flush(poco_socket_t fd, Transport& transport, bool beside = false);
		/// Sends bytes, without waiting. Not more than FLUSH_SLICE of them at a time, lest a fast client keeps the
		/// loop from the others. Never reads the file: that may wait for a disk, and then the leader would. If beside is true, it is the leader that
		/// flushes while a handler runs: does nothing if that one has the SecureStreamSocket.

	Result flushAsOwner(poco_socket_t fd, Transport& transport);
		/// Sends bytes as flush() does, and then a part of the file, FLUSH_SLICE bytes of it at most. Does not wait for the client, but
		/// for the disk. When the client does not take more, a short rest of the file goes into memory, and the file is closed.

	std::size_t keep(const char* pBytes, std::size_t length, BufferPool& pool);
		/// Appends bytes as long as the size is not more than maxPendingOutput, and the budget of the server has room, or
		/// the size is not more than KEPT_ALWAYS. Returns the number of bytes appended.

	void addFile(FileDescriptor&& file, Poco::UInt64 length, BufferPool& pool);
		/// Appends so many bytes of a file, from its beginning on. There must be no other file. Until
		/// it has been sent, nothing can be appended.

	bool hold(const struct iovec* pParts, int count, std::size_t maxSize, BufferPool& pool, const std::atomic<bool>& permitted);
		/// Appends bytes that are to be sent together with more to come. Returns false if that is not permitted (any more), or
		/// if the size would be more than maxSize, which is at most KEPT_ALWAYS.

	bool join(const struct iovec* pParts, int count, std::size_t maxSize);
		/// Appends bytes to those that are held, to be sent together. Returns false if there are none, or the
		/// size would be more than maxSize.

	Result flushHeld(poco_socket_t fd, Transport& transport, std::atomic<bool>& permitted);
		/// Sends as flush() does, and from now on nothing is held, also by a thread that is about to.

	Poco::UInt64 takeFlushed();
		/// Returns the number of bytes sent by flush() since this was called the last time, or since there is output.

	bool askToFlush();
		/// Returns true if there is output, and this has not been called since there is.

	void drop();
		/// Forgets the output.

private:
	enum
	{
		FLUSH_SLICE = 1 << 20,
		KEPT_ALWAYS = 65536     /// bytes that each connection may keep in memory, also a short rest of a file
	};

	struct Bytes;

	PendingOutput(const PendingOutput&);
	PendingOutput& operator = (const PendingOutput&);

	std::mutex& mutex() const;
	bool append(Bytes* pBytes, const struct iovec* pParts, int count, std::size_t maxSize, BufferPool& pool);
	static ssize_t flushSome(poco_socket_t fd, Transport& transport, Bytes& output);
	void keepRest();

	std::mutex*         _pMutex;
	std::atomic<Bytes*> _pBytes;   /// made by the owner; changed and removed under mutex(), but as long as there is a file by the owner only
};


//
// inlines
//
inline bool PendingOutput::empty() const
{
	return _pBytes.load(std::memory_order_acquire) == nullptr;
}


} } // namespace Poco::EVNet


#endif // EVNet_PendingOutput_INCLUDED
