//
// EventLoopTest.cpp
//
// What the watcher asks of a loop that another thread leads: is there something to do?
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EventLoopTest.h"
#include "CppUnit/TestCaller.h"
#include "core/FileDescriptor.h"
#include "loop/EventLoop.h"
#include "Poco/Exception.h"
#include <sys/socket.h>
#include <unistd.h>


using Poco::EVNet::EventLoop;
using Poco::EVNet::FileDescriptor;


namespace
{
	class WatchedPair
		/// Two sockets, of which the loop watches one.
	{
	public:
		explicit WatchedPair(EventLoop& loop):
			_loop(loop)
		{
			int fds[2];
			if (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) throw Poco::SystemException("socketpair");
			_watched = FileDescriptor(fds[0]);
			_other = FileDescriptor(fds[1]);
			ev_io_init(&_watcher, &WatchedPair::callback, fds[0], EV_READ);
			ev_io_start(_loop.get(), &_watcher);
			_loop.run(false); // now the system knows of it
		}

		~WatchedPair()
		{
			end();
		}

		void end()
		{
			ev_io_stop(_loop.get(), &_watcher);
			_watched = FileDescriptor();
		}

		void send()
		{
			if (::write(_other.get(), "x", 1) != 1) throw Poco::SystemException("write");
		}

		int fd() const
		{
			return _watched.get();
		}

	private:
		static void callback(struct ev_loop*, ev_io* pWatcher, int)
		{
			char c;
			if (::read(pWatcher->fd, &c, 1) != 1) throw Poco::SystemException("read");
		}

		EventLoop&     _loop;
		FileDescriptor _watched;
		FileDescriptor _other;
		ev_io          _watcher;
	};
}


EventLoopTest::EventLoopTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EventLoopTest::testHasEventsWhenWoken()
{
	int calls = 0;
	EventLoop loop(EVBACKEND_EPOLL, [&] { calls++; });
	assertFalse (loop.hasEvents());
	loop.wake();
	assertTrue (loop.hasEvents());
	loop.run(false);
	assertEqual (1, calls);
	assertFalse (loop.hasEvents());
}


void EventLoopTest::testHasEventsOfADescriptor()
{
	EventLoop loop(EVBACKEND_EPOLL, nullptr);
	WatchedPair pair(loop);
	assertFalse (loop.hasEvents());
	pair.send();
	assertTrue (loop.hasEvents());
	loop.run(false);
	assertFalse (loop.hasEvents());
	// Where it cannot be found out, there may be something.
	EventLoop other(EVBACKEND_POLL, nullptr);
	assertTrue (other.hasEvents());
}


void EventLoopTest::testHasEventsThoughLibevHasANewDescriptor()
{
	const std::string any("/dev/null");
	FileDescriptor low(any); // the new one gets this number
	EventLoop loop(EVBACKEND_EPOLL, nullptr);
	WatchedPair pair(loop);
	{
		// The system goes on to tell of a connection that is closed, as long as somebody has a copy of the descriptor.
		WatchedPair gone(loop);
		const FileDescriptor copy(::dup(gone.fd()));
		gone.end();
		low = FileDescriptor();
		gone.send();
		for (int i = 0; i < 3; i++) loop.run(false);
	}
	const FileDescriptor idle[] = {FileDescriptor(any), FileDescriptor(any), FileDescriptor(any)};
	assertTrue (idle[0].get() >= 0);
	assertFalse (loop.hasEvents());
	pair.send();
	assertTrue (loop.hasEvents());
	loop.run(false);
	assertFalse (loop.hasEvents());
}


CppUnit::Test* EventLoopTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EventLoopTest");

	CppUnit_addTest(pSuite, EventLoopTest, testHasEventsWhenWoken);
	CppUnit_addTest(pSuite, EventLoopTest, testHasEventsOfADescriptor);
	CppUnit_addTest(pSuite, EventLoopTest, testHasEventsThoughLibevHasANewDescriptor);

	return pSuite;
}
