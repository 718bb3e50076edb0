//
// Fork.cpp
//
// A process for each connection: accept, fork, and the child serves.
//
// Good for:   isolation. A child may crash, leak, block, change its user or its directory, and only its client notices. Code
//             need not know of threads, nor of other clients.
// Breaks on:  many short connections: fork() copies page tables, the more the larger the server is, and each first write copies a
//             page. On thousands of clients, each of which is a process to schedule. On state that clients should share.
// Used in:    inetd and xinetd, OpenSSH's sshd, PostgreSQL (a backend for each session), CERN and NCSA httpd.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "BlockingConnection.h"
#include "Children.h"
#include <algorithm>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>


namespace
{
	const int MAX_PROCESSES = 2000;


	class Fork: public ServerModel
	{
	public:
		explicit Fork(const ModelOptions& options):
			_options(options),
			_listener(options.address, Listener::NON_BLOCKING),
			_maxProcesses(std::min(options.connections, MAX_PROCESSES)),
			_number(0)
		{
		}

		Poco::UInt16 port() const override
		{
			return _listener.address().port();
		}

		void start() override
		{
			// All is done in serve(), by the only thread there is: see Children
		}

		void serve(Signals& signals) override
		{
			bool resting = false;
			for (;;)
			{
				// With too many children, clients wait in the backlog. The end of a child is a signal.
				const bool accepting = !resting && _children.count() < _maxProcesses;
				struct pollfd descriptors[] = {{signals.descriptor(), POLLIN, 0}, {accepting ? _listener.descriptor() : -1, POLLIN, 0}};
				::poll(descriptors, 2, resting ? Listener::RETRY : -1);
				resting = false;

				const Signals::Event event = signals.wait(0);
				if (event == Signals::END) return;
				if (event == Signals::CHILD) _children.reap();
				if (descriptors[1].revents) resting = !accept();
			}
		}

		void stop() override
		{
			_children.stop();
		}

	private:
		bool accept()
			/// Returns false if there are no resources for another client.
		{
			const int fd = _listener.accept();
			if (fd < 0) return fd != Listener::NO_RESOURCES;

			const bool started = _children.start(_number++, [this, fd] { serveConnection(fd); });
			::close(fd); // it is the child's now; the client of one that could not be started is turned away
			return started;
		}

		void serveConnection(int fd)
		{
			::close(_listener.descriptor()); // else the port would be in use until the last child ends
			::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
			Interrupter interrupter; // a signal ends the process
			BlockingConnection::serveAndClose(fd, _options, interrupter);
		}

		const ModelOptions& _options;
		Listener  _listener;
		const int _maxProcesses;
		int       _number;
		Children  _children;
	};
}


std::unique_ptr<ServerModel> createFork(const ModelOptions& options)
{
	return std::make_unique<Fork>(options);
}
