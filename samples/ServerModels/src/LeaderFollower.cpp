//
// LeaderFollower.cpp
//
// Threads take turns: one of them, the leader, waits for an event. Before it serves the connection it promotes a follower, which
// waits for the next event meanwhile. No request changes its thread, and there is no queue.
//
// Good for:   requests that take a moment, or block now and then, on any number of connections: as long as one thread is left, events
//             are taken at once, by a thread that is awake and has the bytes in its cache.
// Breaks on:  many short requests: each costs a change of leadership (a lock, and often the wake-up of a thread) and one system call to
//             watch the connection again (EPOLLONESHOT), and one epoll_wait() brings one event. When all threads block, nobody waits.
// Used in:    ACE's TP_Reactor (the pattern's origin), TAO; Apache's mpm_leader; the Windows and Java servers that copied it.
//             EVNet's adaptive execution is this, for a whole turn of the loop, and with leadership taken only when it is needed.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ConnectionPool.h"
#include "Listener.h"
#include "Poco/Exception.h"
#include <cerrno>
#include <mutex>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>


namespace
{
	const int THREADS = 16;
	const int TICK = 500;   // milliseconds between two looks for those that are overdue


	class LeaderFollower: public ServerModel
	{
	public:
		explicit LeaderFollower(const ModelOptions& options):
			_workers(options.workersOr(THREADS)),
			_listener(options.address, Listener::NON_BLOCKING),
			_connections(options, options.connections),
			_epoll(::epoll_create1(EPOLL_CLOEXEC)),
			_end(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
		{
			if (_epoll < 0 || _end < 0) throw Poco::SystemException("epoll", errno);
		}

		~LeaderFollower() override
		{
			::close(_end);
			::close(_epoll);
		}

		Poco::UInt16 port() const override
		{
			return _listener.address().port();
		}

		void start() override
		{
			control(EPOLL_CTL_ADD, _end, EPOLLIN, this);
			control(EPOLL_CTL_ADD, _listener.descriptor(), EPOLLIN, &_listener);
			for (int i = 0; i < _workers; i++) _threads.emplace_back(&LeaderFollower::run, this);
		}

		void stop() override
		{
			// Nobody reads it, so it ends all leaders to come.
			::eventfd_write(_end, 1);
			for (std::thread& thread: _threads) thread.join();
		}

	private:
		using Clock = NonBlockingConnection::Clock;

		void run()
		{
			for (;;)
			{
				NonBlockingConnection* pConnection;
				{
					// Here the followers wait. To unlock it is to promote one of them.
					std::lock_guard<std::mutex> leadership(_leadership);
					pConnection = lead();
				}
				if (!pConnection) return;
				advance(*pConnection);
			}
		}

		NonBlockingConnection* lead()
			/// Returns a connection that has had an event, null at the end.
		{
			for (;;)
			{
				struct epoll_event event;
				const int count = ::epoll_wait(_epoll, &event, 1, _listening ? TICK : static_cast<int>(Listener::RETRY));
				keepTime();
				if (count <= 0) continue;
				if (event.data.ptr == this) return 0;
				if (event.data.ptr == &_listener) accept(); // short, and done by the leader itself
				else
				{
					// Once an event has been taken there is no other one (EPOLLONESHOT): the connection is this thread's.
					NonBlockingConnection* pConnection = static_cast<NonBlockingConnection*>(event.data.ptr);
					std::lock_guard<std::mutex> lock(_mutex);
					pConnection->place = NonBlockingConnection::AWAY;
					return pConnection;
				}
			}
		}

		void accept()
		{
			std::lock_guard<std::mutex> lock(_mutex);
			const int fd = _connections.isFull() ? static_cast<int>(Listener::NO_RESOURCES) : _listener.accept();
			if (fd >= 0)
			{
				NonBlockingConnection& connection = _connections.open(fd);
				if (!control(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT, &connection)) _connections.close(connection);
			}
			else if (fd == Listener::NO_RESOURCES) listen(false);
		}

		void listen(bool listening)
		{
			_listening = listening;
			control(EPOLL_CTL_MOD, _listener.descriptor(), listening ? static_cast<unsigned>(EPOLLIN) : 0, &_listener);
		}

		void advance(NonBlockingConnection& connection)
		{
			const NonBlockingConnection::State state = connection.advance();
			// Under the lock, lest the leader closes a connection as overdue that has come back but is not watched yet
			std::lock_guard<std::mutex> lock(_mutex);
			if (state == NonBlockingConnection::CLOSED)
			{
				_connections.close(connection);
				return;
			}
			connection.place = NonBlockingConnection::WATCHED;
			const unsigned events = state == NonBlockingConnection::WRITING ? EPOLLOUT : EPOLLIN;
			control(EPOLL_CTL_MOD, connection.descriptor(), events | EPOLLONESHOT, &connection);
		}

		void keepTime()
		{
			const Clock::time_point now = Clock::now();
			if (_listening && now < _nextTick) return;
			std::lock_guard<std::mutex> lock(_mutex);
			if (!_listening && !_connections.isFull()) listen(true);
			if (now < _nextTick) return;
			_connections.closeOverdue();
			_nextTick = now + std::chrono::milliseconds(TICK);
		}

		bool control(int operation, int fd, unsigned events, void* pData)
		{
			struct epoll_event event;
			event.events = events;
			event.data.ptr = pData;
			return ::epoll_ctl(_epoll, operation, fd, &event) == 0;
		}

		const int         _workers;
		Listener          _listener;
		std::mutex        _leadership;
		bool              _listening = true; // the leader's
		Clock::time_point _nextTick;         // the leader's
		std::mutex        _mutex;            // taken after _leadership
		ConnectionPool    _connections;      // under the mutex, and so are their places
		const int         _epoll;
		const int         _end;
		std::vector<std::thread> _threads;
	};
}


std::unique_ptr<ServerModel> createLeaderFollower(const ModelOptions& options)
{
	return std::make_unique<LeaderFollower>(options);
}
