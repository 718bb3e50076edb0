//
// EVHTTPServerParams.h
//
// Library: EVNet
// Package: HTTPServer
// Module:  EVHTTPServerParams
//
// Definition of the EVHTTPServerParams class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVHTTPServerParams_INCLUDED
#define EVNet_EVHTTPServerParams_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerOptions.h"
#include "Poco/Net/HTTPServerParams.h"


namespace Poco {
namespace EVNet {


class EVNet_API EVHTTPServerParams: public Poco::Net::HTTPServerParams, public EVServerOptions
	/// The parameters of an EVHTTPServer: those of a HTTPServer
	/// and the EVServerOptions.
{
public:
	using Ptr = Poco::AutoPtr<EVHTTPServerParams>;

	EVHTTPServerParams();
		/// Creates the EVHTTPServerParams with the default values of
		/// HTTPServerParams and EVServerOptions.

protected:
	virtual ~EVHTTPServerParams();
		/// Destroys the EVHTTPServerParams.
};


} } // namespace Poco::EVNet


#endif // EVNet_EVHTTPServerParams_INCLUDED
