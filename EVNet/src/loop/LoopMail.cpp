//
// LoopMail.cpp
//
// Library: EVNet
// Package: Loop
// Module:  LoopMail
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


//
// The part of Loop through which other threads reach it, and through which
// connections come in. See Loop.cpp for leading the loop.
//


#include "core/ExceptionReport.h"
#include "loop/Loop.h"
#include "loop/Admission.h"
#include "loop/ConnectionObjects.h"
#include "threads/Executor.h"
#include <cerrno>
#include <sys/socket.h>


namespace Poco {
namespace EVNet {


void Loop::giveBack(Connection& connection)
{
	connection.settle();
	_executor.queue().discharge();
	// What has become idle while the server is drained must be seen.
	if (!_admission.draining() && !connection.ended() && !connection.detached() && !connection.socket().hasOutput() && connection.socket().input().size() == 0 && !connection.socket().pending())
	{
		connection.socket().releaseBuffer(nullptr);
		if (connection.state.isRequest()) connection.lastActive = std::chrono::duration<double>(Task::Clock::now().time_since_epoch()).count();
		// The usual case: the leader still watches the socket and need not be told.
		if (connection.state.letGo()) return;
	}
	std::lock_guard<std::mutex> lock(_mutex);
	_returned.push(connection);
	ev_async_send(evLoop(), &_async);
}


bool Loop::deliver(ConnectionSocketImpl* pSocket)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (_ended) return false;
	_arrived.push(*pSocket);
	ev_async_send(evLoop(), &_async);
	return true;
}


void Loop::beginMail()
{
	std::lock_guard<std::mutex> lock(_mutex);
	_ended = false;
}


bool Loop::endMail()
{
	std::lock_guard<std::mutex> lock(_mutex);
	_ended = _arrived.empty();
	return _ended;
}


void Loop::turnAway(ConnectionSocketImpl* pSocket)
{
	pSocket->close();
	pSocket->release();
	_admission.connectionEnded(EVServerStatistics::CLOSED_BY_SERVER);
}


void Loop::closeConnection(Poco::UInt64 id)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (_ended) return;
	_closeWanted.push_back(id);
	ev_async_send(evLoop(), &_async);
}


void Loop::notify(Poco::UInt64 id)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (_ended) return;
	_notifyWanted.push_back(id);
	if (_notifyWanted.size() == 1) ev_async_send(evLoop(), &_async);
}


void Loop::flushConnection(Poco::UInt64 id)
{
	std::lock_guard<std::mutex> lock(_mutex);
	_flushWanted.push_back(id);
	ev_async_send(evLoop(), &_async);
}


bool Loop::isRunning(const Connection& connection)
{
	return ConnectionState::isRunning(connection.state.phase());
}


void Loop::wake(int reasons)
{
	_wake.fetch_or(reasons, std::memory_order_acq_rel);
	ev_async_send(evLoop(), &_async);
}


void Loop::onMail()
{
	assertLed();
	updateNow(); // the loop may have waited for long
	// Before the mail: who sees that the loop has to end must see all that came before.
	const int reasons = _wake.exchange(0, std::memory_order_acq_rel);
	IntrusiveQueue<Task> returned;
	IntrusiveQueue<ConnectionSocketImpl> arrived;
	std::vector<Poco::UInt64> closeWanted;
	std::vector<Poco::UInt64> notifyWanted;
	{
		std::lock_guard<std::mutex> lock(_mutex);
		returned.append(_returned);
		arrived.append(_arrived);
		closeWanted.swap(_closeWanted);
		notifyWanted.swap(_notifyWanted);
		takeFlushWanted();
	}

	while (Task* pTask = returned.pop())
	{
		Connection& connection = static_cast<Connection&>(*pTask);
		guarded(connection, [this, &connection]
		{
			finish(connection);
			return true;
		});
		check(connection);
	}
	while (ConnectionSocketImpl* pSocket = arrived.pop())
	{
		if (_ending) turnAway(pSocket);
		else open(pSocket);
	}
	if (!_flushing.empty() && !ev_is_active(&_flushTimer)) ev_timer_again(evLoop(), &_flushTimer);
	for (Poco::UInt64 id: notifyWanted) onNotifyWanted(id);
	for (Poco::UInt64 id: closeWanted) onCloseWanted(id);
	if (reasons & WAKE_PAUSED) resumePaused();
	if (reasons & WAKE_ACCEPT) _acceptor.useRoom();
	if (reasons & WAKE_DRAIN) beginDrain();
	if (reasons & WAKE_STOP) endAll((reasons & WAKE_ABORT) != 0);
	if (reasons & WAKE_ABANDON) _abandoned = true;
}


