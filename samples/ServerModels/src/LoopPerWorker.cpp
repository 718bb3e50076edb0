//
// LoopPerWorker.cpp
//
// One acceptor deals connections out to N loops in turn, through a queue and a wake-up; each loop serves its connections itself.
// With EVNet that is two options: it is the acceptor's loop that does the dealing, besides serving connections of its own.
//
// Good for:   few or many connections with requests that never block: each loop gets as many of them, also if there are only four.
// Breaks on:  many short connections: all are accepted by one thread, and each costs a wake-up of another one. On a handler that
//             blocks, which stops its loop, and on connections that are not equally busy: they stay where they are.
// Used in:    memcached (a dispatcher and N libevent bases), Netty's boss and workers, muduo, Thrift's TNonblockingServer.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVNetServer.h"
#include <thread>


using Poco::EVNet::EVServerOptions;


std::unique_ptr<ServerModel> createLoopPerWorker(const ModelOptions& options)
{
	const int loops = options.workersOr(static_cast<int>(std::thread::hardware_concurrency()));
	EVServerOptions serverOptions;
	serverOptions.setEventLoops(loops);
	serverOptions.setAcceptPolicy(EVServerOptions::ACCEPT_ROUND_ROBIN);
	serverOptions.setExecutionPolicy(EVServerOptions::EXECUTE_INLINE);
	return std::make_unique<EVNetModel>(options, loops, serverOptions);
}
