//
// EngineModel.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EngineModel.h"
#include <mutex>


using Poco::EVNet::ConnectionStates;
using Poco::EVNet::LeaderSight;


namespace
{
	const int PATIENCE = 1;      // looks at the same request until the watcher takes over
	const int IDLE_TICKS = 1;    // until it sleeps
}


EngineModel::Connection::Connection(int number):
	number(number),
	data("the data of a connection"),
	lastActive("lastActive")
{
}


struct EngineModel::Use
	/// A thread uses a connection that it takes for its own.
{
	Use(Connection& connection, int thread):
		connection(connection)
	{
		if (connection.owner != -1) ModelScheduler::fail("connection " + std::to_string(connection.number) + " has two owners");
		connection.owner = thread;
		connection.data.set(connection.data.peek() + 1);
	}

	~Use()
	{
		connection.owner = -1;
	}

	Connection& connection;
};


EngineModel::EngineModel(int connections, bool here, bool passesOn):
	_here(here),
	_passesOn(passesOn),
	_loop("the loop")
{
	for (int i = 0; i < connections; i++) _connections.emplace_back(i);
}


void EngineModel::handle(Connection&, int)
{
}


void EngineModel::touch(int thread)
{
	if (_leader != thread) ModelScheduler::fail("a thread uses a loop that it does not lead");
	_loop.set(_loop.peek() + 1);
}


void EngineModel::open(Connection& connection)
{
	connection.state.open();
	connection.watched = true;
	++_open;
}


bool EngineModel::lead(int thread)
{
	_leadership.lead(thread + 1);
	_leader = thread;
	touch(thread);
	for (;;)
	{
		if (_ready.empty()) ModelScheduler::wait("events", [this] { return hasEvent() || over(); });
		if (_signalled) onMail();
		for (Connection& connection: _connections) if (connection.watched && connection.bytes > 0) onIO(connection);
		touch(thread);
		if (!_ready.empty() && !serveReady(thread)) return false;
		if (over() || (_ending && _open == 0))
		{
			if (_loopEnded) ModelScheduler::fail("the loop has ended twice");
			_loopEnded = true;
			return true;
		}
	}
}


bool EngineModel::hasEvent() const
{
	bool event = _signalled;
	for (const Connection& connection: _connections) event = event || (connection.watched && connection.bytes > 0);
	return event;
}


void EngineModel::wake()
{
	_signalled = true;
	ModelScheduler::changed();
}


void EngineModel::onMail()
{
	std::deque<Connection*> returned, notifyWanted, closeWanted;
	bool stopWanted;
	_signalled = false;
	{
		std::lock_guard<ModelMutex> lock(_mailMutex);
		returned.swap(_returned);
		notifyWanted.swap(_notifyWanted);
		closeWanted.swap(_closeWanted);
		stopWanted = _stopWanted;
		_stopWanted = false;
	}
	for (Connection* pConnection: returned) proceed(*pConnection);
	for (Connection* pConnection: notifyWanted)
	{
		State& state = pConnection->state;
		if (state.peek() == State::PHASE_FREE) continue;
		state.wish(State::WISH_NOTIFY);
		if (State::isRunning(state.phase())) recall(*pConnection);
		if (State::isWaiting(state.phase())) makeReady(*pConnection);
	}
	for (Connection* pConnection: closeWanted)
	{
		State& state = pConnection->state;
		if (state.peek() == State::PHASE_FREE) continue;
		state.wish(State::WISH_CLOSE);
		if (State::isRunning(state.phase())) recall(*pConnection);
		if (State::isWaiting(state.phase()) && !state.hasTurn()) close(*pConnection);
	}
	if (stopWanted) endAll();
}


void EngineModel::endAll()
{
	_ending = true;
	for (Connection& connection: _connections)
	{
		State::Phase phase = connection.state.phase();
		if (phase == State::PHASE_RUNNING)
		{
			recall(connection);
			phase = connection.state.phase();
		}
		if (State::isRunning(phase)) _aborted = true;
		else if (State::isWaiting(phase) && connection.state.hasTurn()) connection.state.wish(State::WISH_CLOSE);
		else if (State::isWaiting(phase)) close(connection);
	}
}


void EngineModel::onIO(Connection& connection)
{
	const State::Phase phase = connection.state.phase();
	if (State::isWaiting(phase)) makeReady(connection);
	else if (phase != State::PHASE_RUNNING) connection.watched = false;
	else if (!recall(connection)) makeReady(connection);
}


bool EngineModel::recall(Connection& connection)
{
	if (!connection.state.recall()) return false;
	connection.watched = false;
	return true;
}


void EngineModel::makeReady(Connection& connection)
{
	if (connection.state.wished(State::WISH_LOOK)) return;
	connection.state.wish(State::WISH_LOOK);
	_ready.push_back(&connection);
}


bool EngineModel::serveReady(int thread)
{
	_leadership.beginWork();
	if (_sleep.asleep())
	{
		std::lock_guard<ModelMutex> lock(_executorMutex);
		_sleep.end();
	}
	for (std::size_t n = _ready.size(); n > 0 && !_ready.empty(); --n)
	{
		Connection& connection = *_ready.front();
		_ready.pop_front();
		connection.state.fulfil(State::WISH_LOOK);
		if (!receive(connection)) continue;
		if (!_here)
		{
			std::lock_guard<ModelMutex> lock(_executorMutex);
			_queue.push_back(&connection);
		}
		else if (!runHere(connection, thread)) return false;
	}
	_leadership.endWork();
	return true;
}


