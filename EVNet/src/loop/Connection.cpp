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
#include "loop/Admission.h"
#include "loop/Loop.h"


namespace Poco {
namespace EVNet {


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


void Connection::close()
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
		_pSocket->output().drop(); // rather than wait for the client
		_pSocket->close();
	}
	_pSocket = nullptr;
}


void Connection::setObject(EVTCPServerConnection* pObject)
{
	_pObject.reset(pObject);
	_pObject->_pConnection = this;
	_pSocket->output().manage(*this);
}


std::ptrdiff_t Connection::frame()
{
	try
	{
		std::ptrdiff_t length = _pObject->frame(_pSocket->input().data(), _pSocket->input().size());
		const bool incomplete = length >= 0 || length == EVTCPServerConnection::FRAME_INCOMPLETE_BODY || length == FRAME_BLOCKED;
		if (!incomplete) end(EVServerStatistics::CLOSED_BAD_REQUEST);
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


RequestCosts::Kind Connection::requestKind()
{
	static_assert(static_cast<RequestCosts::Kind>(EVTCPServerConnection::KIND_UNKNOWN) == RequestCosts::KIND_UNKNOWN);
	static_assert(static_cast<RequestCosts::Kind>(EVTCPServerConnection::KIND_NEVER_BLOCKS) == RequestCosts::KIND_NEVER_BLOCKS);
	static_assert(static_cast<RequestCosts::Kind>(EVTCPServerConnection::KIND_MAY_BLOCK) == RequestCosts::KIND_MAY_BLOCK);
	if (!state.isRequest()) return RequestCosts::KIND_UNKNOWN;
	try
	{
		return _pObject->requestKind();
	}
	catch (...)
	{
		reportException();
		return RequestCosts::KIND_UNKNOWN;
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
			_pSocket->output().flushAsOwner(); // an error remains, for the leader to find
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
	if (work == ConnectionState::WORK_FLUSH) _pSocket->output().drop();
	end(!detached() && _pSocket->output().timedOut() ? EVServerStatistics::CLOSED_SEND_TIMEOUT : EVServerStatistics::CLOSED_BY_EXCEPTION);
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


void Connection::run()
{
	pLoop->runner().runElsewhere(*this);
}


void Connection::cancel()
{
	pLoop->runner().cancel(*this);
}


void Connection::endRequest()
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
	_pSocket->output().hold(false);
	_pSocket->output().unmanage(*this);
}


void Connection::flushByLoop()
{
	// The leader that runs the request itself will look after it when the request is done,
	// but it may be replaced before.
	pLoop->mailbox().flush(id());
}


bool Connection::draining() const
{
	return pLoop->admission().draining();
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


} } // namespace Poco::EVNet
