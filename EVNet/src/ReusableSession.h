//
// ReusableSession.h
//
// Library: EVNet
// Package: HTTPServer
// Module:  ReusableSession
//
// Definition of the ReusableSession class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ReusableSession_INCLUDED
#define EVNet_ReusableSession_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Net/HTTPServerParams.h"
#include "Poco/Net/HTTPServerSession.h"
#include "Poco/Net/StreamSocket.h"


namespace Poco {
namespace EVNet {


class ReusableSession: public Poco::Net::HTTPServerSession
	/// A session that goes from connection to connection.
{
public:
	ReusableSession(const Poco::Net::StreamSocket& placeholder, Poco::Net::HTTPServerParams::Ptr pParams);

	void bind(const Poco::Net::StreamSocket& socket);
		/// Binds the session to a connection.

	void release();
		/// Lets go of the connection, and of what the handler has left in the session.

	void noteException(const Poco::Exception& exc);
		/// Makes the exception available as networkException().

private:
	Poco::Net::StreamSocket _placeholder;
};


} } // namespace Poco::EVNet


#endif // EVNet_ReusableSession_INCLUDED
