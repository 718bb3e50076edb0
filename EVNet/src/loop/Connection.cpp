//
// Connection.cpp
//
// Library: EVNet
// Package: Loop
// Module:  Connection
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/Connection.h"
#include "core/ExceptionReport.h"
#include "loop/Loop.h"
#include "core/ThreadState.h"
#include "Poco/Exception.h"
#include <limits>


namespace Poco {
namespace EVNet {


namespace
{
	// An identifier: generation (32 bits), loop (10 bits), slot (22 bits)
	const int SLOT_BITS = 22;
	static_assert(EVServerOptions::MAX_EVENT_LOOPS <= 1 << (32 - SLOT_BITS), "no identifiers for so many loops");
	static_assert(ConnectionSlab::MAX_SLOTS <= 1 << SLOT_BITS, "no identifiers for so many slots");
}


Connection::Connection():
	pLoop(nullptr),
	slot(0),
	generation(0),
	framed(0),
	watcher(),
	unframed(false),
	outOfMemory(false),
	_detached(false),
	_ended(false),
	_cutShort(false),
	_reason(EVServerStatistics::CLOSED_BY_SERVER),
	lastActive(0),
	phaseStart(0)
{
}


Connection::~Connection()
{
}


void Connection::open(Loop& loop, ConnectionSocketImpl* pSocket)
{
	pLoop = &loop;
	_pSocket.assign(pSocket, true);
	unframed = outOfMemory = false;
	framed = 0;
	lastActive = phaseStart = 0;
	_detached.store(false, std::memory_order_relaxed);
	_ended = _cutShort = false;
}


void Connection::clear()
{
	const bool closeSocket = !detached();
	if (_pObject)
	{
		_pObject->_pConnection = nullptr;
		_pObject.reset();
	}
	_pSocket->endWatch();
	// There may be copies of the socket: closing it must not depend on them.
	if (closeSocket)
	{
		_pSocket->dropOutput(); // rather than wait for the client
		_pSocket->close();
	}
	_pSocket = nullptr;
}


void Connection::setObject(EVTCPServerConnection* pObject)
{
	_pObject.reset(pObject);
	_pObject->_pConnection = this;
	_pSocket->manage(*this);
}


std::ptrdiff_t Connection::frame()
{
	try
	{
		std::ptrdiff_t length = _pObject->frame(_pSocket->input().data(), _pSocket->input().size());
		if (length < 0 && length != EVTCPServerConnection::FRAME_INCOMPLETE_BODY && length != FRAME_BLOCKED) end(EVServerStatistics::CLOSED_BAD_REQUEST);
		return length;
	}
	catch (...)
	{
		reportException();
	}
	end(EVServerStatistics::CLOSED_BY_EXCEPTION);
	return EVTCPServerConnection::FRAME_REFUSED;
}


std::string Connection::refusal(EVTCPServerConnection::Refusal why)
{
	try
	{
		return _pObject->refusal(why);
	}
	catch (...)
	{
		reportException();
		end(EVServerStatistics::CLOSED_BY_EXCEPTION);
		return std::string();
	}
}


void Connection::nameRequest()
{
	try
	{
		if (!_pRequestName) _pRequestName.reset(new std::string);
		_pRequestName->clear(); // keeps its memory
		_pObject->nameRequest(*_pRequestName);
	}
	catch (...)
	{
		reportException();
	}
}


const std::string& Connection::requestName() const
{
	static const std::string UNKNOWN;
	return _pRequestName ? *_pRequestName : UNKNOWN;
}


void Connection::handle()
{
	const ConnectionState::Work work = state.work();
	// The application may have kept it.
	if (_pSocket->transport().exposed() && work != ConnectionState::WORK_FLUSH) _pSocket->transport().lend(0);
	try
	{
		switch (work)
		{
		case ConnectionState::WORK_HANDSHAKE:
			handshake();
			return;
		case ConnectionState::WORK_FLUSH:
			_pSocket->flushAsOwner(); // an error remains, for the leader to find
			break;
		case ConnectionState::WORK_NOTIFICATION:
			_pObject->notified();
			break;
		default:
			_pObject->run();
		}
		takeBack();
		return;
	}
	catch (...)
	{
		reportException();
	}
	takeBack();
	if (work == ConnectionState::WORK_FLUSH) _pSocket->dropOutput();
	end(!detached() && _pSocket->sendTimedOut() ? EVServerStatistics::CLOSED_SEND_TIMEOUT : EVServerStatistics::CLOSED_BY_EXCEPTION);
}


void Connection::takeBack()
{
	if (_pSocket->transport().exposed() && !detached()) _pSocket->transport().takeBack();
}


void Connection::handshake()
{
	switch (_pSocket->receive(nullptr))
	{
	case ConnectionSocketImpl::RESULT_END:
		end(EVServerStatistics::CLOSED_BY_CLIENT);
		break;
	case ConnectionSocketImpl::RESULT_ERROR:
		end(EVServerStatistics::CLOSED_RESET);
		break;
	case ConnectionSocketImpl::RESULT_TLS_ERROR:
		end(EVServerStatistics::CLOSED_TLS_ERROR);
		break;
	default:
		break; // done, or waits for the client
	}
}


void Connection::run(Clock::time_point start)
{
	const std::chrono::microseconds slow(Loop::SLOW_MICROSECONDS);
	if (state.work() != ConnectionState::WORK_FLUSH) pLoop->requestTaken();
	const long waits = ThreadState::waits();
	handle();
	if (state.isRequest()) pLoop->requestDone();
	if (state.callsHandler()) pLoop->runners().noteRequest(Clock::now() - start > slow && ThreadState::waits() != waits);
	pLoop->giveBack(*this);
}


void Connection::cancel()
{
	const bool slice = state.work() == ConnectionState::WORK_FLUSH;
	if (!slice) pLoop->requestTaken();
	if (state.isRequest()) pLoop->requestCancelled();
	if (!slice) end(EVServerStatistics::CLOSED_BY_SERVER); // else the leader goes on
	pLoop->giveBack(*this);
}


void Connection::settle()
{
	if (detached()) return;
	if (!_pSocket->isOpen()) end(EVServerStatistics::CLOSED_BY_HANDLER); // the handler has closed it
	if (!_pSocket->input().endRequest())
	{
		// The bytes that follow belong to this request: there is no next one.
		end(EVServerStatistics::CLOSED_BY_HANDLER, true);
	}
}


void Connection::detach()
{
	_detached.store(true, std::memory_order_relaxed);
	_pSocket->holdOutput(false);
	_pSocket->unmanage(*this);
}


void Connection::flushByLoop()
{
	// The leader that runs the request itself will look after it when the request is done,
	// but it may be replaced before.
	pLoop->flushConnection(id());
}


bool Connection::draining() const
{
	return pLoop->draining();
}


void Connection::abort()
{
	if (!detached()) _pSocket->abort();
}


void Connection::end(EVServerStatistics::CloseReason reason, bool cutShort)
{
	_cutShort = _cutShort || cutShort;
	if (_ended) return;
	_ended = true;
	_reason = reason;
}


Poco::UInt64 Connection::id() const
{
	// never 0, because a generation starts with 1
	return (static_cast<Poco::UInt64>(generation) << 32) | (static_cast<Poco::UInt64>(pLoop->index()) << SLOT_BITS) | slot;
}


std::size_t Connection::loopOf(Poco::UInt64 id)
{
	return (id & 0xFFFFFFFF) >> SLOT_BITS;
}


ConnectionSlab::ConnectionSlab():
	_pFree(nullptr)
{
}


Connection& ConnectionSlab::allocate()
{
	if (!_pFree)
	{
		if (_chunks.size() >= MAX_SLOTS/CHUNK_SIZE) throw Poco::OutOfMemoryException("No identifiers are left for more connections of one event loop");
		std::unique_ptr<Connection[]> pChunk(new Connection[CHUNK_SIZE]);
		_chunks.push_back(std::move(pChunk)); // whatever throws has done so before a slot is in the list
		for (int i = CHUNK_SIZE - 1; i >= 0; i--)
		{
			Connection& connection = _chunks.back()[i];
			connection.slot = static_cast<Poco::UInt32>((_chunks.size() - 1)*CHUNK_SIZE + i);
			connection.generation = 1;
			connection.pNext = _pFree;
			_pFree = &connection;
		}
	}
	Connection& connection = *_pFree;
	_pFree = static_cast<Connection*>(connection.pNext);
	connection.pNext = nullptr;
	return connection;
}


void ConnectionSlab::release(Connection& connection)
{
	// After four billion uses its identifiers would come again, and mean another connection to who has kept one: it is not used any more.
	if (connection.generation == std::numeric_limits<Poco::UInt32>::max()) return;
	++connection.generation;
	connection.pNext = _pFree;
	_pFree = &connection;
}


Connection* ConnectionSlab::find(Poco::UInt64 id)
{
	const Poco::UInt32 slot = id & ((1 << SLOT_BITS) - 1);
	const Poco::UInt32 generation = static_cast<Poco::UInt32>(id >> 32);
	if (slot / CHUNK_SIZE >= _chunks.size()) return nullptr;
	Connection& connection = _chunks[slot / CHUNK_SIZE][slot % CHUNK_SIZE];
	if (connection.generation != generation || connection.state.isFree()) return nullptr;
	return &connection;
}


} } // namespace Poco::EVNet
