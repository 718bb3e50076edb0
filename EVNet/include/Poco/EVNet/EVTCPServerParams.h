//
// EVTCPServerParams.h
//
// Library: EVNet
// Package: Server
// Module:  EVTCPServerParams
//
// Definition of the EVTCPServerParams class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVTCPServerParams_INCLUDED
#define EVNet_EVTCPServerParams_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerOptions.h"
#include "Poco/Net/TCPServerParams.h"


namespace Poco {
namespace EVNet {


class EVNet_API EVTCPServerParams: public Poco::Net::TCPServerParams, public EVServerOptions
	/// The parameters of an EVTCPServer: those of a TCPServer
	/// and the EVServerOptions.
{
public:
	using Ptr = Poco::AutoPtr<EVTCPServerParams>;
		/// A reference that counts: the parameters are deleted with the last one.

	EVTCPServerParams();
		/// Creates the EVTCPServerParams with the default values of
		/// TCPServerParams and EVServerOptions.

protected:
	virtual ~EVTCPServerParams();
		/// Destroys the EVTCPServerParams.
};


} } // namespace Poco::EVNet


#endif // EVNet_EVTCPServerParams_INCLUDED
