//
// LentSocket.cpp
//
// Library: EVNet
// Package: Socket
// Module:  LentSocket
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "socket/LentSocket.h"
#include "Poco/Environment.h"
#include <cerrno>
#include <mutex>
#include <unordered_map>


using Poco::Net::SocketImpl;


namespace Poco {
namespace EVNet {


namespace
{
	class Latest
		/// Which LentSocket a socket has got last: it may be given to a server again before the handler of another one, which
		/// has taken it, returns.
	{
	public:
		void set(const SocketImpl* pSocket, const LentSocket* pLent)
		{
			std::lock_guard<std::mutex> lock(_mutex);
			_lent[pSocket] = pLent;
		}

		void remove(const SocketImpl* pSocket, const LentSocket* pLent)
		{
			std::lock_guard<std::mutex> lock(_mutex);
			const auto it = _lent.find(pSocket);
			if (it != _lent.end() && it->second == pLent) _lent.erase(it);
		}

		template <class Function>
		bool ifLatest(const SocketImpl* pSocket, const LentSocket* pLent, Function function)
			/// Calls the function unless another LentSocket has been made, and cannot be made before that is done.
		{
			std::lock_guard<std::mutex> lock(_mutex);
			const auto it = _lent.find(pSocket);
			if (it == _lent.end() || it->second != pLent) return false;
			function();
			return true;
		}

	private:
		std::mutex _mutex;
		std::unordered_map<const SocketImpl*, const LentSocket*> _lent;
	};

	Latest& latest()
	{
		static Latest* pLatest = new Latest; // sockets may outlive what is static
		return *pLatest;
	}

	void makeWaiting(SocketImpl& socket, const Poco::Timespan& timeout)
	{
		socket.setReceiveTimeout(timeout);
		socket.setSendTimeout(timeout);
		socket.setBlocking(true);
	}
}


LentSocket::LentSocket(SocketImpl& socket):
	_pImpl(&socket, true),
	_lent(false),
	_waited(false),
	_unchecked(0)
{
	latest().set(&socket, this);
	socket.setBlocking(false);
	if (!timeoutsCount()) return;
	socket.setReceiveTimeout(0);
	socket.setSendTimeout(0);
}


LentSocket::~LentSocket()
{
	latest().remove(_pImpl.get(), this);
}


bool LentSocket::timeoutsCount()
{
	return Poco::Environment::libraryVersion() < 0x010E0000;
}


void LentSocket::lend(const Poco::Timespan& timeout)
{
	if (!_pImpl->initialized()) return;
	_lent = true;
	_unchecked = USE_ALL;
	if (timeout != 0) makeWaiting(*_pImpl, timeout);
}


void LentSocket::takeBack()
{
	_lent = false; // the next call finds out what has been changed
}


void LentSocket::giveAway(const Poco::Timespan& timeout)
{
	_lent = true;
	_unchecked = USE_ALL;
	latest().ifLatest(_pImpl.get(), this, [&] { if (_pImpl->initialized() && !_pImpl->getBlocking()) makeWaiting(*_pImpl, timeout); });
}


bool LentSocket::isLatest() const
{
	return latest().ifLatest(_pImpl.get(), this, [] { });
}


Poco::Timespan LentSocket::receiveTimeout() const
{
	return _lent && impl().initialized() ? impl().getReceiveTimeout() : Poco::Timespan();
}


Poco::Timespan LentSocket::sendTimeout() const
{
	return _lent && impl().initialized() ? impl().getSendTimeout() : Poco::Timespan();
}


LentSocket::Unblocked::Unblocked(LentSocket& socket, Use use):
	_socket(socket),
	_blocking(false),
	_receive(0),
	_send(0)
{
	if (socket._unchecked == 0) return;
	SocketImpl& impl = socket.impl();
	_blocking = impl.getBlocking();
	if (_blocking) impl.setBlocking(false);
	// Asking for a timeout is a system call, so each is asked for when it matters, unless the handler is known to set them.
	const int checked = socket._unchecked & (_blocking || socket._waited ? USE_ALL : use);
	if (timeoutsCount())
	{
		if (checked & USE_RECEIVE) _receive = impl.getReceiveTimeout().totalMicroseconds();
		if (_receive != 0) impl.setReceiveTimeout(0);
		if (checked & USE_SEND) _send = impl.getSendTimeout().totalMicroseconds();
		if (_send != 0) impl.setSendTimeout(0);
	}
	if (_blocking || _receive != 0 || _send != 0) socket._waited = true;
	if (!socket._lent) socket._unchecked &= ~checked;
}


LentSocket::Unblocked::~Unblocked()
{
	if (!_socket._lent || (!_blocking && _receive == 0 && _send == 0)) return;
	const int error = errno;
	try
	{
		SocketImpl& impl = _socket.impl();
		if (_receive != 0) impl.setReceiveTimeout(_receive);
		if (_send != 0) impl.setSendTimeout(_send);
		if (_blocking) impl.setBlocking(true);
	}
	catch (...)
	{
		// The handler finds out by itself.
	}
	errno = error;
}


} } // namespace Poco::EVNet
