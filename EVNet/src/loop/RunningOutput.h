//
// RunningOutput.h
//
// Library: EVNet
// Package: Loop
// Module:  RunningOutput
//
// Definition of the RunningOutput class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_RunningOutput_INCLUDED
#define EVNet_RunningOutput_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Types.h"
#include <ev.h>
#include <vector>


namespace Poco {
namespace EVNet {


class Connection;
class EventLoop;
class LoopConnections;


class RunningOutput
	/// Output of connections whose requests are queued or running. Their sockets belong to handlers, who may close them at any moment, so
	/// libev must not be told to watch them: from time to time, the leader sends what the clients take.
	///
	/// Used by the leader only.
{
public:
	RunningOutput(EventLoop& loop, LoopConnections& connections);
	~RunningOutput();

	void add(Connection& connection);
		/// From now on, sends the output of the connection from time to time. If there is no memory, it is sent when the request is done.

	std::vector<Poco::UInt64>& identifiers();
		/// Returns what connections these are. Who has added some must call start().

	void start();
		/// Sets the timer, if there is something to send.

private:
	RunningOutput(const RunningOutput&);
	RunningOutput& operator = (const RunningOutput&);

	void send();
	static void timerCallback(struct ev_loop* pLoop, ev_timer* pWatcher, int events);

	EventLoop&                _loop;
	LoopConnections&          _connections;
	std::vector<Poco::UInt64> _identifiers;
	ev_timer                  _timer;
};


//
// inlines
//
inline std::vector<Poco::UInt64>& RunningOutput::identifiers()
{
	return _identifiers;
}


} } // namespace Poco::EVNet


#endif // EVNet_RunningOutput_INCLUDED
