//
// FuzzerSupport.h
//
// What the fuzzers have in common.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef FuzzerSupport_INCLUDED
#define FuzzerSupport_INCLUDED


#include <cstdio>
#include <cstdlib>
#include <string>


[[noreturn]] inline void fail(const std::string& what)
	/// Ends the fuzzer with a finding.
{
	std::fprintf(stderr, "%s\n", what.c_str());
	std::abort();
}


inline void require(bool condition, const char* what)
{
	if (!condition) fail(what);
}


template <class T>
inline void limitOf(unsigned char parameter, unsigned factor, T& limit)
	/// Sets the limit to a multiple of the factor, or leaves its default value.
{
	if (parameter != '9') limit = static_cast<T>(parameter % 64)*factor;
}


#endif // FuzzerSupport_INCLUDED
