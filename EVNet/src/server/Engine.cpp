//
// Engine.cpp
//
// Library: EVNet
// Package: Server
// Module:  Engine
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "server/Engine.h"
#include "core/SteadyTime.h"
#include "core/Processors.h"
#include "server/PlainTask.h"
#include "server/RunningEngines.h"
#include "socket/ConnectionSocketImpl.h"
#include "socket/SecureTransport.h"
#include "Poco/EVNet/EVSharedSocket.h"
#include "Poco/Exception.h"
#include "Poco/Format.h"
#include "Poco/Net/NetException.h"
#include "Poco/Net/ServerSocketImpl.h"
#include "Poco/ThreadPool.h"
#include <algorithm>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;
using Poco::Net::TCPServerConnection;


namespace Poco {
namespace EVNet {


namespace
{
	const int UNLIMITED = 1 << 20; // threads

	int defaultCapacity()
	{
		const int MAX_CAPACITY = EVServerOptions::MAX_CAPACITY;
		struct rlimit limit;
		if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return MAX_CAPACITY;
		int descriptors = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, MAX_CAPACITY));
		return std::max(1, descriptors - std::max(16, descriptors/16));
	}

	Admission::Limits admissionLimits(const EVServerOptions& options)
	{
		const int capacity = options.getCapacity() > 0 ? options.getCapacity() : defaultCapacity();
		return {capacity, options.getMaxConnectionsPerAddress(), options.getAcceptBacklog(), options.getCloseIdleAtCapacity()};
	}
}


Engine::Engine(const Config& config):
	_config(config),
	_port(config.socket.address().family() == SocketAddress::UNIX_LOCAL ? 0 : config.socket.address().port()),
	_maxRunning(config.pParams->getMaxThreads()),
	_loopCount(0),
	_executorConfig(),
	_admission(admissionLimits(config.options), _loops),
	_objects(config.pFactory, config.options.getDispatchPolicy() == EVServerOptions::DISPATCH_ON_DATA),
	_starting(false),
	_started(false),
	_stopped(false),
	_plainCurrent(0),
	_plainTotal(0),
	_nextLoop(0)
{
	if (!config.pFactory) throw Poco::NullPointerException("A server needs a connection factory");
	ListenerGroup::keepFromPrograms(config.socket);

	countLoopsAndThreads();
	const EVServerOptions& options = _config.options;
	_pBufferPool = new BufferPool({options.getMaxTotalBufferedBytes(), options.getMaxBufferedBytes(), options.getMaxPendingOutput(),
		options.getMaxTotalPendingOutput(), Poco::Timespan(boundedTime(options.getSendTimeout()).count()), options.getMinDataRate()});
	_pExecutor.reset(new Executor(*this, _config.pPool ? *_config.pPool : RunningEngines::pool(), _executorConfig));
	_loops.reserve(static_cast<std::size_t>(_loopCount)); // or emplace_back() could throw, and lose a loop
	for (int i = 0; i < _loopCount; i++)
	{
		_loops.emplace_back(new Loop(parts(), i, evFlags(), deadlines()));
	}
}


Engine::~Engine()
{
}


LoopParts Engine::parts()
{
	return {*this, *_pExecutor, _admission, _objects, _pBufferPool, _loopCount};
}


void Engine::countLoopsAndThreads()
{
	// A pool of the application has to hold the leaders as well.
	const int loops = loopsFor(_config.pPool ? _config.pPool->capacity() : UNLIMITED);
	configureExecutor(loops);
	const int threads = _executorConfig.leastThreads();
	if (_config.pPool && threads > _config.pPool->capacity())
	{
		const int capacity = _config.pPool->capacity();
		std::string cause = "executionPolicy: EXECUTE_DEDICATED needs";
		if (loops > capacity) cause = Poco::format("eventLoops: %d loops need", loops);
		cause += Poco::format(" at least %d threads, but the thread pool has only %d", threads, capacity);
		throw Poco::InvalidArgumentException(cause);
	}
	if (_maxRunning == 0) _config.pParams->setMaxThreads(_executorConfig.maxRunning); // as Poco does
}


