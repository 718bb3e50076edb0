//
// EVHTTPServer.h
//
// Library: EVNet
// Package: HTTP
// Module:  EVHTTPServer
//
// Definition of the EVHTTPServer class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVHTTPServer_INCLUDED
#define EVNet_EVHTTPServer_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include "Poco/EVNet/EVTCPServer.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/HTTPServerParams.h"
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerResponse.h"


namespace Poco {
namespace EVNet {


class EVNet_API EVHTTPServer: public EVTCPServer
	/// A subclass of EVTCPServer that implements an HTTP server
	/// with a fixed number of threads for any number of persistent connections.
	///
	/// It takes the place of Poco::Net::HTTPServer: constructors, methods, the
	/// HTTPRequestHandlerFactory and HTTPServerParams are the same, and so are
	/// the request handlers. A handler is given a thread when its request has
	/// arrived completely: the header, and the body unless that is larger
	/// than EVServerOptions::getMaxBufferedBytes(); a larger one is read
	/// from the network while the handler runs. Between requests, a persistent connection costs no thread.
	///
	/// HTTPServerParams::getKeepAliveTimeout() limits how long a persistent connection may
	/// be idle, HTTPServerParams::getTimeout() how long a connection may take to send its first or any following
	/// request completely, and how long it may take none of the response.
	///
	/// To set the options of EVServerOptions, pass EVHTTPServerParams.
{
public:
	EVHTTPServer(Poco::Net::HTTPRequestHandlerFactory::Ptr pFactory, Poco::UInt16 portNumber = 80,
		Poco::Net::HTTPServerParams::Ptr pParams = new Poco::Net::HTTPServerParams);
		/// Creates an EVHTTPServer listening on the given port (default 80).
		///
		/// The server takes ownership of the HTTPRequestHandlerFactory
		/// and deletes it when it's no longer needed.
		///
		/// Threads are taken from the pool that EVNet keeps.

	EVHTTPServer(Poco::Net::HTTPRequestHandlerFactory::Ptr pFactory, const Poco::Net::ServerSocket& socket,
		Poco::Net::HTTPServerParams::Ptr pParams);
		/// Creates the EVHTTPServer, using the given ServerSocket.
		///
		/// Threads are taken from the pool that EVNet keeps.

	EVHTTPServer(Poco::Net::HTTPRequestHandlerFactory::Ptr pFactory, Poco::ThreadPool& threadPool,
		const Poco::Net::ServerSocket& socket, Poco::Net::HTTPServerParams::Ptr pParams);
		/// Creates the EVHTTPServer, using the given ServerSocket.
		///
		/// Threads are taken from the given thread pool.

	~EVHTTPServer();
		/// Destroys the EVHTTPServer. The HTTPRequestHandlerFactory is
		/// destroyed when the last connection is gone.

	void stopAll(bool abortCurrent = false);
		/// Stops the server like stop(), and fires the serverStopped event of
		/// the HTTPRequestHandlerFactory before waiting for running requests.
		///
		/// If abortCurrent is false, all current requests are allowed to
		/// complete. If abortCurrent is true, the underlying sockets of
		/// all client connections are shut down, causing all requests
		/// to abort.

	//
	// for request handlers
	//
	static bool clientConnected(const Poco::Net::HTTPServerRequest& request);
		/// Returns false if the client has closed or reset its side of the connection, so that a
		/// handler can give up work that nobody waits for. Costs one system call and never waits. A client that has only
		/// shut down its sending side counts as gone.
		///
		/// To be called by the handler of the request. Throws a Poco::InvalidArgumentException if the
		/// request is not from an EVHTTPServer.

	static void announceBlocking(const Poco::Net::HTTPServerRequest& request);
		/// Says that the handler is going to wait, or to compute for long, e.g. because it asks a database. The server
		/// learns by itself which requests do, by method and path; this is for what it cannot know: a handler that blocks now
		/// and then, or paths that are always new. See EVTCPServerConnection::announceBlocking().
		///
		/// To be called by the handler of the request, or by the factory that creates it, on the thread that the server calls
		/// them on; elsewhere, it does nothing. Throws a Poco::InvalidArgumentException if the request is not from an EVHTTPServer.

	static const Poco::Net::MessageHeader& requestTrailer(const Poco::Net::HTTPServerRequest& request);
		/// Returns the trailer fields that followed a chunked request body (RFC 9110, section 6.5).
		/// Complete when request.stream() has been read to its end; without a trailer, an
		/// empty header. They are not merged into the header: whoever uses one must know
		/// that it may come in a trailer.
		///
		/// To be called by the handler of the request. Throws a Poco::InvalidArgumentException if the
		/// request is not from an EVHTTPServer.

	static Poco::Net::MessageHeader& responseTrailer(Poco::Net::HTTPServerResponse& response);
		/// Returns the trailer fields to be sent behind the body, if that is chunked; otherwise they
		/// are not sent. Can be set until the handler returns. The handler should announce them in
		/// a Trailer field. Content-Length, Transfer-Encoding and Connection
		/// are not sent, because they cannot take effect any more.
		///
		/// To be called by the handler of the request. Throws a Poco::InvalidArgumentException if the
		/// response is not from an EVHTTPServer.

private:
	Poco::Net::HTTPRequestHandlerFactory::Ptr _pFactory;
};


} } // namespace Poco::EVNet


#endif // EVNet_EVHTTPServer_INCLUDED
