//
// LoopEnding.h
//
// Library: EVNet
// Package: Loop
// Module:  LoopEnding
//
// Definition of the LoopEnding class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_LoopEnding_INCLUDED
#define EVNet_LoopEnding_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "loop/LoopStage.h"
#include <ev.h>


namespace Poco {
namespace EVNet {


class Acceptor;
class Connection;
class ConnectionCloser;
class EventLoop;
class LoopConnections;
class PausedConnections;


class LoopEnding
	/// Takes a loop from one LoopStage to the next: lets connections end what they have received, or ends them.
	///
	/// Used by the leader only.
{
public:
	LoopEnding(EventLoop& loop, LoopConnections& connections, ConnectionCloser& closer, PausedConnections& paused, Acceptor& acceptor,
		LoopStage& stage);
	~LoopEnding();

	void drain();
		/// Ends all connections when what they have received is answered.

	void endAll(bool abort);
		/// Ends all connections that are not busy, and the others when they are done. If abort is true, shuts down their sockets, too.

private:
	LoopEnding(const LoopEnding&);
	LoopEnding& operator = (const LoopEnding&);

	void end(Connection& connection, bool abort);
	void endGrace();
	static void timerCallback(struct ev_loop* pLoop, ev_timer* pWatcher, int events);

	EventLoop&         _loop;
	LoopConnections&   _connections;
	ConnectionCloser&  _closer;
	PausedConnections& _paused;
	Acceptor&          _acceptor;
	LoopStage&         _stage;
	ev_timer           _grace;
};


} } // namespace Poco::EVNet


#endif // EVNet_LoopEnding_INCLUDED
