//
// RequestReader.h
//
// Library: EVNet
// Package: Loop
// Module:  RequestReader
//
// Definition of the RequestReader class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_RequestReader_INCLUDED
#define EVNet_RequestReader_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/BufferPool.h"
#include <cstddef>


namespace Poco {
namespace EVNet {


class Connection;
class ConnectionCloser;
class ConnectionOpener;
class EventLoop;
class LoopConnections;
class LoopOutput;
class PausedConnections;
class QueueShare;
struct LoopStage;


class RequestReader
	/// Receives and frames requests, and decides what becomes of those that are late, or find no room in the queue.
	///
	/// Used by the leader only.
{
public:
	struct Parts
		/// What it works with.
	{
		EventLoop&         loop;
		LoopConnections&   connections;
		LoopOutput&        output;
		ConnectionCloser&  closer;
		ConnectionOpener&  opener;
		PausedConnections& paused;
		QueueShare&        queue;
		const LoopStage&   stage;
		BufferPool&        bufferPool;
	};

	explicit RequestReader(const Parts& parts);

	bool look(Connection& connection);
		/// Looks at the socket, and whatever there is besides. Returns true if the connection has work that is to run.

	void lookOnceMore(Connection& connection);
		/// Has the leader look at the socket for the last time: the clock of the phase has run out.

private:
	RequestReader(const RequestReader&);
	RequestReader& operator = (const RequestReader&);

	bool receive(Connection& connection);
		/// Returns true if the framing hook is to be asked.

	bool frame(Connection& connection);
		/// Returns true if there is a complete request that is to run.

	bool dispatch(Connection& connection, std::ptrdiff_t length);
	bool dispatchHandshake(Connection& connection);
	bool dispatchNotification(Connection& connection);

	void beginReading(Connection& connection);
	void readOn(Connection& connection);
		/// Goes on with bytes that TLS has decrypted already, or with a notification: no event tells of them.

	void waitForRequest(Connection& connection);
		/// Leaves a connection idle of which no bytes are left, though it has received some.

	void onNothingArrived(Connection& connection);
		/// Called after a look at the socket that was in vain.

	void onTimeUp(Connection& connection);
		/// Decides about a connection whose time is up, after a look at the socket.

	void starve(Connection& connection);
		/// Lets the connection wait for buffer memory.

	void refuseBusy(Connection& connection, std::ptrdiff_t length);
	void refuseLate(Connection& connection);

	EventLoop&         _loop;
	LoopConnections&   _connections;
	LoopOutput&        _output;
	ConnectionCloser&  _closer;
	ConnectionOpener&  _opener;
	PausedConnections& _paused;
	QueueShare&        _queue;
	const LoopStage&   _stage;
	BufferPool&        _bufferPool;
	bool               _pausesWhenBusy;   /// a connection object had nothing to say when the queue was full
};


} } // namespace Poco::EVNet


#endif // EVNet_RequestReader_INCLUDED
