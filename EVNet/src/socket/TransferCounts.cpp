//
// TransferCounts.cpp
//
// Library: EVNet
// Package: Socket
// Module:  TransferCounts
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/TransferCounts.h"
#include <linux/tcp.h> // the one of the C library, which Poco's headers include, has no counts
#include <netinet/in.h>
#include <sys/socket.h>


namespace Poco {
namespace EVNet {


TransferCounts::TransferCounts(int fd):
	received(0),
	acknowledged(0)
{
	struct tcp_info info = tcp_info();
	socklen_t length = sizeof(info);
	if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return;
	received = info.tcpi_bytes_received;
	acknowledged = info.tcpi_bytes_acked;
}


Poco::UInt64 TransferMeter::takeReceived(int fd)
{
	return take(_received, TransferCounts(fd).received);
}


Poco::UInt64 TransferMeter::takeAcknowledged(int fd)
{
	return take(_acknowledged, TransferCounts(fd).acknowledged);
}


Poco::UInt64 TransferMeter::take(Poco::UInt64& before, Poco::UInt64 now)
{
	const Poco::UInt64 result = now > before ? now - before : 0;
	before = now;
	return result;
}


} } // namespace Poco::EVNet
