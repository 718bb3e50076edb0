//
// EpollLoop.cpp
//
// A thread that waits for many connections with epoll.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EpollLoop.h"
#include "Poco/Exception.h"
#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>


EpollLoop::EpollLoop(const ModelOptions& options, Trigger trigger, int capacity):
	_trigger(trigger),
	_longJobs(NonBlockingConnection::DO_LONG_JOBS),
	_connections(options, capacity),
	_pListener(0),
	_accepting(false),
	_epoll(::epoll_create1(EPOLL_CLOEXEC)),
	_wakeUp(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
	_stopped(false)
{
	if (_epoll >= 0 && _wakeUp >= 0 && addToEpoll(_wakeUp, EPOLLIN, this)) return;
	const int error = errno;
	::close(_epoll);
	::close(_wakeUp);
	throw Poco::SystemException("epoll", error);
}


EpollLoop::~EpollLoop()
{
	::close(_wakeUp);
	::close(_epoll);
}


void EpollLoop::listen(Listener& listener)
{
	_pListener = &listener;
	_accepting = true;
	if (!addToEpoll(_pListener->descriptor(), EPOLLIN, _pListener)) throw Poco::SystemException("epoll_ctl", errno);
}


void EpollLoop::adopt(int fd)
{
	NonBlockingConnection& connection = _connections.open(fd);
	connection.interest = _trigger == EDGE_TRIGGERED ? EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET : EPOLLIN;
	if (!addToEpoll(fd, connection.interest, &connection)) _connections.close(connection);
}


void EpollLoop::run()
{
	while (!_stopped && (_pListener || _connections.count() > 0))
	{
		wait();
		// One step for each, then the next turn: a connection that still has something to do comes after the others.
		_turn.swap(_queue);
		for (NonBlockingConnection* pConnection: _turn) advance(*pConnection);
		_turn.clear();
		keepTime();
	}
}


void EpollLoop::wait()
{
	struct epoll_event events[EVENTS];
	const int timeout = !_queue.empty() ? 0 : _pListener && !_accepting ? static_cast<int>(Listener::RETRY) : static_cast<int>(TICK);
	const int count = ::epoll_wait(_epoll, events, EVENTS, timeout);
	for (int i = 0; i < count; i++)
	{
		if (events[i].data.ptr == this) takeBack();
		else if (events[i].data.ptr == _pListener) accept();
		else
		{
			NonBlockingConnection& connection = *static_cast<NonBlockingConnection*>(events[i].data.ptr);
			if (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) connection.noteHangUp();
			enqueue(connection);
		}
	}
}


void EpollLoop::accept()
{
	for (int i = 0; i < ACCEPTS; i++)
	{
		// Those who find no room wait in the backlog. The listener would tell of them all the time.
		if (_connections.isFull()) return setAccepting(false);
		const int fd = _pListener->accept();
		if (fd >= 0) adopt(fd);
		else
		{
			if (fd == Listener::NO_RESOURCES)
			{
				setAccepting(false);
				_acceptAfter = NonBlockingConnection::Clock::now() + std::chrono::milliseconds(Listener::RETRY);
			}
			return;
		}
	}
}


void EpollLoop::setAccepting(bool accepting)
{
	_accepting = accepting;
	struct epoll_event event;
	event.events = accepting ? static_cast<unsigned>(EPOLLIN) : 0;
	event.data.ptr = _pListener;
	::epoll_ctl(_epoll, EPOLL_CTL_MOD, _pListener->descriptor(), &event);
}


void EpollLoop::enqueue(NonBlockingConnection& connection)
{
	if (connection.place == NonBlockingConnection::QUEUED) return;
	connection.place = NonBlockingConnection::QUEUED;
	_queue.push_back(&connection);
}


void EpollLoop::advance(NonBlockingConnection& connection)
{
	connection.place = NonBlockingConnection::WATCHED;
	switch (connection.advance(_longJobs))
	{
	case NonBlockingConnection::CLOSED:
		_connections.close(connection); // which takes it out of epoll as well
		break;
	case NonBlockingConnection::WORKING:
		// Out of epoll, because an event would be for somebody else.
		::epoll_ctl(_epoll, EPOLL_CTL_DEL, connection.descriptor(), 0);
		connection.place = NonBlockingConnection::AWAY;
		handOver(connection);
		break;
	case NonBlockingConnection::READY:
		if (_trigger == EDGE_TRIGGERED) enqueue(connection);
		else watch(connection, EPOLLIN);
		break;
	case NonBlockingConnection::WRITING:
		watch(connection, EPOLLOUT);
		break;
	case NonBlockingConnection::READING:
	case NonBlockingConnection::LINGERING:
		watch(connection, EPOLLIN);
		break;
	}
}


void EpollLoop::watch(NonBlockingConnection& connection, unsigned events)
{
	if (_trigger == EDGE_TRIGGERED || connection.interest == events) return;
	connection.interest = events;
	struct epoll_event event;
	event.events = events;
	event.data.ptr = &connection;
	::epoll_ctl(_epoll, EPOLL_CTL_MOD, connection.descriptor(), &event);
}


bool EpollLoop::addToEpoll(int fd, unsigned events, void* pData)
{
	struct epoll_event event;
	event.events = events;
	event.data.ptr = pData;
	return ::epoll_ctl(_epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}


void EpollLoop::handOver(NonBlockingConnection&)
{
}


void EpollLoop::giveBack(NonBlockingConnection& connection)
{
	{
		std::lock_guard<std::mutex> lock(_mutex);
		_mailbox.push_back(&connection);
	}
	wake();
}


void EpollLoop::takeBack()
{
	eventfd_t value;
	::eventfd_read(_wakeUp, &value);
	std::vector<NonBlockingConnection*> mail;
	{
		std::lock_guard<std::mutex> lock(_mutex);
		mail.swap(_mailbox);
	}
	for (NonBlockingConnection* pConnection: mail)
	{
		if (addToEpoll(pConnection->descriptor(), pConnection->interest, pConnection)) enqueue(*pConnection);
		else _connections.close(*pConnection);
	}
}


void EpollLoop::stop()
{
	_stopped = true;
	wake();
}


void EpollLoop::wake()
{
	::eventfd_write(_wakeUp, 1);
}


void EpollLoop::keepTime()
{
	const bool wanting = _pListener && !_accepting && !_connections.isFull();
	if (!wanting && !_queue.empty()) return;
	const NonBlockingConnection::Clock::time_point now = NonBlockingConnection::Clock::now();
	if (wanting && now >= _acceptAfter) setAccepting(true);
	if (now >= _nextTick)
	{
		_connections.closeOverdue();
		_nextTick = now + std::chrono::milliseconds(TICK);
	}
}
