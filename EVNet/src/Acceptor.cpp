//
// Acceptor.cpp
//
// Library: EVNet
// Package: Engine
// Module:  Acceptor
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Acceptor.h"
#include "ConnectionSocketImpl.h"
#include "Engine.h"
#include "Loop.h"
#include "Poco/ErrorHandler.h"
#include "Poco/Net/NetException.h"
#include "Poco/Net/ServerSocketImpl.h"
#include "Poco/Net/TCPServer.h"
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <typeinfo>


using Poco::Net::ServerSocket;
using Poco::Net::StreamSocket;


namespace Poco {
namespace EVNet {


namespace
{
	const double BACK_OFF_INTERVAL = 0.1; // seconds until accept() is tried again without free descriptors or memory
}


Acceptor::Acceptor(Loop& loop):
	_loop(loop),
	_open(false),
	_batch(1),
	_fullBatches(0)
{
	ev_io_init(&_watcher, &Acceptor::ioCallback, -1, EV_READ);
	_watcher.data = this;
	ev_timer_init(&_backOff, &Acceptor::timerCallback, 0., 0.);
	_backOff.data = this;
}


Acceptor::~Acceptor()
{
}


void Acceptor::open(const ServerSocket& socket)
{
	_socket = socket;
	// A pending connection may be gone by the time it is to be accepted.
	_socket.setBlocking(false);
	_open = true;
	ev_io_set(&_watcher, _socket.impl()->sockfd(), EV_READ);
	ev_io_start(_loop.evLoop(), &_watcher);
}


void Acceptor::close()
{
	if (!_open) return;
	_open = false;
	ev_io_stop(_loop.evLoop(), &_watcher);
	ev_timer_stop(_loop.evLoop(), &_backOff);
	// Closed here, not by stop(): libev must not be left with a descriptor that is not open any more.
	if (_loop.engine().ownsSocket()) _socket.close();
	// As it was given to us; but the mode of a shared socket is that of the other processes, too.
	else if (_socket.impl()->initialized() && !_loop.engine().sharesSocket()) _socket.setBlocking(true);
	_socket = ServerSocket();
}


void Acceptor::drain()
{
	if (!_open) return;
	Engine& engine = _loop.engine();
	if (engine.ownsSocket() || _socket != engine.socket())
	{
		_batch = MAX_ACCEPTS_PER_EVENT;
		Poco::Int64 before;
		do
		{
			before = _accepted.value();
			acceptSome();
		}
		while (_accepted.value() != before && ev_is_active(&_watcher));
	}
	close();
}


void Acceptor::resume()
{
	if (_open && !ev_is_active(&_backOff)) ev_io_start(_loop.evLoop(), &_watcher);
}


void Acceptor::pause(double seconds)
{
	_pauses.add();
	ev_io_stop(_loop.evLoop(), &_watcher);
	if (seconds > 0)
	{
		ev_timer_set(&_backOff, seconds, 0.);
		ev_timer_start(_loop.evLoop(), &_backOff);
	}
}


void Acceptor::acceptSome()
{
	Engine& engine = _loop.engine();
	_loop.updateNow(); // the loop may have waited for long
	for (int i = 0; i < _batch && ev_is_active(&_watcher); i++)
	{
		if (!engine.connectionOpening() && !(engine.closesIdle() && _loop.closeLongestIdle() && engine.connectionOpening()))
		{
			pause(0);
			engine.waitForCapacity();
			return;
		}
		bool accepted = false;
		try
		{
			accepted = acceptOne();
		}
		catch (...)
		{
			// out of memory, or a ServerSocketImpl of the application
			Engine::handleCurrentException();
			pause(BACK_OFF_INTERVAL);
		}
		if (!accepted)
		{
			engine.releaseRoom();
			_batch = std::max(1, i);
			_fullBatches = 0;
			return;
		}
	}
	expectMore();
}


void Acceptor::expectMore()
{
	// If more are waiting, libev reports the socket again at once.
	if (++_fullBatches < FULL_BATCHES) return;
	_fullBatches = 0;
	_batch = std::min<int>(2*_batch, MAX_ACCEPTS_PER_EVENT);
}


bool Acceptor::acceptOne()
{
	ConnectionSocketImpl* pSocket = _socket.secure() ? acceptSecure() : acceptPlain();
	if (!pSocket) return false;

	_accepted.add();
	_loop.engine().connectionOpened();
	if (passesLimit(*pSocket) && passesFilter(*pSocket)) _loop.engine().distribute(_loop, pSocket);
	else
	{
		pSocket->release();
		_loop.engine().connectionClosed();
	}
	return true;
}


ConnectionSocketImpl* Acceptor::acceptPlain()
{
	for (;;)
	{
		struct sockaddr_storage peer;
		struct sockaddr* pPeer = reinterpret_cast<struct sockaddr*>(&peer);
		socklen_t length = sizeof(peer);
		int fd = ::accept4(_socket.impl()->sockfd(), pPeer, &length, SOCK_CLOEXEC);
		if (fd >= 0) return new ConnectionSocketImpl(fd, _loop.engine().bufferPool(), pPeer, length);
		if (!goesOnAfter(errno)) return nullptr;
	}
}


ConnectionSocketImpl* Acceptor::acceptSecure()
{
	for (;;)
	{
		struct pollfd listener = { _socket.impl()->sockfd(), POLLIN, 0 };
		if (::poll(&listener, 1, 0) == 0) return nullptr; // lest there is an exception each time
		try
		{
			Poco::Net::SocketAddress address;
			Poco::AutoPtr<Poco::Net::SocketImpl> pSocket(_socket.impl()->acceptConnection(address));
			::fcntl(pSocket->sockfd(), F_SETFD, FD_CLOEXEC);
			return new ConnectionSocketImpl(*pSocket, _loop.engine().bufferPool());
		}
		catch (Poco::IOException& exc)
		{
			if (!goesOnAfter(exc.code() ? exc.code() : EAGAIN)) return nullptr;
		}
	}
}


bool Acceptor::goesOnAfter(int error)
{
	switch (error)
	{
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
		return false;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		pause(BACK_OFF_INTERVAL);
		return false;
	case EBADF:
	case EINVAL:
	case ENOTSOCK:
	case EOPNOTSUPP:
		// The application has closed the socket or shut it down. There is nothing to wait for.
		pause(0);
		Poco::ErrorHandler::handle(Poco::Net::NetException("The listening socket is not open any more"));
		return false;
	default:
		// The client is gone already (ECONNABORTED), or the network had a
		// problem with it; see accept(2). On to the next one.
		return true;
	}
}


bool Acceptor::passesLimit(ConnectionSocketImpl& socket)
{
	AddressLimiter* pLimiter = _loop.engine().addressLimiter();
	if (!pLimiter) return true;
	try
	{
		if (socket.countBy(*pLimiter)) return true;
	}
	catch (Poco::Exception&)
	{
		// The client is gone already.
	}
	_overLimit.add();
	return false;
}


bool Acceptor::passesFilter(ConnectionSocketImpl& socket)
{
	Poco::Net::TCPServerConnectionFilter::Ptr pFilter = _loop.engine().filter();
	if (!pFilter) return true;
	try
	{
		socket.duplicate();
		if (pFilter->accept(StreamSocket(&socket))) return true;
	}
	catch (...)
	{
		Engine::handleCurrentException();
	}
	_filtered.add();
	return false;
}


void Acceptor::ioCallback(struct ev_loop*, ev_io* pWatcher, int)
{
	static_cast<Acceptor*>(pWatcher->data)->acceptSome();
}


void Acceptor::timerCallback(struct ev_loop*, ev_timer* pWatcher, int)
{
	static_cast<Acceptor*>(pWatcher->data)->resume();
}


} } // namespace Poco::EVNet
