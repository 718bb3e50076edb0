//
// LoopConnections.cpp
//
// Library: EVNet
// Package: Loop
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


#include "core/ExceptionReport.h"
#include "loop/Loop.h"
#include "loop/Admission.h"
#include "threads/Executor.h"
#include "Poco/Exception.h"
#include <algorithm>
#include <sys/socket.h>


namespace Poco {
namespace EVNet {


namespace
{
	const int MAX_IDLE_LOOKS = 64; // when there is no room for a new connection
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
	if ((connection.late || connection.expired) && connection.socket().input().size() > 0) refuseLate(connection);
	else pause(connection);
}


void Loop::resumePaused()
{
	if (_waitsForRoom.exchange(false)) _executor.addWaiting(-1);
	while (Task* pTask = _paused.pop())
	{
		Connection& connection = static_cast<Connection&>(*pTask);
		connection.ready = false;
		setState(connection, stateOf(connection));
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
				watchOutput(connection);
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
	watchOutput(connection);
	if (!connection.flushing)
	{
		connection.socket().takeFlushed(); // counts from here
		connection.sendExpired = false;
		_send.start(connection);
	}
	else if (connection.sendExpired && !takesEnough(connection)) close(connection, EVServerStatistics::CLOSED_SEND_TIMEOUT);
}


void Loop::watchOutput(Connection& connection)
{
	// TLS may have to receive something before it can send, and would be asked again and again if the loop waited for room only.
	watch(connection, connection.socket().sendsAfterReceiving() ? EV_READ : EV_WRITE);
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
	return connection.isRequest() && input.size() > input.requestLength() && !connection.socket().secure() && !_executor.leadersRunRequests();
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
	if (connection.ended() || _ending || connection.closeWanted)
	{
		hangUp(connection, EVServerStatistics::CLOSED_BY_SERVER);
		return;
	}
	const bool handshaking = connection.socket().handshaking();
	if (connection.phase == Connection::PHASE_REQUEST)
	{
		connection.phase = Connection::PHASE_IDLE;
		connection.phaseStart = _now;
		_idle.start(connection);
		connection.unframed = connection.socket().input().size() > 0;
	}
	else if (!connection.expired) resumeClock(connection);
	else if (handshaking)
	{
		hangUp(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
		return;
	}
	// The last step of a handshake may have brought the beginning of a request.
	if (connection.handshaking) connection.unframed = connection.socket().input().size() > 0;
	setState(connection, stateOf(connection));
	watch(connection, EV_READ);
	// A handshake that waits for the client is not tried again and again: _drainTimer ends it.
	const bool look = (_draining || connection.notified || connection.expired) && !handshaking;
	if (connection.unframed || look || connection.socket().pending()) makeReady(connection);
	if (!connection.unframed) connection.socket().releaseBuffer(&_cache);
}


Connection::State Loop::stateOf(const Connection& connection)
{
	return connection.phase == Connection::PHASE_READING ? Connection::STATE_READING : Connection::STATE_IDLE;
}


double Loop::phaseStart(const Connection& connection)
{
	// The leader does not see when another thread has finished a request.
	return connection.phase == Connection::PHASE_READING ? connection.phaseStart : std::max(connection.phaseStart, connection.lastActive);
}


TimeoutList& Loop::phaseList(const Connection& connection)
{
	if (connection.phase == Connection::PHASE_READING) return _request;
	return connection.served ? _idle : _first;
}


void Loop::resumeClock(Connection& connection)
{
	phaseList(connection).startedAt(connection, phaseStart(connection));
}


void Loop::beginReading(Connection& connection)
{
	connection.phase = Connection::PHASE_READING;
	connection.phaseStart = _now;
	connection.expired = false;
	connection.socket().input().takeArrived(); // counts from here
	_request.start(connection);
}


void Loop::beginRequest(Connection& connection)
{
	connection.phase = Connection::PHASE_REQUEST;
	connection.phaseStart = _now;
	connection.served = true;
	connection.expired = connection.late = connection.reported = false;
	// As soon as the idle time could be over if the request were done by another thread at once, onTimeout() looks what has become of it.
	const bool handlerFirst = _handler.isUsed() && (!_idle.isUsed() || _handler.timeout() <= _idle.timeout());
	if (handlerFirst) _handler.start(connection);
	else if (!_idle.contains(connection)) _idle.start(connection);
}


void Loop::hangUp(Connection& connection, EVServerStatistics::CloseReason reason)
{
	const bool mustLinger = connection.ended() && connection.mustLinger();
	connection.end(reason);
	if (mustLinger || (connection.served && connection.socket().endsOneWay() && connection.socket().hasUnsent())) linger(connection);
	else close(connection, connection.reason());
}


void Loop::linger(Connection& connection)
{
	// A FIN behind the last response, with TLS a close_notify before it. Fails only if the client has reset the connection. Where a
	// close_notify would end both directions, it is left to close(): what the client is sending must not be answered with a reset.
	const bool ends = connection.socket().endsOneWay();
	if (ends && connection.socket().tls()) connection.socket().tls()->shutdown();
	if (!_linger.isUsed() || (ends && ::shutdown(connection.socket().sockfd(), SHUT_WR) != 0))
	{
		close(connection, connection.reason());
		return;
	}
	_linger.start(connection);
	connection.unsent = connection.socket().unacknowledged();
	setState(connection, Connection::STATE_LINGERING);
	connection.socket().input().discard();
	connection.socket().releaseBuffer(&_cache);
	watch(connection, EV_READ);
}


bool Loop::lingersOn(Connection& connection)
{
	// As long as the client takes what the kernel has for it, at the minimum rate.
	const std::size_t before = connection.unsent;
	connection.unsent = connection.socket().unacknowledged();
	const Poco::UInt64 enough = std::max<Poco::UInt64>(1, connection.socket().limits().minBytes(Poco::Timespan(static_cast<Poco::Timespan::TimeDiff>(_linger.timeout()*Poco::Timespan::SECONDS))));
	return connection.unsent > 0 && connection.unsent + enough <= before;
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
		_admission.connectionClosed();
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
		if (pConnection->socket().flushBeside() == PendingOutput::FLUSH_AGAIN) _flushing[n++] = id;
	}
	_flushing.resize(n);
	if (n == 0) ev_timer_stop(evLoop(), &_flushTimer);
	else if (!ev_is_active(&_flushTimer)) ev_timer_again(evLoop(), &_flushTimer);
}


void Loop::onException(Connection& connection)
{
	reportException();
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
		// Unless the phase began later, when another thread had finished the request.
		if (phaseStart(connection) > connection.clockStart || &list != &phaseList(connection)) resumeClock(connection);
		else lookOnceMore(connection);
		break;
	case Connection::STATE_READING:
		lookOnceMore(connection);
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
		if (lingersOn(connection)) list.start(connection);
		else close(connection, connection.reason());
		break;
	default:
		if (connection.flushing) postpone(connection, list);
		else if (connection.phase == Connection::PHASE_REQUEST) onRequestClock(connection);
		// It comes back through the mailbox, unless that has just been done. proceed() then goes on.
		else if (recall(connection) || connection.state != Connection::STATE_IDLE)
		{
			connection.expired = true;
			TimeoutList::stop(connection);
		}
		else lookOnceMore(connection);
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
		reportException();
	}
}


void Loop::onRequestClock(Connection& connection)
{
	// Queued or running: not the client's fault.
	const double overdue = connection.phaseStart + _handler.timeout();
	const bool waits = _handler.isUsed() && !connection.reported;
	const bool report = waits && overdue <= _now;
	if (waits && !report && (!_idle.isUsed() || overdue <= _now + _idle.timeout())) _handler.startedAt(connection, connection.phaseStart);
	else _idle.start(connection);
	if (!report) return;
	connection.reported = true;
	_overdue.add();
	reportOverdue();
}


void Loop::lookOnceMore(Connection& connection)
{
	TimeoutList::stop(connection);
	if (connection.socket().handshaking() && !connection.ready)
	{
		close(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
		return;
	}
	// What has arrived in time counts, though it may not have been reported yet.
	connection.expired = true;
	makeReady(connection);
}


void Loop::onNothingArrived(Connection& connection)
{
	const bool idle = connection.phase == Connection::PHASE_IDLE;
	if (_draining && idle && (connection.served || _drainGraceOver)) hangUp(connection, EVServerStatistics::CLOSED_BY_SERVER);
	else if (connection.expired) onTimeUp(connection);
	else if (connection.notified) makeReady(connection);
}


void Loop::onTimeUp(Connection& connection)
{
	connection.expired = false;
	if (connection.phase == Connection::PHASE_IDLE) hangUp(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
	else if (connection.inBody && connection.socket().input().takeArrived() >= _minRequestBytes)
	{
		beginReading(connection);
		readOn(connection);
	}
	else refuseLate(connection);
}


void Loop::postpone(Connection& connection, TimeoutList& list)
{
	connection.sendExpired = true;
	list.start(connection);
}


bool Loop::closeLongestIdle()
{
	// Those that run requests, or wait for a thread that does, may be in front of all others.
	const int maxLooks = MAX_IDLE_LOOKS + _executor.running() + _executor.queued();
	Connection* pLongest = nullptr;
	for (TimeoutList* pList: {&_handler, &_first, &_idle})
	{
		int looks = 0;
		for (Connection* pConnection = pList->first(); pConnection && looks < maxLooks; looks++)
		{
			Connection& connection = *pConnection;
			pConnection = pList->next(connection);
			if (connection.state.load(std::memory_order_acquire) != Connection::STATE_IDLE || connection.ready) continue;
			const double since = phaseStart(connection);
			if (!pLongest || since < phaseStart(*pLongest)) pLongest = &connection;
			if (since <= connection.clockStart && pList == &phaseList(connection)) break; // all others are in their places, or have been idle for a shorter time
			resumeClock(connection); // its place was out of date
		}
	}
	if (!pLongest) return false;
	close(*pLongest, EVServerStatistics::CLOSED_FOR_ROOM);
	return true;
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
	loop.updateNow();
	loop._drainGraceOver = true;
	loop._slab.forEach([&loop](Connection& connection)
	{
		if (connection.state != Connection::STATE_IDLE || connection.ready) return;
		if (connection.socket().handshaking()) loop.close(connection, EVServerStatistics::CLOSED_BY_SERVER);
		else loop.makeReady(connection); // the last look
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
