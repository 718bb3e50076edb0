//
// Prefork.cpp
//
// A pool of processes, forked in advance. Each is the sequential server: all of them wait in accept() for the same socket, and
// the system wakes one.
//
// Good for:   the isolation of fork without its price for each connection; code that is not safe with threads. A process
//             that is broken or has grown is replaced.
// Breaks on:  persistent connections: N processes have N clients, idle or not, and all others wait. On memory, if each process
//             needs much of its own.
// Used in:    Apache httpd (mpm_prefork, PHP's usual home), PHP-FPM, Gunicorn's sync workers, Unicorn.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "BlockingConnection.h"
#include "Children.h"


namespace
{
	const int PROCESSES = 16;


	class Prefork: public ServerModel
	{
	public:
		explicit Prefork(const ModelOptions& options):
			_options(options),
			_listener(options.address, Listener::BLOCKING),
			_processes(options.workersOr(PROCESSES))
		{
		}

		Poco::UInt16 port() const override
		{
			return _listener.address().port();
		}

		void start() override
		{
			_children.startAll(_processes, [this](int) { acceptAndServe(); });
		}

		void serve(Signals& signals) override
		{
			_children.keepAll(_processes, [this](int) { acceptAndServe(); }, signals);
		}

		void stop() override
		{
			_children.stop();
		}

	private:
		void acceptAndServe()
		{
			Interrupter interrupter; // a signal ends the process
			BlockingConnection::serveInTurn(_listener, _options, interrupter);
		}

		const ModelOptions& _options;
		Listener  _listener;
		const int _processes;
		Children  _children;
	};
}


std::unique_ptr<ServerModel> createPrefork(const ModelOptions& options)
{
	return std::make_unique<Prefork>(options);
}
