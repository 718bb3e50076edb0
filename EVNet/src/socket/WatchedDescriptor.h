//
// WatchedDescriptor.h
//
// Library: EVNet
// Package: Socket
// Module:  WatchedDescriptor
//
// Definition of the WatchedDescriptor class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_WatchedDescriptor_INCLUDED
#define EVNet_WatchedDescriptor_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/AutoPtr.h"
#include "Poco/Net/SocketDefs.h"
#include "Poco/Net/SocketImpl.h"
#include "Poco/Types.h"
#include <atomic>


namespace Poco {
namespace EVNet {


class WatchedDescriptor
	/// The descriptor of a connection, which libev may know.
	///
	/// libev must not be left with a descriptor that is closed: libev ends the process when it has to tell epoll about it, and
	/// its number may be another client's by then. So close() leaves it open until no loop watches it any more.
	///
	/// A descriptor may also belong to another socket, with TLS to the SecureStreamSocket that handlers have: closing that one closes the
	/// descriptor at once. So the leader does not watch it while another thread runs such a handler (see RequestRunner), and the leader
	/// asks isOpen() before it uses the number once such a handler has run.
{
public:
	explicit WatchedDescriptor(poco_socket_t fd);
		/// Takes ownership of the descriptor.

	explicit WatchedDescriptor(Poco::Net::SocketImpl& socket);
		/// Shares the descriptor of the socket, which is kept as long as this object exists.

	~WatchedDescriptor();

	poco_socket_t number() const;
		/// Returns the number that the descriptor has, or had. May be called by any thread, but only means this connection as long as
		/// the descriptor is open: for one of our own, as long as it is watched.

	poco_socket_t current() const;
		/// Returns the number as long as the descriptor is open, and POCO_INVALID_SOCKET afterwards. Called by the owner of
		/// the connection.

	bool isShared() const;
		/// Returns true if the descriptor belongs to another socket.

	bool isOpen() const;
		/// Returns false if the socket it is shared with has been closed. Called by the owner of the connection.

	void beginWatch();
		/// Called by a leader before libev is told of the descriptor.

	bool endWatch();
		/// Called by the leader when libev does not watch it any more. Returns true if it is closed now.

	bool close();
		/// Shuts the connection down, and closes the descriptor as soon as no loop watches it. Returns true if that is
		/// now. Called once, by the owner of the connection.

	void abort();
		/// Shuts the connection down, so that whoever waits for the client does not any more. May be called by the leader while a handler
		/// runs, also if that one closes the descriptor at the same time.

private:
	enum
	{
		CLOSE_WANTED = 0x10000
	};

	WatchedDescriptor(const WatchedDescriptor&);
	WatchedDescriptor& operator = (const WatchedDescriptor&);

	bool closeNow();

	const poco_socket_t                        _fd;
	std::atomic<int>                           _watches;   /// number of loops that watch it, and CLOSE_WANTED
	Poco::AutoPtr<Poco::Net::SocketImpl>       _pOwner;    /// whose descriptor it is, if not ours
	const Poco::UInt64                         _inode;     /// what the system calls the socket behind it, if it is not ours
};


//
// inlines
//
inline poco_socket_t WatchedDescriptor::number() const
{
	return _fd;
}


inline bool WatchedDescriptor::isShared() const
{
	return !_pOwner.isNull();
}


inline bool WatchedDescriptor::isOpen() const
{
	return !_pOwner || _pOwner->initialized();
}


inline poco_socket_t WatchedDescriptor::current() const
{
	return _watches.load() == CLOSE_WANTED || !isOpen() ? POCO_INVALID_SOCKET : _fd;
}


inline void WatchedDescriptor::beginWatch()
{
	_watches.fetch_add(1);
}


} } // namespace Poco::EVNet


#endif // EVNet_WatchedDescriptor_INCLUDED