int Engine::loopsFor(int threads) const
{
	if (_config.options.getEventLoops() > 0) return _config.options.getEventLoops();
	const int cores = std::min<int>(Processors::available(), EVServerOptions::MAX_EVENT_LOOPS);
	const int most = _maxRunning > 0 ? std::min(_maxRunning, threads - 1) : std::min(Poco::ThreadPool::defaultPool().capacity(), threads/2);
	return std::max(1, std::min(cores, most));
}


void Engine::configureExecutor(int loops)
{
	const int available = _config.pPool ? _config.pPool->capacity() : UNLIMITED;
	int maxRunning = _maxRunning;
	if (maxRunning == 0) maxRunning = _config.pPool ? std::max(1, available - loops) : Poco::ThreadPool::defaultPool().capacity();
	_loopCount = loops;
	_executorConfig.policy = _config.options.getExecutionPolicy();
	_executorConfig.loops = loops;
	maxRunning = std::min(maxRunning, UNLIMITED); // sums with it must not overflow, as with maxQueued
	_executorConfig.maxRunning = maxRunning;
	_executorConfig.maxThreads = std::min(available, maxRunning + loops);
	if (_executorConfig.policy == EVServerOptions::EXECUTE_INLINE) _executorConfig.maxThreads = loops;
	_executorConfig.maxQueued = std::min(_config.pParams->getMaxQueued(), 1 << 30);
	_executorConfig.idleTime = boundedTime(_config.pParams->getThreadIdleTime());
	_executorConfig.priority = _config.pParams->getThreadPriority();
}


unsigned Engine::evFlags() const
{
	// In the order of EVServerOptions::Backend
	static const unsigned BACKENDS[] = {0, EVBACKEND_SELECT, EVBACKEND_POLL, EVBACKEND_EPOLL, EVBACKEND_KQUEUE, EVBACKEND_PORT};
	const EVServerOptions::Backend choice = _config.options.getBackend();
	const unsigned supported = ev_supported_backends();
	const unsigned backend = choice == EVServerOptions::BACKEND_AUTO ? ev_recommended_backends() & supported : BACKENDS[choice];
	if ((backend & supported) == 0)
		throw Poco::NotImplementedException("backend: this libev does not support it on this system");
	return backend | EVFLAG_NOENV;
}


Deadlines::Lengths Engine::deadlines() const
{
	const EVServerOptions& options = _config.options;
	Deadlines::Lengths deadlines;
	deadlines.first = options.getFirstRequestTimeout() > 0 ? options.getFirstRequestTimeout() : options.getIdleTimeout();
	deadlines.idle = options.getIdleTimeout();
	deadlines.request = options.getRequestTimeout();
	deadlines.handler = options.getHandlerTimeout();
	deadlines.send = options.getSendTimeout();
	deadlines.linger = options.getLingerTimeout();
	return deadlines;
}


void Engine::openListeners()
{
	ServerSocket& socket = _config.socket;
	if (socket.secure()) SecureTransport::checkPoco();
	const bool tcp = socket.address().family() != SocketAddress::UNIX_LOCAL;
	const bool shared = EVSharedSocket::isShared(socket);
	const EVServerOptions::AcceptPolicy policy = _config.options.getAcceptPolicy();
	if (policy == EVServerOptions::ACCEPT_REUSE_PORT && !tcp)
		throw Poco::InvalidArgumentException("acceptPolicy: ACCEPT_REUSE_PORT is for TCP sockets only");
	if (policy == EVServerOptions::ACCEPT_REUSE_PORT && socket.secure())
		throw Poco::InvalidArgumentException("acceptPolicy: a SecureServerSocket cannot be copied for ACCEPT_REUSE_PORT");
	if (policy == EVServerOptions::ACCEPT_REUSE_PORT && shared)
		throw Poco::InvalidArgumentException("acceptPolicy: "
			"with ACCEPT_REUSE_PORT, connections would be lost when the socket is handed over");

	std::vector<ServerSocket> listeners(1, socket);
	socket.listen(_config.options.getAcceptBacklog()); // again, with the backlog asked for
	if (_loopCount > 1 && tcp && !socket.secure() && !shared && policy != EVServerOptions::ACCEPT_ROUND_ROBIN)
	{
		// Copies share the port, which the application may want for itself.
		const bool asked = policy == EVServerOptions::ACCEPT_REUSE_PORT;
		if (asked || ListenerGroup::sharesPort(socket) || (_config.ownSocket && ListenerGroup::trySeal(socket)))
		{
			try
			{
				const std::vector<ServerSocket> copies = _listeners.copy(socket, _loopCount - 1, _config.options.getAcceptBacklog());
				listeners.insert(listeners.end(), copies.begin(), copies.end());
			}
			catch (Poco::Exception&)
			{
				if (asked) throw;
			}
		}
	}
	// All that can fail comes before an acceptor opens, and the application's socket last: if start() throws, all is as before.
	for (std::size_t i = listeners.size(); i > 0; i--)
	{
		// Accepted sockets inherit the option, which Poco sets for each connection.
		if (tcp) listeners[i - 1].impl()->setNoDelay(true);
		// A pending connection may be gone before the leader accepts it: accept() must not wait for the next.
		listeners[i - 1].setBlocking(false);
	}
	for (std::size_t i = 0; i < listeners.size(); i++)
	{
		_loops[i]->acceptor().open({listeners[i], _config.ownSocket, _config.ownSocket || i > 0, shared});
	}
}


