//
// AddressLimiter.cpp
//
// Library: EVNet
// Package: Core
// Module:  AddressLimiter
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "core/AddressLimiter.h"
#include "Poco/Net/IPAddress.h"
#include <algorithm>
#include <utility>


using Poco::Net::IPAddress;
using Poco::Net::SocketAddress;


namespace Poco {
namespace EVNet {


namespace
{
	const std::size_t NETWORK_BYTES = 8; // of an IPv6 address; one client usually has all addresses of the network

	std::string keyOf(const SocketAddress& address)
	{
		if (address.family() != SocketAddress::IPv4 && address.family() != SocketAddress::IPv6) return std::string();
		const IPAddress host = address.host();
		const char* pBytes = static_cast<const char*>(host.addr());
		if (host.family() == IPAddress::IPv4) return std::string(pBytes, static_cast<std::size_t>(host.length()));
		if (host.isIPv4Mapped()) return std::string(pBytes + host.length() - 4, 4);
		return std::string(pBytes, NETWORK_BYTES);
	}
}


AddressLimiter::Entry::Entry(const Ptr& pLimiter, const std::string& key):
	_pLimiter(pLimiter),
	_key(key)
{
}


AddressLimiter::Entry::Entry(Entry&& other)
{
	*this = std::move(other);
}


AddressLimiter::Entry& AddressLimiter::Entry::operator = (Entry&& other)
{
	std::swap(_pLimiter, other._pLimiter);
	std::swap(_key, other._key);
	return *this;
}


AddressLimiter::Entry::~Entry()
{
	if (_pLimiter) _pLimiter->leave(_key);
}


bool AddressLimiter::Entry::counted() const
{
	return !_pLimiter.isNull();
}


AddressLimiter::AddressLimiter(int limit):
	_limit(limit)
{
}


AddressLimiter::~AddressLimiter()
{
}


AddressLimiter::Entry AddressLimiter::enter(const SocketAddress& address)
{
	const std::string key = keyOf(address);
	std::lock_guard<std::mutex> lock(_mutex);
	int& count = _counts[key];
	if (count >= _limit) return Entry();
	++count;
	return Entry(Ptr(this, true), key);
}


void AddressLimiter::leave(const std::string& key)
{
	std::lock_guard<std::mutex> lock(_mutex);
	const auto it = _counts.find(key);
	if (--it->second == 0) _counts.erase(it);
}


} } // namespace Poco::EVNet
