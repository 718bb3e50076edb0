//
// ChaosPattern.h
//
// Library: EVNet
// Package: ChaosTest
// Module:  ChaosPattern
//
// Bytes that the server sends and the client knows.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ChaosPattern_INCLUDED
#define ChaosPattern_INCLUDED


#include <cstddef>
#include <cstdint>
#include <string>


const std::size_t FILE_BYTES  = 300000;
const std::size_t LARGEST     = 1000000;
	/// The longest answer that /large gives.


inline std::string makePattern(std::size_t length)
	/// Returns bytes in which a piece that is missing, doubled or moved shows.
{
	std::string bytes(length, '\0');
	std::uint32_t x = 1;
	for (char& c: bytes)
	{
		x = 1664525*x + 1013904223;
		c = static_cast<char>('a' + (x >> 24) % 26);
	}
	return bytes;
}


#endif // ChaosPattern_INCLUDED
