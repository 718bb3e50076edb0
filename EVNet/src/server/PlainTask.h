//
// PlainTask.h
//
// Library: EVNet
// Package: Server
// Module:  PlainTask
//
// Definition of the PlainTask class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_PlainTask_INCLUDED
#define EVNet_PlainTask_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/ConnectionSocketImpl.h"
#include "threads/Task.h"
#include "Poco/AutoPtr.h"
#include "Poco/Net/TCPServerConnection.h"
#include <memory>


namespace Poco {
namespace EVNet {


class Engine;


class PlainTask: public Task
	/// A connection made by a factory for plain Poco::Net::TCPServerConnection objects. It
	/// does not belong to a loop: from when it is queued, it is on its own, and
	/// it destroys itself.
{
public:
	PlainTask(Engine& engine, const Poco::AutoPtr<ConnectionSocketImpl>& pSocket,
		std::unique_ptr<Poco::Net::TCPServerConnection>&& pObject);
		/// Shares the socket, and takes over the object, if it has been created already. With TLS, the constructor
		/// deletes the object: it does not have the SecureStreamSocket.

	void run() override;
	void cancel() override;

	void refuse();
		/// Closes the connection because there is no room in the queue.

protected:
	~PlainTask();

private:
	Engine& _engine;
	Poco::AutoPtr<ConnectionSocketImpl> _pSocket;
	std::unique_ptr<Poco::Net::TCPServerConnection> _pObject;
};


} } // namespace Poco::EVNet


#endif // EVNet_PlainTask_INCLUDED
