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


namespace Poco {
namespace EVNet {


class RunnerChoice
	/// Decides which thread runs what the connections of a loop have: the only place that does.
{
public:
	enum RunMode
		/// Which thread, and why.
	{
		RUN_LEADER,             /// the leader: another thread could take the loop over (EXECUTE_ADAPTIVE)
		RUN_LEADER_ALONE,       /// the leader: no other thread may, see Executor::leadersRunRequests(), or takes anything any more
		RUN_WORKER_EXPECTED,    /// another thread: it is expected to take long, and others would wait (EXECUTE_ADAPTIVE)
		RUN_WORKER_POLICY,      /// another thread: EXECUTE_DEDICATED, or a slice of a file
		RUN_WORKER_NO_PERMIT,   /// another thread: too many run, older ones wait for the last permit, or nobody could take the loop over
		RUN_MODES               /// not a mode; their number
	};

	struct Work
		/// What is to be known about it.
	{
		bool slice;      /// a part of a file
		bool ending;     /// the server is being stopped
		bool keepsOthersWaiting;   /// it is expected to take long, and other connections of the loop have requests, or are likely to
	};

	explicit RunnerChoice(Executor& executor):
		_executor(executor)
	{
	}

	RunMode chooseRunner(const Work& work, Permit& permit)
		/// Decides about a request, or what else there is to run. Gets a permit for the leader, or gives it back. Called by the leader.
	{
		const RunMode mode = decide(work, permit);
		_decided[mode].add();
		return mode;
	}

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
	RunMode decide(const Work& work, Permit& permit);

	Executor& _executor;
	Counter   _decided[RUN_MODES];
};


} } // namespace Poco::EVNet


#endif // EVNet_RunnerChoice_INCLUDED
