//
// EVTCPServerConnection.h
//
// Library: EVNet
// Package: Loop
// Module:  EVTCPServerConnection
//
// Definition of the EVTCPServerConnection class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVTCPServerConnection_INCLUDED
#define EVNet_EVTCPServerConnection_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Net/TCPServerConnection.h"
#include "Poco/Types.h"
#include <cstddef>
#include <string>


namespace Poco {
namespace EVNet {


class Connection;


class EVNet_API EVTCPServerConnection: public Poco::Net::TCPServerConnection
	/// The abstract base class for connections that are
	/// multiplexed by request.
	///
	/// In contrast to a Poco::Net::TCPServerConnection, whose run() method handles
	/// a whole client connection and keeps a thread until it returns,
	/// run() of an EVTCPServerConnection handles ONE request and returns. The socket
	/// then goes back to an event loop of the EVTCPServer, where it costs no thread,
	/// until the next request is complete. The object lives as long
	/// as the connection, so members keep their values between requests.
	///
	/// Any Poco::Net::TCPServerConnectionFactory can create the objects, e.g.
	/// Poco::Net::TCPServerConnectionFactoryImpl. They are created on the thread that leads the event loop,
	/// when the connection is accepted: the constructor must not block.
	///
	/// Calls to the methods of one object never overlap, but they come
	/// from different threads. Unless said otherwise, methods may be called only from within run() and notified().
	///
	/// In run(), socket() yields what has been read for this request, then reads on
	/// from the network, blocking with the socket's receive timeout, as in Poco. What
	/// is sent does not wait for a slow client, up to EVServerOptions::getMaxPendingOutput() bytes.
	/// Bytes of the request that run() has not read are gone when it returns.
	///
	/// An exception thrown by run() goes to the Poco::ErrorHandler
	/// and closes this connection only.
{
public:
	enum
		/// What frame() returns instead of the length of a request.
	{
		FRAME_INCOMPLETE = 0,
			/// The request is not complete, more bytes are needed.
		FRAME_REFUSED    = -1,
			/// The bytes are no valid request, the connection must be closed.
		FRAME_INCOMPLETE_BODY = -2
			/// As FRAME_INCOMPLETE, but what is missing is the rest of a body of known form: it may take longer
			/// than EVServerOptions::getRequestTimeout(), as long as it arrives at EVServerOptions::getMinDataRate().
	};

	enum Refusal
		/// Why the server does not hand a request to run().
	{
		REFUSAL_BUSY,
			/// The request is complete, but all threads are busy and the queue (maxQueued) is full.
		REFUSAL_TIMEOUT
			/// The request was not complete in time. The connection is closed.
	};

	explicit EVTCPServerConnection(const Poco::Net::StreamSocket& socket);
		/// Creates the EVTCPServerConnection using the given
		/// stream socket.

	virtual ~EVTCPServerConnection();
		/// Destroys the EVTCPServerConnection. Called by the thread that leads
		/// the event loop, right before it closes the socket.

	Poco::UInt64 id() const;
		/// Returns a number that identifies this connection for the life time of the server,
		/// e.g. for EVTCPServer::closeConnection() and EVTCPServer::notify(). Never 0, except in
		/// the constructor and the destructor.

protected:
	virtual std::ptrdiff_t frame(const char* pData, std::size_t length);
		/// The framing hook: says where the first request in the given bytes ends.
		/// Called by the thread that leads the event loop whenever bytes have arrived,
		/// always with all bytes of the unfinished request; must not block.
		///
		/// Returns the length of the request if it is complete, FRAME_INCOMPLETE, FRAME_INCOMPLETE_BODY
		/// or FRAME_REFUSED. A length greater than the given one means that run() is
		/// to be called now and will read the rest of the request from socket() itself,
		/// e.g. because it is too large to be kept in memory.
		///
		/// The default implementation takes whatever has arrived as a request.
		/// See EVFraming for other ready-made ones.

	virtual void notified();
		/// Called after EVTCPServer::notify(): once for any number of those calls that came before it. Runs like run(), on any
		/// thread of the server and never together with it, but there is no request: nothing must be read from socket(), where
		/// there may be a part of the next one.
		///
		/// While the client does not take what has been sent, this is not called again. So at most maxPendingOutput
		/// bytes at a time (64 KiB always find room), and the call never waits for the client; for more, it can call
		/// notify() itself.
		///
		/// Does not count as a request, nor as activity of the client: idleTimeout goes on. Exceptions are treated like those of
		/// run(). The default implementation does nothing.

	virtual std::string refusal(Refusal why);
		/// Returns what is sent to the client instead of calling run(). Called by
		/// the thread that leads the event loop; must not block. May call closeConnection().
		///
		/// The default implementation returns an empty string: then nothing is sent, and a request that finds the
		/// queue full waits for room, with its bytes in the kernel, so that the client is slowed down.

	enum: Poco::UInt64
		/// Kinds with a meaning of their own, for requestKind().
	{
		KIND_UNKNOWN = 0,
			/// Nothing is known: what is learned of one such request counts for all.

		KIND_NEVER_BLOCKS = 1,
			/// Takes some microseconds: the thread that leads the event loop runs it, whatever has been learned.

		KIND_MAY_BLOCK = 2,
			/// May wait or compute for long: another thread runs it, if others may wait.

		KIND_OF_APPLICATION = 4
			/// All numbers from here on are the application's.
	};

	virtual Poco::UInt64 requestKind();
		/// Returns the kind of the request that frame() has found, one of the above or a number of the application, e.g. a hash of
		/// what the request asks for. Requests of a kind take about the same time: with EVServerOptions::EXECUTE_ADAPTIVE, the
		/// server learns from those before whether one will keep others waiting. Not called with other policies.
		///
		/// Called before run(), by the thread that leads the event loop, and again by the one that will call run() if that is
		/// another: must return the same, and must not block. If it throws, the request is run as KIND_UNKNOWN, as notified()
		/// always is. The server remembers the 256 kinds that take longest and come most often, whatever clients invent.
		///
		/// The default implementation returns KIND_UNKNOWN: all requests are of the same kind.

	static void announceBlocking();
		/// Says that run() or notified(), which must be what calls this, is going to wait, or to compute for long, e.g. because a file
		/// is not in the cache. With EVServerOptions::EXECUTE_ADAPTIVE, another thread leads the event loop from now on, if
		/// others may wait (the loop had something ready when the request began, or has run something for more than one
		/// connection within the last 0.1 s) and a thread is free; that costs some microseconds. Nothing is learned
		/// of the time that the request takes then. Otherwise, and on any other thread, does nothing.

	virtual void nameRequest(std::string& name);
		/// Appends to the name what reports call the request that frame() has found, e.g. its method and target. Called
		/// only if there is a EVServerOptions::getHandlerTimeout(), by the thread that leads the event loop; must not block.
		///
		/// The default implementation appends nothing.

	const char* requestData() const;
		/// Returns the bytes of the request, as far as they have been read.
		/// Valid until run() returns or detaches the socket.

	std::size_t requestLength() const;
		/// Returns the number of bytes at requestData().

	Poco::Net::StreamSocket secureSocket();
		/// Returns the Poco::Net::SecureStreamSocket below socket(), for what only that has, as in
		/// SecureStreamSocket(secureSocket()).peerCertificate(). Bytes must be
		/// read from and written to socket() instead. Closing it ends the connection. No other thread may use it, unless
		/// the connection is detached.
		///
		/// Throws a Poco::InvalidAccessException for a connection without TLS.

	void closeConnection();
		/// Closes the connection as soon as run() returns and all output
		/// has been sent. May also be called from within refusal().

	Poco::Net::StreamSocket detachSocket();
		/// Takes the connection out of the server for good: the server forgets
		/// the socket when run() returns, without closing it, and deletes this object.
		/// Bytes the server had already read are the first that the returned
		/// socket yields. Output still waiting for the client is sent
		/// before the call returns.
		///
		/// The socket can be given back, to this or another server, with EVTCPServer::adopt().

private:
	EVTCPServerConnection();
	EVTCPServerConnection(const EVTCPServerConnection&);
	EVTCPServerConnection& operator = (const EVTCPServerConnection&);

	Connection& connection();

	Connection* _pConnection;

	friend class Connection;
	friend class EVHTTPServerConnection;
};


} } // namespace Poco::EVNet


#endif // EVNet_EVTCPServerConnection_INCLUDED
