//
// TransferCounts.h
//
// Library: EVNet
// Package: Socket
// Module:  TransferCounts
//
// Definition of the TransferCounts struct.
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


} } // namespace Poco::EVNet


#endif // EVNet_TransferCounts_INCLUDED
