//
// MultiProcessLoops.cpp
//
// Several processes, each with one loop that serves its connections itself, under a master that only replaces those that end. Each loop
// is an EVNet server. The master opens all listening sockets (SO_REUSEPORT) before it forks, so those who wait in the queue of a process
// that dies are served by the next one.
//
// Good for:   any number of connections with requests that never block, and isolation besides: a crash costs the connections of one
//             process. Nothing is shared, not even the heap, so there is nothing to lock.
// Breaks on:  state that all should share (caches, counters, limits): it needs shared memory. On a request that blocks, which stops its
//             process. On a few busy connections that the system has put on one process.
// Used in:    nginx, Node.js's cluster, uvicorn's and Gunicorn's asynchronous workers, PgBouncer with so_reuseport.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Children.h"
#include "EVNetServer.h"
#include <thread>


using Poco::EVNet::EVServerOptions;


namespace
{
	class MultiProcessLoops: public ServerModel
	{
	public:
		explicit MultiProcessLoops(const ModelOptions& options):
			_options(options),
			_processes(options.workersOr(static_cast<int>(std::thread::hardware_concurrency())))
		{
			for (int i = 0; i < _processes; i++)
			{
				_listeners.push_back(std::make_unique<Listener>(i == 0 ? options.address : _listeners[0]->address(),
					Listener::NON_BLOCKING));
			}
		}

		Poco::UInt16 port() const override
		{
			return _listeners[0]->address().port();
		}

		void start() override
		{
			_children.startAll(_processes, [this](int number) { serveAlone(number); });
		}

		void serve(Signals& signals) override
		{
			_children.keepAll(_processes, [this](int number) { serveAlone(number); }, signals);
		}

		void stop() override
		{
			_children.stop();
		}

	private:
		void serveAlone(int number)
		{
			Signals signals;
			for (int i = 0; i < _processes; i++)
			{
				if (i != number) _listeners[static_cast<std::size_t>(i)].reset();
			}
			EVServerOptions serverOptions;
			serverOptions.setEventLoops(1);
			serverOptions.setExecutionPolicy(EVServerOptions::EXECUTE_INLINE);
			EVNetServer server(_options, *_listeners[static_cast<std::size_t>(number)], 1, serverOptions);
			server.start();
			while (signals.wait() != Signals::END);
			server.stop();
		}

		const ModelOptions& _options;
		const int           _processes;
		std::vector<std::unique_ptr<Listener>> _listeners;
		Children            _children;
	};
}


std::unique_ptr<ServerModel> createMultiProcessLoops(const ModelOptions& options)
{
	return std::make_unique<MultiProcessLoops>(options);
}