void Loop::takeFlushWanted()
{
	try
	{
		_flushing.insert(_flushing.end(), _flushWanted.begin(), _flushWanted.end());
		_flushWanted.clear();
	}
	catch (std::bad_alloc&)
	{
		// With the next mail. At the latest when their requests are done, their output is sent anyway.
	}
}


void Loop::onCloseWanted(Poco::UInt64 id)
{
	Connection* pConnection = _slab.find(id);
	if (!pConnection) return;
	pConnection->state.wish(ConnectionState::WISH_CLOSE);
	if (isRunning(*pConnection)) recall(*pConnection);
	// One that is being flushed is closed when the client has taken its response, and one that lingers is being closed.
	if (ConnectionState::isWaiting(pConnection->state.phase()) && !pConnection->state.wished(ConnectionState::WISH_LOOK)) hangUp(*pConnection, EVServerStatistics::CLOSED_BY_SERVER);
}


void Loop::onNotifyWanted(Poco::UInt64 id)
{
	Connection* pConnection = _slab.find(id);
	if (!pConnection || !pConnection->hasObject()) return;
	pConnection->state.wish(ConnectionState::WISH_NOTIFY);
	// What is running must come back through the mailbox: only then is it seen again. What is being flushed, or paused, is seen anyway.
	if (isRunning(*pConnection)) recall(*pConnection);
	if (ConnectionState::isWaiting(pConnection->state.phase()) && !pConnection->socket().handshaking()) makeReady(*pConnection);
}


void Loop::open(ConnectionSocketImpl* pSocket)
{
	Poco::AutoPtr<ConnectionSocketImpl> socket(pSocket); // takes over the reference
	std::unique_ptr<Poco::Net::TCPServerConnection> pObject;
	if (!_objects.madeOnAccept() || (pObject.reset(createObject(*socket)), pObject))
	{
		try
		{
			openConnection(socket, std::move(pObject));
			return;
		}
		catch (...)
		{
			reportException(); // out of memory
		}
	}
	socket->close();
	_admission.connectionEnded(EVServerStatistics::CLOSED_BY_EXCEPTION);
}


void Loop::openConnection(Poco::AutoPtr<ConnectionSocketImpl>& socket, std::unique_ptr<Poco::Net::TCPServerConnection> pObject)
{
	EVTCPServerConnection* pConnectionObject = _objects.multiplexed(pObject.get());
	if (pConnectionObject && !socket->isOpen())
	{
		_admission.connectionEnded(EVServerStatistics::CLOSED_BY_HANDLER); // its constructor has closed the socket
		return;
	}
	if (!pConnectionObject && (pObject || !_objects.onData()))
	{
		Task* pTask = _host.makePlain(socket, std::move(pObject));
		socket = nullptr; // the thread that runs it has to be the one that closes it
		_host.submitPlain(pTask);
		return;
	}

	Connection& connection = _slab.allocate();
	// From here on, nothing throws.
	connection.open(*this, socket);
	if (pConnectionObject)
	{
		pObject.release();
		connection.setObject(pConnectionObject);
	}
	socket->beginWatch();
	ev_io_init(&connection.watcher, &Loop::ioCallback, socket->sockfd(), EV_READ);
	connection.watcher.data = &connection;
	ev_io_start(evLoop(), &connection.watcher);
	_open.add();
	count(connection.state.open());
	connection.phaseStart = _now;
	_deadlines.start(connection, ConnectionState::DEADLINE_FIRST);
	connection.unframed = socket->input().size() > 0;
	// Mostly, the first request is there already: a look at it now saves waiting for it, and, if it is
	// the last one, telling libev's backend about the connection at all.
	if (connection.unframed || (!_waitsForRoom && !socket->handshaking())) makeReady(connection);
}


