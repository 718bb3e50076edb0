//
// PlainTransport.h
//
// Library: EVNet
// Package: Socket
// Module:  PlainTransport
//
// Definition of the PlainTransport class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_PlainTransport_INCLUDED
#define EVNet_PlainTransport_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/Transport.h"


namespace Poco {
namespace EVNet {


class PlainTransport final: public Transport
	/// Calls the system. There is one object for all connections: it knows nothing of them.
{
public:
	static PlainTransport& instance();
		/// Returns the one there is. It is never destroyed: sockets may outlive what is static.

	ssize_t receive(poco_socket_t fd, void* buffer, std::size_t length, int flags = 0) override;
	ssize_t send(poco_socket_t fd, const struct iovec* pParts, int count, int flags = 0) override;
	int sendFile(poco_socket_t fd, OutputFile& file, std::size_t length) override;

private:
	PlainTransport();
};


} } // namespace Poco::EVNet


#endif // EVNet_PlainTransport_INCLUDED
