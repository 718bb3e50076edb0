//
// EVSharedSocket.h
//
// Library: EVNet
// Package: Server
// Module:  EVSharedSocket
//
// Definition of the EVSharedSocket class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVSharedSocket_INCLUDED
#define EVNet_EVSharedSocket_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/Process.h"
#include "Poco/Timespan.h"
#include <string>
#include <vector>


namespace Poco {
namespace EVNet {


class EVNet_API EVSharedSocket: public Poco::Net::ServerSocket
	/// A listening socket that other processes have, too: one that this process has been given by systemd
	/// or by its predecessor, or one that it is going to hand over to a successor. Connections
	/// wait in the queue of the socket, which exists as long as any process has it open. So
	/// a program that replaces itself refuses and resets no connection.
	///
	/// An EVTCPServer or EVHTTPServer that is given an EVSharedSocket (or a copy of it that is a mere ServerSocket)
	///
	///   - accepts from this socket only: ACCEPT_AUTO means ACCEPT_ROUND_ROBIN. With ACCEPT_REUSE_PORT each loop has a queue
	///     of its own, and the connections in it are reset when it is closed; start() throws
	///     a Poco::InvalidArgumentException.
	///   - leaves the socket in non-blocking mode when it stops, because the mode is shared as well.
	///
	/// A program that can be replaced while it serves:
	///
	///     std::vector<EVSharedSocket> sockets = EVSharedSocket::inherited();
	///     if (sockets.empty()) sockets.push_back(EVSharedSocket(SocketAddress(8080)));
	///     EVHTTPServer server(pFactory, sockets[0], pParams);
	///     server.start();
	///     EVSharedSocket::ready();
	///     ... // until it is told to restart
	///     EVSharedSocket::startSuccessor(sockets, "/usr/bin/program", args);
	///     ... // finish what has been accepted, and stop
	///
	/// The protocol is that of systemd, see sd_listen_fds(3).
{
public:
	explicit EVSharedSocket(const Poco::Net::SocketAddress& address, int backlog = 4096);
		/// Creates a listening socket, which no other process has yet. The address is bound
		/// exclusively; a Poco::Net::NetException says that it is in use.
		///
		/// A Unix domain socket (SocketAddress::UNIX_LOCAL) is a file, which must not exist
		/// before, and which nobody removes.

	EVSharedSocket(const EVSharedSocket& socket);
		/// Creates a reference to the same socket.

	~EVSharedSocket();
		/// Destroys the reference. The last one in this process closes the descriptor; the
		/// socket is closed if no other process has it.

	EVSharedSocket& operator = (const EVSharedSocket& socket);
		/// Makes this a reference to the other socket.

	const std::string& name() const;
		/// Returns the name that systemd or the predecessor has given to the socket (LISTEN_FDNAMES), "unknown" if it
		/// has given none.

	static std::vector<EVSharedSocket> inherited(bool unsetEnvironment = true);
		/// Returns the sockets that this process has been given (LISTEN_FDS), TCP and Unix domain
		/// ones, in their order. There are none if the variables are not there, or meant for
		/// another process (LISTEN_PID). Later calls return none.
		///
		/// The descriptors are not passed on to programs that this process starts. If unsetEnvironment is
		/// true, the variables are not, either. As this changes the environment, it should be called before
		/// there are other threads.
		///
		/// Throws a Poco::InvalidArgumentException that names the variable or the descriptor
		/// if one of them is not what it should be. Nothing has been taken or closed then.

	static Poco::Process::PID startSuccessor(const std::vector<EVSharedSocket>& sockets, const std::string& command,
		const std::vector<std::string>& args, const Poco::Timespan& timeout = Poco::Timespan(60, 0));
		/// Starts a process that inherits the sockets, and waits until it says that it is ready(). From then on, both
		/// processes accept connections, until this one stops to. The caller's server goes on meanwhile.
		///
		/// The command is the path of the program; the arguments come without its name. It inherits the environment and
		/// the standard streams, and no other descriptor than the sockets. No signal is
		/// blocked; those that this process ignores are ignored.
		///
		/// Throws a Poco::SystemException if the process cannot be started or ends before it is ready, and a
		/// Poco::TimeoutException if it takes longer than the timeout; it is killed then. In both cases nothing
		/// has changed for the caller. The process is a child of the caller, who has
		/// to wait for it only if it can end before the caller does.

	static bool ready();
		/// Tells the predecessor that this process serves now, so that the predecessor can stop. Returns
		/// false, and does nothing, if there is no predecessor that waits for it.
		/// To be called after inherited(), and after the server has been started.

	static bool isShared(const Poco::Net::ServerSocket& socket);
		/// Returns true if the socket is an EVSharedSocket, or a copy of one.

private:
	EVSharedSocket(int fd, const std::string& name);
};


} } // namespace Poco::EVNet


#endif // EVNet_EVSharedSocket_INCLUDED
