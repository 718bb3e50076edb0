//
// Transport.h
//
// Library: EVNet
// Package: Socket
// Module:  Transport
//
// Definition of the Transport class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Transport_INCLUDED
#define EVNet_Transport_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/FileDescriptor.h"
#include "Poco/Net/SocketImpl.h"
#include "Poco/Net/StreamSocket.h"
#include "Poco/Timespan.h"
#include "Poco/Types.h"
#include <atomic>
#include <cerrno>
#include <mutex>
#include <sys/types.h>


struct iovec;


namespace Poco {
namespace EVNet {


class RateDeadline;


struct OutputFile
	/// A file that is sent.
{
	FileDescriptor descriptor;
	off_t          offset = 0;      /// of what has not been sent
	bool           copied = false;  /// sendfile(2) does not work with it
};


class Transport
	/// How the bytes of a connection get to the client and back: as they are (PlainTransport), or encrypted (SecureTransport).
	///
	/// No method waits for the client, whatever a handler has made of the socket, except for the two that say so, which have a deadline.
	///
	/// Which descriptor is meant, the caller says: so one PlainTransport serves all plain connections, and costs them no memory.
	///
	/// Called by the owner of the connection, unless said otherwise. What is not pure virtual is as it is without TLS.
{
public:
	struct Release
		/// Ends the use of a transport by a connection.
	{
		void operator () (Transport* pTransport) const;
	};

	virtual bool secure() const;
		/// Returns true if it encrypts. May be called by any thread.

	virtual ssize_t receive(poco_socket_t fd, void* buffer, std::size_t length, int flags = 0) = 0;
		/// Receives what is there, as recv(2) does. Returns 0 if the client has closed the connection, and -1 with errno EAGAIN if there is
		/// nothing, EPROTO if the client and TLS have not come together or what came cannot be decrypted, or what the system says.

	virtual ssize_t send(poco_socket_t fd, const struct iovec* pParts, int count, int flags = 0) = 0;
		/// Sends the parts, as sendmsg(2) does. Returns how many of the bytes are sent, or -1 with errno EAGAIN if it is none. The next
		/// call must begin with the bytes that are left. May also be called by the leader while a handler runs, see exposed().

	virtual int sendFile(poco_socket_t fd, OutputFile& file, std::size_t length) = 0;
		/// Sends so many bytes of the file, and moves the offset behind what has been sent. Waits for the disk, if need be.
		/// Returns 0 if that is all of them, otherwise why not: EAGAIN if the client does not take more, EIO if the file has become
		/// shorter, or what the system says.

	virtual bool pending();
		/// Returns true if there are bytes to receive of which the system does not know: they have been decrypted already.

	bool handshaking() const;
		/// Returns true if the connection has TLS, and its handshake may not be complete. May be called by any thread.

	bool wantsToReceive() const;
		/// Returns true if the last send() that could not send waits for something from the client (a new handshake),
		/// not for room for more output. May be called by any thread.

	bool waitToReceive(poco_socket_t fd, const RateDeadline& deadline) const;
	bool waitToSend(poco_socket_t fd, const RateDeadline& deadline) const;
		/// Wait until it is worth a try to receive, or to send. Return false if the period of the deadline has ended before.

	virtual bool endsOneWay() const;
		/// Returns true if the server can say that it sends no more, and still receive.

	virtual void shutdown();
		/// Tells the client that nothing will follow, where that takes more than shutting the descriptor down: with TLS, a close_notify.
		/// Does not wait for its answer.

	virtual std::mutex* outputMutex();
		/// Returns the mutex that guards the output that the client has not taken, so that nobody else waits while it is encrypted.
		/// Returns a null pointer if it takes no time to send.

	virtual Poco::UInt64 takeReceived(poco_socket_t fd);
	virtual Poco::UInt64 takeAcknowledged(poco_socket_t fd);
		/// Return the number of bytes that the client has sent, or has acknowledged, since this was called the last time, and that show
		/// neither in receive() nor in send(): with TLS, those of a record that is not complete. 0 where the system does not count them.

	//
	// what handlers do with the socket below it
	//
	virtual Poco::Net::StreamSocket socketFor(const Poco::Net::StreamSocket& socket);
		/// Returns what the application is to have in place of the socket of the connection: with TLS, the SecureStreamSocket below it.

	virtual bool is(const Poco::Net::SocketImpl* pSocket) const;
		/// Returns true if this is the implementation of a SecureStreamSocket below the connection.

	virtual void expose();
		/// From now on, handlers have the socket below, and use it without asking anybody: the leader must not use it any more while
		/// a handler runs.

	bool exposed() const;
		/// Returns true if expose() has been called, and there is such a socket. May be called by any thread.

	virtual void lend(const Poco::Timespan& timeout);
		/// A handler is going to use the socket below. If timeout is not 0, it may be one that wants to wait, and does so for the
		/// timeout at most whenever it receives or sends. What it changes itself counts as well until takeBack(), but only
		/// for its own use: the methods of this class do not wait meanwhile. Called after expose(): no other thread uses this object then.

	virtual void takeBack();
		/// Ends what lend() began, and undoes what the handler has changed. Called after expose().

	virtual void giveAway(const Poco::Timespan& timeout);
		/// The socket below has got a new owner, who waits for the timeout at most, 0 for ever. Does
		/// nothing if it is the owner of another connection by now.

	virtual bool isLatest() const;
		/// Returns false if the socket below has become that of another connection.

	virtual Poco::Timespan receiveTimeout();
	virtual Poco::Timespan sendTimeout();
		/// Return what the handler that has the socket below has set; 0 if it has not.

protected:
	explicit Transport(bool handshaking);
	virtual ~Transport();

	template <class Function>
	static int sendParts(OutputFile& file, std::size_t length, Function sendPart);
		/// Sends so many bytes of the file by calling the function with the length of what is left: it sends a part of it, at the
		/// offset of the file, and returns what the system call would, 0 if there is nothing. Returns what sendFile() does.

	std::atomic<bool> _handshaking;
	std::atomic<bool> _exposed;
	std::atomic<bool> _wantsToReceive;

private:
	Transport(const Transport&);
	Transport& operator = (const Transport&);

	virtual void release();
		/// The connection does not need it any more.
};


//
// inlines
//
template <class Function>
int Transport::sendParts(OutputFile& file, std::size_t length, Function sendPart)
{
	while (length > 0)
	{
		const ssize_t n = sendPart(length);
		if (n == 0) return EIO; // it has become shorter
		if (n < 0 && errno != EINTR) return errno;
		if (n < 0) continue;
		file.offset += n;
		length -= static_cast<std::size_t>(n);
	}
	return 0;
}


inline void Transport::Release::operator () (Transport* pTransport) const
{
	pTransport->release();
}


inline bool Transport::handshaking() const
{
	return _handshaking.load(std::memory_order_relaxed);
}


inline bool Transport::wantsToReceive() const
{
	return _wantsToReceive.load(std::memory_order_relaxed);
}


inline bool Transport::exposed() const
{
	return _exposed.load(std::memory_order_relaxed);
}


} } // namespace Poco::EVNet


#endif // EVNet_Transport_INCLUDED