void Engine::start()
{
	{
		std::lock_guard<std::mutex> lock(_mutex);
		if (_stopped) throw Poco::IllegalStateException("The server has been stopped, and cannot be started again");
		if (_started || _starting) throw Poco::IllegalStateException("The server has already been started");
		_starting = true;
	}
	std::vector<LedLoop*> loops;
	try
	{
		loops.reserve(_loops.size()); // from begin() on, nothing may fail
		// No more loops than the pool has threads for now, unless the application has said how many.
		if (_config.pPool) configureExecutor(std::min(static_cast<int>(_loops.size()), loopsFor(_config.pPool->available())));
		_pExecutor->acquire(_executorConfig);
		RunningEngines::add(*this);
		openListeners();
	}
	catch (...)
	{
		_listeners.end(false);
		_pExecutor->release();
		RunningEngines::remove(*this);
		endStart(false);
		throw;
	}
	for (int i = 0; i < _loopCount; i++) _loops[static_cast<std::size_t>(i)]->mailbox().open();
	endStart(true);
	for (int i = 0; i < _loopCount; i++) loops.push_back(_loops[static_cast<std::size_t>(i)].get());
	_pExecutor->begin(loops);
}


void Engine::endStart(bool started)
{
	std::lock_guard<std::mutex> lock(_mutex);
	_starting = false;
	_started = started;
	_startEnded.notify_all();
}


void Engine::stop(bool abort)
{
	{
		std::unique_lock<std::mutex> lock(_mutex);
		_startEnded.wait(lock, [this] { return !_starting; });
		if (!_started || (_stopped && !abort)) return;
		if (!_stopped)
		{
			_listeners.end(_config.ownSocket);
			_stoppedAt = Task::Clock::now();
		}
		_stopped = true;
	}
	_pExecutor->stop();
	for (auto& pLoop: _loops) pLoop->mailbox().wake(Mailbox::WAKE_STOP | (abort ? Mailbox::WAKE_ABORT : 0));
}


bool Engine::drain(const Poco::Timespan& timeout)
{
	{
		std::lock_guard<std::mutex> lock(_mutex);
		if (!_started || _stopped) return true;
		_admission.beginDrain(_loopCount);
		for (auto& pLoop: _loops) pLoop->mailbox().wake(Mailbox::WAKE_DRAIN);
	}
	return _admission.waitUntilDrained(boundedTime(timeout));
}


bool Engine::wait()
{
	{
		std::lock_guard<std::mutex> lock(_mutex);
		if (!_stopped) return true; // not started, or only just
	}
	return !_pExecutor->isCurrent() && _pExecutor->waitForLoops(boundedTime(_config.options.getStopTimeout()));
}


void Engine::endWithProcess()
{
	Task::Clock::duration passed;
	{
		std::lock_guard<std::mutex> lock(_mutex);
		passed = Task::Clock::now() - _stoppedAt;
	}
	if (!_pExecutor->waitForLoops(boundedTime(_config.options.getStopTimeout()) - passed)) _pExecutor->abandon();
}


