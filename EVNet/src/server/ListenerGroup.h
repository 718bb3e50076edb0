//
// ListenerGroup.h
//
// Library: EVNet
// Package: Server
// Module:  ListenerGroup
//
// Definition of the ListenerGroup class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ListenerGroup_INCLUDED
#define EVNet_ListenerGroup_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/FileDescriptor.h"
#include "Poco/Net/ServerSocket.h"
#include <vector>


namespace Poco {
namespace EVNet {


class ListenerGroup
	/// A listening TCP socket and its copies on the same address (SO_REUSEPORT), one for each loop.
	///
	/// A copy is like the first socket in each option that can be read, whatever the option means: copy() compares all numbers, so
	/// that none can be forgotten. If an option cannot be set, there is no copy.
	///
	/// A port that was bound without SO_REUSEPORT is closed to other programs again when the group is complete.
{
public:
	ListenerGroup();
	~ListenerGroup();

	static Poco::Net::ServerSocket openExclusive(const Poco::Net::SocketAddress& address);
		/// Returns a socket that is bound, without SO_REUSEPORT, and listens.

	static bool sharesPort(const Poco::Net::ServerSocket& socket);
		/// Returns true if the socket has SO_REUSEPORT: other programs of the user may have the port, too.

	static bool trySeal(const Poco::Net::ServerSocket& socket);
		/// Returns true if copy() can close the port of a socket without SO_REUSEPORT to other programs again.

	static void keepFromPrograms(const Poco::Net::ServerSocket& socket);
		/// Keeps the socket from programs that the process starts. Does nothing if it is not open.

	std::vector<Poco::Net::ServerSocket> copy(const Poco::Net::ServerSocket& socket, int copies, int backlog);
		/// Returns so many copies. If that is impossible, there are none, and a Poco::IOException says why.

	void end(bool closesSocket);
		/// Closes the guard. Unless the first socket is going to be closed anyway (by whatever thread), takes the
		/// SO_REUSEPORT back that copy() has set.

private:
	ListenerGroup(const ListenerGroup&);
	ListenerGroup& operator = (const ListenerGroup&);

	void seal();

	const Poco::Net::ServerSocket _none; /// what _socket is after end(), which must not need memory for it
	Poco::Net::ServerSocket _socket;   /// the first one
	bool           _shared;            /// it had SO_REUSEPORT
	FileDescriptor _guard;             /// bound to the port, never listening: keeps others from it
};


} } // namespace Poco::EVNet


#endif // EVNet_ListenerGroup_INCLUDED
