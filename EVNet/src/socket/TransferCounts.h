//
// TransferCounts.h
//
// Library: EVNet
// Package: Socket
// Module:  TransferCounts
//
// Definition of the TransferCounts struct and the TransferMeter class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_TransferCounts_INCLUDED
#define EVNet_TransferCounts_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Types.h"


namespace Poco {
namespace EVNet {


struct TransferCounts
	/// What a TCP connection has transferred, as the system counts it. With TLS, that shows whether a client makes progress
	/// though no record is complete.
{
	explicit TransferCounts(int fd);
		/// Asks the system. Where it does not count (Unix domain sockets), nothing has been transferred.

	Poco::UInt64 received;      /// bytes
	Poco::UInt64 acknowledged;  /// bytes sent that the client has acknowledged
};


class TransferMeter
	/// What a connection has transferred since somebody asked the last time.
{
public:
	Poco::UInt64 takeReceived(int fd);
	Poco::UInt64 takeAcknowledged(int fd);
		/// Return the number of bytes since the last call, or since the connection is there.

private:
	static Poco::UInt64 take(Poco::UInt64& before, Poco::UInt64 now);

	Poco::UInt64 _received     = 0;
	Poco::UInt64 _acknowledged = 0;
};


} } // namespace Poco::EVNet


#endif // EVNet_TransferCounts_INCLUDED
