//
// Loop.cpp
//
// Library: EVNet
// Package: Loop
// Module:  Loop
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/Loop.h"
#include "core/ExceptionReport.h"
#include "core/ThreadState.h"
#include "loop/Admission.h"
#include "threads/Executor.h"
#include "Poco/Exception.h"
#include <algorithm>


namespace Poco {
namespace EVNet {


namespace
{
	const std::size_t SERVE_BATCH = 32; // requests served between two looks at the events, at least while there are some
	const int MAX_IDLE_LOOKS = 64; // when there is no room for a new connection
}


Loop::Loop(const LoopParts& parts, int index, unsigned evFlags, const Deadlines::Lengths& deadlines):
	_host(parts.host),
	_executor(parts.executor),
	_admission(parts.admission),
	_pBufferPool(parts.pBufferPool),
	_index(index),
	_eventLoop(evFlags, [this] { onMail(); }),
	_leaderClock(CLOCK_THREAD_CPUTIME_ID),
	_mailbox(_eventLoop),
	_queue(_executor.queue(), _mailbox),
	_deadlines(_eventLoop, *this, deadlines, _pBufferPool->limits().minRate),
	_connections(_eventLoop, parts, _deadlines, _counters, &Loop::ioCallback),
	_opener(_eventLoop, *this, _connections, _queue, parts),
	_closer(_connections),
	_runningOutput(_eventLoop, _connections),
	_held(_eventLoop, _connections, _runningOutput, _executor, _stage),
	_output(_eventLoop, _connections, _closer, _held, _stage),
	_paused(_eventLoop, _connections, _output, _queue),
	_reader({_eventLoop, _connections, _output, _closer, _opener, _paused, _queue, _stage, *_pBufferPool}),
	_runner({_eventLoop, _connections, _output, _held, _queue, _mailbox, _stage, *this}, parts),
	_acceptor(*this),
	_ending(_eventLoop, _connections, _closer, _paused, _acceptor, _stage)
{
}


Loop::~Loop()
{
	// Connections are gone, unless the server was never started or could not start.
	_acceptor.close();
}


//
// leading
//
LedLoop::Led Loop::lead(Permit& permit)
{
	beginLeading();
	for (;;)
	{
		_eventLoop.run(_connections.ready() == 0 && !_opener.hasLeaving());
		_opener.submitLeaving();
		if (_connections.ready() > 0 && !serveReady(permit)) return LED_REPLACED;
		if (_stage.abandoned || hasEnded()) return LED_ENDED;
	}
}


LedLoop::Led Loop::leadOnce()
{
	beginLeading();
	_eventLoop.run(false);
	_opener.submitLeaving();
	Permit permit;
	if (_connections.ready() > 0 && !serveReady(permit)) return LED_REPLACED;
	return hasEnded() ? LED_ENDED : LED_ON;
}


void Loop::beginLeading()
{
	_eventLoop.leadership().lead(ThreadState::currentId());
	_leaderClock.store(ThreadState::computingClock(), std::memory_order_relaxed);
	_runner.onNewLeader();
	_held.onNewLeader();
}


bool Loop::hasEnded()
{
	return _stage.ending && _counters.open.value() == 0 && _mailbox.close();
}


bool Loop::leaderIsRunnable() const
{
	return ThreadState::isRunnable(leadership().leader());
}


double Loop::leaderComputed() const
{
	return ThreadState::computed(_leaderClock.load(std::memory_order_relaxed));
}


bool Loop::somebodyWaits() const
{
	return _runner.othersAreReady() || _eventLoop.hasEvents();
}


bool Loop::takeOver(Leadership::Turn turn, Why why)
{
	if (why == WHY_BLOCKED) _runner.setBlocked(turn);
	if (!_eventLoop.leadership().takeOver(turn)) return false;
	(why == WHY_ANNOUNCED ? _counters.passedOn : _counters.promotions).fetch_add(1, std::memory_order_relaxed);
	return true;
}


void Loop::offerRoom()
{
	_queue.offerRoom();
}


void Loop::abandon()
{
	_mailbox.wake(Mailbox::WAKE_ABANDON);
}


bool Loop::serveReady(Permit& permit)
{
	_eventLoop.assertLed();
	_executor.askAgain(_eventLoop.now());
	// Connections that become ready again meanwhile (pipelining) let the others go first, and after
	// a while the event loop looks for more of these.
	for (std::size_t n = std::max<std::size_t>(_connections.ready(), SERVE_BATCH); n > 0 && _connections.ready() > 0; --n)
	{
		Connection& connection = *_connections.takeReady();
		if (!_connections.guarded(connection, [this, &connection] { return _reader.look(connection); }))
		{
			_connections.check(connection);
			continue;
		}
		if (!_runner.run(connection, permit)) return false;
	}
	permit.giveBack();
	_runner.submit();
	_eventLoop.leadership().endWork();
	return true;
}


//
// connections
//
void Loop::turnAway(ConnectionSocketImpl* pSocket)
{
	pSocket->close();
	pSocket->release();
	_admission.connectionEnded(EVServerStatistics::CLOSED_BY_SERVER);
}


bool Loop::closeLongestIdle()
{
	// Those that run requests, or wait for a thread that does, may be in front of all others.
	Connection* pLongest = _deadlines.longestIdle(MAX_IDLE_LOOKS + _executor.queue().running() + _executor.queue().size());
	if (!pLongest) return false;
	_connections.close(*pLongest, EVServerStatistics::CLOSED_FOR_ROOM);
	return true;
}


//
// what happens
//
void Loop::onMail()
{
	_eventLoop.assertLed();
	_eventLoop.updateNow(); // the loop may have waited for long
	Mailbox::Mail mail;
	_mailbox.collect(mail, _runningOutput.identifiers());
	while (Task* pTask = mail.returned.pop()) onReturned(static_cast<Connection&>(*pTask));
	while (ConnectionSocketImpl* pSocket = mail.arrived.pop())
	{
		if (_stage.ending) turnAway(pSocket);
		else _opener.open(pSocket);
	}
	_runningOutput.start();
	for (Poco::UInt64 id: mail.notifyWanted) onNotifyWanted(id);
	for (Poco::UInt64 id: mail.closeWanted) onCloseWanted(id);
	if (mail.reasons & Mailbox::WAKE_PAUSED) _paused.resumeAll();
	if (mail.reasons & Mailbox::WAKE_ACCEPT) _acceptor.useRoom();
	if (mail.reasons & Mailbox::WAKE_DRAIN) _ending.drain();
	if (mail.reasons & Mailbox::WAKE_STOP) _ending.endAll((mail.reasons & Mailbox::WAKE_ABORT) != 0);
	if (mail.reasons & Mailbox::WAKE_ABANDON) _stage.abandoned = true;
}


void Loop::onReturned(Connection& connection)
{
	_connections.guarded(connection, [this, &connection]
	{
		_output.flush(connection);
		return true;
	});
	_connections.check(connection);
}


void Loop::onCloseWanted(Poco::UInt64 id)
{
	Connection* pConnection = _connections.find(id);
	if (!pConnection) return;
	ConnectionState& state = pConnection->state;
	state.wish(ConnectionState::WISH_CLOSE);
	if (ConnectionState::isRunning(state.phase())) _connections.recall(*pConnection);
	// One that is being flushed is closed when the client has taken its response, and one that lingers is being closed.
	const bool looks = state.wished(ConnectionState::WISH_LOOK);
	if (ConnectionState::isWaiting(state.phase()) && !looks) _closer.hangUp(*pConnection, EVServerStatistics::CLOSED_BY_SERVER);
	_connections.check(*pConnection);
}


void Loop::onNotifyWanted(Poco::UInt64 id)
{
	Connection* pConnection = _connections.find(id);
	if (!pConnection || !pConnection->hasObject()) return;
	ConnectionState& state = pConnection->state;
	state.wish(ConnectionState::WISH_NOTIFY);
	// What is running must come back through the mailbox: only then is it seen again. What is being flushed, or paused, is seen anyway.
	if (ConnectionState::isRunning(state.phase())) _connections.recall(*pConnection);
	if (ConnectionState::isWaiting(state.phase()) && !pConnection->socket().transport().handshaking()) _connections.makeReady(*pConnection);
	_connections.check(*pConnection);
}


void Loop::onIO(Connection& connection)
{
	switch (connection.state.phase())
	{
	case ConnectionState::PHASE_NEW:
	case ConnectionState::PHASE_IDLE:
	case ConnectionState::PHASE_HEADER:
	case ConnectionState::PHASE_BODY:
		_connections.makeReady(connection);
		break;
	case ConnectionState::PHASE_RUNNING:
		if (!_connections.recall(connection)) _connections.makeReady(connection);
		break;
	case ConnectionState::PHASE_FLUSHING:
		_eventLoop.updateNow(); // the loop may have waited for long
		_output.flush(connection);
		break;
	case ConnectionState::PHASE_LINGERING:
		_closer.discardInput(connection);
		break;
	default:
		_connections.watch(connection, 0);
	}
}


void Loop::ioCallback(struct ev_loop*, ev_io* pWatcher, int events)
{
	// Libev is written in C: no exception may pass through it.
	Connection& connection = *static_cast<Connection*>(pWatcher->data);
	Loop& loop = *connection.pLoop;
	loop._eventLoop.assertLed();
	loop._connections.guarded(connection, [&loop, &connection, events]
	{
		if (events & EV_ERROR) loop._connections.onWatchFailed(connection);
		else loop.onIO(connection);
		return true;
	});
	loop._connections.check(connection);
}


void Loop::onTimeout(Connection& connection)
{
	_connections.guarded(connection, [this, &connection]
	{
		onClock(connection);
		return true;
	});
	_connections.check(connection);
}


void Loop::onClock(Connection& connection)
{
	_eventLoop.assertLed();
	ConnectionState& state = connection.state;
	switch (state.phase())
	{
	case ConnectionState::PHASE_NEW:
	case ConnectionState::PHASE_IDLE:
		// Unless the phase began later, when another thread had finished the request.
		if (state.deadline() == state.restDeadline() && Deadlines::restStart(connection) <= connection.clockStart)
			_reader.lookOnceMore(connection);
		else _deadlines.resume(connection);
		break;
	case ConnectionState::PHASE_HEADER:
	case ConnectionState::PHASE_BODY:
		_reader.lookOnceMore(connection);
		break;
	case ConnectionState::PHASE_PAUSED:
		state.miss(ConnectionState::MISSED_PAUSED);
		_deadlines.restart(connection);
		break;
	case ConnectionState::PHASE_FLUSHING:
		_output.onTimeout(connection);
		break;
	case ConnectionState::PHASE_LINGERING:
		_closer.onTimeout(connection);
		break;
	default:
		onRequestClock(connection);
	}
}


void Loop::onRequestClock(Connection& connection)
{
	ConnectionState& state = connection.state;
	if (state.work() == ConnectionState::WORK_FLUSH) _output.onTimeout(connection);
	else if (state.isRequest())
	{
		// Queued or running: not the client's fault.
		if (!_deadlines.lookAtRequest(connection)) return;
		_counters.overdue.add();
		reportOverdue(connection);
	}
	// It comes back through the mailbox, unless that has just been done. LoopOutput::proceed() then goes on.
	else if (_connections.recall(connection) || ConnectionState::isRunning(state.phase()))
	{
		state.miss(ConnectionState::MISSED_REST);
		_deadlines.stop(connection);
	}
	else _reader.lookOnceMore(connection);
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


void Loop::addTo(EVServerStatistics& statistics) const
{
	_counters.addTo(statistics);
	statistics.accepted += static_cast<Poco::UInt64>(_acceptor.accepted());
	statistics.acceptPauses += static_cast<Poco::UInt64>(_acceptor.pauses());
	statistics.closed[EVServerStatistics::CLOSED_ADDRESS_LIMIT] += static_cast<Poco::UInt64>(_acceptor.overLimit());
	statistics.closed[EVServerStatistics::CLOSED_BY_FILTER] += static_cast<Poco::UInt64>(_acceptor.filtered());
}


} } // namespace Poco::EVNet
