//
// RunnerChoice.cpp
//
// Library: EVNet
// Package: Threads
// Module:  RunnerChoice
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "threads/RunnerChoice.h"


namespace Poco {
namespace EVNet {


RunnerChoice::RunMode RunnerChoice::decide(bool slice, bool ending, Permit& permit)
{
	if (_executor.leadersRunRequests() || (slice && ending)) // when the server ends, no other thread takes anything
	{
		if (!permit) permit = _executor.enter();
		return RUN_LEADER_ALONE;
	}
	if (slice || !_executor.adaptive()) return RUN_WORKER_POLICY;
	if (_slowShare.load(std::memory_order_relaxed) > SHARE_SLOW)
	{
		permit.giveBack();
		return RUN_WORKER_PREDICTED;
	}
	if (!permit) permit = _executor.tryEnter();
	return permit ? RUN_LEADER : RUN_WORKER_NO_PERMIT;
}


void RunnerChoice::noteRequest(bool slow)
{
	// An exponentially weighted average. Updates by several threads may
	// get lost; that does not matter.
	int share = _slowShare.load(std::memory_order_relaxed);
	if (slow) share += (SHARE_ONE - share)/SHARE_WEIGHT;
	else if (share > 0) share -= share/SHARE_WEIGHT + 1;
	else return;
	_slowShare.store(share, std::memory_order_relaxed);
}


} } // namespace Poco::EVNet
