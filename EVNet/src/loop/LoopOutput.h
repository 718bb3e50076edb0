//
// LoopOutput.h
//
// Library: EVNet
// Package: Loop
// Module:  LoopOutput
//
// Definition of the LoopOutput class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_LoopOutput_INCLUDED
#define EVNet_LoopOutput_INCLUDED


#include "Poco/EVNet/EVNet.h"


namespace Poco {
namespace EVNet {


class Connection;
class ConnectionCloser;
class EventLoop;
class HeldOutput;
class LoopConnections;
struct LoopStage;


class LoopOutput
	/// Output of connections that belong to the leader: sends it when the client takes it (ConnectionState::PHASE_FLUSHING), and then goes
	/// on with the connection.
	///
	/// Used by the leader only.
{
public:
	LoopOutput(EventLoop& loop, LoopConnections& connections, ConnectionCloser& closer, HeldOutput& held, const LoopStage& stage);

	void flush(Connection& connection);
		/// Sends what the client takes, and proceeds when that is all.

	void proceed(Connection& connection);
		/// Goes on waiting for a request, or ends the connection, if it is to end. Nothing is to be sent any more.

	void waitForClient(Connection& connection);
		/// Goes on with flush() when the client takes output.

	bool dispatchSlice(Connection& connection);
		/// Has a slice of the file sent that is next. Not by the leader, if there is another thread: reading may take long. Returns true:
		/// there is work that is to run.

	void onTimeout(Connection& connection);
		/// Closes the connection unless the client has taken enough. If a slice is sent just now, that is decided when it is done.

private:
	LoopOutput(const LoopOutput&);
	LoopOutput& operator = (const LoopOutput&);

	void watch(Connection& connection);
		/// Waits until more of the output can be sent.

	void extend(Connection& connection);
		/// The client's time is up: closes the connection unless it has taken enough.

	EventLoop&        _loop;
	LoopConnections&  _connections;
	ConnectionCloser& _closer;
	HeldOutput&       _held;
	const LoopStage&  _stage;
};


} } // namespace Poco::EVNet


#endif // EVNet_LoopOutput_INCLUDED
