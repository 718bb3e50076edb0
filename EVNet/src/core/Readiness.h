//
// Readiness.h
//
// Library: EVNet
// Package: Core
// Module:  Readiness
//
// Definition of pollNow().
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Readiness_INCLUDED
#define EVNet_Readiness_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <cerrno>
#include <poll.h>


namespace Poco {
namespace EVNet {


inline int pollNow(int fd, short events)
	/// Returns a positive number if one of the events, an error or the end of the connection is there (POLLIN and so on, see poll(2)), 0
	/// if not, and a negative number, with the reason in errno, if the system cannot say. Does not wait. A signal that arrives
	/// meanwhile, e.g. of a profiler, says nothing about the descriptor, but interrupts poll(2) also if that does not wait.
{
	struct pollfd entry = {fd, events, 0};
	int n;
	do
	{
		n = ::poll(&entry, 1, 0);
	}
	while (n < 0 && errno == EINTR);
	return n;
}


} } // namespace Poco::EVNet


#endif // EVNet_Readiness_INCLUDED
