//
// PeerAddress.cpp
//
// Library: EVNet
// Package: Socket
// Module:  PeerAddress
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/PeerAddress.h"
#include <cstring>
#include <new>
#include <sys/socket.h>


using Poco::Net::SocketAddress;


namespace Poco {
namespace EVNet {


PeerAddress::PeerAddress():
	_port(0),
	_host(0)
{
}


PeerAddress::Extras& PeerAddress::extras()
{
	if (!_pExtras) _pExtras.reset(new Extras);
	return *_pExtras;
}


void PeerAddress::set(const struct sockaddr* pAddress, socklen_t length)
{
	if (length >= sizeof(struct sockaddr_in) && pAddress->sa_family == AF_INET)
	{
		const struct sockaddr_in* pIPv4 = reinterpret_cast<const struct sockaddr_in*>(pAddress);
		_port = pIPv4->sin_port;
		_host = pIPv4->sin_addr.s_addr;
	}
	else if (length >= sizeof(struct sockaddr_in6) && pAddress->sa_family == AF_INET6)
	{
		try
		{
			std::memcpy(&extras().address, pAddress, sizeof(struct sockaddr_in6));
		}
		catch (std::bad_alloc&)
		{
			// The system is asked when somebody wants to know.
		}
	}
}


std::optional<SocketAddress> PeerAddress::get() const
{
	if (_host)
	{
		struct sockaddr_in address = sockaddr_in();
		address.sin_family = AF_INET;
		address.sin_port = _port;
		address.sin_addr.s_addr = _host;
		return SocketAddress(reinterpret_cast<const struct sockaddr*>(&address), sizeof(address));
	}
	if (!_pExtras || _pExtras->address.sin6_family != AF_INET6) return std::nullopt;
	return SocketAddress(reinterpret_cast<const struct sockaddr*>(&_pExtras->address), sizeof(_pExtras->address));
}


bool PeerAddress::countBy(AddressLimiter& limiter, const SocketAddress& address)
{
	extras().entry = limiter.enter(address);
	return extras().entry.counted();
}


void PeerAddress::uncount()
{
	if (_pExtras) _pExtras->entry = AddressLimiter::Entry();
}


} } // namespace Poco::EVNet
