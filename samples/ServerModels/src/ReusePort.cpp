//
// ReusePort.cpp
//
// An accepting loop for each core over SO_REUSEPORT, connections that are allocated before the first client comes, and threads
// for long jobs: a connection goes to one of them with its socket, is answered from there, and comes back.
//
// Good for:   many connections with mostly short requests, and a few long ones that are known before they are begun. Loops share
//             nothing; a short request never changes its thread.
// Breaks on:  requests that turn out to be long: the loop must know in advance, it cannot get rid of one that it has begun (EVNet's
//             adaptive execution can). On a few busy connections that the system has put on one loop. On a burst of long jobs:
//             the queue has no limit but that of the connections.
// Used in:    nginx (reuseport, aio threads), Envoy, HAProxy, Seastar; libuv's and Node.js's thread pool does the second half.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "LoopGroup.h"
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>


namespace
{
	const int LONG_JOB_THREADS = 16;


	class JobThreads
		/// Threads that do what takes long, in the order in which it comes.
	{
	public:
		using Job = std::function<void()>;

		void start(int threads)
		{
			for (int i = 0; i < threads; i++) _threads.emplace_back(&JobThreads::run, this);
		}

		void add(const Job& job)
		{
			std::lock_guard<std::mutex> lock(_mutex);
			_jobs.push_back(job);
			_changed.notify_one();
		}

		void stop()
			/// Waits for the jobs that have been begun, and forgets the others.
		{
			{
				std::lock_guard<std::mutex> lock(_mutex);
				_stopped = true;
				_changed.notify_all();
			}
			for (std::thread& thread: _threads) thread.join();
			_threads.clear();
		}

	private:
		void run()
		{
			std::unique_lock<std::mutex> lock(_mutex);
			for (;;)
			{
				_changed.wait(lock, [this] { return _stopped || !_jobs.empty(); });
				if (_stopped) return;
				const Job job = _jobs.front();
				_jobs.pop_front();
				lock.unlock();
				job();
				lock.lock();
			}
		}

		std::mutex              _mutex;
		std::condition_variable _changed;
		std::deque<Job>         _jobs;
		bool                    _stopped = false;
		std::vector<std::thread> _threads;
	};


	class DelegatingLoop: public EpollLoop
	{
	public:
		DelegatingLoop(const ModelOptions& options, int capacity, JobThreads& threads):
			EpollLoop(options, EDGE_TRIGGERED, capacity),
			_jobThreads(threads)
		{
			connections().allocateAll();
			leaveLongJobs();
		}

	protected:
		void handOver(NonBlockingConnection& connection) override
			/// The connection is its thread's until it is given back: the loop does not watch it meanwhile.
		{
			_jobThreads.add([this, &connection]
			{
				connection.performJob();
				giveBack(connection);
			});
		}

	private:
		JobThreads& _jobThreads;
	};


	class ReusePort: public ServerModel
	{
	public:
		explicit ReusePort(const ModelOptions& options):
			_loops(options, options.workersOr(static_cast<int>(std::thread::hardware_concurrency())), [this, &options](int capacity)
			{
				return std::make_unique<DelegatingLoop>(options, capacity, _jobThreads);
			})
		{
		}

		Poco::UInt16 port() const override
		{
			return _loops.port();
		}

		void start() override
		{
			_jobThreads.start(LONG_JOB_THREADS);
			_loops.start();
		}

		void stop() override
		{
			_jobThreads.stop(); // while there are still loops to give connections back to
			_loops.stop();
		}

	private:
		JobThreads _jobThreads;
		LoopGroup  _loops;
	};
}


std::unique_ptr<ServerModel> createReusePort(const ModelOptions& options)
{
	return std::make_unique<ReusePort>(options);
}
