//
// AddressLimiter.h
//
// Library: EVNet
// Package: Core
// Module:  AddressLimiter
//
// Definition of the AddressLimiter class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_AddressLimiter_INCLUDED
#define EVNet_AddressLimiter_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/AutoPtr.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/RefCountedObject.h"
#include <mutex>
#include <string>
#include <unordered_map>


namespace Poco {
namespace EVNet {


class AddressLimiter: public Poco::RefCountedObject
	/// Counts the connections of each client address; with IPv6, of each network of 64 bits, which one client usually has.
	///
	/// All methods may be called from any thread.
{
public:
	using Ptr = Poco::AutoPtr<AddressLimiter>;

	class Entry
		/// One connection of an address. It is counted as long as this object exists.
	{
	public:
		Entry() = default;
		Entry(Entry&& other);
		Entry& operator = (Entry&& other);
		~Entry();

		bool counted() const;
			/// Returns false if the address had too many connections.

	private:
		Entry(const Ptr& pLimiter, const std::string& key);

		Ptr         _pLimiter;
		std::string _key;

		friend class AddressLimiter;
	};

	explicit AddressLimiter(int limit);

	Entry enter(const Poco::Net::SocketAddress& address);
		/// Counts a connection of the address, unless it has too many. Clients of Unix domain
		/// sockets are all one.

protected:
	~AddressLimiter();

private:
	void leave(const std::string& key);

	const int _limit;
	std::mutex _mutex;   /// guards _counts
	std::unordered_map<std::string, int> _counts;
};


} } // namespace Poco::EVNet


#endif // EVNet_AddressLimiter_INCLUDED
