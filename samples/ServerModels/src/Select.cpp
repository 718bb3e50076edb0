//
// Select.cpp
//
// One thread, a state machine for each connection, and select() to find out which of them can go on.
//
// Good for:   some dozen connections, anywhere: every system has select(). All state is that of one thread, so there are no locks.
// Breaks on:  more than FD_SETSIZE (1024) descriptors: a greater one is a write beyond the set. On many connections: each call
//             copies and searches all of them, to find the one that can be read. On any request that takes long: all others wait.
// Used in:    countless daemons of the eighties and nineties, X servers, thttpd, the first Squid, cross-platform libraries' last resort.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ConnectionPool.h"
#include "Listener.h"
#include <algorithm>
#include <atomic>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <thread>
#include <unistd.h>


namespace
{
	const int SPARE = 32;   // descriptors that are no connections
	const int TICK = 500;   // milliseconds between two looks for those that are overdue


	class Select: public ServerModel
	{
	public:
		explicit Select(const ModelOptions& options):
			_listener(options.address, Listener::NON_BLOCKING),
			_connections(options, std::min(options.connections, FD_SETSIZE - SPARE)),
			_wakeUp(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
			_stopped(false)
		{
		}

		~Select() override
		{
			::close(_wakeUp);
		}

		Poco::UInt16 port() const override
		{
			return _listener.address().port();
		}

		void start() override
		{
			_thread = std::thread(&Select::run, this);
		}

		void stop() override
		{
			_stopped = true;
			::eventfd_write(_wakeUp, 1);
			_thread.join();
		}

	private:
		using Clock = NonBlockingConnection::Clock;

		void run()
		{
			Clock::time_point nextTick = Clock::now();
			bool resting = false;
			while (!_stopped)
			{
				// The sets are made anew each time, because select() overwrites them.
				FD_ZERO(&_readable);
				FD_ZERO(&_writable);
				int greatest = std::max(_wakeUp, _listener.descriptor());
				FD_SET(_wakeUp, &_readable);
				// Clients that find no room wait in the backlog
				if (!resting && !_connections.isFull()) FD_SET(_listener.descriptor(), &_readable);
				_connections.forEach([&](NonBlockingConnection& connection)
				{
					FD_SET(connection.descriptor(), connection.interest ? &_writable : &_readable);
					greatest = std::max(greatest, connection.descriptor());
				});

				const int milliseconds = resting ? static_cast<int>(Listener::RETRY) : TICK;
				struct timeval timeout = {milliseconds/1000, milliseconds%1000*1000};
				resting = false;
				if (::select(greatest + 1, &_readable, &_writable, 0, &timeout) > 0) resting = !handleEvents();
				if (Clock::now() >= nextTick)
				{
					_connections.closeOverdue();
					nextTick = Clock::now() + std::chrono::milliseconds(TICK);
				}
			}
		}

		bool handleEvents()
			/// Returns false if there are no resources for another client.
		{
			_connections.forEach([this](NonBlockingConnection& connection)
			{
				const int fd = connection.descriptor();
				if (FD_ISSET(fd, &_readable) || FD_ISSET(fd, &_writable)) advance(connection);
			});
			// New ones are not in the sets: they come last, and are asked next time.
			while (FD_ISSET(_listener.descriptor(), &_readable) && !_connections.isFull())
			{
				const int fd = _listener.accept();
				if (fd < 0) return fd != Listener::NO_RESOURCES;
				if (fd < FD_SETSIZE) _connections.open(fd);
				else ::close(fd);
			}
			return true;
		}

		void advance(NonBlockingConnection& connection)
		{
			const NonBlockingConnection::State state = connection.advance();
			if (state == NonBlockingConnection::CLOSED) _connections.close(connection);
			else connection.interest = state == NonBlockingConnection::WRITING; // all other states wait for input
		}

		Listener          _listener;
		ConnectionPool    _connections;
		const int         _wakeUp;
		std::atomic<bool> _stopped;
		fd_set            _readable;
		fd_set            _writable;
		std::thread       _thread;
	};
}


std::unique_ptr<ServerModel> createSelect(const ModelOptions& options)
{
	return std::make_unique<Select>(options);
}
