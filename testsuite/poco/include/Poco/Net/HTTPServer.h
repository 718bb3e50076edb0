//
// HTTPServer.h
//
// In place of Poco's header of this name for Poco's tests: makes them test EVHTTPServer.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_PocoSuite_HTTPServer_INCLUDED
#define EVNet_PocoSuite_HTTPServer_INCLUDED


// Not Poco's own header: it declares nothing but HTTPServer, and would derive that from EVTCPServer.
#include "Poco/Net/TCPServer.h"
#include "Poco/EVNet/EVHTTPServer.h"


namespace Poco {
namespace Net {


using Poco::EVNet::EVHTTPServer;


} } // namespace Poco::Net


// See TCPServer.h
#define HTTPServer EVHTTPServer


#endif // EVNet_PocoSuite_HTTPServer_INCLUDED
