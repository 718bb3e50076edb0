//
// EVHTTPServer.h
//
// Library: EVNet
// Package: HTTPServer
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
	EVHTTPServer(Poco::Net::HTTPRequestHandlerFactory::Ptr pFactory, Poco::UInt16 portNumber = 80, Poco::Net::HTTPServerParams::Ptr pParams = new Poco::Net::HTTPServerParams);
		/// Creates an EVHTTPServer listening on the given port (default 80).
		///
		/// The server takes ownership of the HTTPRequestHandlerFactory
		/// and deletes it when it's no longer needed.
		///
		/// Threads are taken from the default thread pool.

	EVHTTPServer(Poco::Net::HTTPRequestHandlerFactory::Ptr pFactory, const Poco::Net::ServerSocket& socket, Poco::Net::HTTPServerParams::Ptr pParams);
		/// Creates the EVHTTPServer, using the given ServerSocket.
		///
		/// Threads are taken from the default thread pool.

	EVHTTPServer(Poco::Net::HTTPRequestHandlerFactory::Ptr pFactory, Poco::ThreadPool& threadPool, const Poco::Net::ServerSocket& socket, Poco::Net::HTTPServerParams::Ptr pParams);
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

private:
	Poco::Net::HTTPRequestHandlerFactory::Ptr _pFactory;
};


} } // namespace Poco::EVNet


#endif // EVNet_EVHTTPServer_INCLUDED