void Engine::adopt(const StreamSocket& socket)
{
	if (!socket.impl()->initialized()) throw Poco::InvalidArgumentException("adopt: the socket is not open");

	std::unique_lock<std::mutex> lock(_mutex);
	if (!_started || _stopped) throw Poco::IllegalStateException("adopt: the server is not running");

	Poco::AutoPtr<ConnectionSocketImpl> pSocket(dynamic_cast<ConnectionSocketImpl*>(socket.impl()), true);
	if (pSocket) pSocket->adoptedBy(_pBufferPool);
	else pSocket = new ConnectionSocketImpl(*socket.impl(), _pBufferPool);
	_admission.connectionAdopted();
	lock.unlock();
	deliver(*_loops[_nextLoop.fetch_add(1) % _loopCount], pSocket.duplicate());
}


void Engine::closeConnection(Poco::UInt64 id)
{
	const std::size_t loop = Connection::loopOf(id);
	if (loop < static_cast<std::size_t>(_loopCount)) _loops[loop]->mailbox().closeConnection(id);
}


void Engine::notify(Poco::UInt64 id)
{
	const std::size_t loop = Connection::loopOf(id);
	if (loop < static_cast<std::size_t>(_loopCount)) _loops[loop]->mailbox().notify(id);
}


void Engine::distribute(Loop& acceptingLoop, ConnectionSocketImpl* pSocket)
{
	Loop* pLoop = &acceptingLoop;
	const bool roundRobin = _loopCount > 1 && !_loops[1]->acceptor().isOpen();
	if (roundRobin) pLoop = _loops[_nextLoop.fetch_add(1, std::memory_order_relaxed) % _loopCount].get();
	if (pLoop == &acceptingLoop) pLoop->opener().open(pSocket);
	else deliver(*pLoop, pSocket);
}


void Engine::deliver(Loop& loop, ConnectionSocketImpl* pSocket)
{
	if (!loop.mailbox().deliver(pSocket)) loop.turnAway(pSocket);
}


Task* Engine::makePlain(const Poco::AutoPtr<ConnectionSocketImpl>& pSocket, std::unique_ptr<TCPServerConnection>&& pObject)
{
	return new PlainTask(*this, pSocket, std::move(pObject));
}


void Engine::submitPlain(Task* pTask)
{
	if (!_pExecutor->trySubmit(*pTask)) static_cast<PlainTask*>(pTask)->refuse();
}


void Engine::lastThreadLeaves()
{
	RunningEngines::remove(*this);
}


void Engine::plainBegins()
{
	std::lock_guard<std::mutex> lock(_mutex);
	++_plainTotal;
	++_plainCurrent;
}


void Engine::plainEnds(EVServerStatistics::CloseReason reason)
{
	{
		std::lock_guard<std::mutex> lock(_mutex);
		--_plainCurrent;
	}
	_admission.connectionEnded(reason);
}


bool Engine::started() const
{
	std::lock_guard<std::mutex> lock(_mutex);
	return _started;
}


Poco::Int64 Engine::plainTotal() const
{
	std::lock_guard<std::mutex> lock(_mutex);
	return _plainTotal;
}


EVServerStatistics Engine::statistics() const
{
	EVServerStatistics statistics;
	for (const auto& pLoop: _loops) pLoop->addTo(statistics);
	_pExecutor->addTo(statistics);
	_admission.addTo(statistics);
	std::lock_guard<std::mutex> lock(_mutex);
	statistics.loops = _loopCount;
	statistics.pendingOutput = _pBufferPool->output();
	statistics.requests += static_cast<Poco::UInt64>(_plainTotal);
	statistics.completed += static_cast<Poco::UInt64>(_plainTotal - _plainCurrent);
	statistics.idle = std::max(0, statistics.idle - (statistics.queued + statistics.running - _plainCurrent));
	statistics.open += _plainCurrent;
	return statistics;
}


Poco::Int64 Engine::decided(RunnerChoice::RunMode mode) const
{
	Poco::Int64 sum = 0;
	for (const auto& pLoop: _loops) sum += pLoop->runner().choice().decided(mode);
	return sum;
}


} } // namespace Poco::EVNet
