//
// Sequential.cpp
//
// One client after another: accept, serve, close, accept.
//
// Good for:   a handful of clients with one short request each; the first program of a course. Nothing is shared, nothing is
//             concurrent, and no other model has less overhead for one client.
// Breaks on:  the second client. A client that connects and says nothing (a browser does so in advance) stops all others
//             until the timeout; a persistent connection is a monopoly.
// Used in:    debug servers, Python's http.server.HTTPServer, control ports, inetd's "wait" services.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "BlockingConnection.h"
#include <thread>


namespace
{
	class Sequential: public ServerModel
	{
	public:
		explicit Sequential(const ModelOptions& options):
			_options(options),
			_listener(options.address, Listener::BLOCKING)
		{
		}

		Poco::UInt16 port() const override
		{
			return _listener.address().port();
		}

		void start() override
		{
			// The main thread only waits for SIGTERM, so that there is somebody to interrupt this one.
			_thread = std::thread([this] { BlockingConnection::serveInTurn(_listener, _options, _interrupter); });
		}

		void stop() override
		{
			_listener.shutdown();
			_interrupter.interrupt();
			_thread.join();
		}

	private:
		const ModelOptions& _options;
		Listener    _listener;
		Interrupter _interrupter;
		std::thread _thread;
	};
}


std::unique_ptr<ServerModel> createSequential(const ModelOptions& options)
{
	return std::make_unique<Sequential>(options);
}
