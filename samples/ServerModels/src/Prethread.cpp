//
// Prethread.cpp
//
// A fixed pool of threads, and a queue of connections that wait for one: POCO's TCPServer (and HTTPServer).
//
// Good for:   a bounded number of threads, created once, with handlers that may block; connections that are short, or no more than there
//             are threads.
// Breaks on:  persistent connections: a client keeps its thread while it says nothing, so the one behind the last thread waits in the
//             queue, connected and unanswered, until somebody leaves. N slow clients are enough to stop it.
// Used in:    POCO's TCPServer and HTTPServer, Tomcat's old BIO connector, Apache's mpm_worker, Jetty before 6.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "BlockingConnection.h"
#include "Poco/Net/TCPServer.h"
#include "Poco/Net/TCPServerConnection.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/ThreadPool.h"
#include "Poco/Timespan.h"
#include <algorithm>
#include <sys/socket.h>


using Poco::Net::StreamSocket;
using Poco::Net::TCPServer;
using Poco::Net::TCPServerConnection;
using Poco::Net::TCPServerConnectionFactory;
using Poco::Net::TCPServerParams;


namespace
{
	const int THREADS = 16;


	class Connection: public TCPServerConnection
	{
	public:
		Connection(const StreamSocket& socket, const ModelOptions& options, Interrupter& interrupter):
			TCPServerConnection(socket),
			_options(options),
			_interrupter(interrupter)
		{
		}

		void run() override
			/// Serves the whole connection. It is closed by whoever has called this.
		{
			const int fd = static_cast<int>(socket().impl()->sockfd());
			Interrupter::Scope scope(_interrupter, [fd] { ::shutdown(fd, SHUT_RDWR); });
			BlockingConnection(fd, _options).serve();
		}

	private:
		const ModelOptions& _options;
		Interrupter&        _interrupter;
	};


	class Factory: public TCPServerConnectionFactory
	{
	public:
		Factory(const ModelOptions& options, Interrupter& interrupter):
			_options(options),
			_interrupter(interrupter)
		{
		}

		TCPServerConnection* createConnection(const StreamSocket& socket) override
		{
			return new Connection(socket, _options, _interrupter);
		}

	private:
		const ModelOptions& _options;
		Interrupter&        _interrupter;
	};


	class Prethread: public ServerModel
	{
	public:
		explicit Prethread(const ModelOptions& options):
			_threads(options.workersOr(THREADS)),
			_listener(options.address, Listener::BLOCKING),
			_pool(std::min(_threads, 2), std::max(_threads, 2)),
			_server(new Factory(options, _interrupter), _pool, _listener.socket(), params(options))
		{
		}

		Poco::UInt16 port() const override
		{
			return _listener.address().port();
		}

		void start() override
		{
			_server.start();
		}

		void stop() override
		{
			_server.stop(); // leaves connections alone that have a thread
			_interrupter.interrupt();
			_pool.joinAll();
		}

	private:
		TCPServerParams::Ptr params(const ModelOptions& options) const
		{
			TCPServerParams::Ptr pParams = new TCPServerParams;
			pParams->setMaxThreads(_threads);
			// Of those that have a connection already. The default of 64 closes the connections of further ones.
			pParams->setMaxQueued(std::max(options.connections - _threads, 1));
			// A thread that begins to wait for a connection just when the server is stopped is not woken: POCO's
			// default would have it wait for ten seconds.
			pParams->setThreadIdleTime(Poco::Timespan(1, 0));
			return pParams;
		}

		const int        _threads;
		Listener         _listener;
		Interrupter      _interrupter;
		Poco::ThreadPool _pool;
		TCPServer        _server;
	};
}


std::unique_ptr<ServerModel> createPrethread(const ModelOptions& options)
{
	return std::make_unique<Prethread>(options);
}
