//
// FuzzedServer.h
//
// A server without threads and a client in the same thread: the real event loop, connection, framing and
// exchange, driven step by step.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef FuzzedServer_INCLUDED
#define FuzzedServer_INCLUDED


#include "http/EVHTTPServerConnection.h"
#include "server/Engine.h"
#include "socket/ConnectionSocketImpl.h"
#include "FuzzedHandler.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include <ctime>
#include <memory>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <vector>


class FuzzedCalls
	/// What stands in for the calls of the C library in which a server waits, and for its clock. While there is a
	/// FuzzedClient, it acts instead of somebody being waited for, and time passes with FuzzedServer::step() and sleep()
	/// only. A program with a FuzzedServer defines these functions of the C library, for libev and Poco too, and has them
	/// call these: see FuzzedCalls.cpp and FaultInjector.
{
public:
	static int poll(struct pollfd* pDescriptors, nfds_t count, int timeout);
	static int epollWait(int fd, struct epoll_event* pEvents, int count, int timeout);
	static ssize_t receive(int fd, void* pBuffer, std::size_t length, int flags);
	static int getTime(clockid_t clock, struct timespec* pTime);
	static int sleep(const struct timespec* pTime, struct timespec* pLeft);
};


class FuzzedClient
	/// The other end of a connection. Whenever the server would wait, it sends another piece of
	/// what it has to send; if that does not end the waiting, it takes what has been sent to it.
{
public:
	FuzzedClient(const std::vector<std::string_view>& pieces, bool slow);
		/// Connects. If slow is true, little room is between server and client, and the client
		/// takes little at once.

	~FuzzedClient();

	int peer() const;
		/// Returns the descriptor for the server.

	void send();
		/// Sends the next piece, or ends its side. If there is only one, both at once.

	void take();
		/// Takes what has been sent to it.

	std::string takeAll();
		/// To be called when the server has closed the connection: returns all it has sent.

private:
	FuzzedClient(const FuzzedClient&);
	FuzzedClient& operator = (const FuzzedClient&);

	bool takeSome(std::size_t maxBytes);

	std::vector<std::string_view> _pieces;
	std::size_t                   _next;
	bool                          _slow;
	int                           _fd;
	int                           _peer;         /// for the server
	std::string                   _received;
};


struct Conversation
	/// One connection, from beginning to end.
{
	std::vector<HandlerRecord> records;
	std::string                output;
};


class FuzzedServer
	/// What an EVHTTPServer consists of, except threads and a listener.
{
public:
	enum Mode
	{
		MODE_INLINE,
			/// The leader runs requests because the policy says so. Libev uses poll().
		MODE_ADAPTIVE
			/// The leader runs requests because they are quick, and holds responses back while more requests are there: there are two
			/// threads that could replace it, but they only wait. Libev uses epoll.
	};

	FuzzedServer(std::size_t maxBufferedBytes, std::size_t maxPendingOutput, Mode mode = MODE_INLINE);
	~FuzzedServer();

	const Poco::EVNet::HTTPRequestParser::Limits& configure(const Poco::EVNet::HTTPRequestParser::Limits& limits, int maxKeepAliveRequests);
		/// For the connections to come. 0 requests: no limit; 1: no keep-alive. Returns the limits that
		/// are in force.

	Conversation serve(const std::vector<std::string_view>& pieces, bool slow);
		/// Does all of the following.

	void begin(const std::vector<std::string_view>& pieces, bool slow);
		/// Has a client connect. The server does not know that yet.

	bool step();
		/// Lets the server go on for a moment. Returns false if the connection has ended.

	Conversation end();
		/// To be called then.

	void notify();
		/// Has the connection notified, if there is one.

	int notifications() const;
		/// Returns how many have arrived so far.

	Poco::EVNet::EVServerStatistics statistics() const;

private:
	class Connection;
	class ConnectionFactory;

	Poco::EVNet::EVHTTPServerParams::Ptr          _pParams;
	FuzzedHandlerFactory*                         _pHandlers;   /// owned by _context
	Poco::EVNet::EVHTTPServerConnection::Context  _context;
	const Mode                                    _mode;
	Connection*                                   _pOpen;       /// the one connection, or null
	int                                           _accepted;
	int                                           _notifications;
	std::unique_ptr<FuzzedClient>                 _pClient;
	Poco::AutoPtr<Poco::EVNet::ConnectionSocketImpl> _pAccepted; /// a connection that the loop is to open
	Poco::AutoPtr<Poco::EVNet::Engine>            _pEngine;
	std::unique_ptr<Poco::EVNet::Loop>            _pLoop;
};


#endif // FuzzedServer_INCLUDED