bool EngineModel::receive(Connection& connection)
{
	State& state = connection.state;
	state.look();
	if (state.wished(State::WISH_CLOSE) || _ending)
	{
		close(connection);
		return false;
	}
	const Use use(connection, 0);
	if (state.takeTurn() && state.wished(State::WISH_NOTIFY))
	{
		state.fulfil(State::WISH_NOTIFY);
		state.dispatch(State::WORK_NOTIFICATION);
		return true;
	}
	if (connection.bytes > 0)
	{
		--connection.bytes;
		state.dispatch(State::WORK_REQUEST);
		return true;
	}
	connection.lastActive.get();
	if (state.wished(State::WISH_NOTIFY)) makeReady(connection);
	return false;
}


bool EngineModel::runHere(Connection& connection, int thread)
{
	const Leader::Turn turn = _leadership.beginRequest();
	if (_passesOn && _leadership.takeOver(turn))
	{
		std::lock_guard<ModelMutex> lock(_executorMutex);
		_unled = true;
	}
	run(connection, thread);
	if (_leadership.endRequest(turn))
	{
		touch(thread);
		proceed(connection);
		return true;
	}
	giveBack(connection);
	return false;
}


void EngineModel::run(Connection& connection, int thread)
{
	const Use use(connection, thread);
	if (connection.state.isRequest()) ++connection.served;
	else ++connection.notified;
	handle(connection, thread);
}


void EngineModel::giveBack(Connection& connection)
{
	{
		const Use use(connection, 0);
		connection.lastActive.set(1);
	}
	if (connection.state.letGo()) return;
	std::lock_guard<ModelMutex> lock(_mailMutex);
	_returned.push_back(&connection);
	wake();
}


void EngineModel::proceed(Connection& connection)
{
	const bool ends = _ending || connection.state.wished(State::WISH_CLOSE);
	{
		const Use use(connection, 0);
		if (!ends) connection.state.await();
	}
	if (ends) close(connection);
	else
	{
		connection.watched = true;
		if (connection.state.wished(State::WISH_NOTIFY)) makeReady(connection);
	}
}


void EngineModel::close(Connection& connection)
{
	const Use use(connection, 0);
	connection.watched = false;
	connection.state.close();
	--_open;
}


void EngineModel::notify(Connection& connection)
{
	std::lock_guard<ModelMutex> lock(_mailMutex);
	_notifyWanted.push_back(&connection);
	if (_notifyWanted.size() == 1) wake();
}


void EngineModel::closeConnection(Connection& connection)
{
	std::lock_guard<ModelMutex> lock(_mailMutex);
	_closeWanted.push_back(&connection);
	wake();
}


void EngineModel::send(Connection& connection)
{
	ModelScheduler::preempt();
	ModelScheduler::log("a request arrives");
	ModelScheduler::changed();
	++connection.bytes;
}


void EngineModel::work(int thread)
{
	for (;;)
	{
		Connection* pConnection = nullptr;
		{
			std::lock_guard<ModelMutex> lock(_executorMutex);
			_executorMutex.wait("work", [this] { return !_queue.empty() || over() || _loopEnded; });
			if (_queue.empty()) return;
			pConnection = _queue.front();
			_queue.pop_front();
		}
		run(*pConnection, thread);
		giveBack(*pConnection);
	}
}


void EngineModel::serve(int thread, bool leads)
{
	for (;;)
	{
		if (leads && lead(thread)) return;
		leads = watch();
		if (!leads) return;
	}
}


bool EngineModel::watch()
{
	LeaderSight sight;
	int idleTicks = 0;
	std::lock_guard<ModelMutex> lock(_executorMutex);
	for (;;)
	{
		if (over() || _loopEnded) return false;
		if (_unled)
		{
			_unled = false;
			return true;
		}
		if (idleTicks < IDLE_TICKS)
		{
			_executorMutex.tick();
			const bool busy = _leadership.busy();
			idleTicks = busy ? 0 : idleTicks + 1;
			if (!busy) continue;
			const Leader::Turn turn = _leadership.turn();
			if (sight.look(turn) >= PATIENCE && _leadership.takeOver(turn)) return true;
		}
		else
		{
			idleTicks = 0;
			_sleep.fall();
			if (!_leadership.busy()) _executorMutex.wait("a leader that is busy", [this] { return !_sleep.peek() || _unled || over() || _loopEnded; });
			_sleep.end();
		}
	}
}


void EngineModel::stop()
{
	{
		std::lock_guard<ModelMutex> lock(_mailMutex);
		_stopWanted = true;
	}
	wake();
}


void EngineModel::waitForLoop(int thread)
{
	LeaderSight sight;
	while (!_loopEnded)
	{
		ModelScheduler::tick();
		const Leader::Turn turn = _leadership.turn();
		if (sight.look(turn) < PATIENCE || !_leadership.takeOver(turn)) continue;
		lead(thread);
		return;
	}
}
