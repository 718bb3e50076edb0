//
// ConnectionSocketImpl.h
//
// Library: EVNet
// Package: Socket
// Module:  ConnectionSocketImpl
//
// Definition of the ConnectionSocketImpl class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ConnectionSocketImpl_INCLUDED
#define EVNet_ConnectionSocketImpl_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/InputBuffer.h"
#include "socket/Output.h"
#include "socket/PeerAddress.h"
#include "core/PocoVersion.h"
#include "core/Pooled.h"
#include "socket/WatchedDescriptor.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/Net/StreamSocketImpl.h"
#include <atomic>


namespace Poco {
namespace EVNet {


class RateDeadline;


class ConnectionSocketImpl final: public Poco::Net::StreamSocketImpl, public Pooled<ConnectionSocketImpl>
	/// The socket of a connection, together with the bytes that the event loop has
	/// read ahead and the bytes that the client has not taken yet. Whoever reads from or
	/// writes to the StreamSocket, be it a handler, Poco's HTTP classes, or the owner of a
	/// detached socket, therefore sees one unbroken stream.
	///
	/// It belongs to one thread at a time, like the connection. The descriptor stays in blocking mode for who takes the socket out of the
	/// server; EVNet itself waits in poll() only, for the timeout that counts, see Transport.
{
public:
	enum Result
		/// What became of an attempt to receive without waiting.
	{
		RESULT_OK,
			/// Some bytes were received.
		RESULT_AGAIN,
			/// There is nothing at present.
		RESULT_END,
			/// The client has shut down its side.
		RESULT_FULL,
			/// No room for more bytes: the request has reached the limit for one connection.
		RESULT_NO_MEMORY,
			/// No room for more bytes: the budget of the server is used up.
		RESULT_ERROR,
			/// The connection is broken.
		RESULT_TLS_ERROR
			/// The client and TLS have not come together, or what came cannot be decrypted.
	};

	ConnectionSocketImpl(poco_socket_t fd, BufferPool::Ptr pPool, const struct sockaddr* pPeer = nullptr, socklen_t length = 0);
		/// Takes ownership of the descriptor of a connection that has been accepted from the given address. Without
		/// one, the system is asked when somebody wants to know.

	ConnectionSocketImpl(Poco::Net::SocketImpl& inner, BufferPool::Ptr pPool);
		/// Shares the descriptor of the given socket, which is kept open
		/// as long as this object exists.

	//
	// for the event loop
	//
	Result receive(BufferCache* pCache);
		/// Receives what is there into the buffer, without waiting. The buffer comes from the pool if pCache is null.

	void releaseBuffer(BufferCache* pCache);
		/// Gives the input buffer back if it holds no bytes; to the
		/// pool if pCache is null.

	InputBuffer& input();
	const InputBuffer& input() const;
		/// Returns the bytes received.

	std::size_t readMore(RateDeadline* pDeadline);
		/// Drops the bytes of the request, and receives more into the buffer, as the next part of the same
		/// request. Returns the number of bytes there are; 0 if the client has shut down its side, or nothing has
		/// arrived. With a null pointer, it does not wait. Otherwise it waits for the client and throws as receiveBytes()
		/// does, or a Poco::TimeoutException if it has to wait and the deadline is over. The caller adds the bytes to that.

	const BufferPool::Limits& limits() const;
		/// Returns what the options of the server say about buffers.

	Poco::UInt64 takeArrived();
		/// Returns the number of bytes that the client has sent since this was called the last time; with TLS, also those of a record that
		/// is not complete.

	void beginWatch();
	void endWatch();
		/// See WatchedDescriptor.

	bool isOpen();
		/// Returns false if the socket has been closed, also if it was the SecureStreamSocket below it. Called by the owner. A leader must
		/// not use the descriptor without asking, once a handler has run.

	void abort();
		/// Shuts the connection down. May be called by the leader while a handler uses the socket.

	Output& output();
	const Output& output() const;
		/// Returns what is sent, and may be used without an isOpen() before.

	Transport& transport() const;
		/// Returns how the bytes get to the client and back.

	Poco::Net::StreamSocket plainSocket();
		/// Returns the socket for who is going to own the whole connection: with TLS, the SecureStreamSocket.

	bool countBy(AddressLimiter& limiter);
		/// Counts the connection until its descriptor is closed. Returns false if its
		/// address has too many.

	void adoptedBy(BufferPool::Ptr pPool);
		/// Moves the socket to a (maybe other) server.

	Poco::UInt16 adoptions() const;
		/// Counts them: a handler that has detached the socket sees whether a server has it again. May be called by any thread.

	//
	// SocketImpl
	//
	int receiveBytes(void* buffer, int length, int flags = 0) override;
	int receiveBytes(Poco::Net::SocketBufVec& buffers, int flags = 0) override;
	int receiveBytes(Poco::Buffer<char>& buffer, int flags = 0, const Poco::Timespan& timeout = 100000) override;
	int sendBytes(const void* buffer, int length, int flags = 0) override;
	int sendBytes(const Poco::Net::SocketBufVec& buffers, int flags = 0) override;
	int available() override;
	bool poll(const Poco::Timespan& timeout, int mode) override;
	bool secure() const override;
	ShutdownResult shutdownSend() override;
	ShutdownResult shutdown() override;
		/// Sends pending output first, waiting for the client if need be.

#if defined(EVNet_OVERRIDES_SEND_FILE)
	std::streamsize sendFile(Poco::FileInputStream& file, std::streamoff offset = 0, std::streamsize count = 0) override;
#endif
	void close() override;
	void setReceiveTimeout(const Poco::Timespan& timeout) override;
		/// Costs no system call until somebody has to wait.

	Poco::Timespan getReceiveTimeout() override;
	void setSendTimeout(const Poco::Timespan& timeout) override;
		/// Replaces EVServerOptions::getSendTimeout() for whoever writes to this socket, unless it is 0.

	Poco::Timespan getSendTimeout() override;

	Poco::Net::SocketAddress address() override;
		/// Also works after close(), as long as a loop watches the descriptor: until the handler has returned.

	Poco::Net::SocketAddress peerAddress() override;
		/// Returns the address that the connection was accepted from, also when the client is gone.

protected:
	~ConnectionSocketImpl();

private:
	bool isPocos() const;
		/// Returns true if whoever has the socket waits as with Poco, in calls of the system: the application, with a plain or detached
		/// connection.

	void closed();
	ssize_t receiveSome();
	int waitAndReceive(void* buffer, int length, int flags, bool isEmpty);
		/// If isEmpty is true, somebody has just found out that there is nothing: it waits first.

	void applyReceiveTimeout();
	void waitReadable(RateDeadline& deadline);
		/// Waits until something can be received, or is worth a try. Throws a Poco::TimeoutException if the client is too slow.

	Poco::Net::SocketAddress addressBy(int (*pFunction)(int, struct sockaddr*, socklen_t*)) const;

	bool                       _timeoutSet;  /// the system knows _receiveTimeout
	std::atomic<Poco::UInt16>  _adoptions;
	PeerAddress                _peer;
	WatchedDescriptor          _descriptor;
	InputBuffer                _input;
	Output                     _output;
	Poco::Timespan::TimeDiff   _receiveTimeout;

public:
	ConnectionSocketImpl* pNext = nullptr;
		/// Links new connections on their way to a loop.
};


//
// inlines
//
inline InputBuffer& ConnectionSocketImpl::input()
{
	return _input;
}


inline const InputBuffer& ConnectionSocketImpl::input() const
{
	return _input;
}


inline Output& ConnectionSocketImpl::output()
{
	return _output;
}


inline const Output& ConnectionSocketImpl::output() const
{
	return _output;
}


inline Transport& ConnectionSocketImpl::transport() const
{
	return _output.transport();
}


inline const BufferPool::Limits& ConnectionSocketImpl::limits() const
{
	return _output.pool().limits();
}


inline Poco::UInt16 ConnectionSocketImpl::adoptions() const
{
	return _adoptions.load();
}


} } // namespace Poco::EVNet


#endif // EVNet_ConnectionSocketImpl_INCLUDED
