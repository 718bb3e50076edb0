//
// ReusableSession.h
//
// Library: EVNet
// Package: HTTP
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
#include "Poco/Any.h"
#include "Poco/Net/HTTPServerParams.h"
#include "Poco/Net/HTTPServerSession.h"
#include "Poco/Net/StreamSocket.h"
#include "Poco/Timespan.h"
#include <memory>


namespace Poco {
namespace EVNet {


class ReusableSession: public Poco::Net::HTTPServerSession
	/// A session that goes from connection to connection.
{
public:
	ReusableSession(const Poco::Net::StreamSocket& placeholder, Poco::Net::HTTPServerParams::Ptr pParams);

	void bind(const Poco::Net::StreamSocket& socket, std::unique_ptr<Poco::Any>& pData);
		/// Binds the session to a connection, and takes the data attached to that.

	void replaceSocket(const Poco::Net::StreamSocket& socket);
		/// Gives the session another socket for the same connection.

	void release(std::unique_ptr<Poco::Any>& pData);
		/// Lets go of the connection, and of what the handler has left in the session. The data attached are
		/// given back, without being copied: a handler may have pointers into them.

	void noteException(const Poco::Exception& exc);
		/// Makes the exception available as networkException().

private:
	Poco::Any& data();

	Poco::Net::StreamSocket _placeholder;
	const Poco::Timespan    _timeout;
};


} } // namespace Poco::EVNet


#endif // EVNet_ReusableSession_INCLUDED
