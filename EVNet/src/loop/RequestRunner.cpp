//
// RequestRunner.cpp
//
// Library: EVNet
// Package: Loop
// Module:  RequestRunner
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/RequestRunner.h"
#include "core/HandlerClock.h"
#include "core/ThreadState.h"
#include "loop/Admission.h"
#include "loop/HeldOutput.h"
#include "loop/LoopConnections.h"
#include "loop/LoopHost.h"
#include "loop/LoopOutput.h"
#include "loop/LoopStage.h"
#include "loop/Mailbox.h"
#include "loop/QueueShare.h"
#include "threads/Executor.h"


namespace Poco {
namespace EVNet {


namespace
{
	// A handler that took longer is asked whether it has waited: a system call.
	const double SLOW_SECONDS = 500e-6;

	// A connection that has been alone in its loop for so long is expected to remain so for another request.
	const double ALONE_AFTER = 0.1; // seconds

	const Poco::UInt32 NO_SLOT = 0xFFFFFFFF;

	// Of the calling thread, for the handlers that it calls.
	thread_local RequestRunner::LedRequest* pLedRequest = nullptr;
}


RequestRunner::RequestRunner(const Parts& parts, const LoopParts& loopParts):
	_loop(parts.loop),
	_connections(parts.connections),
	_output(parts.output),
	_held(parts.held),
	_queue(parts.queue),
	_mailbox(parts.mailbox),
	_stage(parts.stage),
	_choice(loopParts.executor),
	_ledLoop(parts.ledLoop),
	_timed(0),
	_lastSlot(NO_SLOT),
	_othersAt(-ALONE_AFTER),
	_othersAreReady(false),
	_blocked(0),
	_executor(loopParts.executor),
	_admission(loopParts.admission),
	_pExposed(nullptr)
{
}


bool RequestRunner::run(Connection& connection, Permit& permit)
{
	const bool slice = connection.state.work() == ConnectionState::WORK_FLUSH;
	const RequestCosts::Kind kind = _executor.adaptive() ? connection.requestKind() : RequestCosts::KIND_NEVER_BLOCKS;
	noteConnection(connection);
	const bool expensive = connection.state.callsHandler() && _executor.costs().isExpensive(kind);
	const RunnerChoice::Work work{slice, _stage.ending, expensive && othersMayWait()};
	if (RunnerChoice::isLeader(_choice.chooseRunner(work, permit))) return runHere(connection, kind, permit);
	_held.send(connection);
	_executor.queue().admit();
	if (!slice) _queue.add();
	if (connection.exposed()) _connections.recall(connection);
	_outbox.push(connection);
	return true;
}


void RequestRunner::noteConnection(const Connection& connection)
{
	if (connection.slot == _lastSlot) return;
	if (_lastSlot != NO_SLOT) _othersAt = _loop.now();
	_lastSlot = connection.slot;
}


bool RequestRunner::othersMayWait() const
{
	return _connections.ready() > 0 || _loop.now() - _othersAt < ALONE_AFTER;
}


bool RequestRunner::runHere(Connection& connection, RequestCosts::Kind kind, Permit& permit)
{
	submit();
	const bool hold = _held.beginRequest(connection);
	_pExposed = connection.exposed() ? &connection : nullptr;
	beWatched(connection, kind);
	// The clock costs something, hence only when it matters. Without it, the time includes that of receiving and sending.
	const bool timed = _timed > 0 || _executor.costs().anyExpensive();
	const double begin = _loop.now();
	_othersAreReady.store(_connections.ready() > 0, std::memory_order_relaxed);
	const bool mayWait = othersMayWait(); // what is the loop's must not be asked later
	LedRequest led{*this, _loop.leadership().beginRequest(), mayWait, false};
	pLedRequest = &led;
	const HandlerClock clock(timed);
	connection.handle();
	pLedRequest = nullptr;
	if (hold) HeldOutput::endHandler(connection);
	if (!_loop.leadership().endRequest(led.turn))
	{
		const double time = timed ? clock.seconds() : steadyTime() - begin;
		// A handler that says when it blocks takes no time otherwise.
		const bool waited = _blocked.load(std::memory_order_relaxed) == led.turn;
		if (connection.state.callsHandler() && !led.announced) _executor.costs().note(kind, time, waited);
		if (connection.state.isRequest()) _connections.counters().completedElsewhere.fetch_add(1, std::memory_order_relaxed);
		permit.requestDischarged(); // by giveBack(), before the connection goes back to the loop
		giveBack(connection);
		return false;
	}
	_held.endRequest();
	_pExposed = nullptr;
	if (connection.state.isRequest()) _connections.counters().completed.add();
	_loop.updateNow();
	const double time = timed ? clock.seconds() : _loop.now() - begin;
	if (connection.state.callsHandler() && (timed || time <= _executor.costs().threshold())) _executor.costs().note(kind, time, false);
	if (time > _executor.costs().threshold()) _timed = TIMED_AFTER_SLOW;
	else if (_timed > 0) --_timed;
	connection.endRequest();
	_output.flush(connection);
	_connections.check(connection);
	return true;
}


void RequestRunner::beWatched(const Connection& connection, RequestCosts::Kind kind)
{
	const RequestCosts& costs = _executor.costs();
	const bool closely = connection.state.callsHandler() && !costs.isFamiliar(kind) && !costs.isExpensive(kind);
	if (_loop.leadership().busy() && !closely) return;
	_loop.leadership().beginWork();
	_executor.wakeWatcher(closely);
}


void RequestRunner::passOn()
{
	if (!pLedRequest || pLedRequest->announced || !pLedRequest->othersMayWait) return;
	RequestRunner& runner = pLedRequest->runner;
	if (!runner._executor.adaptive()) return;
	pLedRequest->announced = true;
	runner._executor.passOn(runner._ledLoop, pLedRequest->turn);
}


void RequestRunner::submit()
{
	if (!_outbox.empty()) _executor.submit(_outbox);
}


void RequestRunner::onNewLeader()
{
	_loop.assertLed();
	// The thread that ran it has lost the loop meanwhile, so that the connection comes back through the mailbox.
	if (_pExposed && ConnectionState::isRunning(_pExposed->state.phase())) _connections.recall(*_pExposed);
	_pExposed = nullptr;
}


void RequestRunner::runElsewhere(Connection& connection)
{
	if (connection.state.work() != ConnectionState::WORK_FLUSH) _queue.remove();
	const bool learns = _executor.adaptive() && connection.state.callsHandler();
	const RequestCosts::Kind kind = learns ? connection.requestKind() : RequestCosts::KIND_NEVER_BLOCKS;
	const HandlerClock clock(learns);
	const long waits = learns ? ThreadState::waits() : 0;
	connection.handle();
	if (connection.state.isRequest()) _connections.counters().completedElsewhere.fetch_add(1, std::memory_order_relaxed);
	if (learns)
	{
		const double time = clock.seconds();
		_executor.costs().note(kind, time, time > SLOW_SECONDS && ThreadState::waits() != waits);
	}
	giveBack(connection);
}


void RequestRunner::cancel(Connection& connection)
{
	const bool slice = connection.state.work() == ConnectionState::WORK_FLUSH;
	if (!slice) _queue.remove();
	if (connection.state.isRequest()) _connections.counters().cancelled.fetch_add(1, std::memory_order_relaxed);
	if (!slice) connection.end(EVServerStatistics::CLOSED_BY_SERVER); // else the leader goes on
	giveBack(connection);
}


void RequestRunner::giveBack(Connection& connection)
{
	connection.endRequest();
	_executor.queue().discharge();
	// What has become idle while the server is drained must be seen.
	const bool seen = _admission.draining() || connection.ended() || connection.detached() || !connection.socket().output().empty();
	if (!seen && connection.socket().input().size() == 0 && !connection.socket().transport().pending())
	{
		connection.socket().releaseBuffer(nullptr);
		if (connection.state.isRequest()) connection.lastActive = steadyTime();
		// The usual case: the leader still watches the socket and need not be told.
		if (connection.state.letGo()) return;
	}
	_mailbox.giveBack(connection);
}


} } // namespace Poco::EVNet
