//
// Transport.cpp
//
// Library: EVNet
// Package: Socket
// Module:  Transport
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/Transport.h"
#include "core/RateDeadline.h"
#include "Poco/Exception.h"
#include <algorithm>
#include <cerrno>
#include <poll.h>


using Poco::Net::SocketImpl;
using Poco::Net::StreamSocket;


namespace Poco {
namespace EVNet {


namespace
{
	bool waitFor(poco_socket_t fd, short events, const RateDeadline& deadline)
	{
		int timeout = -1;
		if (deadline.period() > 0)
		{
			if (deadline.isOver()) return false;
			const Poco::Timespan::TimeDiff milliseconds = (deadline.left().totalMicroseconds() + 999)/1000;
			timeout = static_cast<int>(std::min<Poco::Timespan::TimeDiff>(milliseconds, Poco::Timespan::DAYS/Poco::Timespan::MILLISECONDS));
		}
		struct pollfd entry = { fd, events, 0 };
		const int n = ::poll(&entry, 1, timeout);
		if (n < 0 && errno != EINTR) throw Poco::IOException("Cannot wait for the client", errno);
		return n != 0 || !deadline.isOver();
	}
}


Transport::Transport(bool handshaking):
	_handshaking(handshaking),
	_exposed(false),
	_wantsToReceive(false)
{
}


Transport::~Transport()
{
}


void Transport::release()
{
}


bool Transport::secure() const
{
	return false;
}


bool Transport::pending()
{
	return false;
}


bool Transport::waitToReceive(poco_socket_t fd, const RateDeadline& deadline) const
{
	return waitFor(fd, POLLIN, deadline);
}


bool Transport::waitToSend(poco_socket_t fd, const RateDeadline& deadline) const
{
	return waitFor(fd, wantsToReceive() ? POLLIN : POLLOUT, deadline);
}


bool Transport::endsOneWay() const
{
	return true;
}


void Transport::shutdown()
{
}


std::mutex* Transport::outputMutex()
{
	return nullptr;
}


Poco::UInt64 Transport::takeReceived(poco_socket_t)
{
	return 0;
}


Poco::UInt64 Transport::takeAcknowledged(poco_socket_t)
{
	return 0;
}


StreamSocket Transport::socketFor(const StreamSocket& socket)
{
	return socket;
}


bool Transport::is(const SocketImpl*) const
{
	return false;
}


void Transport::expose()
{
}


void Transport::lend(const Poco::Timespan&)
{
}


void Transport::takeBack()
{
}


void Transport::giveAway(const Poco::Timespan&)
{
}


bool Transport::isLatest() const
{
	return true;
}


Poco::Timespan Transport::receiveTimeout()
{
	return Poco::Timespan();
}


Poco::Timespan Transport::sendTimeout()
{
	return Poco::Timespan();
}


} } // namespace Poco::EVNet
