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
#include "core/AddressLimiter.h"
#include "socket/InputBuffer.h"
#include "socket/OutputFlusher.h"
#include "socket/PendingOutput.h"
#include "core/PocoVersion.h"
#include "core/Pooled.h"
#include "socket/Transport.h"
#include "socket/WatchedDescriptor.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/Net/StreamSocketImpl.h"
#include <atomic>
#include <memory>
#include <netinet/in.h>


struct iovec;


namespace Poco {
namespace EVNet {


class RateDeadline;


class ConnectionSocketImpl final: public Poco::Net::StreamSocketImpl, public Pooled<ConnectionSocketImpl>
	/// The socket of a connection, together with the bytes that the event loop has
	/// read ahead and the bytes that the client has not taken yet. Whoever reads from or
	/// writes to the StreamSocket, be it a handler, Poco's HTTP classes, or the owner of a
	/// detached socket, therefore sees one unbroken stream.
	///
	/// It belongs to one thread at a time, like the connection. The descriptor stays in blocking
	/// mode; the event loop uses MSG_DONTWAIT, handlers block as in Poco.
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

	PendingOutput::Result flush();
		/// Sends pending output, without waiting, but no file. Called by the owner, the leader or a handler.

	PendingOutput::Result flushBeside();
		/// As flush(), but called by the leader while a handler uses the socket. Does nothing if the handler has the SecureStreamSocket
		/// below it, which must not be used by two threads: then the handler's thread flushes whenever something is sent, and in the end.

	PendingOutput::Result flushAsOwner();
		/// Sends pending output, a file as well, without waiting for the client. Called by the owner, which
		/// may have to wait for the disk.

	void releaseBuffer(BufferCache* pCache);
		/// Gives the input buffer back if it holds no bytes; to the
		/// pool if pCache is null.

	InputBuffer& input();
	const InputBuffer& input() const;
		/// Returns the bytes received.

	void manage(OutputFlusher& manager);
		/// From now on, output that the client does not take at once is kept, and flushed
		/// by the loop of the manager. Otherwise (a plain or detached
		/// connection), whoever writes waits for the client.

	void unmanage(OutputFlusher& manager);
		/// Ends what manage() began, unless another connection has become the manager. May be called
		/// while another thread uses the socket, which a handler may have detached.

	std::size_t readMore(RateDeadline* pDeadline);
		/// Drops the bytes of the request, and receives more into the buffer, as the next part of the same
		/// request. Returns the number of bytes there are; 0 if the client has shut down its side, or nothing has
		/// arrived. With a null pointer, it does not wait. Otherwise it waits for the client and throws as receiveBytes()
		/// does, or a Poco::TimeoutException if it has to wait and the deadline is over. The caller adds the bytes to that.

	void send(const struct iovec* pParts, int count, bool whole = false);
		/// Sends several parts, with one system call if the client takes them, and keeps or waits for
		/// the rest as sendBytes() does. If whole is true, the parts are a whole response, which may be held, see holdOutput().

	void sendFile(FileDescriptor&& file, Poco::UInt64 length);
		/// Sends so many bytes of a file, without reading them into memory. What the client does not take at
		/// once is sent by threads of the pool, in slices, when the handler has returned.

	PendingOutput::Result trySend(const std::string& text);
		/// Sends the text behind output that is held, if the client takes it all at once. Never waits. FLUSH_AGAIN
		/// means that nothing of the text has been sent, FLUSH_ERROR that there can be nothing behind it.

	const BufferPool::Limits& limits() const;
		/// Returns what the options of the server say about buffers.

	Poco::UInt64 takeArrived();
		/// Returns the number of bytes that the client has sent since this was called the last time; with TLS, also those of a record that
		/// is not complete.

	Poco::UInt64 takeFlushed();
		/// Returns the number of bytes of pending output that have been sent since this was called the last time, or since
		/// there is pending output; with TLS, also those of a record that the client has not taken whole.

	void holdOutput(bool hold);
		/// If hold is true, whole responses that send() is given are kept, to be sent together with the response to the next
		/// request, which has been received already. Up to MAX_HELD bytes; whoever waits for the client flushes first. Called by the leader
		/// that runs the request, before and after.

	PendingOutput::Result flushHeld();
		/// Flushes as flush() does, and ends what holdOutput(true) began. Called by a new leader, while another thread runs the request.

	void sendHeld();
		/// Sends output that is held, without waiting. Called by the owner.

	void flushAll();
		/// Sends pending output, waiting for the client if need be. Throws a
		/// Poco::TimeoutException if it takes nothing for the send timeout.

	void beginWatch();
	void endWatch();
		/// See WatchedDescriptor.

	bool isOpen();
		/// Returns false if the socket has been closed, also if it was the SecureStreamSocket below it. Called by the owner. A leader must
		/// not use the descriptor without asking, once a handler has run.

