//
// ConnectionObjects.h
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionObjects
//
// Definition of the ConnectionObjects class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ConnectionObjects_INCLUDED
#define EVNet_ConnectionObjects_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVTCPServerConnection.h"
#include "Poco/Net/StreamSocket.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include <atomic>
#include <typeinfo>

namespace Poco {
namespace EVNet {


class ConnectionObjects
	/// Makes the application's connection objects, and knows which of them are multiplexed by request.
	///
	/// Methods may be called from any thread.
{
public:
	enum Kind
		/// What the connection factory makes.
	{
		KIND_UNKNOWN,
			/// Nothing has been made yet.
		KIND_MULTIPLEXED,
			/// EVTCPServerConnections.
		KIND_PLAIN
			/// Other TCPServerConnections.
	};

	ConnectionObjects(Poco::Net::TCPServerConnectionFactory::Ptr pFactory, bool onData);
		/// If onData is true, an object of which nobody knows whether it is plain is not made before data
		/// has arrived.

	~ConnectionObjects();

	Kind kind() const;

	bool onData() const;

	bool madeOnAccept() const;
		/// Returns true if a new connection gets its object from the leader, at once.

	Poco::Net::TCPServerConnection* make(const Poco::Net::StreamSocket& socket);
		/// Has the factory make an object. Throws what the factory throws.

	EVTCPServerConnection* multiplexed(Poco::Net::TCPServerConnection* pObject);
		/// Returns the object if it is multiplexed by request, and a null pointer if it is plain, or null.

private:
	ConnectionObjects(const ConnectionObjects&);
	ConnectionObjects& operator = (const ConnectionObjects&);

	const Poco::Net::TCPServerConnectionFactory::Ptr _pFactory;
	const bool        _onData;
	std::atomic<Kind> _kind;
	std::atomic<const std::type_info*> _pMultiplexedType;   /// of the last object that was multiplexed
};


//
// inlines
//
inline ConnectionObjects::Kind ConnectionObjects::kind() const
{
	return _kind.load(std::memory_order_relaxed);
}


inline bool ConnectionObjects::onData() const
{
	return _onData;
}


inline bool ConnectionObjects::madeOnAccept() const
{
	return kind() == KIND_MULTIPLEXED || (kind() == KIND_UNKNOWN && !onData());
}

} } // namespace Poco::EVNet


#endif // EVNet_ConnectionObjects_INCLUDED
