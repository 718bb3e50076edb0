//
// ReusableSession.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  ReusableSession
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/ReusableSession.h"
#include "Poco/Buffer.h"
#include <new>


using Poco::Net::HTTPServerParams;
using Poco::Net::StreamSocket;


namespace Poco {
namespace EVNet {


ReusableSession::ReusableSession(const StreamSocket& placeholder, HTTPServerParams::Ptr pParams):
	Poco::Net::HTTPServerSession(placeholder, pParams),
	_placeholder(placeholder),
	_timeout(pParams->getTimeout())
{
}


Poco::Any& ReusableSession::data()
{
	return const_cast<Poco::Any&>(sessionData()); // Poco has no other way to move them
}


void ReusableSession::bind(const StreamSocket& socket, std::unique_ptr<Poco::Any>& pData)
{
	attachSocket(socket);
	setKeepAlive(true);
	setTimeout(_timeout);
	if (pData) data().swap(*pData);
}


void ReusableSession::replaceSocket(const StreamSocket& socket)
{
	attachSocket(socket);
}


void ReusableSession::release(std::unique_ptr<Poco::Any>& pData)
{
	attachSocket(_placeholder);
	if (networkException()) clearException();
	if (sessionData().empty()) pData.reset();
	else
	{
		if (!pData) pData.reset(new (std::nothrow) Poco::Any);
		if (pData) data().swap(*pData);
		else attachSessionData(Poco::Any()); // no memory
	}
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
