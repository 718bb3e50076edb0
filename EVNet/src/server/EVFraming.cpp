//
// EVFraming.cpp
//
// Library: EVNet
// Package: Server
// Module:  EVFraming
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVFraming.h"
#include "Poco/EVNet/EVTCPServerConnection.h"
#include "Poco/Exception.h"
#include "Poco/Types.h"
#include <algorithm>
#include <cstring>


namespace Poco {
namespace EVNet {


std::ptrdiff_t EVFraming::line(const char* pData, std::size_t length, std::size_t maxLength)
{
	const void* pEnd = std::memchr(pData, '\n', std::min(length, maxLength));
	if (pEnd) return static_cast<const char*>(pEnd) - pData + 1;
	return length < maxLength ? EVTCPServerConnection::FRAME_INCOMPLETE : EVTCPServerConnection::FRAME_REFUSED;
}


std::ptrdiff_t EVFraming::lengthPrefix(const char* pData, std::size_t length, int prefixBytes, std::size_t maxLength, ByteOrder byteOrder)
{
	if (prefixBytes != 1 && prefixBytes != 2 && prefixBytes != 4 && prefixBytes != 8)
		throw Poco::InvalidArgumentException("prefixBytes must be 1, 2, 4 or 8");

	const std::size_t prefix = static_cast<std::size_t>(prefixBytes);
	if (length < prefix) return EVTCPServerConnection::FRAME_INCOMPLETE;

	Poco::UInt64 size = 0;
	for (std::size_t i = 0; i < prefix; i++)
	{
		std::size_t at = byteOrder == NETWORK_BYTE_ORDER ? i : prefix - 1 - i;
		size = (size << 8) | static_cast<unsigned char>(pData[at]);
	}
	if (size > maxLength) return EVTCPServerConnection::FRAME_REFUSED;
	if (length - prefix < size) return EVTCPServerConnection::FRAME_INCOMPLETE;
	return static_cast<std::ptrdiff_t>(prefix + size);
}


} } // namespace Poco::EVNet
