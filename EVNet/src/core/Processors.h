//
// Processors.h
//
// Library: EVNet
// Package: Core
// Module:  Processors
//
// Definition of the Processors class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Processors_INCLUDED
#define EVNet_Processors_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <string>


namespace Poco {
namespace EVNet {


class Processors
	/// Knows how many processors the process may use at once, which may be fewer than the machine has.
{
public:
	static int available(const std::string& root = std::string());
		/// Returns the number of processors of the calling thread's affinity mask (sched_getaffinity(2)), or what the CPU quota of the
		/// process's control group and of those around it allows, rounded up, if that is less. At least 1. The files of
		/// the system are looked for below root.

	static int quota(const std::string& root);
		/// Returns what the control groups allow (cpu.max of version 2, cpu.cfs_quota_us and cpu.cfs_period_us of
		/// version 1), rounded up, and 0 if they set no limit.
};


} } // namespace Poco::EVNet


#endif // EVNet_Processors_INCLUDED
