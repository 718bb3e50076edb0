//
// RequestRunner.h
//
// Library: EVNet
// Package: Loop
// Module:  RequestRunner
//
// Definition of the RequestRunner class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_RequestRunner_INCLUDED
#define EVNet_RequestRunner_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/IntrusiveQueue.h"
#include "threads/Permit.h"
#include "threads/RunnerChoice.h"
#include "threads/Task.h"


namespace Poco {
namespace EVNet {


class Admission;
class Connection;
class EventLoop;
class Executor;
class HeldOutput;
class LoopConnections;
class LoopOutput;
class Mailbox;
class QueueShare;
struct LoopParts;
struct LoopStage;


class RequestRunner
	/// Runs what connections have to run (ConnectionState::Work), or has another thread run it, and brings the connections back to
	/// the loop.
	///
	/// Used by the leader only, unless said otherwise.
{
public:
	struct Parts
		/// What it works with.
	{
		EventLoop&       loop;
		LoopConnections& connections;
		LoopOutput&      output;
		HeldOutput&      held;
		QueueShare&      queue;
		Mailbox&         mailbox;
		const LoopStage& stage;
	};

	RequestRunner(const Parts& parts, const LoopParts& loopParts);

	bool run(Connection& connection, Permit& permit);
		/// Runs the work, or has it run with the next submit(). Gets a permit, if one is needed. Returns false if another thread leads
		/// the loop now: then the calling thread still has the permit.

	void submit();
		/// Hands over to other threads what they are to run.

	void onNewLeader();
		/// The calling thread leads the loop from now on. Does not watch the connection whose request the former leader runs if its
		/// handler can close the descriptor.

	void runElsewhere(Connection& connection, Task::Clock::time_point start);
		/// Runs the work, at the given time, and returns the connection to the loop. Called by a thread that does not lead the loop.

	void cancel(Connection& connection);
		/// Returns a connection to the loop whose work will not be run. May be called from any thread.

	const RunnerChoice& choice() const;
		/// Returns what decides which thread runs what. May be called from any thread.

private:
	enum
	{
		SUSPECTED_AFTER_SLOW = 16
			/// So many requests after a slow one are asked whether they have waited.
	};

	RequestRunner(const RequestRunner&);
	RequestRunner& operator = (const RequestRunner&);

	bool runHere(Connection& connection, Permit& permit);
		/// Returns false if another thread leads the loop now.

	void giveBack(Connection& connection);
		/// Returns a connection whose work is done to the loop. Called by a thread that does not lead it.

	EventLoop&           _loop;
	LoopConnections&     _connections;
	LoopOutput&          _output;
	HeldOutput&          _held;
	QueueShare&          _queue;
	Mailbox&             _mailbox;
	const LoopStage&     _stage;
	RunnerChoice         _choice;
	int                  _suspected;  /// requests to be looked at more closely: one has been slow, perhaps because it has waited
	Executor&            _executor;
	const Admission&     _admission;
	IntrusiveQueue<Task> _outbox;     /// work for the Executor
	Connection*          _pExposed;   /// the connection whose request runs, if its handler can close the descriptor; else null
};


//
// inlines
//
inline const RunnerChoice& RequestRunner::choice() const
{
	return _choice;
}


} } // namespace Poco::EVNet


#endif // EVNet_RequestRunner_INCLUDED
