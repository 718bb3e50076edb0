//
// EngineBenchmark.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  EngineBenchmark
//
// The leaves of the engine: the timeout list, the slab of connections and the queue
// in which tasks wait for a thread.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "MicroBenchmark.h"
#include "loop/ConnectionSlab.h"
#include "server/Engine.h"
#include "core/IntrusiveQueue.h"
#include "loop/Loop.h"
#include "threads/Task.h"
#include "loop/TimeoutList.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/Net/TCPServerParams.h"
#include "Poco/ThreadPool.h"
#include <mutex>
#include <vector>


using Poco::EVNet::Connection;
using Poco::EVNet::ConnectionSlab;
using Poco::EVNet::Deadlines;
using Poco::EVNet::Engine;
using Poco::EVNet::IntrusiveQueue;
using Poco::EVNet::Loop;
using Poco::EVNet::RateDeadline;
using Poco::EVNet::Task;
using Poco::EVNet::TimeoutHandler;
using Poco::EVNet::TimeoutList;


namespace
{
	class NoConnectionFactory: public Poco::Net::TCPServerConnectionFactory
	{
	public:
		Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket&) override
		{
			return nullptr;
		}
	};

	class EngineFixture
		/// A server that is not started, with a loop that nobody leads but the benchmark.
	{
	public:
		EngineFixture():
			_pool(1, 16),
			_pEngine(new Engine(config(_pool))),
			loop(_pEngine->parts(), 0, EVFLAG_AUTO, Deadlines::Lengths())
		{
		}

	private:
		static Engine::Config config(Poco::ThreadPool& pool)
		{
			Engine::Config config = Engine::Config();
			config.pFactory = new NoConnectionFactory;
			config.pParams = new Poco::Net::TCPServerParams;
			config.socket = Poco::Net::ServerSocket(Poco::Net::SocketAddress("127.0.0.1", 0));
			config.pPool = &pool;
			return config;
		}

		Poco::ThreadPool _pool;
		Poco::AutoPtr<Engine> _pEngine;

	public:
		Loop loop;
	};

	struct NoTimeoutHandler: public TimeoutHandler
	{
		void onTimeout(Connection&) override
		{
		}
	};

	struct NoTask: public Task
	{
		void run() override
		{
		}

		void cancel() override
		{
		}
	};

	void timeoutList(benchmark::State& state)
		/// Starts the clock of one connection after the other, as requests do it, in a list of so many.
	{
		EngineFixture fixture;
		ConnectionSlab slab;
		NoTimeoutHandler handler;
		TimeoutList list(fixture.loop.eventLoop(), handler, RateDeadline(Poco::Timespan(60, 0), 0));
		std::vector<Connection*> connections;
		for (int i = 0; i < state.range(0); i++)
		{
			connections.push_back(&slab.allocate());
			list.start(*connections.back());
		}
		std::size_t next = 0;
		for (auto _: state)
		{
			list.start(*connections[next]);
			if (++next == connections.size()) next = 0;
		}
		for (Connection* pConnection: connections) TimeoutList::stop(*pConnection);
	}

	void slab(benchmark::State& state)
		/// Takes a slot, finds it by the identifier and gives it back, while so many others are in use.
	{
		EngineFixture fixture;
		ConnectionSlab slab;
		for (int i = 0; i < state.range(0); i++) slab.allocate();
		for (auto _: state)
		{
			Connection& connection = slab.allocate();
			connection.pLoop = &fixture.loop;
			connection.state.open();
			benchmark::DoNotOptimize(slab.find(connection.id()));
			connection.state.close();
			slab.release(connection);
		}
	}

	void queue(benchmark::State& state)
		/// Queues a task behind so many others and takes the first, each under a lock that nobody else wants.
	{
		std::vector<NoTask> tasks(static_cast<std::size_t>(state.range(0)) + 1);
		IntrusiveQueue<Task> queue;
		std::mutex mutex;
		Task* pTask = &tasks.back();
		for (int i = 0; i < state.range(0); i++) queue.push(tasks[static_cast<std::size_t>(i)]);
		for (auto _: state)
		{
			{
				std::lock_guard<std::mutex> lock(mutex);
				queue.push(*pTask);
			}
			std::lock_guard<std::mutex> lock(mutex);
			pTask = queue.pop();
		}
	}
}


void registerEngineBenchmarks(const BenchmarkSetup& setup)
{
	setup(benchmark::RegisterBenchmark("timeoutList", &timeoutList)->Arg(1)->Arg(10000));
	setup(benchmark::RegisterBenchmark("slab", &slab)->Arg(0)->Arg(10000));
	setup(benchmark::RegisterBenchmark("queue", &queue)->Arg(0)->Arg(1000));
}
