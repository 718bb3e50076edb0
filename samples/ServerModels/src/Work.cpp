//
// Work.cpp
//
// What a request costs.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Work.h"
#include "Poco/Exception.h"
#include "Poco/NumberParser.h"
#include "Poco/StringTokenizer.h"
#include <chrono>
#include <new>
#include <sys/mman.h>
#include <thread>
#include <time.h>


namespace
{
	int number(const std::string& description, const std::string& text, int minimum, int maximum)
	{
		int value = 0;
		if (!Poco::NumberParser::tryParse(text, value) || value < minimum || value > maximum)
			throw Poco::InvalidArgumentException("no such work", description);
		return value;
	}

	long long processorTime()
		/// Returns the nanoseconds that this thread has been running.
	{
		struct timespec time;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
		return time.tv_sec*1000000000LL + time.tv_nsec;
	}
}


Work::Work(const std::string& description):
	_milliseconds(0),
	_microseconds(0),
	_slowOneIn(0),
	_body("Hello, World!"),
	_pRequests(0)
{
	const Poco::StringTokenizer parts(description, ":");
	const std::string name = parts.count() > 0 ? parts[0] : "";
	const auto get = [&](std::size_t index, int minimum, int maximum)
	{
		return number(description, parts[index], minimum, maximum);
	};

	if (name == "hello" && parts.count() == 1) {}
	else if (name == "sleep" && parts.count() == 2) _milliseconds = get(1, 0, 3600*1000);
	else if (name == "cpu" && parts.count() == 2) _microseconds = get(1, 0, 1000*1000*1000);
	else if (name == "mixed" && parts.count() == 3)
	{
		_slowOneIn = static_cast<unsigned>(get(1, 1, 1000*1000*1000));
		_milliseconds = get(2, 0, 3600*1000);
	}
	else if (name == "bytes" && parts.count() == 2) _body.assign(static_cast<std::size_t>(get(1, 0, 64*1024*1024)), 'x');
	else throw Poco::InvalidArgumentException("no such work", description);

	void* pMemory = ::mmap(0, sizeof(*_pRequests), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pMemory == MAP_FAILED) throw Poco::OutOfMemoryException("mmap");
	_pRequests = new (pMemory) std::atomic<unsigned>(0);
}


Work::~Work()
{
	::munmap(_pRequests, sizeof(*_pRequests));
}


Work::Job Work::next() const
{
	Job job;
	job.microseconds = _microseconds;
	job.slow = _slowOneIn > 0 && _pRequests->fetch_add(1, std::memory_order_relaxed) % _slowOneIn == 0;
	if (_slowOneIn == 0 || job.slow) job.milliseconds = _milliseconds;
	return job;
}


void Work::perform(const Job& job)
{
	if (job.milliseconds > 0) std::this_thread::sleep_for(std::chrono::milliseconds(job.milliseconds));
	if (job.microseconds > 0)
	{
		const long long end = processorTime() + job.microseconds*1000LL;
		while (processorTime() < end);
	}
}
