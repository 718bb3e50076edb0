//
// EVServerStatistics.h
//
// Library: EVNet
// Package: Core
// Module:  EVServerStatistics
//
// Definition of the EVServerStatistics class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVServerStatistics_INCLUDED
#define EVNet_EVServerStatistics_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Timespan.h"
#include "Poco/Types.h"


namespace Poco {
namespace EVNet {


struct EVNet_API EVServerStatistics
	/// A snapshot of what an EVTCPServer or EVHTTPServer is doing and has done.
	///
	/// Each event loop counts for itself, without locks; the numbers are summed when
	/// a snapshot is asked for. While the server works, the
	/// numbers of one snapshot may therefore be a few requests apart.
	///
	/// Apart from that, two sums balance at all times: accepted + adopted is open and the sum of all closes,
	/// and requests is refused, completed, cancelled, queued and running. (Plain
	/// TCPServerConnections that wait for a thread are queued, but not yet open nor among the requests. Notifications,
	/// steps of TLS handshakes and slices of files are no requests, but queued and running like them.)
{
	enum CloseReason
		/// Why a connection was closed. Each connection that was accepted
		/// or adopted ends with exactly one of them.
	{
		CLOSED_BY_CLIENT,
			/// The client closed it in an orderly way, between requests.
		CLOSED_INCOMPLETE,
			/// The client closed it in the middle of a request.
		CLOSED_RESET,
			/// Reading or writing failed, mostly a reset by the client; or the system refused to watch the socket, or the file that
			/// was being sent could not be read any more, or became shorter.
		CLOSED_BY_HANDLER,
			/// The handler asked for it, its protocol said so
			/// (e.g., Connection: close), or run() of a plain TCPServerConnection returned.
		CLOSED_BY_EXCEPTION,
			/// A handler or a connection factory threw an exception, or there was no memory for the connection.
		CLOSED_BAD_REQUEST,
			/// The framing refused what the client sent.
		CLOSED_TOO_LARGE,
			/// A request did not fit into maxBufferedBytes.
		CLOSED_IDLE_TIMEOUT,
			/// No request for idleTimeout.
		CLOSED_REQUEST_TIMEOUT,
			/// A request was not complete after requestTimeout.
		CLOSED_SEND_TIMEOUT,
			/// The client took no output for sendTimeout.
		CLOSED_DETACHED,
			/// Not closed: a handler took the socket out of the server.
		CLOSED_BY_FILTER,
			/// The TCPServerConnectionFilter did not accept it.
		CLOSED_ADDRESS_LIMIT,
			/// Its client address had maxConnectionsPerAddress others.
		CLOSED_FOR_ROOM,
			/// It was idle for the longest time when the server was at capacity (closeIdleAtCapacity).
		CLOSED_REFUSED,
			/// There was no room in the queue.
		CLOSED_TLS_ERROR,
			/// The client did not speak TLS, its handshake failed, or what it sent could not be decrypted.
		CLOSED_BY_SERVER,
			/// The server was stopped, or the application closed it by its id.
		CLOSE_REASONS
			/// Not a reason; their number.
	};

	static const char* closeReasonName(CloseReason reason);
		/// Returns a short name for the reason, e.g. "idle_timeout".

	Poco::UInt64 accepted = 0;
		/// Connections accepted from the listening socket.

	Poco::UInt64 adopted = 0;
		/// Connections given to the server with adopt().

	Poco::UInt64 closed[CLOSE_REASONS] = {};
		/// Connections closed, by reason.

	Poco::UInt64 requests = 0;
		/// Requests that were received. The whole of a
		/// plain TCPServerConnection counts as one.

	Poco::UInt64 refused = 0;
		/// Those of them that were refused because the queue was
		/// full (EVTCPServerConnection::REFUSAL_BUSY), and never reached a handler.

	Poco::UInt64 completed = 0;
		/// Those of them whose handler has returned, by whatever way.

	Poco::UInt64 cancelled = 0;
		/// Those of them that were waiting in the queue when the server was stopped.

	Poco::UInt64 overdue = 0;
		/// Those of them that waited and ran for longer than handlerTimeout.

	Poco::UInt64 queuedRequests = 0;
		/// Those of them that waited in the queue for a thread.

	Poco::Timespan queueWait;
		/// How long they waited, in total. A request that is run by the thread that
		/// leads the event loop does not wait in the queue.

	Poco::UInt64 passedOn = 0;
		/// How often a thread let another one lead its loop because a handler said that it may block, and others would have
		/// waited (EXECUTE_ADAPTIVE): EVTCPServerConnection::announceBlocking(), EVHTTPServer::announceBlocking().

	Poco::UInt64 promotions = 0;
		/// How often a thread took over the loop of another one whose request took long, which nobody had
		/// expected (EXECUTE_ADAPTIVE).

	Poco::UInt64 acceptPauses = 0;
		/// How often accepting was interrupted: at capacity, without
		/// a free descriptor, or because it kept failing.

	int open = 0;
		/// Connections that are open now.

	int idle = 0;
		/// Open connections that wait for a request.

	int reading = 0;
		/// Open connections with a part of a request.

	int queued = 0;
		/// Requests (and plain connections) that wait for a thread.

	int running = 0;
		/// Requests (and plain connections) that a thread is
		/// working on, i.e. busy threads.

	int flushing = 0;
		/// Open connections whose output waits for the client.

	Poco::UInt64 pendingOutput = 0;
		/// Bytes of memory in which the server keeps output for its clients
		/// (EVServerOptions::setMaxTotalPendingOutput()).

	int lingering = 0;
		/// Connections that have ended and wait for the client to notice.

	int loops = 0;
		/// Event loops.

	int threads = 0;
		/// Threads the server currently has taken from its pool.

	Poco::UInt64 closes() const;
		/// Returns the sum of all closes.
};


} } // namespace Poco::EVNet


#endif // EVNet_EVServerStatistics_INCLUDED
