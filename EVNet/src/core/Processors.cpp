//
// Processors.cpp
//
// Library: EVNet
// Package: Core
// Module:  Processors
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "core/Processors.h"
#include "Poco/Environment.h"
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <sched.h>
#include <sstream>
#include <vector>


namespace Poco {
namespace EVNet {


namespace
{
	int affine()
		/// Returns how many processors the affinity mask has, 0 if the system does not tell.
	{
		for (std::size_t processors = 1024; processors <= 1 << 20; processors *= 2)
		{
			// The system wants whole long integers, of which cpu_set_t consists.
			std::vector<cpu_set_t> mask(processors/(8*sizeof(cpu_set_t)));
			const std::size_t size = mask.size()*sizeof(cpu_set_t);
			if (::sched_getaffinity(0, size, mask.data()) == 0) return CPU_COUNT_S(size, mask.data());
			if (errno != EINVAL) break; // there are more processors than fit into the mask
		}
		return 0;
	}


	std::string textOf(const std::string& path)
		/// Returns the text of a file, an empty string if there is no such file.
	{
		std::ifstream file(path);
		std::ostringstream text;
		if (file) text << file.rdbuf();
		return text.str();
	}


	double limitOf(const std::string& text)
		/// Returns quota/period of the text of cpu.max, both in microseconds, "max" for no quota. Returns 0 for no limit.
	{
		std::istringstream words(text);
		double quota = 0;
		double period = 0;
		return (words >> quota >> period) && quota > 0 && period > 0 ? quota/period : 0;
	}


	double limitIn(const std::string& folder)
	{
		const double limit = limitOf(textOf(folder + "/cpu.max"));
		return limit > 0 ? limit : limitOf(textOf(folder + "/cpu.cfs_quota_us") + " " + textOf(folder + "/cpu.cfs_period_us"));
	}


	double leastLimit(const std::string& mount, std::string path)
		/// Returns the least limit of the group and of those around it. A group that a container cannot see has no files here.
	{
		double least = 0;
		for (;;)
		{
			const double limit = limitIn(mount + path);
			if (limit > 0 && (least == 0 || limit < least)) least = limit;
			const std::string::size_type slash = path.rfind('/');
			if (path.empty() || slash == std::string::npos) return least;
			path.resize(slash);
		}
	}
}


int Processors::available(const std::string& root)
{
	int processors = affine();
	if (processors <= 0) processors = static_cast<int>(Poco::Environment::processorCount());
	const int allowed = quota(root);
	return std::max(1, allowed > 0 ? std::min(processors, allowed) : processors);
}


int Processors::quota(const std::string& root)
{
	// Each line has a number, the controllers (none for version 2), and the path of the group.
	std::istringstream lines(textOf(root + "/proc/self/cgroup"));
	const std::string mount = root + "/sys/fs/cgroup";
	double least = 0;
	for (std::string line; std::getline(lines, line);)
	{
		const std::string::size_type first = line.find(':');
		const std::string::size_type second = first == std::string::npos ? first : line.find(':', first + 1);
		if (second == std::string::npos) continue;
		const std::string controllers = line.substr(first + 1, second - first - 1);
		const std::string path = line.substr(second + 1);
		std::vector<std::string> mounts;
		if (controllers.empty()) mounts = {mount, mount + "/unified"};
		else if (("," + controllers + ",").find(",cpu,") != std::string::npos) mounts = {mount + "/" + controllers, mount + "/cpu"};
		for (const std::string& folder: mounts)
		{
			const double limit = leastLimit(folder, path);
			if (limit > 0 && (least == 0 || limit < least)) least = limit;
		}
	}
	return static_cast<int>(std::min(std::ceil(least), 1e6));
}


} } // namespace Poco::EVNet
