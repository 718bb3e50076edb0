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
	assertLed();
	if (connection.state.wished(ConnectionState::WISH_LOOK)) return;
	connection.state.wish(ConnectionState::WISH_LOOK);
	_ready.push(connection);
}


void Loop::pause(Connection& connection)
{
	assertLed();
	if (connection.socket().hasOutput())
	{
		finish(connection); // what is held must not wait, too
		return;
	}
	watch(connection, 0);
	connection.unframed = connection.unframed || connection.socket().input().size() > 0;
	count(connection.state.pause());
	_paused.push(connection);
	if (!ev_is_active(&_retry)) ev_timer_again(evLoop(), &_retry);
}


void Loop::starve(Connection& connection)
{
	// One that holds memory itself may wait for it as long as a request may take: or all that hold
	// some could wait for each other for ever.
	if (connection.state.missed(ConnectionState::MISSED_PAUSED | ConnectionState::MISSED_REST) && connection.socket().input().size() > 0) refuseLate(connection);
	else pause(connection);
}


void Loop::resumePaused()
{
	assertLed();
	if (_waitsForRoom.exchange(false)) _executor.queue().addWaiting(-1);
	while (Task* pTask = _paused.pop())
	{
		Connection& connection = static_cast<Connection&>(*pTask);
		count(connection.state.resume());
		watch(connection, EV_READ);
		makeReady(connection);
	}
	ev_timer_stop(evLoop(), &_retry);
}


