//
// PeerAddress.h
//
// Library: EVNet
// Package: Socket
// Module:  PeerAddress
//
// Definition of the PeerAddress class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_PeerAddress_INCLUDED
#define EVNet_PeerAddress_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/AddressLimiter.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/Types.h"
#include <memory>
#include <netinet/in.h>
#include <optional>


namespace Poco {
namespace EVNet {


class PeerAddress
	/// The address that a connection was accepted from, and its place in an AddressLimiter. The system does not know the address any more
	/// when the client has reset the connection.
	///
	/// Used by the owner of the connection.
{
public:
	PeerAddress();

	void set(const struct sockaddr* pAddress, socklen_t length);
		/// Sets it, if it is one of IPv4 or IPv6. The client of a Unix domain socket mostly has none, and keeps it.

	std::optional<Poco::Net::SocketAddress> get() const;
		/// Returns it, or nothing if it was not set: then the system is asked.

	bool countBy(AddressLimiter& limiter, const Poco::Net::SocketAddress& address);
		/// Counts the connection until uncount() is called, or this object destroyed. Returns false if the address has too many.

	void uncount();

private:
	struct Extras
		/// What few connections need.
	{
		struct sockaddr_in6   address = sockaddr_in6(); /// if it is one of IPv6
		AddressLimiter::Entry entry;
	};

	Extras& extras();

	Poco::UInt16            _port; /// in network order
	Poco::UInt32            _host; /// IPv4, in network order; 0 for others
	std::unique_ptr<Extras> _pExtras;
};


} } // namespace Poco::EVNet


#endif // EVNet_PeerAddress_INCLUDED
