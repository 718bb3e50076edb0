//
// LoopGroup.cpp
//
// Threads that run loops with a listening socket each.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "LoopGroup.h"


LoopGroup::LoopGroup(const ModelOptions& options, int loops, const CreateLoop& createLoop):
	_options(options),
	_count(loops),
	_createLoop(createLoop)
{
}


LoopGroup::~LoopGroup()
{
	stop();
}


Poco::UInt16 LoopGroup::port() const
{
	return _listeners[0]->address().port();
}


void LoopGroup::start()
{
	for (int i = 0; i < _count; i++)
	{
		// All listen before the first one accepts, so that each gets its share from the beginning.
		_listeners.push_back(std::make_unique<Listener>(i == 0 ? _options.address : _listeners[0]->address(), Listener::NON_BLOCKING));
		_loops.push_back(_createLoop(_options.connections/_count));
		_loops.back()->listen(*_listeners.back());
	}
	for (const auto& pLoop: _loops) _threads.emplace_back(&EpollLoop::run, pLoop.get());
}


void LoopGroup::stop()
{
	for (const auto& pLoop: _loops) pLoop->stop();
	for (std::thread& thread: _threads) thread.join();
	_threads.clear();
	_loops.clear();
	_listeners.clear();
}
