//
// RunningEngines.cpp
//
// Library: EVNet
// Package: Server
// Module:  RunningEngines
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "server/RunningEngines.h"
#include "server/Engine.h"
#include "Poco/AutoPtr.h"
#include <algorithm>
#include <mutex>
#include <vector>


namespace Poco {
namespace EVNet {


struct RunningEngines::List
	/// Is never destroyed: a handler that still runs when the process ends may be the last one of its server.
{
	std::mutex mutex;
	std::vector<Poco::AutoPtr<Engine>> engines;
	bool processEnds = false;
};


struct RunningEngines::Process
{
	Process():
		pool(*new Poco::ThreadPool("EVNet", 1, 1 << 20))
	{
		list(); // the destructor needs it
	}

	~Process()
	{
		std::vector<Poco::AutoPtr<Engine>> engines;
		{
			std::lock_guard<std::mutex> lock(list().mutex);
			list().processEnds = true;
			engines = list().engines;
		}
		for (auto& pEngine: engines) pEngine->stop(false);
		for (auto& pEngine: engines) pEngine->endWithProcess();
		engines.clear();
		Executor::waitForAllDepartures(); // of engines that have just been removed
	}

	Poco::ThreadPool& pool;
		/// Is never destroyed: Poco would wait 10 seconds for each handler that still runs, and threads that end after
		/// OpenSSL has cleaned up leak what OpenSSL keeps for them.
};


RunningEngines::List& RunningEngines::list()
{
	static List* const pList = new List;
	return *pList;
}


RunningEngines::Process& RunningEngines::process()
{
	static Process process;
	return process;
}


Poco::ThreadPool& RunningEngines::pool()
{
	return process().pool;
}


void RunningEngines::add(Engine& engine)
{
	process();
	std::lock_guard<std::mutex> lock(list().mutex);
	list().engines.emplace_back(&engine, true);
}


void RunningEngines::remove(Engine& engine)
{
	std::lock_guard<std::mutex> lock(list().mutex);
	if (list().processEnds) return; // what a handler that still runs needs is not destroyed any more
	auto& engines = list().engines;
	engines.erase(std::remove(engines.begin(), engines.end(), &engine), engines.end());
}


} } // namespace Poco::EVNet
