//
// HeldOutput.h
//
// Library: EVNet
// Package: Loop
// Module:  HeldOutput
//
// Definition of the HeldOutput class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HeldOutput_INCLUDED
#define EVNet_HeldOutput_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Types.h"


namespace Poco {
namespace EVNet {


class Connection;
class EventLoop;
class Executor;
class LoopConnections;
class RunningOutput;
struct LoopStage;


class HeldOutput
	/// Responses that are held back, to leave together with the one to the next request of the connection. Only what the leader has
	/// run itself is, only while that next request is complete and follows at once, and for a millisecond at most. If the handler of
	/// the next request has not finished within a moment, another thread takes the loop over and sends what is held. How much is held
	/// is the business of Output.
	///
	/// Used by the leader only, unless said otherwise.
{
public:
	HeldOutput(EventLoop& loop, LoopConnections& connections, RunningOutput& running, const Executor& executor, const LoopStage& stage);

	bool beginRequest(Connection& connection);
		/// Called before the leader runs the request. Returns true if its response may be held: then endHandler() must be called.

	static void endHandler(Connection& connection);
		/// Called when the handler has returned, by the thread that has run it, also if it does not lead any more.

	void endRequest();
		/// Called when the request is done and the leader is still the same.

	bool extend(Connection& connection);
		/// Asks the framing hook for the next request. Returns true if it is complete, so that the response to the one that has been run is
		/// held on.

	void send(Connection& connection);
		/// Sends what is held, without waiting, before another thread runs the request.

	void onNewLeader();
		/// Sends what the former leader has held, who runs a request that takes long. The responses to those before it must not wait for
		/// that, nor must its own wait for anything, once it is there.

private:
	HeldOutput(const HeldOutput&);
	HeldOutput& operator = (const HeldOutput&);

	bool mayHold(const Connection& connection) const;

	EventLoop&       _loop;
	LoopConnections& _connections;
	RunningOutput&   _running;
	const Executor&  _executor;
	const LoopStage& _stage;
	Poco::UInt64     _holding;     /// the connection whose request runs, if its output is held; 0 for none
	double           _heldSince;   /// the time when its first request was begun
};


} } // namespace Poco::EVNet


#endif // EVNet_HeldOutput_INCLUDED
