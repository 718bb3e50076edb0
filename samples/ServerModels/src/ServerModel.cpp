//
// ServerModel.cpp
//
// The list of the models.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ServerModel.h"


void ServerModel::serve(Signals& signals)
{
	while (signals.wait() != Signals::END);
}


const std::vector<ModelEntry>& serverModels()
{
	static const std::vector<ModelEntry> models =
	{
		{"sequential",          "one client after another", createSequential},
		{"fork",                "a process for each connection", createFork},
		{"prefork",             "a pool of processes that accept (workers)", createPrefork},
		{"thread",              "a thread for each connection", createThread},
		{"prethread",           "a fixed pool of threads: POCO's TCPServer (workers)", createPrethread},
		{"select",              "one thread, a state machine for each connection, select()", createSelect},
		{"epoll-lt",            "the same over level-triggered epoll, one thread or several (workers)", createEpollLevel},
		{"epoll-et",            "the same over edge-triggered epoll, one thread or several (workers)", createEpollEdge},
		{"loop-per-connection", "an event loop with its thread for each connection: a mistake", createLoopPerConnection},
		{"loop-per-worker",     "one acceptor deals connections out to loops in turn (workers), with EVNet", createLoopPerWorker},
		{"reuseport",           "accepting loops (workers), preallocated connections, long jobs for other threads", createReusePort},
		{"multi-process-loops", "processes with a loop each (workers), with EVNet", createMultiProcessLoops},
		{"leader-follower",     "threads (workers) take turns in waiting for an event, and serve it", createLeaderFollower},
		{"evnet-dedicated",     "EVNet: loops wait, other threads (workers) run the requests", createEVNetDedicated},
		{"evnet-inline",        "EVNet: loops (workers) run the requests themselves", createEVNetInline},
		{"evnet-adaptive",      "EVNet: loops run short requests, other threads (workers) long ones", createEVNetAdaptive}
	};
	return models;
}
