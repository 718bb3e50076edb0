//
// PocoVersion.h
//
// Library: EVNet
// Package: Core
// Module:  PocoVersion
//
// What differs between the versions of Poco that EVNet is built with. Nothing else
// asks for the version.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_PocoVersion_INCLUDED
#define EVNet_PocoVersion_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Version.h"
#include "Poco/Net/MessageHeader.h"
#include "Poco/Net/SocketImpl.h"
#include <sstream>
#include <utility>


// 1.14.1 made SocketImpl::sendFile() virtual. It writes to the descriptor, ahead of the output that a
// socket of EVNet has kept, so EVNet overrides it. That of 1.13 and 1.14.0 cannot be overridden.
#if POCO_VERSION >= 0x010E0100
	#define EVNet_OVERRIDES_SEND_FILE
#endif

// 1.13 added MessageHeader::getDecoded(), which needs to know whether the values have been decoded (RFC 2047) when they
// were read. EVNet never does that.
#if POCO_VERSION >= 0x010D0000
	#define EVNet_HAS_GET_DECODED
#endif


namespace Poco {
namespace EVNet {


using ShutdownResult = decltype(std::declval<Poco::Net::SocketImpl&>().shutdownSend());
	/// void; since 1.14, an int: what the system call has returned.


inline void markUndecoded(Poco::Net::MessageHeader& header)
	/// Tells an empty header that the values it is going to have are not decoded.
{
#if defined(EVNet_HAS_GET_DECODED)
	std::istringstream nothing("\r\n");
	header.setAutoDecode(false);
	header.Poco::Net::MessageHeader::read(nothing); // only this sets it
#else
	(void) header;
#endif
}


inline void resetSettings(Poco::Net::MessageHeader& header)
	/// Takes back what a handler has set besides fields.
{
	static const int fieldLimit = Poco::Net::MessageHeader().getFieldLimit();
	if (header.getFieldLimit() != fieldLimit) header.setFieldLimit(fieldLimit);
#if defined(EVNet_HAS_GET_DECODED)
	header.setAutoDecode(false);
#endif
}


} } // namespace Poco::EVNet


#endif // EVNet_PocoVersion_INCLUDED