Poco::Net::TCPServerConnection* Loop::createObject(ConnectionSocketImpl& socket)
{
	try
	{
		socket.duplicate();
		return _objects.make(Poco::Net::StreamSocket(&socket));
	}
	catch (...)
	{
		reportException();
		return nullptr;
	}
}


bool Loop::openOnData(Connection& connection)
{
	char byte;
	const ssize_t n = ::recv(connection.socket().sockfd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
	{
		onNothingArrived(connection);
		return false;
	}
	if (n <= 0)
	{
		close(connection, n == 0 ? EVServerStatistics::CLOSED_BY_CLIENT : EVServerStatistics::CLOSED_RESET);
		return false;
	}
	std::unique_ptr<Poco::Net::TCPServerConnection> pObject;
	if (_objects.kind() != ConnectionObjects::KIND_PLAIN)
	{
		pObject.reset(createObject(connection.socket()));
		if (!pObject)
		{
			close(connection, EVServerStatistics::CLOSED_BY_EXCEPTION);
			return false;
		}
		if (EVTCPServerConnection* pConnectionObject = _objects.multiplexed(pObject.get()))
		{
			pObject.release();
			connection.setObject(pConnectionObject);
			return true;
		}
	}
	Task* pTask = _host.makePlain(Poco::AutoPtr<ConnectionSocketImpl>(&connection.socket(), true), std::move(pObject));
	connection.detach();
	close(connection, EVServerStatistics::CLOSE_REASONS); // it goes on without a slot
	_leaving.push(*pTask);
	return false;
}


void Loop::submitLeaving()
{
	while (Task* pTask = _leaving.pop()) _host.submitPlain(pTask);
}


void Loop::addTo(EVServerStatistics& statistics) const
{
	const int open = static_cast<int>(_open.value());
	const int reading = static_cast<int>(_phases[ConnectionState::PHASE_HEADER].value() + _phases[ConnectionState::PHASE_BODY].value());
	const int flushing = static_cast<int>(_phases[ConnectionState::PHASE_FLUSHING].value());
	const int lingering = static_cast<int>(_phases[ConnectionState::PHASE_LINGERING].value());
	statistics.open += open;
	statistics.reading += reading;
	statistics.flushing += flushing;
	statistics.lingering += lingering;
	// What is busy is subtracted by the server: the leader does not see when a request is done.
	statistics.idle += open - reading - flushing - lingering - static_cast<int>(_phases[ConnectionState::PHASE_PAUSED].value());
	statistics.accepted += static_cast<Poco::UInt64>(_acceptor.accepted());
	statistics.acceptPauses += static_cast<Poco::UInt64>(_acceptor.pauses());
	statistics.requests += static_cast<Poco::UInt64>(_requests.value());
	statistics.completed += static_cast<Poco::UInt64>(_completed.value() + _completedElsewhere.load(std::memory_order_relaxed));
	statistics.cancelled += static_cast<Poco::UInt64>(_cancelled.load(std::memory_order_relaxed));
	statistics.refused += static_cast<Poco::UInt64>(_refused.value());
	statistics.overdue += static_cast<Poco::UInt64>(_overdue.value());
	statistics.promotions += static_cast<Poco::UInt64>(_promotions.value());
	for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
	{
		statistics.closed[i] += static_cast<Poco::UInt64>(_closed[i].value());
	}
	statistics.closed[EVServerStatistics::CLOSED_ADDRESS_LIMIT] += static_cast<Poco::UInt64>(_acceptor.overLimit());
	statistics.closed[EVServerStatistics::CLOSED_BY_FILTER] += static_cast<Poco::UInt64>(_acceptor.filtered());
}


} } // namespace Poco::EVNet