void Loop::finish(Connection& connection)
{
	assertLed();
	if (connection.detached())
	{
		close(connection, EVServerStatistics::CLOSED_DETACHED);
		return;
	}
	if (holdsOutput(connection))
	{
		connection.state.wish(ConnectionState::WISH_LOOK);
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
		if (connection.state.phase() == ConnectionState::PHASE_FLUSHING) // the clock goes on
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
	const bool slice = connection.state.work() == ConnectionState::WORK_FLUSH;
	count(connection.state.flush());
	watchOutput(connection);
	if (!slice)
	{
		connection.state.forgive(ConnectionState::MISSED_SEND);
		_deadlines.begin(connection, ConnectionState::DEADLINE_SEND);
	}
	else if (connection.state.missed(ConnectionState::MISSED_SEND)) extendOutput(connection);
}


void Loop::watchOutput(Connection& connection)
{
	// TLS may have to receive something before it can send, and would be asked again and again if the loop waited for room only.
	watch(connection, connection.socket().sendsAfterReceiving() ? EV_READ : EV_WRITE);
}


void Loop::extendOutput(Connection& connection)
{
	connection.state.forgive(ConnectionState::MISSED_SEND);
	if (!_deadlines.extend(connection, ConnectionState::DEADLINE_SEND)) close(connection, EVServerStatistics::CLOSED_SEND_TIMEOUT);
}


bool Loop::mayHold(Connection& connection) const
{
	// With TLS, the next handler gets a socket that knows nothing of what is held. Where nobody can take the loop over, it would wait for that handler.
	const InputBuffer& input = connection.socket().input();
	return connection.state.isRequest() && input.size() > input.requestLength() && !connection.socket().secure() && !_executor.leadersRunRequests();
}


bool Loop::holdsOutput(Connection& connection)
{
	if (connection.socket().input().size() == 0 || !connection.socket().holdsOutput()) return false;
	if (connection.ended() || _ending || connection.state.wished(ConnectionState::WISH_CLOSE) || connection.state.phase() != ConnectionState::PHASE_RUNNING) return false;
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
	assertLed();
	ConnectionState& state = connection.state;
	if (connection.ended() || _ending || state.wished(ConnectionState::WISH_CLOSE))
	{
		hangUp(connection, EVServerStatistics::CLOSED_BY_SERVER);
		return;
	}
	const bool handshaking = connection.socket().handshaking();
	if (state.responds())
	{
		connection.phaseStart = _now;
		_deadlines.start(connection, ConnectionState::DEADLINE_IDLE);
		connection.unframed = connection.socket().input().size() > 0;
	}
	else if (!state.missed(ConnectionState::MISSED_REST)) _deadlines.resume(connection);
	else if (handshaking)
	{
		hangUp(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
		return;
	}
	// The last step of a handshake may have brought the beginning of a request.
	if (state.work() == ConnectionState::WORK_HANDSHAKE) connection.unframed = connection.socket().input().size() > 0;
	count(state.await());
	watch(connection, EV_READ);
	// A handshake that waits for the client is not tried again and again: _drainTimer ends it.
	const bool look = (_draining || state.wished(ConnectionState::WISH_NOTIFY) || state.missed(ConnectionState::MISSED_REST)) && !handshaking;
	if (connection.unframed || look || connection.socket().pending()) makeReady(connection);
	if (!connection.unframed) connection.socket().releaseBuffer(&_cache);
}


void Loop::beginReading(Connection& connection)
{
	connection.phaseStart = _now;
	connection.state.forgive(ConnectionState::MISSED_REST);
	_deadlines.begin(connection, ConnectionState::DEADLINE_REQUEST);
}


void Loop::hangUp(Connection& connection, EVServerStatistics::CloseReason reason)
{
	const bool mustLinger = connection.ended() && connection.mustLinger();
	connection.end(reason);
	if (mustLinger || (connection.state.served() && connection.socket().endsOneWay() && connection.socket().hasUnsent())) linger(connection);
	else close(connection, connection.reason());
}


void Loop::linger(Connection& connection)
{
	// A FIN behind the last response, with TLS a close_notify before it. Fails only if the client has reset the connection. Where a
	// close_notify would end both directions, it is left to close(): what the client is sending must not be answered with a reset.
	const bool ends = connection.socket().endsOneWay();
	if (ends) connection.socket().transport().shutdown();
	if (!_deadlines.isUsed(ConnectionState::DEADLINE_LINGER) || (ends && ::shutdown(connection.socket().sockfd(), SHUT_WR) != 0))
	{
		close(connection, connection.reason());
		return;
	}
	_deadlines.begin(connection, ConnectionState::DEADLINE_LINGER);
	count(connection.state.linger());
	connection.socket().input().discard();
	connection.socket().releaseBuffer(&_cache);
	watch(connection, EV_READ);
}


void Loop::drain(Connection& connection)
{
	// As much as one buffer takes, for each event: a client that never stops
	// sending must not keep the loop from the others. DEADLINE_LINGER bounds the time.
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
	assertLed();
	watch(connection, 0);
	_deadlines.stop(connection);
	count(connection.state.close());
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


void Loop::check(const Connection& connection) const
{
	if constexpr (ASSERTIONS)
	{
		const ConnectionState& state = connection.state;
		const ConnectionState::Phase phase = state.phase();
		const ConnectionState::Deadline deadline = state.deadline();
		const bool watched = ev_is_active(&connection.watcher);
		const bool looks = state.wished(ConnectionState::WISH_LOOK);
		EVNET_ASSERT_EQUAL(deadline != ConnectionState::DEADLINE_NONE, connection.pWheel != nullptr);
		switch (phase)
		{
		case ConnectionState::PHASE_FREE:
			EVNET_ASSERT_EQUAL(ConnectionState::DEADLINE_NONE, deadline);
			EVNET_ASSERT_EQUAL(false, watched);
			break;
		case ConnectionState::PHASE_HEADER:
		case ConnectionState::PHASE_BODY:
			EVNET_ASSERT(deadline == ConnectionState::DEADLINE_NONE || deadline == ConnectionState::DEADLINE_REQUEST);
			EVNET_ASSERT(connection.socket().input().size() > 0);
			[[fallthrough]];
		case ConnectionState::PHASE_NEW:
		case ConnectionState::PHASE_IDLE:
			// Another thread may have let go just now, so that the clock is that of its work.
			EVNET_ASSERT(watched || looks);
			break;
		case ConnectionState::PHASE_PAUSED:
			EVNET_ASSERT_EQUAL(false, watched);
			EVNET_ASSERT_EQUAL(false, looks);
			break;
		case ConnectionState::PHASE_RUNNING:
			EVNET_ASSERT_EQUAL(false, looks);
			break;
		case ConnectionState::PHASE_RECALLED:
			EVNET_ASSERT_EQUAL(false, watched);
			EVNET_ASSERT_EQUAL(false, looks);
			break;
		case ConnectionState::PHASE_FLUSHING:
			EVNET_ASSERT_EQUAL(!looks, watched);
			EVNET_ASSERT(deadline == ConnectionState::DEADLINE_NONE || deadline == ConnectionState::DEADLINE_SEND);
			break;
		case ConnectionState::PHASE_LINGERING:
			EVNET_ASSERT_EQUAL(ConnectionState::DEADLINE_LINGER, deadline);
			EVNET_ASSERT_EQUAL(true, watched);
			break;
		default:
			EVNET_ASSERT(phase < ConnectionState::PHASES);
		}
	}
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
	if (!connection.state.isFree()) abandon(connection, EVServerStatistics::CLOSED_BY_EXCEPTION);
}


void Loop::abandon(Connection& connection, EVServerStatistics::CloseReason reason)
{
	if (!connection.state.hasTurn()) close(connection, reason);
	else
	{
		connection.end(reason);
		connection.state.wish(ConnectionState::WISH_CLOSE);
	}
}


void Loop::onWatchFailed(Connection& connection)
{
	// Libev has stopped the watcher: the system refuses to watch the socket, and a connection that is not watched would be forgotten.
	switch (connection.state.phase())
	{
	case ConnectionState::PHASE_RUNNING:
		// It comes back through the mailbox, and is to be watched again. If that fails once more, it is idle then.
		if (recall(connection)) break;
		[[fallthrough]];
	case ConnectionState::PHASE_NEW:
	case ConnectionState::PHASE_IDLE:
	case ConnectionState::PHASE_HEADER:
	case ConnectionState::PHASE_BODY:
	case ConnectionState::PHASE_FLUSHING:
		abandon(connection, EVServerStatistics::CLOSED_RESET);
		break;
	case ConnectionState::PHASE_LINGERING:
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
	switch (connection.state.phase())
	{
	case ConnectionState::PHASE_NEW:
	case ConnectionState::PHASE_IDLE:
	case ConnectionState::PHASE_HEADER:
	case ConnectionState::PHASE_BODY:
		makeReady(connection);
		break;
	case ConnectionState::PHASE_RUNNING:
		if (!recall(connection)) makeReady(connection);
		break;
	case ConnectionState::PHASE_FLUSHING:
		updateNow(); // the loop may have waited for long
		finish(connection);
		break;
	case ConnectionState::PHASE_LINGERING:
		drain(connection);
		break;
	default:
		watch(connection, 0);
	}
}


bool Loop::recall(Connection& connection)
{
	assertLed();
	if (!connection.state.recall()) return false;
	watch(connection, 0);
	return true;
}


void Loop::onTimeout(Connection& connection)
{
	guarded(connection, [this, &connection]
	{
		expire(connection);
		return true;
	});
	check(connection);
}


void Loop::expire(Connection& connection)
{
	assertLed();
	ConnectionState& state = connection.state;
	switch (connection.state.phase())
	{
	case ConnectionState::PHASE_NEW:
	case ConnectionState::PHASE_IDLE:
		// Unless the phase began later, when another thread had finished the request.
		if (Deadlines::restStart(connection) > connection.clockStart || state.deadline() != state.restDeadline()) _deadlines.resume(connection);
		else lookOnceMore(connection);
		break;
	case ConnectionState::PHASE_HEADER:
	case ConnectionState::PHASE_BODY:
		lookOnceMore(connection);
		break;
	case ConnectionState::PHASE_PAUSED:
		state.miss(ConnectionState::MISSED_PAUSED);
		_deadlines.restart(connection);
		break;
	case ConnectionState::PHASE_FLUSHING:
		if (state.wished(ConnectionState::WISH_LOOK)) postpone(connection);
		else extendOutput(connection);
		break;
	case ConnectionState::PHASE_LINGERING:
		if (!_deadlines.extend(connection, ConnectionState::DEADLINE_LINGER)) close(connection, connection.reason());
		break;
	default:
		if (state.work() == ConnectionState::WORK_FLUSH) postpone(connection);
		else if (state.isRequest()) onRequestClock(connection);
		// It comes back through the mailbox, unless that has just been done. proceed() then goes on.
		else if (recall(connection) || ConnectionState::isRunning(state.phase()))
		{
			state.miss(ConnectionState::MISSED_REST);
			_deadlines.stop(connection);
		}
		else lookOnceMore(connection);
	}
}


void Loop::reportOverdue(const Connection& connection)
{
	try
	{
		throw Poco::TimeoutException("A request has been waiting and running for longer than handlerTimeout", connection.requestName());
	}
	catch (...)
	{
		reportException();
	}
}


void Loop::onRequestClock(Connection& connection)
{
	// Queued or running: not the client's fault.
	if (!_deadlines.lookAtRequest(connection)) return;
	_overdue.add();
	reportOverdue(connection);
}


void Loop::lookOnceMore(Connection& connection)
{
	_deadlines.stop(connection);
	if (connection.socket().handshaking() && !connection.state.wished(ConnectionState::WISH_LOOK))
	{
		close(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
		return;
	}
	// What has arrived in time counts, though it may not have been reported yet.
	connection.state.miss(ConnectionState::MISSED_REST);
	makeReady(connection);
}


void Loop::onNothingArrived(Connection& connection)
{
	const ConnectionState& state = connection.state;
	if (_draining && !state.isReading() && (state.served() || _drainGraceOver)) hangUp(connection, EVServerStatistics::CLOSED_BY_SERVER);
	else if (state.missed(ConnectionState::MISSED_REST)) onTimeUp(connection);
	else if (state.wished(ConnectionState::WISH_NOTIFY)) makeReady(connection);
}


void Loop::onTimeUp(Connection& connection)
{
	connection.state.forgive(ConnectionState::MISSED_REST);
	if (!connection.state.isReading()) hangUp(connection, EVServerStatistics::CLOSED_IDLE_TIMEOUT);
	else if (_deadlines.extend(connection, ConnectionState::DEADLINE_REQUEST))
	{
		connection.phaseStart = _now;
		readOn(connection);
	}
	else refuseLate(connection);
}


void Loop::postpone(Connection& connection)
{
	connection.state.miss(ConnectionState::MISSED_SEND);
	_deadlines.restart(connection);
}


bool Loop::closeLongestIdle()
{
	// Those that run requests, or wait for a thread that does, may be in front of all others.
	Connection* pLongest = _deadlines.longestIdle(MAX_IDLE_LOOKS + _executor.queue().running() + _executor.queue().size());
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
	if (!_draining) _acceptor.drain(); // drain() may be called by several threads
	_draining = true;
	resumePaused();
	ev_timer_start(evLoop(), &_drainTimer);
	_slab.forEach([this](Connection& connection)
	{
		switch (connection.state.phase())
		{
		case ConnectionState::PHASE_RUNNING:
			// Force it to come back: it must not become idle unnoticed.
			if (recall(connection)) break;
			[[fallthrough]];
		case ConnectionState::PHASE_NEW:
		case ConnectionState::PHASE_IDLE:
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
		switch (connection.state.phase())
		{
		case ConnectionState::PHASE_RUNNING:
			// Force it to come back: it must not become idle unnoticed.
			if (recall(connection))
			{
				if (abort) connection.abort();
				break;
			}
			[[fallthrough]];
		case ConnectionState::PHASE_NEW:
		case ConnectionState::PHASE_IDLE:
		case ConnectionState::PHASE_HEADER:
		case ConnectionState::PHASE_BODY:
			if (connection.state.wished(ConnectionState::WISH_LOOK)) connection.state.wish(ConnectionState::WISH_CLOSE);
			else abort ? close(connection, EVServerStatistics::CLOSED_BY_SERVER) : hangUp(connection, EVServerStatistics::CLOSED_BY_SERVER);
			break;
		case ConnectionState::PHASE_RECALLED:
			if (abort) connection.abort();
			break;
		case ConnectionState::PHASE_FLUSHING:
			connection.state.wish(ConnectionState::WISH_CLOSE);
			if (!abort) break;
			if (connection.state.wished(ConnectionState::WISH_LOOK)) connection.abort();
			else close(connection, EVServerStatistics::CLOSED_BY_SERVER);
			break;
		case ConnectionState::PHASE_LINGERING:
			if (abort) close(connection, connection.reason());
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
	connection.pLoop->check(connection);
}


void Loop::drainCallback(struct ev_loop*, ev_timer* pWatcher, int)
{
	// Those that have not sent their first request by now.
	Loop& loop = *static_cast<Loop*>(pWatcher->data);
	loop.updateNow();
	loop._drainGraceOver = true;
	loop._slab.forEach([&loop](Connection& connection)
	{
		const ConnectionState::Phase phase = connection.state.phase();
		if ((phase != ConnectionState::PHASE_NEW && phase != ConnectionState::PHASE_IDLE) || connection.state.wished(ConnectionState::WISH_LOOK)) return;
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
