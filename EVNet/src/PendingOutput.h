//
// PendingOutput.h
//
// Library: EVNet
// Package: Engine
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
#include "FileDescriptor.h"
#include "Poco/Net/SocketDefs.h"
#include "Poco/Types.h"
#include <atomic>
#include <cstddef>
#include <mutex>


struct iovec;


namespace Poco {
namespace EVNet {


class SecureTransport;


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
		FLUSH_ERROR
			/// The connection is broken, see errno.
	};

	PendingOutput();
	~PendingOutput();

	bool empty() const;

	bool held() const;
		/// Returns true if there is output, and it is only there because of hold().

	Result flush(poco_socket_t fd, SecureTransport* pTLS);
		/// Sends, without waiting. Not more than FLUSH_SLICE bytes at a time, lest a fast client keeps the
		/// loop from the others.

	std::size_t keep(const char* pBytes, std::size_t length, std::size_t maxSize);
		/// Appends bytes as long as the size is not more than maxSize. Returns the
		/// number of bytes appended.

	void addFile(poco_socket_t fd, SecureTransport* pTLS, FileDescriptor&& file, Poco::UInt64 length);
		/// Appends so many bytes of a file, from its current position on. There must be no other file. Until
		/// it has been sent, the socket does not block, because sendfile() has no flag against
		/// waiting, and nothing can be appended.

	bool hold(const struct iovec* pParts, int count, std::size_t maxSize, const std::atomic<bool>& permitted);
		/// Appends bytes that are to be sent together with more to come. Returns false if that is not permitted (any more), or
		/// if the size would be more than maxSize.

	bool join(const struct iovec* pParts, int count, std::size_t maxSize);
		/// Appends bytes to those that are held, to be sent together. Returns false if there are none, or the
		/// size would be more than maxSize.

	Result flushHeld(poco_socket_t fd, SecureTransport* pTLS, std::atomic<bool>& permitted);
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
		FLUSH_SLICE = 1 << 20
	};

	struct Bytes;

	PendingOutput(const PendingOutput&);
	PendingOutput& operator = (const PendingOutput&);

	std::mutex& mutex() const;
	Result flushLocked(poco_socket_t fd, SecureTransport* pTLS);
	bool append(Bytes* pBytes, const struct iovec* pParts, int count, std::size_t maxSize);
	static ssize_t flushSome(poco_socket_t fd, SecureTransport* pTLS, Bytes& output);

	std::atomic<Bytes*> _pBytes;   /// made by the owner; changed and removed under mutex()
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
