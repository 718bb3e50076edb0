//
// ReusableSession.cpp
//
// Library: EVNet
// Package: HTTPServer
// Module:  ReusableSession
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ReusableSession.h"
#include "Poco/Buffer.h"


using Poco::Net::HTTPServerParams;
using Poco::Net::StreamSocket;


namespace Poco {
namespace EVNet {


ReusableSession::ReusableSession(const StreamSocket& placeholder, HTTPServerParams::Ptr pParams):
	Poco::Net::HTTPServerSession(placeholder, pParams),
	_placeholder(placeholder)
{
}


void ReusableSession::bind(const StreamSocket& socket)
{
	attachSocket(socket);
	setKeepAlive(true);
}


void ReusableSession::release()
{
	attachSocket(_placeholder);
	if (networkException()) clearException();
	if (!sessionData().empty()) attachSessionData(Poco::Any());
	if (buffered() > 0)
	{
		Poco::Buffer<char> rest(0);
		drainBuffer(rest);
	}
}


void ReusableSession::noteException(const Poco::Exception& exc)
{
	setException(exc);
}


} } // namespace Poco::EVNet
