//
// Epoll.cpp
//
// The state machines of select over epoll, level- or edge-triggered: one thread, or several that share nothing (--workers).
//
// Good for:   any number of connections with requests that never block: what a turn costs depends on how many connections have something
//             to say, not on how many there are. One thread needs no locks; several with a listening socket each do not either.
// Breaks on:  a request that blocks or computes: everybody else of its loop waits for it. One thread uses one core. With several, a
//             connection stays where the system has put it, also if that loop is busy and another one idle. Edge-triggered: on bytes
//             that were not read to the end, which nobody tells about again; and a client that sends without end, if one reads on
//             till then.
// Used in:    level: Redis (one thread), libevent's and libev's default; edge: nginx's loops, Netty's native transport, Go's netpoller.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "LoopGroup.h"


namespace
{
	std::unique_ptr<ServerModel> create(const ModelOptions& options, EpollLoop::Trigger trigger)
	{
		return std::make_unique<LoopGroup>(options, options.workersOr(1), [&options, trigger](int capacity)
		{
			return std::make_unique<EpollLoop>(options, trigger, capacity);
		});
	}
}


std::unique_ptr<ServerModel> createEpollLevel(const ModelOptions& options)
{
	return create(options, EpollLoop::LEVEL_TRIGGERED);
}


std::unique_ptr<ServerModel> createEpollEdge(const ModelOptions& options)
{
	return create(options, EpollLoop::EDGE_TRIGGERED);
}
