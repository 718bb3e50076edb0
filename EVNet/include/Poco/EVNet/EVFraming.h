//
// EVFraming.h
//
// Library: EVNet
// Package: Server
// Module:  EVFraming
//
// Definition of the EVFraming class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVFraming_INCLUDED
#define EVNet_EVFraming_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <cstddef>


namespace Poco {
namespace EVNet {


class EVNet_API EVFraming
	/// Ready-made framings, to be called from EVTCPServerConnection::frame():
	///
	///     std::ptrdiff_t frame(const char* pData, std::size_t length)
	///     {
	///         return EVFraming::line(pData, length, 1024);
	///     }
	///
	/// All methods are pure functions of their arguments and may be called from any thread.
{
public:
	enum ByteOrder
		/// How the bytes of a length prefix are ordered.
	{
		NETWORK_BYTE_ORDER,
			/// The most significant byte comes first.
		LITTLE_ENDIAN_BYTE_ORDER
			/// The least significant byte comes first.
	};

	static std::ptrdiff_t line(const char* pData, std::size_t length, std::size_t maxLength = 4096);
		/// A request is a line that ends with LF (or CR LF); the line end is a part of it.
		///
		/// Lines with more than maxLength bytes, including the line end, are refused.

	static std::ptrdiff_t lengthPrefix(const char* pData, std::size_t length, int prefixBytes = 4,
		std::size_t maxLength = 65536 - 4, ByteOrder byteOrder = NETWORK_BYTE_ORDER);
		/// A request begins with the number of bytes that follow, an unsigned integer of
		/// 1, 2, 4 or 8 bytes. The prefix is a part of the request and not counted by itself.
		///
		/// Requests with more than maxLength bytes after the prefix are refused.
		/// The default fits into the default of EVServerOptions::setMaxBufferedBytes(); a greater
		/// request needs both to be raised.

private:
	EVFraming();
};


} } // namespace Poco::EVNet


#endif // EVNet_EVFraming_INCLUDED
