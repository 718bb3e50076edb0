//
// Listener.h
//
// A listening socket, and what can happen when a connection is accepted.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Listener_INCLUDED
#define Listener_INCLUDED


#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/SocketAddress.h"


class Listener
	/// A listening socket. May be used by several threads at once.
{
public:
	enum
	{
		BACKLOG = 4096,
		RETRY   = 50
			/// Milliseconds to wait after NO_RESOURCES.
	};

	enum Mode
	{
		BLOCKING,
			/// accept() waits, and what it returns is blocking as well.
		NON_BLOCKING,
			/// accept() does not wait, and what it returns does not either.
		NON_BLOCKING_CONNECTIONS
			/// accept() waits, but what it returns does not.
	};

	enum
		/// What accept() returns instead of a descriptor.
	{
		NOBODY       = -1,
			/// No client is waiting.
		NO_RESOURCES = -2,
			/// There is a client, but no descriptor or no memory for it. It goes on waiting, so the socket stays
			/// readable: who asks again at once burns the processor until somebody else leaves.
		CLOSED       = -3
			/// shutdown() has been called.
	};

	Listener(const Poco::Net::SocketAddress& address, Mode mode);
		/// Creates a socket that listens, with SO_REUSEPORT: others can be created for the same port, and the
		/// system spreads the connections over them.

	int accept();
		/// Returns the descriptor of a connection, or one of the above.

	void shutdown();
		/// Wakes all threads that wait in accept().

	int descriptor() const;
	const Poco::Net::ServerSocket& socket() const;
	Poco::Net::SocketAddress address() const;

private:
	Poco::Net::ServerSocket _socket;
	Mode _mode;
};


//
// inlines
//
inline int Listener::descriptor() const
{
	return static_cast<int>(_socket.impl()->sockfd());
}


inline const Poco::Net::ServerSocket& Listener::socket() const
{
	return _socket;
}


inline Poco::Net::SocketAddress Listener::address() const
{
	return _socket.address();
}


#endif // Listener_INCLUDED
