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
	const double SLOW_SECONDS = 500e-6; // a request that takes longer and waits meanwhile is better not run by a leader
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
	_suspected(0),
	_executor(loopParts.executor),
	_admission(loopParts.admission),
	_pExposed(nullptr)
{
}


bool RequestRunner::run(Connection& connection, Permit& permit)
{
	const bool slice = connection.state.work() == ConnectionState::WORK_FLUSH;
	if (RunnerChoice::isLeader(_choice.chooseRunner(slice, _stage.ending, permit))) return runHere(connection, permit);
	_held.send(connection);
	_executor.queue().admit();
	if (!slice) _queue.add();
	if (connection.exposed()) _connections.recall(connection);
	_outbox.push(connection);
	return true;
}


bool RequestRunner::runHere(Connection& connection, Permit& permit)
{
	submit();
	const bool hold = _held.beginRequest(connection);
	// Requests that block more briefly than the watcher looks are found out here. That costs a system call, hence only after a slow one.
	const bool suspected = _suspected > 0;
	const long waits = suspected ? ThreadState::waits() : 0;
	const double begin = _loop.now();
	_pExposed = connection.exposed() ? &connection : nullptr;
	const Leadership::Turn turn = _loop.leadership().beginRequest();
	connection.handle();
	if (hold) HeldOutput::endHandler(connection);
	if (_loop.leadership().endRequest(turn))
	{
		_held.endRequest();
		_pExposed = nullptr;
		if (connection.state.isRequest()) _connections.counters().completed.add();
		_loop.updateNow();
		const bool slow = _loop.now() - begin > SLOW_SECONDS;
		if (slow) _suspected = SUSPECTED_AFTER_SLOW;
		else if (suspected) --_suspected;
		if (connection.state.callsHandler()) _choice.noteRequest(slow && suspected && ThreadState::waits() != waits);
		connection.endRequest();
		_output.flush(connection);
		_connections.check(connection);
		return true;
	}
	if (connection.state.callsHandler()) _choice.noteRequest(true);
	if (connection.state.isRequest()) _connections.counters().completedElsewhere.fetch_add(1, std::memory_order_relaxed);
	permit.requestDischarged(); // by giveBack(), before the connection goes back to the loop
	giveBack(connection);
	return false;
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


void RequestRunner::runElsewhere(Connection& connection, Task::Clock::time_point start)
{
	if (connection.state.work() != ConnectionState::WORK_FLUSH) _queue.remove();
	const long waits = ThreadState::waits();
	connection.handle();
	if (connection.state.isRequest()) _connections.counters().completedElsewhere.fetch_add(1, std::memory_order_relaxed);
	if (connection.state.callsHandler())
	{
		const std::chrono::duration<double> time = Task::Clock::now() - start;
		_choice.noteRequest(time.count() > SLOW_SECONDS && ThreadState::waits() != waits);
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
