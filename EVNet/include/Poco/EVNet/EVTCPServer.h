//
// EVTCPServer.h
//
// Library: EVNet
// Package: Server
// Module:  EVTCPServer
//
// Definition of the EVTCPServer class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVTCPServer_INCLUDED
#define EVNet_EVTCPServer_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include "Poco/EVNet/EVTCPServerConnection.h"
#include "Poco/EVNet/EVTCPServerParams.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/TCPServer.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/Net/TCPServerParams.h"
#include "Poco/AutoPtr.h"
#include "Poco/ThreadPool.h"
#include <utility>


namespace Poco {
namespace EVNet {


class Engine;


class EVNet_API EVTCPServer
	/// This class implements a TCP server that serves any number of
	/// connections with a fixed number of threads.
	///
	/// It takes the place of Poco::Net::TCPServer: constructors and methods are the
	/// same. What differs is which connections cost a thread:
	///
	///   - Connections derived from EVTCPServerConnection are multiplexed by request. They wait in an event loop
	///     (libev) and are given a thread only while a complete request is being handled.
	///   - Connections derived from Poco::Net::TCPServerConnection only keep Poco's contract: run()
	///     handles the whole connection and has its thread until it returns.
	///
	/// All threads come from the thread pool. The server holds one for each event loop; as many
	/// as maxThreads says (all the pool has left, if it says nothing) run requests.
	/// So maxThreads handlers at once need a pool with room for maxThreads plus
	/// the number of loops. Servers that are given no pool share one that EVNet keeps for them, which has as many threads as they
	/// need; Poco's default thread pool is left to the application. A pool that is passed by the application is left as it
	/// is. If it is too small, fewer requests run at once, so that the loops go on whatever the handlers do; with one thread only, that
	/// thread does everything in turn, and a server that finds no more asks again for one about once a second while requests come.
	/// Threads that run requests are taken when they are needed and go back to the pool
	/// when they have been idle for TCPServerParams::getThreadIdleTime().
	///
	/// While somebody waits in joinAll() of a pool of the application, the pool gives no threads: the server goes on
	/// with those it has, and joinAll() returns only after stop(). A server cannot be created or started meanwhile: its
	/// constructor and start() wait, too.
	///
	/// A server that still runs when the process ends (after main() or in exit()) is stopped then, and its requests are
	/// waited for as by stop().
	///
	/// See EVServerOptions for all that can be set beyond TCPServerParams, and for the defaults.
	///
	/// Unless said otherwise, methods may be called from any thread.
{
public:
	EVTCPServer(Poco::Net::TCPServerConnectionFactory::Ptr pFactory, Poco::UInt16 portNumber = 0,
		Poco::Net::TCPServerParams::Ptr pParams = 0);
		/// Creates the EVTCPServer, with a ServerSocket listening on the given port.
		/// Default port is zero, allowing any available port. The port number
		/// can be queried through the port() member.
		///
		/// The port is bound exclusively, and closed by stop(): a Poco::Net::NetException
		/// says that it is in use, even by a socket with SO_REUSEPORT. While the server runs, nobody else can bind it, whatever
		/// EVServerOptions::setAcceptPolicy() says. Programs that the process starts do not inherit the socket.
		///
		/// Throws a Poco::SystemException if the system has no descriptors for the event loops, or refuses to watch them.
		///
		/// The server takes ownership of the TCPServerConnectionFactory
		/// and deletes it when it's no longer needed. It also shares ownership of
		/// the TCPServerParams object. If none is given, the server creates its own one.
		///
		/// Threads are taken from the pool that EVNet keeps.

	EVTCPServer(Poco::Net::TCPServerConnectionFactory::Ptr pFactory, const Poco::Net::ServerSocket& socket,
		Poco::Net::TCPServerParams::Ptr pParams = 0);
		/// Creates the EVTCPServer, using the given ServerSocket, which must have been bound and
		/// put into listening state. stop() does not close it. TCP or Unix domain; a
		/// socket that other processes have or will have, too, must be an EVSharedSocket. Its options hold
		/// for all connections. It is made close-on-exec: programs that the process starts do not inherit it.
		///
		/// Threads are taken from the pool that EVNet keeps.

	EVTCPServer(Poco::Net::TCPServerConnectionFactory::Ptr pFactory, Poco::ThreadPool& threadPool,
		const Poco::Net::ServerSocket& socket, Poco::Net::TCPServerParams::Ptr pParams = 0);
		/// Creates the EVTCPServer, using the given ServerSocket, which must have been bound and
		/// put into listening state. stop() does not close it. TCP or Unix domain; a
		/// socket that other processes have or will have, too, must be an EVSharedSocket.
		///
		/// Threads are taken from the given thread pool, which must outlive the server. Throws a Poco::InvalidArgumentException
		/// if its capacity is too small: one thread for each event loop that EVServerOptions::setEventLoops() asks for, one at least, and
		/// with EXECUTE_DEDICATED one more.

	virtual ~EVTCPServer();
		/// Stops the server, if it is running, and destroys it. The
		/// TCPServerConnectionFactory is destroyed when the last connection is gone.

	const Poco::Net::TCPServerParams& params() const;
		/// Returns a const reference to the TCPServerParams object
		/// used by the server.

	void start();
		/// Starts the server: takes the threads for the event loops from the pool and
		/// begins to accept connections. Returns immediately.
		///
		/// Throws a Poco::NoThreadAvailableException if the pool has too few free threads (see the constructor), an exception that says
		/// so if the system or the listening socket does not allow what the options ask for (see EVServerOptions::AcceptPolicy), and
		/// a Poco::IllegalStateException if the server has already been started or stopped. Unless it throws the latter, the server
		/// is as before, and start() may be called again.

	void stop();
		/// Stops the server. No new connections are accepted, connections that wait for a request
		/// are closed, requests and connections that wait in the queue for a thread are discarded.
		///
		/// Requests that are running may finish and send their response; stop() waits for
		/// them up to EVServerOptions::getStopTimeout(), unless called by a handler of this server. So it does for clients that have
		/// not taken all of a response, or not closed the connection after an error, for EVServerOptions::getLingerTimeout()
		/// at most if they take nothing.
		/// Plain TCPServerConnections continue to be served, as with TCPServer::stop(); stop() does not wait for them.
		///
		/// Once the server has been stopped, it cannot be restarted.

	bool drain(const Poco::Timespan& timeout);
		/// Stops the server without losing a request: accepts no more connections, has everything
		/// answered that has been received (EVHTTPServer says "Connection: close"), closes connections that wait for a
		/// request, and waits for the others up to the timeout; then stops like stop() and
		/// cuts what is left. New connections that have not sent anything yet are given a second.
		///
		/// Connections in the backlog of a listening socket that the server has opened itself are accepted first (as
		/// many as the backlog holds). Those in the backlog of a ServerSocket that was given to the constructor are
		/// left to whoever has a copy of it.
		///
		/// Returns true if nothing had to be cut. Must not be called by a handler of this server.

	int currentThreads() const;
		/// Returns the number of threads that are currently running a request
		/// or a plain TCPServerConnection.

	int maxThreads() const;
		/// Returns the maximum number of threads that run requests at once: that of the parameters, or fewer if the
		/// pool has not so many besides those for the event loops.

	using Total = decltype(std::declval<const Poco::Net::TCPServer&>().totalConnections());
		/// A number of connections: int, since Poco 1.14 Poco::Int64.

	Total totalConnections() const;
		/// Returns the total number of handled connections.

	int currentConnections() const;
		/// Returns the number of currently handled connections: open EVTCPServerConnections, whether or
		/// not they have a thread, and plain TCPServerConnections that have been given one.

	int maxConcurrentConnections() const;
		/// Returns the maximum number of concurrently handled connections so far.

	int queuedConnections() const;
		/// Returns the number of connections (and requests) that wait for a thread.

	int refusedConnections() const;
		/// Returns the number of connections that were closed because
		/// all threads were busy and maxQueued others were waiting for one.

	EVServerStatistics statistics() const;
		/// Returns all counters of the server.

	const Poco::Net::ServerSocket& socket() const;
		/// Returns the underlying server socket.

	Poco::UInt16 port() const;
		/// Returns the port the server socket listens (or listened) on, 0 for a Unix domain socket.

	void setConnectionFilter(const Poco::Net::TCPServerConnectionFilter::Ptr& pFilter);
		/// Sets a TCPServerConnectionFilter. Can also be used to remove
		/// a filter by passing a null pointer. The filter is called by the threads that
		/// lead the event loops, at times by several of them at once; it must not block.
		///
		/// To avoid a potential race condition, the filter must
		/// be set before the server is started. Trying to set
		/// the filter after start() has been called will trigger
		/// an assertion.

	Poco::Net::TCPServerConnectionFilter::Ptr getConnectionFilter() const;
		/// Returns the TCPServerConnectionFilter set with setConnectionFilter(),
		/// or null pointer if no filter has been set.

	void adopt(const Poco::Net::StreamSocket& socket);
		/// Gives a connected socket to the server, which then serves it
		/// as if it had accepted it (the TCPServerConnectionFilter is not asked). The caller must not use the socket,
		/// nor any copy of it, from then on.
		///
		/// A socket taken from a server by a handler (EVTCPServerConnection::detachSocket(),
		/// HTTPServerRequestImpl::detachSocket()) can be given back this way.
		///
		/// Throws a Poco::IllegalStateException if the server is not running and a
		/// Poco::InvalidArgumentException if the socket is not open.

	void closeConnection(Poco::UInt64 id);
		/// Closes the connection with the given EVTCPServerConnection::id(). If a request
		/// is running, it may finish first, and the client gets its response. Does nothing if there is no such
		/// connection (any more), before start(), and after stop().

	void notify(Poco::UInt64 id);
		/// Has EVTCPServerConnection::notified() called for the connection with the given EVTCPServerConnection::id(), e.g.
		/// because there is something to send that is no response. That happens when no request of it is running and the client
		/// has taken all output. Until then, further calls for the same connection change nothing.
		///
		/// Returns at once, and never waits for a client. Does nothing if there is no such connection (any more),
		/// before start(), and after stop().

protected:
	EVTCPServer(Poco::Net::TCPServerConnectionFactory::Ptr pFactory, Poco::ThreadPool* pThreadPool,
		const Poco::Net::ServerSocket* pSocket, Poco::UInt16 portNumber,
		Poco::Net::TCPServerParams::Ptr pParams, const EVServerOptions& options);
		/// For subclasses that set options themselves. Without a thread pool, the one that EVNet keeps
		/// is used; without a socket, the given port.

	void beginStop(bool abortCurrent);
		/// Does what stop() does before it waits. If abortCurrent is true, the sockets of
		/// connections whose requests are running are shut down.

private:
	EVTCPServer();
	EVTCPServer(const EVTCPServer&);
	EVTCPServer& operator = (const EVTCPServer&);

	Poco::AutoPtr<Engine> _pEngine;
};


} } // namespace Poco::EVNet


#endif // EVNet_EVTCPServer_INCLUDED
