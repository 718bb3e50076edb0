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
#include "FuzzedHandler.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include <memory>
#include <string>
#include <string_view>
#include <vector>


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
	FuzzedServer(std::size_t maxBufferedBytes, std::size_t maxPendingOutput);

	const Poco::EVNet::HTTPRequestParser::Limits& configure(const Poco::EVNet::HTTPRequestParser::Limits& limits, int maxKeepAliveRequests);
		/// For the connections to come. 0 requests: no limit; 1: no keep-alive. Returns the limits that
		/// are in force.

	Conversation serve(const std::vector<std::string_view>& pieces, bool slow);

private:
	class Connection;
	class ConnectionFactory;

	Poco::EVNet::EVHTTPServerParams::Ptr          _pParams;
	FuzzedHandlerFactory*                         _pHandlers;   /// owned by _context
	Poco::EVNet::EVHTTPServerConnection::Context  _context;
	bool                                          _open;
	Poco::ThreadPool                              _pool;        /// nobody uses its thread
	Poco::AutoPtr<Poco::EVNet::Engine>            _pEngine;
	std::unique_ptr<Poco::EVNet::Loop>            _pLoop;
};


#endif // FuzzedServer_INCLUDED
