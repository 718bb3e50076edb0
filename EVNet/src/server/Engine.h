//
// Engine.h
//
// Library: EVNet
// Package: Server
// Module:  Engine
//
// Definition of the Engine class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Engine_INCLUDED
#define EVNet_Engine_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerOptions.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include "loop/Admission.h"
#include "loop/ConnectionObjects.h"
#include "loop/Loop.h"
#include "loop/LoopHost.h"
#include "server/ListenerGroup.h"
#include "socket/BufferPool.h"
#include "threads/Executor.h"
#include "threads/ThreadOwner.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/StreamSocket.h"
#include "Poco/Net/TCPServer.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/ThreadPool.h"
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>


namespace Poco {
namespace EVNet {


class Engine: public ThreadOwner, private LoopHost
	/// All that makes up a running server: the loops, the Executor, and what they
	/// share. The server holds a reference, and so does each thread, so that a handler that
	/// outlives the server still finds all it needs.
	///
	/// Methods may be called from any thread.
{
public:
	struct Config
	{
		Poco::Net::TCPServerConnectionFactory::Ptr pFactory;
		Poco::Net::TCPServerParams::Ptr pParams;
		EVServerOptions         options;
		Poco::Net::ServerSocket socket;
		bool                    ownSocket;     /// the socket is closed when the server stops
		Poco::ThreadPool*       pPool;         /// null for RunningEngines::pool()
	};

	explicit Engine(const Config& config);

	void start();
	void stop(bool abort);
		/// Stops accepting, and has the loops end. Does not wait.

	bool drain(const Poco::Timespan& timeout);
		/// Stops accepting, and waits until all connections have ended in good order. Returns
		/// false if some have not.

	bool wait();
		/// Waits for requests that are running, for stopTimeout at most. Returns false if some still are, or
		/// if called by a handler.

	void endWithProcess();
		/// Waits like wait(), until stopTimeout after stop(); then takes the threads away from what is left.

	void adopt(const Poco::Net::StreamSocket& socket);
	void closeConnection(Poco::UInt64 id);
	void notify(Poco::UInt64 id);
	EVServerStatistics statistics() const;
	Poco::Int64 decided(RunnerChoice::RunMode mode) const;
		/// Returns how often the loops have chosen this mode.


	const Poco::Net::TCPServerParams& params() const;
	const Poco::Net::ServerSocket& socket() const;
	Poco::UInt16 port() const;
	bool started() const;
	Poco::Int64 plainTotal() const;

	Executor& executor();
	const Executor& executor() const;
	Admission& admission();
	const Admission& admission() const;
	ConnectionObjects& objects();
	const ConnectionObjects& objects() const;
	LoopParts parts();
		/// Returns what the loops share.

	void plainBegins();
	void plainEnds(EVServerStatistics::CloseReason reason);
		/// Count plain connections that have been given a thread.

	void lastThreadLeaves() override;

protected:
	~Engine();

private:
	void distribute(Loop& acceptingLoop, ConnectionSocketImpl* pSocket) override;
	Task* makePlain(const Poco::AutoPtr<ConnectionSocketImpl>& pSocket, std::unique_ptr<Poco::Net::TCPServerConnection>&& pObject) override;
	void submitPlain(Task* pTask) override;
	static void deliver(Loop& loop, ConnectionSocketImpl* pSocket);
		/// Takes over the reference.

	void countLoopsAndThreads();
	void configureExecutor(int loops);
	int loopsFor(int threads) const;
	void openListeners();
	void endStart(bool started);
	Deadlines::Lengths deadlines() const;
	unsigned evFlags() const;

	Config                     _config;
	const Poco::UInt16         _port;
	int                        _maxRunning;     /// as the parameters said, 0 for the default
	std::atomic<int>           _loopCount;      /// so many of _loops are used; nobody leads the rest
	Executor::Config           _executorConfig;
	BufferPool::Ptr            _pBufferPool;
	std::unique_ptr<Executor>  _pExecutor;
	Admission                  _admission;
	ConnectionObjects          _objects;
	std::vector<std::unique_ptr<Loop>> _loops;

	ListenerGroup              _listeners;      /// used by start() and stop()

	mutable std::mutex         _mutex;          /// guards the following
	std::condition_variable    _startEnded;
	bool                       _starting;
	bool                       _started;
	bool                       _stopped;
	Task::Clock::time_point    _stoppedAt;
	int                        _plainCurrent;
	Poco::Int64                _plainTotal;
	std::atomic<unsigned>      _nextLoop;
};


//
// inlines
//
inline const Poco::Net::TCPServerParams& Engine::params() const
{
	return *_config.pParams;
}


inline const Poco::Net::ServerSocket& Engine::socket() const
{
	return _config.socket;
}


inline Poco::UInt16 Engine::port() const
{
	return _port;
}


inline Executor& Engine::executor()
{
	return *_pExecutor;
}


inline const Executor& Engine::executor() const
{
	return *_pExecutor;
}


inline Admission& Engine::admission()
{
	return _admission;
}


inline const Admission& Engine::admission() const
{
	return _admission;
}


inline ConnectionObjects& Engine::objects()
{
	return _objects;
}


inline const ConnectionObjects& Engine::objects() const
{
	return _objects;
}


} } // namespace Poco::EVNet


#endif // EVNet_Engine_INCLUDED
