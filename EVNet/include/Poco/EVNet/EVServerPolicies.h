//
// EVServerPolicies.h
//
// Library: EVNet
// Package: Core
// Module:  EVServerPolicies
//
// Definition of the EVServerPolicies class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVServerPolicies_INCLUDED
#define EVNet_EVServerPolicies_INCLUDED


#include "Poco/EVNet/EVNet.h"


namespace Poco {
namespace EVNet {


class EVNet_API EVServerPolicies
	/// What the EVServerOptions let an application choose: who runs a request, how connections reach the event loops,
	/// what tells of events, and when a plain connection gets its thread.
{
public:
	enum ExecutionPolicy
		/// Who runs a request.
	{
		EXECUTE_ADAPTIVE,
			/// The thread that leads an event loop runs requests itself, but those that are expected to take long go to other
			/// threads if others would wait. When one turns out to take long, another thread takes the loop over. What to
			/// expect is learned by EVTCPServerConnection::requestKind(), with HTTP by method and path; see also
			/// EVTCPServerConnection::announceBlocking() and EVHTTPServer::announceBlocking(). For everything.

		EXECUTE_DEDICATED,
			/// The thread that leads an event loop never runs a request, it hands each one to another thread. For
			/// handlers that all block. Needs a pool with at least two free threads.

		EXECUTE_INLINE
			/// The thread that leads an event loop runs every request of that loop. A handler that blocks stops all
			/// connections of its loop. For handlers that never block.
	};

	enum AcceptPolicy
		/// How new connections reach the event loops.
	{
		ACCEPT_AUTO,
			/// ACCEPT_REUSE_PORT where that changes nothing but the speed: TCP, and a socket that the server has made
			/// itself, or that has SO_REUSEPORT (as Poco's ServerSocket(port) has) and no option that the other sockets
			/// could not be given. Else (Unix domain sockets, a SecureServerSocket, an EVSharedSocket, a socket that
			/// was bound exclusively, one with a packet filter) ACCEPT_ROUND_ROBIN. Keys for TCP_MD5SIG cannot be read:
			/// with them, ask for ACCEPT_ROUND_ROBIN.

		ACCEPT_REUSE_PORT,
			/// Each loop has a listening socket of its own on the same address (SO_REUSEPORT), the kernel spreads
			/// connections over them. They are given all options of the first socket; start() throws a
			/// Poco::IOException if one cannot be copied. TCP sockets only, and not for an EVSharedSocket: connections
			/// that wait in such a socket are reset when it is closed.
			///
			/// A port that was bound without SO_REUSEPORT is closed to other programs again as soon as the sockets are
			/// there, if its address is an IPv4 one, and the system has IPv6 (it is needed for that).

		ACCEPT_ROUND_ROBIN
			/// One loop accepts and deals connections out in turn. Spreads even a few connections evenly.
	};

	enum Backend
		/// The operating system interface used by libev. It is never picked from the environment (LIBEV_FLAGS is
		/// ignored). EVNet itself needs Linux.
	{
		BACKEND_AUTO,
			/// The best that libev recommends for this system and that was compiled in: epoll.

		BACKEND_SELECT,
			/// select(2). Its cost grows with the greatest descriptor, and the system may limit that (FD_SETSIZE).

		BACKEND_POLL,
			/// poll(2). Its cost grows with the number of connections.

		BACKEND_EPOLL,
			/// epoll(7), Linux.

		BACKEND_KQUEUE,
			/// kqueue(2). For libev's sake only: the constructor of a server throws a Poco::NotImplementedException,
			/// because Linux does not have it.

		BACKEND_PORT
			/// Event ports. As BACKEND_KQUEUE.
	};

	enum DispatchPolicy
		/// When a connection made by a factory for plain Poco::Net::TCPServerConnection objects gets its thread.
	{
		DISPATCH_ON_ACCEPT,
			/// As soon as it is accepted, as Poco::Net::TCPServer does. Protocols in which the server speaks first need
			/// this.

		DISPATCH_ON_DATA
			/// When the first byte of the client has arrived. A client that connects and says nothing costs no thread.
	};
};


} } // namespace Poco::EVNet


#endif // EVNet_EVServerPolicies_INCLUDED
