//
// HTTPReply.h
//
// Library: EVNet
// Package: Benchmark
// Module:  HTTPReply
//
// Definition of the HTTPReply class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Benchmark_HTTPReply_INCLUDED
#define Benchmark_HTTPReply_INCLUDED


#include <strings.h>
#include <cstddef>
#include <cstdlib>
#include <cstring>


struct HTTPReply
	/// As much of an HTTP response as the load client needs. Understands
	/// responses with a Content-Length only: that is what the servers under test send.
{
	enum Result
	{
		INCOMPLETE,
		COMPLETE,
		INVALID
	};

	int status = 0;
	bool slow = false;
		/// The header has X-Slow: 1.
	std::size_t length = 0;
		/// Of the header and the body.

	Result parse(const char* pData, std::size_t size)
		/// Looks for a response at the beginning of the given bytes. It is complete when its header is:
		/// the length says how many bytes of the body have yet to come.
	{
		static const char version[] = "HTTP/1.1 ";
		const std::size_t known = size < sizeof(version) - 1 ? size : sizeof(version) - 1;
		if (std::memcmp(pData, version, known) != 0) return INVALID;
		const char* pEnd = static_cast<const char*>(memmem(pData, size, "\r\n\r\n", 4));
		if (!pEnd) return INCOMPLETE;

		status = std::atoi(pData + sizeof(version) - 1);
		bool hasLength = false;
		std::size_t bodyLength = 0;
		const char* pLine = pData;
		while (pLine < pEnd)
		{
			// The line end that begins the empty line is the last one here.
			pLine = static_cast<const char*>(std::memchr(pLine, '\n', static_cast<std::size_t>(pEnd + 2 - pLine))) + 1;
			if (strncasecmp(pLine, "Content-Length:", 15) == 0)
			{
				bodyLength = std::strtoul(pLine + 15, nullptr, 10);
				hasLength = true;
			}
			else if (strncasecmp(pLine, "X-Slow:", 7) == 0)
			{
				slow = true;
			}
		}
		if (!hasLength) return INVALID;
		length = static_cast<std::size_t>(pEnd + 4 - pData) + bodyLength;
		return COMPLETE;
	}
};


#endif // Benchmark_HTTPReply_INCLUDED
