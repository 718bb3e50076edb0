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


RunnerChoice::RunMode RunnerChoice::decide(const Work& work, Permit& permit)
{
	if (_executor.leadersRunRequests() || (work.slice && work.ending)) // when the server ends, no other thread takes anything
	{
		if (!permit) permit = _executor.enter();
		return RUN_LEADER_ALONE;
	}
	if (work.slice || !_executor.adaptive()) return RUN_WORKER_POLICY;
	if (work.keepsOthersWaiting)
	{
		permit.giveBack();
		return RUN_WORKER_EXPECTED;
	}
	if (!permit) permit = _executor.tryEnter();
	return permit ? RUN_LEADER : RUN_WORKER_NO_PERMIT;
}


} } // namespace Poco::EVNet