	void abort();
		/// Shuts the connection down. May be called by the leader while a handler uses the socket.

	void dropOutput();
		/// Forgets pending output.

	bool hasOutput() const;
		/// Returns true if output waits for the client.

	bool holdsOutput() const;
		/// Returns true if there is output, and it is only there because of holdOutput().

	std::size_t unacknowledged() const;
		/// Returns the number of bytes that the kernel has not got rid of: the client has not confirmed them, or they have not even been sent.

	bool hasUnsent() const;
		/// Returns true if the kernel has output that would be lost if the connection were closed now, and the client sent something: then
		/// the kernel answers with a reset and throws it away. What is on its way already is not: the reset comes behind it.

	bool sendTimedOut() const;
		/// Returns true if a writer has waited longer than the send timeout.

	Transport& transport() const;
		/// Returns how the bytes get to the client and back.

	bool sendsAfterReceiving() const;
	bool endsOneWay() const;
	bool handshaking() const;
	bool pending() const;
		/// See Transport.

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
	enum
	{
		MAX_HELD = 32768
	};

	struct Extras
		/// What few connections need.
	{
		struct sockaddr_in6                   peer = sockaddr_in6(); /// the client's address, if that is one of IPv6
		AddressLimiter::Entry                 entry;
	};

	bool isPocos() const;
		/// Returns true if whoever has the socket waits as with Poco, in calls of the system: the application, with a plain or detached
		/// connection.

	void closed();
	ssize_t receiveSome();
	int waitAndReceive(void* buffer, int length, int flags = 0);
	void applyReceiveTimeout();
	void waitWritable(RateDeadline& deadline);
	void waitReadable(RateDeadline& deadline);
		/// Wait until something can be sent, or received, or is worth a try. Throw a Poco::TimeoutException if the client is too slow.

	Poco::Timespan sendTimeout() const;
	std::size_t sendSome(const struct iovec* pParts, int count, int flags = 0);
	void keep(const char* pBytes, std::size_t length);
	void askToFlush();
	Extras& extras();
	void setPeer(const struct sockaddr* pPeer, socklen_t length);
	Poco::Net::SocketAddress addressBy(int (*pFunction)(int, struct sockaddr*, socklen_t*)) const;

	std::atomic<bool>            _hold;
	bool                         _timeoutSet;  /// the system knows _receiveTimeout
	bool                         _sendTimedOut;
	Poco::UInt16                 _peerPort;    /// in network order
	std::atomic<Poco::UInt16>    _adoptions;
	Poco::UInt32                 _peerHost;    /// IPv4, in network order; 0 for others
	WatchedDescriptor            _descriptor;
	const std::unique_ptr<Transport, Transport::Release> _pTransport;
	BufferPool::Ptr              _pPool;
	InputBuffer                  _input;
	PendingOutput                _output;
	std::unique_ptr<Extras>      _pExtras;
	Poco::Timespan::TimeDiff     _receiveTimeout;
	Poco::Timespan::TimeDiff     _sendTimeout; /// 0 for that of the options
	std::atomic<OutputFlusher*>  _pManager;

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


inline Transport& ConnectionSocketImpl::transport() const
{
	return *_pTransport;
}


inline bool ConnectionSocketImpl::handshaking() const
{
	return transport().handshaking();
}


inline bool ConnectionSocketImpl::endsOneWay() const
{
	return transport().endsOneWay();
}


inline bool ConnectionSocketImpl::pending() const
{
	return transport().pending();
}


inline bool ConnectionSocketImpl::sendsAfterReceiving() const
{
	return transport().wantsToReceive();
}


inline void ConnectionSocketImpl::manage(OutputFlusher& manager)
{
	_pManager.store(&manager, std::memory_order_relaxed);
}


inline void ConnectionSocketImpl::unmanage(OutputFlusher& manager)
{
	OutputFlusher* pManager = &manager;
	_pManager.compare_exchange_strong(pManager, nullptr, std::memory_order_relaxed);
}


inline void ConnectionSocketImpl::holdOutput(bool hold)
{
	_hold.store(hold, std::memory_order_relaxed);
}


inline bool ConnectionSocketImpl::hasOutput() const
{
	return !_output.empty();
}


inline bool ConnectionSocketImpl::holdsOutput() const
{
	return _output.held();
}


inline const BufferPool::Limits& ConnectionSocketImpl::limits() const
{
	return _pPool->limits();
}


inline void ConnectionSocketImpl::dropOutput()
{
	_output.drop();
}


inline Poco::UInt16 ConnectionSocketImpl::adoptions() const
{
	return _adoptions.load();
}


inline bool ConnectionSocketImpl::sendTimedOut() const
{
	return _sendTimedOut;
}


} } // namespace Poco::EVNet


#endif // EVNet_ConnectionSocketImpl_INCLUDED
