//
// EVNet.cpp
//
// EVNet: event loops wait for all connections, and a connection gets a thread of a fixed pool while one of its requests is
// complete and running. The three models differ in who runs it, by one line.
//
// evnet-dedicated: the loop hands each request to another thread (half-sync/half-async)
// Good for:   handlers that all block, e.g. each waits for a database.
// Breaks on:  many short requests: the hand-over costs a wake-up, and the bytes another core's cache.
// Used in:    as a design: Tomcat's NIO connector, Jetty, gRPC, libevent with a pool, Apache's mpm_event.
//
// evnet-inline: the loop runs it (reactor)
// Good for:   handlers that never block: nothing is faster.
// Breaks on:  one handler that blocks, which stops all connections of its loop.
// Used in:    as a design: memcached, Netty's and Vert.x's event loops, Node.js.
//
// evnet-adaptive: the loop runs it, unless it is known to take long; if it turns out to, another thread takes the loop over
//             (see LeaderFollower.cpp)
// Good for:   everything, and above all for handlers of which one does not know.
// Breaks on:  more handlers that block at once than there are threads, as all that have a fixed pool. Then requests
//             wait, but connections are still accepted, read and closed in time.
// Used in:    EVNet's default; as a design: Go's scheduler, which takes the processor from a thread that blocks.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVNetServer.h"
#include <thread>


using Poco::EVNet::EVServerOptions;


namespace
{
	const int THREADS = 16;


	std::unique_ptr<ServerModel> create(const ModelOptions& options, EVServerOptions::ExecutionPolicy policy)
		/// Loops: one for each core.
	{
		EVServerOptions serverOptions;
		serverOptions.setExecutionPolicy(policy);
		return std::make_unique<EVNetModel>(options, options.workersOr(THREADS), serverOptions);
	}
}


std::unique_ptr<ServerModel> createEVNetDedicated(const ModelOptions& options)
{
	return create(options, EVServerOptions::EXECUTE_DEDICATED);
}


std::unique_ptr<ServerModel> createEVNetInline(const ModelOptions& options)
{
	const int loops = options.workersOr(static_cast<int>(std::thread::hardware_concurrency()));
	EVServerOptions serverOptions;
	serverOptions.setExecutionPolicy(EVServerOptions::EXECUTE_INLINE);
	serverOptions.setEventLoops(loops);
	return std::make_unique<EVNetModel>(options, loops, serverOptions);
}


std::unique_ptr<ServerModel> createEVNetAdaptive(const ModelOptions& options)
{
	return create(options, EVServerOptions::EXECUTE_ADAPTIVE);
}
