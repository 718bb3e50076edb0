//
// ConnectionCloser.h
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionCloser
//
// Definition of the ConnectionCloser class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ConnectionCloser_INCLUDED
#define EVNet_ConnectionCloser_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerStatistics.h"


namespace Poco {
namespace EVNet {


class Connection;
class LoopConnections;


class ConnectionCloser
	/// Ends connections so that their clients get all that has been sent: to bytes that arrive after close(), the kernel answers with
	/// a reset, and throws away what the client has not taken. Therefore such a connection lingers.
	///
	/// Used by the leader only.
{
public:
	explicit ConnectionCloser(LoopConnections& connections);

	void hangUp(Connection& connection, EVServerStatistics::CloseReason reason);
		/// Ends the connection, for the given reason unless it has ended for another one: closes it, or lingers if the client might lose
		/// what it has not taken.

	void discardInput(Connection& connection);
		/// Throws away what the client of a connection that lingers has sent. Closes it when the client does.

	void onTimeout(Connection& connection);
		/// Closes a connection that has lingered for long enough, unless the client is still taking what the kernel has for it.

private:
	ConnectionCloser(const ConnectionCloser&);
	ConnectionCloser& operator = (const ConnectionCloser&);

	void linger(Connection& connection);

	LoopConnections& _connections;
};


} } // namespace Poco::EVNet


#endif // EVNet_ConnectionCloser_INCLUDED
