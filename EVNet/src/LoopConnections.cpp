//
// LoopConnections.cpp
//
// Library: EVNet
// Package: Engine
// Module:  LoopConnections
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


//
// The part of Loop that takes connections from state to state. See Loop.cpp for
// leading the loop, and LoopMail.cpp for what comes from other threads.
//


#include "Loop.h"
#include "Engine.h"
#include "Poco/Exception.h"
#include <sys/socket.h>


namespace Poco {
namespace EVNet {


namespace
{
	const double HOLD_TIME = 0.001; // for responses that could leave, in seconds
}


void Loop::makeReady(Connection& connection)
{
	if (connection.ready) return;
	connection.ready = true;
	_ready.push(connection);
}


void Loop::pause(Connection& connection)
{
	if (connection.socket().hasOutput())
	{
		finish(connection); // what is held must not wait, too
		return;
	}
	watch(connection, 0);
	connection.unframed = connection.unframed || connection.socket().input().size() > 0;
	setState(connection, Connection::STATE_PAUSED);
	connection.ready = true; // it is in a list: must not be linked into another
	_paused.push(connection);
	if (!ev_is_active(&_retry)) ev_timer_again(evLoop(), &_retry);
}


void Loop::starve(Connection& connection)
{
	// One that holds memory itself may wait for it as long as a request may take: or all that hold
	// some could wait for each other for ever.
	if (connection.late && connection.socket().input().size() > 0) refuseLate(connection);
	else pause(connection);
}


void Loop::resumePaused()
{
	_queueFull = false;
	while (Task* pTask = _paused.pop())
	{
		Connection& connection = static_cast<Connection&>(*pTask);
		connection.ready = false;
		setState(connection, connection.socket().input().size() > 0 ? Connection::STATE_READING : Connection::STATE_IDLE);
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
	if (holdsOutput(connection))
	{
		connection.ready = true;
		_ready.pushFirst(connection);
		proceed(connection);
		return;
	}
	const PendingOutput::Result result = connection.socket().flush();
	switch (result)
	{
	case PendingOutput::FLUSH_DONE:
		proceed(connection);
		break;
	case PendingOutput::FLUSH_AGAIN:
	case PendingOutput::FLUSH_FILE:
		if (connection.state == Connection::STATE_FLUSHING) // the clock goes on
		{
			if (result == PendingOutput::FLUSH_AGAIN)
			{
				lookedInVain(connection);
				break;
			}
			watch(connection, 0);
			makeReady(connection);
			break;
		}
		waitForClient(connection);
		break;
	default:
		close(connection, EVServerStatistics::CLOSED_RESET);
	}
}


void Loop::waitForClient(Connection& connection)
{
	setState(connection, Connection::STATE_FLUSHING);
	watch(connection, EV_WRITE);
	if (!connection.flushing)
	{
		connection.socket().takeFlushed(); // counts from here
		connection.sendExpired = false;
		_send.start(connection);
	}
	else if (connection.sendExpired && !takesEnough(connection)) close(connection, EVServerStatistics::CLOSED_SEND_TIMEOUT);
}


bool Loop::takesEnough(Connection& connection)
{
	connection.sendExpired = false;
	return connection.socket().takeFlushed() >= _minSendBytes;
}


bool Loop::mayHold(Connection& connection) const
{
	// With TLS, the next handler gets a socket that knows nothing of what is held. Where nobody can take the loop over, it would wait for that handler.
	const InputBuffer& input = connection.socket().input();
	return connection.isRequest() && input.size() > input.requestLength() && !connection.socket().secure() && !_engine.executor().leadersRunRequests();
}


bool Loop::holdsOutput(Connection& connection)
{
	if (connection.socket().input().size() == 0 || !connection.socket().holdsOutput()) return false;
	if (connection.ended() || _ending || connection.closeWanted || connection.state != Connection::STATE_DISPATCHED) return false;
	if (_now - _heldSince >= HOLD_TIME) return false;
	connection.framed = connection.frame();
	if (connection.framed > 0) return true;
	connection.framed = 0;
	return false;
}


void Loop::sendHeld(Connection& connection)
{
	// Errors are for the handler to find.
	if (connection.socket().hasOutput() && connection.socket().flush() == PendingOutput::FLUSH_AGAIN) flushLater(connection);
}


void Loop::flushLater(Connection& connection)
{
	try
	{
		_flushing.push_back(connection.id());
	}
	catch (std::bad_alloc&)
	{
		return; // when the request is done, its output is sent anyway
	}
	if (!ev_is_active(&_flushTimer)) ev_timer_again(evLoop(), &_flushTimer);
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
		const bool handshaking = connection.socket().handshaking();
		// The time until the first request goes on with a handshake, any time with a notification.
		if (!handshaking && (!connection.notifying || connection.pTimeoutList == &_send)) _idle.start(connection);
		connection.unframed = connection.socket().input().size() > 0;
		// A handshake that waits for the client is not tried again and again: _drainTimer ends it.
		watch(connection, EV_READ);
		if (connection.unframed || ((_draining || connection.notified) && !handshaking) || connection.socket().pending()) makeReady(connection);
		if (!connection.unframed) connection.socket().releaseBuffer(&_cache);
	}
}


void Loop::linger(Connection& connection)
{
	_linger.start(connection);
	// Sends a FIN behind the last response, which fails only if the client has reset the connection. With TLS there
	// would have to be a close_notify before it, for which a SecureStreamSocket ends both directions: later.
	if (!connection.pTimeoutList || (!connection.socket().secure() && ::shutdown(connection.socket().sockfd(), SHUT_WR) != 0))
	{
		close(connection, connection.reason());
		return;
	}
	setState(connection, Connection::STATE_LINGERING);
	connection.socket().input().discard();
	connection.socket().releaseBuffer(&_cache);
	watch(connection, EV_READ);
}


void Loop::drain(Connection& connection)
{
	// As much as one buffer takes, for each event: a client that never stops
	// sending must not keep the loop from the others. _linger bounds the time.
	switch (connection.socket().receive(&_cache))
	{
	case ConnectionSocketImpl::RESULT_OK:
		connection.socket().input().discard();
		connection.socket().releaseBuffer(&_cache);
		break;
	case ConnectionSocketImpl::RESULT_AGAIN:
		lookedInVain(connection);
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
		connection.socket().input().discard();
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
		ev_io_set(&connection.watcher, connection.watcher.fd, events);
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


void Loop::flushRunning()
{
	// The socket belongs to the handler, who may close it at any moment, so libev must not be told to watch
	// it: from time to time, see what the client takes. Errors are for the handler to find.
	std::size_t n = 0;
	for (Poco::UInt64 id: _flushing)
	{
		Connection* pConnection = _slab.find(id);
		if (!pConnection || !isRunning(*pConnection)) continue;
		if (pConnection->socket().flush() == PendingOutput::FLUSH_AGAIN) _flushing[n++] = id;
	}
	_flushing.resize(n);
	if (n == 0) ev_timer_stop(evLoop(), &_flushTimer);
	else if (!ev_is_active(&_flushTimer)) ev_timer_again(evLoop(), &_flushTimer);
}


void Loop::onException(Connection& connection)
{
	Engine::handleCurrentException();
	if (connection.state.load(std::memory_order_relaxed) != Connection::STATE_FREE) abandon(connection, EVServerStatistics::CLOSED_BY_EXCEPTION);
}


void Loop::abandon(Connection& connection, EVServerStatistics::CloseReason reason)
{
	if (!connection.ready) close(connection, reason);
	else
	{
		connection.end(reason);
		connection.closeWanted = true;
	}
}


void Loop::onWatchFailed(Connection& connection)
{
	// Libev has stopped the watcher: the system refuses to watch the socket, and a connection that is not watched would be forgotten.
	switch (connection.state.load(std::memory_order_acquire))
	{
	case Connection::STATE_DISPATCHED:
		// It comes back through the mailbox, and is to be watched again. If that fails once more, it is idle then.
		if (recall(connection)) break;
		[[fallthrough]];
	case Connection::STATE_IDLE:
	case Connection::STATE_READING:
	case Connection::STATE_FLUSHING:
		abandon(connection, EVServerStatistics::CLOSED_RESET);
		break;
	case Connection::STATE_LINGERING:
		close(connection, connection.reason());
		break;
	default:
		break;
	}
}


void Loop::lookedInVain(Connection& connection)
{
	// When epoll says EPERM, libev takes the socket for a file, which is always ready, and never asks again.
	if (++_inVain < MAX_IN_VAIN) return;
	_inVain = 0;
	if (!ev_is_active(&connection.watcher)) return;
	const int events = connection.watcher.events & (EV_READ | EV_WRITE);
	watch(connection, 0);
	watch(connection, events);
}


void Loop::onIO(Connection& connection)
{
	switch (connection.state.load(std::memory_order_acquire))
	{
	case Connection::STATE_IDLE:
	case Connection::STATE_READING:
		makeReady(connection);
		break;
	case Connection::STATE_DISPATCHED:
		if (!recall(connection)) makeReady(connection);
		break;
	case Connection::STATE_FLUSHING:
		updateNow(); // the loop may have waited for long
		finish(connection);
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
	watch(connection, 0);
	return true;
}


void Loop::onTimeout(Connection& connection, TimeoutList& list)
{
	guarded(connection, [this, &connection, &list]
	{
		expire(connection, list);
		return true;
	});
}


void Loop::expire(Connection& connection, TimeoutList& list)
{
	switch (connection.state.load(std::memory_order_acquire))
	{
	case Connection::STATE_IDLE:
		if (connection.lastActive > connection.clockStart) _idle.startedAt(connection, connection.lastActive);
		else if (connection.ready) goOn(connection, list); // something has arrived in time
		else close(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
		break;
	case Connection::STATE_READING:
		if (connection.ready || (connection.inBody && connection.socket().input().takeArrived() >= _minRequestBytes)) goOn(connection, list);
		else refuseLate(connection);
		break;
	case Connection::STATE_PAUSED:
		connection.late = true;
		list.start(connection);
		break;
	case Connection::STATE_FLUSHING:
		if (connection.ready) postpone(connection, list);
		else if (takesEnough(connection)) list.start(connection);
		else close(connection, EVServerStatistics::CLOSED_SEND_TIMEOUT);
		break;
	case Connection::STATE_LINGERING:
		close(connection, connection.reason());
		break;
	default:
		// Queued or running: not the client's fault.
		if (connection.flushing) postpone(connection, list);
		else if (&list != &_handler) goOn(connection, list);
		else
		{
			_overdue.add();
			_idle.start(connection);
			reportOverdue();
		}
	}
}


void Loop::reportOverdue()
{
	try
	{
		throw Poco::TimeoutException("A request has been waiting and running for longer than handlerTimeout");
	}
	catch (...)
	{
		Engine::handleCurrentException();
	}
}


void Loop::goOn(Connection& connection, TimeoutList& list)
{
	// It may be nothing but a notification that is ready, or running: then the next look at the socket decides.
	connection.expired = connection.notified || connection.notifying;
	list.start(connection);
}


void Loop::postpone(Connection& connection, TimeoutList& list)
{
	connection.sendExpired = true;
	list.start(connection);
}


bool Loop::closeLongestIdle()
{
	const int maxLooks = 64; // busy connections may be in front
	int looks = 0;
	for (Connection* pConnection = _idle.first(); pConnection && looks < maxLooks; pConnection = pConnection->pLater, looks++)
	{
		if (pConnection->state.load(std::memory_order_acquire) != Connection::STATE_IDLE || pConnection->ready) continue;
		if (pConnection->lastActive > pConnection->clockStart) continue; // its place in the list is out of date
		close(*pConnection, EVServerStatistics::CLOSED_FOR_ROOM);
		return true;
	}
	return false;
}


void Loop::refuseLate(Connection& connection)
{
	const std::string text = connection.refusal(EVTCPServerConnection::REFUSAL_TIMEOUT);
	if (text.empty() || connection.socket().trySend(text) != PendingOutput::FLUSH_DONE)
	{
		close(connection, EVServerStatistics::CLOSED_REQUEST_TIMEOUT);
		return;
	}
	connection.end(EVServerStatistics::CLOSED_REQUEST_TIMEOUT, true);
	proceed(connection);
}


void Loop::beginDrain()
{
	_acceptor.drain();
	_draining = true;
	resumePaused();
	ev_timer_start(evLoop(), &_drainTimer);
	_slab.forEach([this](Connection& connection)
	{
		switch (connection.state.load(std::memory_order_acquire))
		{
		case Connection::STATE_DISPATCHED:
			// Force it to come back: it must not become idle unnoticed.
			if (recall(connection)) break;
			[[fallthrough]];
		case Connection::STATE_IDLE:
			makeReady(connection); // a last look
			break;
		default:
			break;
		}
	});
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
			connection.closeWanted = true;
			if (!abort) break;
			if (connection.ready) connection.abort();
			else close(connection, EVServerStatistics::CLOSED_BY_SERVER);
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
	// Libev is written in C: no exception may pass through it.
	Connection& connection = *static_cast<Connection*>(pWatcher->data);
	connection.pLoop->guarded(connection, [&connection, events]
	{
		if (events & EV_ERROR) connection.pLoop->onWatchFailed(connection);
		else connection.pLoop->onIO(connection);
		return true;
	});
}


void Loop::drainCallback(struct ev_loop*, ev_timer* pWatcher, int)
{
	// Those that have not sent their first request by now.
	Loop& loop = *static_cast<Loop*>(pWatcher->data);
	loop._slab.forEach([&loop](Connection& connection)
	{
		if (connection.state == Connection::STATE_IDLE && !connection.ready) loop.close(connection, EVServerStatistics::CLOSED_BY_SERVER);
	});
}


void Loop::retryCallback(struct ev_loop*, ev_timer* pWatcher, int)
{
	static_cast<Loop*>(pWatcher->data)->resumePaused();
}


void Loop::flushCallback(struct ev_loop*, ev_timer* pWatcher, int)
{
	static_cast<Loop*>(pWatcher->data)->flushRunning();
}


} } // namespace Poco::EVNet
