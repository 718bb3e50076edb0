//
// Loop.cpp
//
// Library: EVNet
// Package: Engine
// Module:  Loop
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Loop.h"
#include "Engine.h"
#include "ThreadState.h"
#include "Poco/Exception.h"
#include <sys/socket.h>


namespace Poco {
namespace EVNet {


namespace
{
	const double RETRY_INTERVAL = 0.05; // for connections that wait for buffer memory, in seconds

	struct ev_loop* newLoop(unsigned evFlags)
	{
		struct ev_loop* pLoop = ev_loop_new(evFlags);
		if (!pLoop) throw Poco::SystemException("Cannot create an event loop, e.g. because there are too many open files");
		return pLoop;
	}
}


Loop::Loop(Engine& engine, int index, unsigned evFlags, const Deadlines& deadlines):
	_engine(engine),
	_index(index),
	_pLoop(newLoop(evFlags), &ev_loop_destroy),
	_now(0),
	_turn(0),
	_busy(false),
	_leaderId(0),
	_slowShare(0),
	_ending(false),
	_queued(0),
	_queueFull(false),
	_cache(engine.bufferPool()),
	_first(*this, deadlines.first),
	_idle(*this, deadlines.idle),
	_request(*this, deadlines.request),
	_send(*this, deadlines.send),
	_linger(*this, deadlines.linger),
	_acceptor(*this),
	_ended(false),
	_wake(0)
{
	updateNow();
	ev_async_init(&_async, &Loop::asyncCallback);
	_async.data = this;
	ev_async_start(evLoop(), &_async);
	ev_timer_init(&_retry, &Loop::retryCallback, 0., RETRY_INTERVAL);
	_retry.data = this;
}


Loop::~Loop()
{
	// Connections are gone, unless the server was never started or could not start.
	while (ConnectionSocketImpl* pSocket = _arrived.pop()) pSocket->release();
	_acceptor.close();
}


bool Loop::lead()
{
	_busy.store(false, std::memory_order_relaxed);
	_leaderId.store(ThreadState::currentId(), std::memory_order_relaxed);
	for (;;)
	{
		ev_run(evLoop(), _ready.empty() && _leaving.empty() ? EVRUN_ONCE : EVRUN_NOWAIT);
		updateNow();
		submitLeaving();
		if (!_ready.empty() && !serveReady()) return false;
		if (_ending && _open.value() == 0 && endMail()) return true;
	}
}


bool Loop::leadOnce()
{
	ev_run(evLoop(), EVRUN_NOWAIT);
	updateNow();
	submitLeaving();
	if (!_ready.empty()) serveReady();
	return _ending && _open.value() == 0 && endMail();
}


bool Loop::leaderIsRunnable() const
{
	return ThreadState::isRunnable(_leaderId.load(std::memory_order_relaxed));
}


bool Loop::takeOver(Poco::UInt32 turn)
{
	if (!_turn.compare_exchange_strong(turn, turn + 1, std::memory_order_acq_rel)) return false;
	_promotions.add();
	return true;
}


void Loop::updateNow()
{
	_now = std::chrono::duration<double>(Task::Clock::now().time_since_epoch()).count();
}


bool Loop::serveReady()
{
	_busy.store(true, std::memory_order_seq_cst);
	_engine.executor().attend();
	bool permitted = false;
	// Connections that become ready again meanwhile have to let the event loop look after the others first.
	for (std::size_t n = _ready.size(); n > 0 && !_ready.empty(); --n)
	{
		Connection& connection = static_cast<Connection&>(*_ready.pop());
		connection.ready = false;
		if (!receiveRequest(connection)) continue;
		if (!runsHere(permitted))
		{
			_queued.fetch_add(1);
			_outbox.push(connection);
		}
		else if (!runHere(connection)) return false;
	}
	if (permitted) _engine.executor().leave();
	submitOutbox();
	_busy.store(false, std::memory_order_release);
	return true;
}


bool Loop::runsHere(bool& permitted)
{
	Executor& executor = _engine.executor();
	if (!permitted && executor.leadersRunRequests())
	{
		executor.enter();
		permitted = true;
	}
	if (_slowShare.load(std::memory_order_relaxed) > SHARE_SLOW && !executor.leadersRunRequests()) return false;
	if (!permitted && executor.adaptive()) permitted = executor.tryEnter();
	return permitted;
}


bool Loop::runHere(Connection& connection)
{
	submitOutbox();

	Poco::UInt32 turn = _turn.load(std::memory_order_relaxed) + 1;
	_turn.store(turn, std::memory_order_release);
	connection.handle();
	if (_turn.compare_exchange_strong(turn, turn + 1, std::memory_order_acq_rel))
	{
		noteRequest(false);
		updateNow();
		connection.settle();
		finish(connection);
		return true;
	}
	noteRequest(true);
	giveBack(connection);
	return false;
}


void Loop::noteRequest(bool slow)
{
	// An exponentially weighted average. Updates by several threads may
	// get lost; that does not matter.
	int share = _slowShare.load(std::memory_order_relaxed);
	if (slow) share += (SHARE_ONE - share)/SHARE_WEIGHT;
	else if (share > 0) share -= share/SHARE_WEIGHT + 1;
	else return;
	_slowShare.store(share, std::memory_order_relaxed);
}


bool Loop::receiveRequest(Connection& connection)
{
	if (connection.closeWanted)
	{
		close(connection, EVServerStatistics::CLOSED_BY_SERVER);
		return false;
	}
	if (queueIsFull())
	{
		pause(connection);
		return false;
	}
	if (!connection.hasObject() && !openOnData(connection)) return false;
	if (!connection.unframed)
	{
		switch (connection.socket().receive(_cache))
		{
		case ConnectionSocketImpl::RESULT_OK:
			break;
		case ConnectionSocketImpl::RESULT_AGAIN:
			return false;
		case ConnectionSocketImpl::RESULT_END:
			close(connection, connection.socket().buffered() > 0 ? EVServerStatistics::CLOSED_INCOMPLETE : EVServerStatistics::CLOSED_BY_CLIENT);
			return false;
		case ConnectionSocketImpl::RESULT_NO_MEMORY:
			pause(connection);
			return false;
		case ConnectionSocketImpl::RESULT_FULL:
			connection.end(EVServerStatistics::CLOSED_TOO_LARGE);
			proceed(connection);
			return false;
		case ConnectionSocketImpl::RESULT_ERROR:
			close(connection, EVServerStatistics::CLOSED_RESET);
			return false;
		}
	}
	connection.unframed = false;

	std::ptrdiff_t length = connection.frame();
	if (length > 0)
	{
		_requests.add();
		if (connection.pTimeoutList != &_idle) _idle.start(connection);
		setState(connection, Connection::STATE_DISPATCHED);
		connection.socket().beginRequest(static_cast<std::size_t>(length), false);
		return true;
	}
	if (length < 0) proceed(connection);
	else if (connection.state != Connection::STATE_READING)
	{
		setState(connection, Connection::STATE_READING);
		_request.start(connection);
	}
	return false;
}


bool Loop::queueIsFull()
{
	// Until resumePaused(), also if there is room again: who came first has to be first.
	if (_queueFull) return true;
	if (_queued < _engine.executor().queueShare()) return false;
	_queueFull = true;
	if (_queued >= _engine.executor().queueShare()) return true;
	_queueFull = false; // a worker made room before it could see the flag
	return false;
}


void Loop::requestTaken()
{
	const int queued = _queued.fetch_sub(1) - 1;
	if (_queueFull && queued <= _engine.executor().queueShare()/2) wake(WAKE_PAUSED);
}


void Loop::submitOutbox()
{
	if (!_outbox.empty()) _engine.executor().submit(_outbox);
}


void Loop::makeReady(Connection& connection)
{
	if (connection.ready) return;
	connection.ready = true;
	_ready.push(connection);
}


void Loop::pause(Connection& connection)
{
	watch(connection, 0);
	connection.unframed = connection.unframed || connection.socket().buffered() > 0;
	setState(connection, Connection::STATE_PAUSED);
	connection.ready = true; // it is in a list: must not be linked into another
	_paused.push(connection);
	if (!ev_is_active(&_retry)) ev_timer_again(evLoop(), &_retry);
}


void Loop::resumePaused()
{
	_queueFull = false;
	while (Task* pTask = _paused.pop())
	{
		Connection& connection = static_cast<Connection&>(*pTask);
		connection.ready = false;
		setState(connection, connection.socket().buffered() > 0 ? Connection::STATE_READING : Connection::STATE_IDLE);
		watch(connection, EV_READ);
		makeReady(connection);
	}
	ev_timer_stop(evLoop(), &_retry);
}


void Loop::finish(Connection& connection)
{
	if (connection.detached())
	{
		close(connection, EVServerStatistics::CLOSED_DETACHED);
		return;
	}
	switch (connection.socket().flush())
	{
	case ConnectionSocketImpl::RESULT_OK:
		proceed(connection);
		break;
	case ConnectionSocketImpl::RESULT_AGAIN:
		setState(connection, Connection::STATE_FLUSHING);
		watch(connection, EV_WRITE);
		_send.start(connection);
		break;
	default:
		close(connection, EVServerStatistics::CLOSED_RESET);
	}
}


void Loop::proceed(Connection& connection)
{
	if (connection.ended())
	{
		if (connection.mustLinger()) linger(connection);
		else close(connection, connection.reason());
	}
	else if (_ending || connection.closeWanted)
	{
		close(connection, EVServerStatistics::CLOSED_BY_SERVER);
	}
	else
	{
		setState(connection, Connection::STATE_IDLE);
		_idle.start(connection);
		if (connection.socket().buffered() > 0)
		{
			connection.unframed = true;
			makeReady(connection);
		}
		else connection.socket().releaseBuffer(&_cache);
	}
}


void Loop::linger(Connection& connection)
{
	_linger.start(connection);
	// Sends a FIN behind the last response; throws only if the client has reset the connection.
	if (!connection.pTimeoutList || ::shutdown(connection.socket().sockfd(), SHUT_WR) != 0)
	{
		close(connection, connection.reason());
		return;
	}
	setState(connection, Connection::STATE_LINGERING);
	connection.socket().discard();
	connection.socket().releaseBuffer(&_cache);
	watch(connection, EV_READ);
}


void Loop::drain(Connection& connection)
{
	// As much as one buffer takes, for each event: a client that never stops
	// sending must not keep the loop from the others. _linger bounds the time.
	switch (connection.socket().receive(_cache))
	{
	case ConnectionSocketImpl::RESULT_OK:
		connection.socket().discard();
		connection.socket().releaseBuffer(&_cache);
		break;
	case ConnectionSocketImpl::RESULT_AGAIN:
		break;
	default:
		close(connection, connection.reason());
	}
}


void Loop::close(Connection& connection, EVServerStatistics::CloseReason reason)
{
	watch(connection, 0);
	TimeoutList::stop(connection);
	setState(connection, Connection::STATE_FREE);
	if (!connection.detached())
	{
		connection.socket().discard();
		connection.socket().releaseBuffer(&_cache);
	}
	connection.clear();
	_slab.release(connection);
	_open.add(-1);
	if (reason != EVServerStatistics::CLOSE_REASONS)
	{
		_closed[reason].add();
		_engine.connectionClosed();
	}
}


void Loop::watch(Connection& connection, int events)
{
	if (ev_is_active(&connection.watcher))
	{
		if ((connection.watcher.events & (EV_READ | EV_WRITE)) == events) return;
		ev_io_stop(evLoop(), &connection.watcher);
	}
	if (events)
	{
		ev_io_set(&connection.watcher, connection.socket().sockfd(), events);
		ev_io_start(evLoop(), &connection.watcher);
	}
}


void Loop::setState(Connection& connection, Connection::State state)
{
	// Only states that the leader enters and leaves are counted here; see addTo().
	_states[connection.state.load(std::memory_order_relaxed)].add(-1);
	_states[state].add();
	connection.state.store(state, std::memory_order_release);
}


void Loop::flushRunning(Connection& connection)
{
	// The handler is still running, and has gone on to something else perhaps. Errors are for it to find.
	const bool more = connection.socket().flush() == ConnectionSocketImpl::RESULT_AGAIN;
	const bool recalled = connection.state.load(std::memory_order_acquire) == Connection::STATE_RECALLED;
	watch(connection, (recalled ? 0 : EV_READ) | (more ? EV_WRITE : 0));
}


void Loop::onIO(Connection& connection, int events)
{
	switch (connection.state.load(std::memory_order_acquire))
	{
	case Connection::STATE_IDLE:
	case Connection::STATE_READING:
		makeReady(connection);
		break;
	case Connection::STATE_DISPATCHED:
		if (events & EV_WRITE) flushRunning(connection);
		if ((events & EV_READ) && !recall(connection)) makeReady(connection);
		break;
	case Connection::STATE_RECALLED:
		flushRunning(connection);
		break;
	case Connection::STATE_FLUSHING:
		_send.start(connection);
		finish(connection);
		if (connection.state == Connection::STATE_IDLE) watch(connection, EV_READ);
		break;
	case Connection::STATE_LINGERING:
		drain(connection);
		break;
	default:
		watch(connection, 0);
	}
}


bool Loop::recall(Connection& connection)
{
	Connection::State state = Connection::STATE_DISPATCHED;
	if (!connection.state.compare_exchange_strong(state, Connection::STATE_RECALLED, std::memory_order_acq_rel)) return false;
	watch(connection, connection.watcher.events & EV_WRITE);
	return true;
}


void Loop::onTimeout(Connection& connection, TimeoutList& list)
{
	switch (connection.state.load(std::memory_order_acquire))
	{
	case Connection::STATE_IDLE:
		if (connection.lastActive > connection.clockStart) _idle.startedAt(connection, connection.lastActive);
		else if (connection.ready) list.start(connection); // something has arrived in time
		else close(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
		break;
	case Connection::STATE_READING:
		if (connection.ready) list.start(connection);
		else close(connection, EVServerStatistics::CLOSED_REQUEST_TIMEOUT);
		break;
	case Connection::STATE_FLUSHING:
		close(connection, EVServerStatistics::CLOSED_SEND_TIMEOUT);
		break;
	case Connection::STATE_LINGERING:
		close(connection, connection.reason());
		break;
	default:
		// Queued, running, or waiting for room: not the client's fault.
		list.start(connection);
	}
}


void Loop::endAll(bool abort)
{
	_ending = true;
	_acceptor.close();
	resumePaused();
	_slab.forEach([this, abort](Connection& connection)
	{
		switch (connection.state.load(std::memory_order_acquire))
		{
		case Connection::STATE_DISPATCHED:
			// Force it to come back: it must not become idle unnoticed.
			if (recall(connection))
			{
				if (abort) connection.abort();
				break;
			}
			[[fallthrough]];
		case Connection::STATE_IDLE:
		case Connection::STATE_READING:
			if (connection.ready) connection.closeWanted = true;
			else close(connection, EVServerStatistics::CLOSED_BY_SERVER);
			break;
		case Connection::STATE_RECALLED:
			if (abort) connection.abort();
			break;
		case Connection::STATE_FLUSHING:
			if (abort) close(connection, EVServerStatistics::CLOSED_BY_SERVER);
			else connection.closeWanted = true;
			break;
		case Connection::STATE_LINGERING:
			close(connection, connection.reason());
			break;
		default:
			break;
		}
	});
}


void Loop::ioCallback(struct ev_loop*, ev_io* pWatcher, int events)
{
	Connection& connection = *static_cast<Connection*>(pWatcher->data);
	connection.pLoop->onIO(connection, events);
}


void Loop::asyncCallback(struct ev_loop*, ev_async* pWatcher, int)
{
	static_cast<Loop*>(pWatcher->data)->onMail();
}


void Loop::retryCallback(struct ev_loop*, ev_timer* pWatcher, int)
{
	static_cast<Loop*>(pWatcher->data)->resumePaused();
}


} } // namespace Poco::EVNet
