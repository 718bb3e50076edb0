//
// LoopGroup.h
//
// Threads that run loops with a listening socket each.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef LoopGroup_INCLUDED
#define LoopGroup_INCLUDED


#include "EpollLoop.h"
#include "ServerModel.h"
#include <functional>
#include <memory>
#include <thread>
#include <vector>


class LoopGroup: public ServerModel
	/// Several loops, each with its thread and its listening socket. They share nothing: the system spreads the connections over
	/// the sockets (SO_REUSEPORT), and each connection remains with its loop.
{
public:
	using CreateLoop = std::function<std::unique_ptr<EpollLoop>(int capacity)>;

	LoopGroup(const ModelOptions& options, int loops, const CreateLoop& createLoop);

	~LoopGroup();

	Poco::UInt16 port() const override;
	void start() override;
	void stop() override;

private:
	const ModelOptions& _options;
	const int           _count;
	const CreateLoop    _createLoop;
	std::vector<std::unique_ptr<Listener>>  _listeners;
	std::vector<std::unique_ptr<EpollLoop>> _loops;
	std::vector<std::thread>                _threads;
};


#endif // LoopGroup_INCLUDED
