//
// ConnectionObjects.cpp
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionObjects
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/ConnectionObjects.h"
#include "Poco/Exception.h"


using Poco::Net::StreamSocket;
using Poco::Net::TCPServerConnection;
using Poco::Net::TCPServerConnectionFactory;

namespace Poco {
namespace EVNet {


ConnectionObjects::ConnectionObjects(TCPServerConnectionFactory::Ptr pFactory, bool onData):
	_pFactory(pFactory),
	_onData(onData),
	_kind(KIND_UNKNOWN),
	_pMultiplexedType(nullptr)
{
}


ConnectionObjects::~ConnectionObjects()
{
}


TCPServerConnection* ConnectionObjects::make(const StreamSocket& socket)
{
	TCPServerConnection* pObject = const_cast<TCPServerConnectionFactory&>(*_pFactory).createConnection(socket);
	if (!pObject) throw Poco::NullPointerException("TCPServerConnectionFactory::createConnection() returned no connection");
	if (kind() == KIND_UNKNOWN) _kind = multiplexed(pObject) ? KIND_MULTIPLEXED : KIND_PLAIN;
	return pObject;
}


EVTCPServerConnection* ConnectionObjects::multiplexed(TCPServerConnection* pObject)
{
	if (!pObject) return nullptr;
	// Mostly, all objects of a server have one type: then the slow cast is done for the first one only.
	const std::type_info* pType = &typeid(*pObject);
	if (pType == _pMultiplexedType.load(std::memory_order_relaxed)) return static_cast<EVTCPServerConnection*>(pObject);
	EVTCPServerConnection* pResult = dynamic_cast<EVTCPServerConnection*>(pObject);
	if (pResult) _pMultiplexedType.store(pType, std::memory_order_relaxed);
	return pResult;
}

} } // namespace Poco::EVNet
