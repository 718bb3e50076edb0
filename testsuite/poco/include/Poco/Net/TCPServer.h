//
// TCPServer.h
//
// In place of Poco's header of this name for Poco's tests: makes them test EVTCPServer.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_PocoSuite_TCPServer_INCLUDED
#define EVNet_PocoSuite_TCPServer_INCLUDED


// Poco's own header first, with all else it declares (TCPServerConnectionFilter); EVNet needs that as it is.
#include_next <Poco/Net/TCPServer.h>
#include "Poco/EVNet/EVTCPServer.h"


namespace Poco {
namespace Net {


using Poco::EVNet::EVTCPServer;


} } // namespace Poco::Net


// From here on, "TCPServer" and "Poco::Net::TCPServer" in a test say EVTCPServer. An alias cannot
// do that: the name is taken in Poco::Net. The macro does not touch names that only contain it, like TCPServerParams.
#define TCPServer EVTCPServer


#endif // EVNet_PocoSuite_TCPServer_INCLUDED
