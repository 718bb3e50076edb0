//
// Acceptor.cpp
//
// Library: EVNet
// Package: Loop
// Module:  Acceptor
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/Acceptor.h"
#include "core/ExceptionReport.h"
#include "core/Readiness.h"
#include "loop/Admission.h"
#include "loop/Loop.h"
#include "socket/ConnectionSocketImpl.h"
#include "Poco/Error.h"
#include "Poco/Net/NetException.h"
#include "Poco/Net/ServerSocketImpl.h"
#include "Poco/Net/TCPServer.h"
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>


using Poco::Net::StreamSocket;


namespace Poco {
namespace EVNet {


namespace
{
	const double BACK_OFF_INTERVAL = 0.1; // seconds until accept() is tried again after a failure that lasts
}


Acceptor::Acceptor(Loop& loop):
	_loop(loop),
	_closed(false),
	_drained(false),
	_shared(false),
	_open(false),
	_batch(1),
	_fullBatches(0),
	_failures(0),
	_inVain(loop.eventLoop()),
	_drainLeft(0),
	_waits(false)
{
	ev_io_init(&_watcher, &Acceptor::ioCallback, -1, EV_READ);
	_watcher.data = this;
	ev_timer_init(&_backOff, &Acceptor::timerCallback, 0., 0.);
	_backOff.data = this;
}


Acceptor::~Acceptor()
{
}


void Acceptor::open(const Listener& listener)
{
	_loop.eventLoop().assertLed();
	_socket = listener.socket;
	_closed = listener.closed;
	_drained = listener.drained;
	_shared = listener.shared;
	_open = true;
	watch();
}


void Acceptor::watch()
{
	_loop.eventLoop().assertLed();
	if (ev_is_active(&_watcher)) return;
	// Set each time: where the system has refused to watch the socket, libev must not take it for registered.
	ev_io_set(&_watcher, _socket.impl()->sockfd(), EV_READ);
	ev_io_start(_loop.eventLoop().get(), &_watcher);
}


void Acceptor::close()
{
	endDrain();
	if (!_open) return;
	_open = false;
	ev_io_stop(_loop.eventLoop().get(), &_watcher);
	ev_timer_stop(_loop.eventLoop().get(), &_backOff);
	try
	{
		// Closed here, not by stop(): libev must not be left with a descriptor that is not open any more.
		if (_closed) _socket.close();
		// Blocking, as the application gave it to us. But other processes have the mode of a shared socket, too.
		else if (_socket.impl()->initialized() && !_shared) _socket.setBlocking(true);
	}
	catch (Poco::Exception&)
	{
		// the application has closed it in another way
	}
	_socket = _none;
}


void Acceptor::drain()
{
	_loop.eventLoop().assertLed();
	_drainLeft = 1;
	if (_open && _drained)
	{
		// Clients that connect meanwhile look like those that waited. The limit is what the backlog holds, or this might never end.
		_drainLeft += _loop.admission().limits().backlog + 1; // Linux keeps one more than listen(2) says
		_batch = MAX_ACCEPTS_PER_EVENT;
		while (ev_is_active(&_watcher)) acceptSome();
		if (_open) return; // goes on when there is room, or after the back-off
	}
	close();
}


void Acceptor::endDrain()
{
	if (_drainLeft == 0) return;
	_drainLeft = 0;
	_loop.admission().backlogDrained();
}


void Acceptor::askForRoom()
{
	_loop.eventLoop().assertLed();
	_waits = true;
}


bool Acceptor::takeOffer()
{
	return _waits.exchange(false);
}


void Acceptor::useRoom()
{
	_loop.eventLoop().assertLed();
	if (!_open || ev_is_active(&_backOff))
	{
		_loop.admission().offerRoom(); // the room was kept for this loop
		return;
	}
	watch();
	acceptSome(); // if no client waits, releaseRoom() offers the room to the next loop
}


void Acceptor::pause(double seconds)
{
	_pauses.add();
	ev_io_stop(_loop.eventLoop().get(), &_watcher);
	if (seconds > 0)
	{
		ev_timer_set(&_backOff, seconds, 0.);
		ev_timer_start(_loop.eventLoop().get(), &_backOff);
	}
}


void Acceptor::acceptSome()
{
	_loop.eventLoop().assertLed();
	Admission& admission = _loop.admission();
	_loop.eventLoop().updateNow(); // the loop may have waited for long
	for (int i = 0; i < _batch && ev_is_active(&_watcher); i++)
	{
		if (!admission.connectionOpening())
		{
			if (admission.limits().closesIdle)
			{
				if (!somebodyWaits()) // then no idle connection is closed in vain
				{
					if (_drainLeft > 0) close();
					return;
				}
				if (_loop.closeLongestIdle()) continue;
				pause(BACK_OFF_INTERVAL); // no event tells when a connection becomes idle
				return;
			}
			pause(0);
			admission.askForRoom(*this);
			return;
		}
		const Outcome outcome = acceptOne();
		if (outcome == OUTCOME_ACCEPTED && _drainLeft > 0 && --_drainLeft <= 1) close();
		if (outcome == OUTCOME_NOTHING)
		{
			_batch = std::max(1, i);
			_fullBatches = 0;
			if (i == 0) _inVain.add(_watcher); // another process that shares the socket may have been quicker
			if (_drainLeft > 0) close();
			return;
		}
		_inVain.reset();
	}
	expectMore();
}


bool Acceptor::somebodyWaits() const
{
	return pollNow(_socket.impl()->sockfd(), POLLIN) > 0;
}


void Acceptor::expectMore()
{
	// If more are waiting, libev reports the socket again at once.
	if (++_fullBatches < FULL_BATCHES) return;
	_fullBatches = 0;
	_batch = std::min<int>(2*_batch, MAX_ACCEPTS_PER_EVENT);
}


Acceptor::Outcome Acceptor::acceptOne()
{
	Admission& admission = _loop.admission();
	ConnectionSocketImpl* pSocket = nullptr;
	int fd = -1;
	int error = 0;
	std::exception_ptr pException;
	try
	{
		if (_socket.secure()) pSocket = acceptSecure();
		else
		{
			struct sockaddr_storage peer;
			struct sockaddr* pPeer = reinterpret_cast<struct sockaddr*>(&peer);
			socklen_t length = sizeof(peer);
			fd = ::accept4(_socket.impl()->sockfd(), pPeer, &length, SOCK_CLOEXEC);
			if (fd >= 0) pSocket = new ConnectionSocketImpl(fd, _loop.bufferPool(), pPeer, length);
		}
		if (!pSocket) error = errno;
	}
	catch (Poco::Exception& exc)
	{
		// thrown by a ServerSocketImpl: without a code if e.g. OpenSSL has refused, and not the system
		error = exc.code() != 0 ? exc.code() : EPROTO;
		pException = std::current_exception();
	}
	catch (...)
	{
		error = ENOMEM;
		pException = std::current_exception();
	}
	if (!pSocket)
	{
		if (fd >= 0)
		{
			::close(fd);
			_accepted.add();
			admission.connectionOpened();
			admission.connectionEnded(EVServerStatistics::CLOSED_BY_EXCEPTION);
		}
		else admission.releaseRoom();
		return failed(error, pException);
	}

	_failures = 0;
	_accepted.add();
	admission.connectionOpened();
	if (passesLimit(*pSocket) && passesFilter(*pSocket)) _loop.host().distribute(_loop, pSocket);
	else
	{
		pSocket->release();
		admission.connectionClosed();
	}
	return OUTCOME_ACCEPTED;
}


ConnectionSocketImpl* Acceptor::acceptSecure()
{
	const int ready = pollNow(_socket.impl()->sockfd(), POLLIN);
	if (ready == 0) errno = EAGAIN; // acceptConnection() would throw an exception each time
	if (ready <= 0) return nullptr;
	Poco::Net::SocketAddress address;
	Poco::AutoPtr<Poco::Net::SocketImpl> pSocket(_socket.impl()->acceptConnection(address));
	::fcntl(pSocket->sockfd(), F_SETFD, FD_CLOEXEC);
	return new ConnectionSocketImpl(*pSocket, _loop.bufferPool());
}


Acceptor::Outcome Acceptor::failed(int error, const std::exception_ptr& pException)
{
	switch (error)
	{
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
		_failures = 0;
		return OUTCOME_NOTHING;
	case EINTR:
	case ECONNABORTED:
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ETIMEDOUT:
	case ECONNRESET:
	case EPERM:
		// That client is gone already, the network had a problem with it, or a firewall; see accept(2). On to the
		// next one, unless they all fail.
		if (++_failures < MAX_FAILURES)
		{
			// A SecureServerSocket may have accepted the client, and lost it then: somebody has to say so.
			if (pException) report(error, pException, "");
			return OUTCOME_FAILED;
		}
		break;
	case EBADF:
	case EINVAL:
	case ENOTSOCK:
	case EOPNOTSUPP:
		{
			// Has the application closed the socket, or shut it down?
			int listening = 0;
			socklen_t length = sizeof(listening);
			const bool known = ::getsockopt(_socket.impl()->sockfd(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0;
			if (known ? !listening : errno == EBADF || errno == ENOTSOCK)
			{
				listenerGone();
				return OUTCOME_FAILED;
			}
		}
		break;
	default:
		break; // no descriptor, no memory, or whatever else
	}
	pause(BACK_OFF_INTERVAL);
	report(error, pException, "Cannot accept connections, trying again");
	return OUTCOME_FAILED;
}


void Acceptor::listenerGone()
{
	pause(0);
	_episode.end();
	report(EBADF, nullptr, "The listening socket is not open any more");
	close();
}


void Acceptor::watchFailed()
{
	pause(BACK_OFF_INTERVAL);
	report(0, nullptr, "The system refuses to watch the listening socket, trying again");
}


void Acceptor::report(int error, const std::exception_ptr& pException, const char* pText)
{
	if (!_episode.addFailure(_loop.eventLoop().now())) return;
	try
	{
		if (pException) std::rethrow_exception(pException);
		if (error != 0) throw Poco::Net::NetException(pText, Poco::Error::getMessage(error), error);
		throw Poco::Net::NetException(pText);
	}
	catch (...)
	{
		reportException();
	}
}


bool Acceptor::passesLimit(ConnectionSocketImpl& socket)
{
	AddressLimiter* pLimiter = _loop.admission().addressLimiter();
	if (!pLimiter) return true;
	try
	{
		if (socket.countBy(*pLimiter)) return true;
	}
	catch (Poco::Exception&)
	{
		// The client is gone already.
	}
	catch (...)
	{
		reportException(); // out of memory
	}
	_overLimit.add();
	return false;
}


bool Acceptor::passesFilter(ConnectionSocketImpl& socket)
{
	Poco::Net::TCPServerConnectionFilter::Ptr pFilter = _loop.admission().filter();
	if (!pFilter) return true;
	try
	{
		socket.duplicate();
		if (pFilter->accept(StreamSocket(&socket))) return true;
	}
	catch (...)
	{
		reportException();
	}
	_filtered.add();
	return false;
}


void Acceptor::ioCallback(struct ev_loop*, ev_io* pWatcher, int events)
{
	Acceptor& acceptor = *static_cast<Acceptor*>(pWatcher->data);
	if (events & EV_ERROR) acceptor.watchFailed();
	else acceptor.acceptSome();
}


void Acceptor::timerCallback(struct ev_loop*, ev_timer* pWatcher, int)
{
	Acceptor& acceptor = *static_cast<Acceptor*>(pWatcher->data);
	if (!acceptor._open) return;
	acceptor.watch();
	if (acceptor._drainLeft > 0) acceptor.acceptSome(); // if no client waits, no event says so
}


} } // namespace Poco::EVNet
