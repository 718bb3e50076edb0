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
		LedLoop&         ledLoop;   /// the loop, as the Executor knows it
	};

	struct LedRequest
		/// What the leader runs. Lives on its stack.
	{
		RequestRunner&         runner;
		const Leadership::Turn turn;
		const bool             othersMayWait;
		bool                   announced;   /// passOn() has been called
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

	void runElsewhere(Connection& connection);
		/// Runs the work, and returns the connection to the loop. Called by a thread that does not lead the loop.

	void cancel(Connection& connection);
		/// Returns a connection to the loop whose work will not be run. May be called from any thread.

	static void passOn();
		/// Has another thread lead the loop if the calling thread leads one, runs a request, and others wait or are likely to: the
		/// handler is going to block. May be called from any thread.

	bool othersAreReady() const;
		/// Returns true if other connections of the loop had something to run when the leader began the request that it runs. May be
		/// called from any thread.

	void setBlocked(Leadership::Turn turn);
		/// Says that the leader has blocked in the request of this turn. May be called from any thread.

	const RunnerChoice& choice() const;
		/// Returns what decides which thread runs what. May be called from any thread.

private:
	enum
	{
		TIMED_AFTER_SLOW = 16
			/// For so many requests after a slow one, it is found out how long the handler alone takes.
	};

	RequestRunner(const RequestRunner&);
	RequestRunner& operator = (const RequestRunner&);

	void noteConnection(const Connection& connection);
		/// Something of this connection is about to be run.

	bool othersMayWait() const;
		/// Returns true if another connection of the loop has something to run, or is likely to have soon.

	bool runHere(Connection& connection, RequestCosts::Kind kind, Permit& permit);
		/// Returns false if another thread leads the loop now.

	void beWatched(const Connection& connection, RequestCosts::Kind kind);
		/// Has the watcher watch the leader, who is about to run a request.

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
	LedLoop&             _ledLoop;
	int                  _timed;      /// so many more handlers are timed, because a request has been slow: perhaps the handler was not
	Poco::UInt32         _lastSlot;   /// of the connection that has run something last
	double               _othersAt;   /// when that has changed last
	std::atomic<bool>    _othersAreReady;
	std::atomic<Leadership::Turn> _blocked;   /// the last request that has been found to wait
	Executor&            _executor;
	const Admission&     _admission;
	IntrusiveQueue<Task> _outbox;     /// work for the Executor
	Connection*          _pExposed;   /// the connection whose request runs, if its handler can close the descriptor; else null
};


//
// inlines
//
inline bool RequestRunner::othersAreReady() const
{
	return _othersAreReady.load(std::memory_order_relaxed);
}


inline void RequestRunner::setBlocked(Leadership::Turn turn)
{
	_blocked.store(turn, std::memory_order_relaxed);
}


inline const RunnerChoice& RequestRunner::choice() const
{
	return _choice;
}


} } // namespace Poco::EVNet


#endif // EVNet_RequestRunner_INCLUDED
