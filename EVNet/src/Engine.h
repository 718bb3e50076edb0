//
// Engine.h
//
// Library: EVNet
// Package: Engine
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
#include "AddressLimiter.h"
#include "BufferPool.h"
#include "Executor.h"
#include "ListenerGroup.h"
#include "Loop.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/StreamSocket.h"
#include "Poco/Net/TCPServer.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/RefCountedObject.h"
#include "Poco/ThreadPool.h"
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <typeinfo>
#include <vector>


namespace Poco {
namespace EVNet {


class Engine: public Poco::RefCountedObject
	/// All that makes up a running server: the loops, the Executor, and what they
	/// share. The server holds a reference, and so does each thread, so that whatever a handler
	/// that outlives the server still needs is there.
	///
	/// Methods may be called from any thread.
{
public:
	enum Kind
		/// What the connection factory makes.
	{
		KIND_UNKNOWN,
			/// Nothing has been made yet.
		KIND_MULTIPLEXED,
			/// EVTCPServerConnections.
		KIND_PLAIN
			/// Other TCPServerConnections.
	};

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

	bool draining() const;
		/// Returns true if drain() has been called.

	bool wait();
		/// Waits for requests that are running, for stopTimeout at most. Returns false if some still are, or
		/// if called by a handler.

	void endWithProcess();
		/// Waits like wait(), until stopTimeout after stop(); then takes the threads away from what is left.

	void adopt(const Poco::Net::StreamSocket& socket);
	void closeConnection(Poco::UInt64 id);
	void notify(Poco::UInt64 id);
	EVServerStatistics statistics() const;

	const Poco::Net::TCPServerParams& params() const;
	const Poco::Net::ServerSocket& socket() const;
	Poco::UInt16 port() const;
	bool started() const;
	int maxConcurrentConnections() const;
	Poco::Int64 plainTotal() const;
	Kind kind() const;

	void setFilter(const Poco::Net::TCPServerConnectionFilter::Ptr& pFilter);
	Poco::Net::TCPServerConnectionFilter::Ptr filter() const;

	Executor& executor();
	const Executor& executor() const;
	BufferPool::Ptr bufferPool() const;
	int loopCount() const;
	bool dispatchOnData() const;
	AddressLimiter* addressLimiter() const;
		/// Returns a null pointer if there is no limit.

	bool closesIdle() const;
		/// Returns true if idle connections are to be closed at capacity.

	bool ownsSocket() const;
		/// Returns true if the listening socket is closed when the server stops.

	bool sharesSocket() const;
		/// Returns true if other processes may have the listening socket, too.

	Poco::Net::TCPServerConnection* createObject(const Poco::Net::StreamSocket& socket);
		/// Has the factory create a connection object. Throws what the factory throws.

	EVTCPServerConnection* multiplexed(Poco::Net::TCPServerConnection* pObject);
		/// Returns the object if it is multiplexed by request, and a null pointer if it is plain, or null.

	bool createsObjectOnAccept() const;
		/// Returns true if a new connection gets its object from the leader, at once.

	void distribute(Loop& acceptingLoop, ConnectionSocketImpl* pSocket);
		/// Gives an accepted connection to a loop. Called by the leader of the
		/// accepting loop. Takes over the reference.

	bool connectionOpening();
		/// Reserves room for a connection. Returns false if the server is at capacity.

	void connectionOpened();
		/// Says that the reserved room is being used.

	void waitForRoom(Acceptor& acceptor);
		/// Has the loop of the acceptor woken when connectionOpening() can succeed and no other loop is to be woken for that.

	void offerRoom();
		/// Wakes one loop that waits for room, if there is one.

	int backlog() const;
		/// Returns how many connections may wait in the backlog of a listening socket.

	void backlogDrained();
		/// Says that a loop has accepted what was waiting when drain() was called.

	void connectionClosed();
		/// Counts a connection out.

	void releaseRoom();
		/// Gives back the room reserved by connectionOpening(), to a loop that waits for it.

	void connectionEnded(EVServerStatistics::CloseReason reason);
		/// Counts a connection out that does not belong to a loop.

	void turnAway(ConnectionSocketImpl* pSocket);
		/// Closes a new connection because the server is being stopped. Takes over the reference.

	void plainBegins();
	void plainEnds(EVServerStatistics::CloseReason reason);
		/// Count plain connections that have been given a thread.

	static void handleCurrentException();
		/// Reports the exception being handled to the Poco::ErrorHandler.

protected:
	~Engine();

private:
	void countLoopsAndThreads();
	void configureExecutor(int loops);
	int loopsFor(int threads) const;
	void openListeners();
	void releaseDrained();
		/// Wakes drain().

	void endStart(bool started);
	Loop::Deadlines deadlines() const;
	unsigned evFlags() const;

	Config                     _config;
	const Poco::UInt16         _port;
	int                        _capacity;
	int                        _maxRunning;     /// as the parameters said, 0 for the default
	std::atomic<int>           _loopCount;      /// of those in _loops, which are lead
	Executor::Config           _executorConfig;
	BufferPool::Ptr            _pBufferPool;
	AddressLimiter::Ptr        _pAddressLimiter;
	Poco::Net::TCPServerConnectionFilter::Ptr _pFilter;
	std::unique_ptr<Executor>  _pExecutor;
	std::vector<std::unique_ptr<Loop>> _loops;

	ListenerGroup              _listeners;      /// used by start() and stop()

	mutable std::mutex         _mutex;          /// guards the following
	std::condition_variable    _drained;        /// nothing is open any more
	std::condition_variable    _startEnded;
	bool                       _starting;
	bool                       _started;
	bool                       _stopped;
	Task::Clock::time_point    _stoppedAt;
	int                        _plainCurrent;
	Poco::Int64                _plainTotal;
	Poco::UInt64               _closed[EVServerStatistics::CLOSE_REASONS];
	Poco::UInt64               _adopted;

	std::atomic<int>           _connections;    /// including those that are being accepted
	std::atomic<int>           _open;
	std::atomic<int>           _maxConnections; /// the most there have been
	std::atomic<int>           _waiting;        /// acceptors that wait for room, or have just been woken
	std::atomic<unsigned>      _nextWaiting;    /// the loop that is asked first
	std::atomic<int>           _backlogs;       /// that have not been drained
	std::atomic<bool>          _draining;
	std::atomic<unsigned>      _nextLoop;
	std::atomic<Kind>          _kind;
	std::atomic<const std::type_info*> _pMultiplexedType;   /// of the last object that was multiplexed
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


inline Engine::Kind Engine::kind() const
{
	return _kind.load(std::memory_order_relaxed);
}


inline Poco::Net::TCPServerConnectionFilter::Ptr Engine::filter() const
{
	return _pFilter;
}


inline Executor& Engine::executor()
{
	return *_pExecutor;
}


inline const Executor& Engine::executor() const
{
	return *_pExecutor;
}


inline BufferPool::Ptr Engine::bufferPool() const
{
	return _pBufferPool;
}


inline AddressLimiter* Engine::addressLimiter() const
{
	return const_cast<AddressLimiter*>(_pAddressLimiter.get());
}


inline int Engine::loopCount() const
{
	return _loopCount;
}


inline bool Engine::closesIdle() const
{
	return _config.options.getCloseIdleAtCapacity();
}


inline bool Engine::draining() const
{
	return _draining.load(std::memory_order_relaxed);
}


inline bool Engine::ownsSocket() const
{
	return _config.ownSocket;
}


inline bool Engine::createsObjectOnAccept() const
{
	return kind() == KIND_MULTIPLEXED || (kind() == KIND_UNKNOWN && !dispatchOnData());
}


inline bool Engine::dispatchOnData() const
{
	return _config.options.getDispatchPolicy() == EVServerOptions::DISPATCH_ON_DATA;
}


} } // namespace Poco::EVNet


#endif // EVNet_Engine_INCLUDED
