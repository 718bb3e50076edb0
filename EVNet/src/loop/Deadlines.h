//
// Deadlines.h
//
// Library: EVNet
// Package: Loop
// Module:  Deadlines
//
// Definition of the Deadlines class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Deadlines_INCLUDED
#define EVNet_Deadlines_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "loop/ConnectionState.h"
#include "loop/TimeoutList.h"
#include "Poco/Timespan.h"
#include "Poco/Types.h"


namespace Poco {
namespace EVNet {


class Connection;
class EventLoop;


class Deadlines
	/// The clocks of the connections of a loop, in one TimeoutList for each kind of deadline. A connection has one clock at most.
	///
	/// What has come from the client (ConnectionState::rest()) has a clock of its own. Whatever else is done with the connection
	/// meanwhile, that goes on, and so does its clock: resume(). When it has run out, the next look at the socket decides.
	///
	/// Used by the leader only.
{
public:
	using Deadline = ConnectionState::Deadline;

	struct Lengths
		/// The length of each deadline, 0 for none.
	{
		Poco::Timespan first;     /// from accepting to the first byte of a request
		Poco::Timespan idle;      /// between requests
		Poco::Timespan request;   /// from the first byte of a request to the last
		Poco::Timespan handler;   /// from the last byte of a request until it is reported
		Poco::Timespan send;      /// for output that waits for the client
		Poco::Timespan linger;    /// from the end of the output to closing
	};

	Deadlines(EventLoop& loop, TimeoutHandler& handler, const Lengths& lengths, int minRate);

	bool isUsed(Deadline deadline) const;
		/// Returns false if the deadline has no length: its clock never runs.

	void start(Connection& connection, Deadline deadline);
		/// Starts the clock of the deadline now, instead of the one that runs.

	void begin(Connection& connection, Deadline deadline);
		/// The same, for a client that has to send or take something: what it does from now on counts, see extend().

	bool extend(Connection& connection, Deadline deadline);
		/// Starts the clock of a deadline that has run out once more, and returns true, if the client has sent or taken enough
		/// since begin(), or since the last time: see RateDeadline.

	void restart(Connection& connection);
		/// Starts the clock that runs once more.

	void stop(Connection& connection);

	void resume(Connection& connection);
		/// Has the clock of rest() run on as if nothing else had been done.

	static double restStart(const Connection& connection);
		/// Returns the time when the phase began, of a connection that waits for its client.

	void beginRequest(Connection& connection);
		/// Starts the clock of a request that is complete.

	bool lookAtRequest(Connection& connection);
		/// Called when the clock of a request has run out, which is queued or running, or may have been finished by another
		/// thread. Starts it for the next look. Returns true, once, if the request has taken longer than it may.

	Connection* longestIdle(int maxLooks);
		/// Returns the connection that has been idle for the longest time, a null pointer if there is none. Looks at so many at the head of
		/// each list: those that run requests may be in front of all others.

private:
	Deadlines(const Deadlines&);
	Deadlines& operator = (const Deadlines&);

	TimeoutList& list(Deadline deadline);
		/// Not for DEADLINE_NONE.

	void startedAt(Connection& connection, Deadline deadline, double time);
		/// Starts the clock as if that had been done at the given time.

	static Poco::UInt64 takeTransferred(Connection& connection, Deadline deadline);
		/// Returns how many bytes the client has sent or taken since this was called the last time.

	EventLoop&  _loop;
	TimeoutList _first;
	TimeoutList _idle;
	TimeoutList _request;
	TimeoutList _handler;
	TimeoutList _send;
	TimeoutList _linger;
};


} } // namespace Poco::EVNet


#endif // EVNet_Deadlines_INCLUDED
