//
// PlainTask.cpp
//
// Library: EVNet
// Package: Server
// Module:  PlainTask
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "server/PlainTask.h"
#include "core/ExceptionReport.h"
#include "server/Engine.h"


namespace Poco {
namespace EVNet {


PlainTask::PlainTask(Engine& engine, const Poco::AutoPtr<ConnectionSocketImpl>& pSocket,
	std::unique_ptr<Poco::Net::TCPServerConnection>&& pObject):
	_engine(engine),
	_pSocket(pSocket),
	_pObject(std::move(pObject))
{
	if (_pSocket->secure()) _pObject.reset(); // it will be created again, with the SecureStreamSocket
}


PlainTask::~PlainTask()
{
}


void PlainTask::run()
{
	EVServerStatistics::CloseReason reason = EVServerStatistics::CLOSED_BY_HANDLER;
	_engine.plainBegins();
	try
	{
		if (!_pObject) _pObject.reset(_engine.objects().make(_pSocket->plainSocket()));
		// From now on the object (and copies of its socket) keep the connection open. With TLS, it has another socket.
		if (!_pSocket->secure()) _pSocket = nullptr;
		_pObject->run();
	}
	catch (...)
	{
		reportException();
		reason = EVServerStatistics::CLOSED_BY_EXCEPTION;
	}
	_engine.executor().queue().discharge();
	_pObject.reset();
	_pSocket = nullptr;
	_engine.plainEnds(reason);
	delete this;
}


void PlainTask::cancel()
{
	_engine.executor().queue().discharge();
	_engine.admission().connectionEnded(EVServerStatistics::CLOSED_BY_SERVER);
	delete this;
}


void PlainTask::refuse()
{
	_engine.admission().connectionEnded(EVServerStatistics::CLOSED_REFUSED);
	delete this;
}


} } // namespace Poco::EVNet
