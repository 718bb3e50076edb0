//
// HeldOutput.cpp
//
// Library: EVNet
// Package: Loop
// Module:  HeldOutput
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/HeldOutput.h"
#include "loop/LoopConnections.h"
#include "loop/LoopStage.h"
#include "loop/RunningOutput.h"
#include "threads/Executor.h"


namespace Poco {
namespace EVNet {


namespace
{
	const double HOLD_TIME = 0.001; // for responses that could leave, in seconds
}


HeldOutput::HeldOutput(EventLoop& loop, LoopConnections& connections, RunningOutput& running, const Executor& executor,
	const LoopStage& stage):
	_loop(loop),
	_connections(connections),
	_running(running),
	_executor(executor),
	_stage(stage),
	_holding(0),
	_heldSince(0)
{
}


bool HeldOutput::mayHold(const Connection& connection) const
{
	// With TLS, the next handler gets a socket that knows nothing of what is held. Where nobody can take the loop over, it would wait
	// for that handler.
	const ConnectionSocketImpl& socket = connection.socket();
	if (!connection.state.isRequest() || socket.input().size() <= socket.input().requestLength()) return false;
	return !socket.secure() && !_executor.leadersRunRequests();
}


bool HeldOutput::beginRequest(Connection& connection)
{
	_loop.assertLed();
	ConnectionSocketImpl& socket = connection.socket();
	const bool hold = mayHold(connection);
	const bool holding = !socket.output().empty();
	_holding = hold || holding ? connection.id() : 0;
	if (!holding) _heldSince = _loop.now();
	if (hold) socket.output().hold(true);
	return hold;
}


void HeldOutput::endHandler(Connection& connection)
{
	// If it has been detached, detach() has done it, and the socket may be somebody else's.
	if (!connection.detached()) connection.socket().output().hold(false);
}


void HeldOutput::endRequest()
{
	_holding = 0;
}


bool HeldOutput::extend(Connection& connection)
{
	if (connection.socket().input().size() == 0 || !connection.socket().output().held()) return false;
	if (connection.ended() || _stage.ending || connection.state.wished(ConnectionState::WISH_CLOSE)) return false;
	if (connection.state.phase() != ConnectionState::PHASE_RUNNING || _loop.now() - _heldSince >= HOLD_TIME) return false;
	connection.framed = connection.frame();
	if (connection.framed > 0) return true;
	connection.framed = 0;
	return false;
}


void HeldOutput::send(Connection& connection)
{
	// Errors are for the handler to find.
	if (!connection.socket().output().empty() && connection.socket().output().flush() == Output::FLUSH_AGAIN) _running.add(connection);
}


void HeldOutput::onNewLeader()
{
	_loop.assertLed();
	if (!_holding) return;
	Connection* pConnection = _connections.find(_holding);
	_holding = 0;
	if (!pConnection || !ConnectionState::isRunning(pConnection->state.phase())) return;
	if (pConnection->socket().output().flushHeld() == Output::FLUSH_AGAIN) _running.add(*pConnection);
}


} } // namespace Poco::EVNet
