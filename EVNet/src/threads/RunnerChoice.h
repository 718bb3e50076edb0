//
// RunnerChoice.h
//
// Library: EVNet
// Package: Threads
// Module:  RunnerChoice
//
// Definition of the RunnerChoice class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_RunnerChoice_INCLUDED
#define EVNet_RunnerChoice_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/Counter.h"
#include "threads/Executor.h"
#include <atomic>


namespace Poco {
namespace EVNet {


class RunnerChoice
	/// Decides which thread runs what the connections of a loop have: the only place that does. Predicts from the recent
	/// requests of the loop whether the next ones block.
{
public:
	enum RunMode
		/// Which thread, and why.
	{
		RUN_LEADER,             /// the leader: another thread could take the loop over (EXECUTE_ADAPTIVE)
		RUN_LEADER_ALONE,       /// the leader: no other thread may, see Executor::leadersRunRequests(), or takes anything any more
		RUN_WORKER_POLICY,      /// another thread: EXECUTE_DEDICATED, or a slice of a file
		RUN_WORKER_PREDICTED,   /// another thread: requests of this loop have been blocking
		RUN_WORKER_NO_PERMIT,   /// another thread: older requests wait, too many run, or nobody could take the loop over
		RUN_MODES               /// not a mode; their number
	};

	explicit RunnerChoice(Executor& executor):
		_executor(executor),
		_slowShare(0)
	{
	}

	RunMode chooseRunner(bool slice, bool ending, Permit& permit)
		/// Decides about a request, or what else there is to run; slice is true for a part of a file, ending if the
		/// server is being stopped. Gets a permit for the leader, or gives it back. Called by the leader.
	{
		const RunMode mode = decide(slice, ending, permit);
		_decided[mode].add();
		return mode;
	}

	void noteRequest(bool slow);
		/// Tells the prediction whether a request was slow. May be called from any thread.

	Poco::Int64 decided(RunMode mode) const
		/// Returns how often this mode has been chosen. May be called from any thread.
	{
		return _decided[mode].value();
	}

	static bool isLeader(RunMode mode)
		/// Returns true if the leader itself is to run it.
	{
		return mode == RUN_LEADER || mode == RUN_LEADER_ALONE;
	}

private:
	enum
	{
		// Fixed-point share of slow requests among the recent ones, see noteRequest().
		SHARE_ONE    = 1 << 20,
		SHARE_WEIGHT = 512,
		SHARE_SLOW   = SHARE_ONE/256
	};

	RunMode decide(bool slice, bool ending, Permit& permit);

	Executor&        _executor;
	std::atomic<int> _slowShare;
	Counter          _decided[RUN_MODES];
};


} } // namespace Poco::EVNet


#endif // EVNet_RunnerChoice_INCLUDED
