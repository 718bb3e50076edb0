//
// ConnectionStates.cpp
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionStates
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "loop/ConnectionStates.h"
#include "core/Assert.h"
#include <atomic>
#include <cstdio>
#include <cstdlib>


namespace Poco {
namespace EVNet {


namespace
{
	void print(const void* pState, ConnectionStates::Phase from, ConnectionStates::Phase to, const char* why)
	{
		std::fprintf(stderr, "connection %p: %s -> %s, %s\n", pState, ConnectionStates::name(from), ConnectionStates::name(to), why);
	}

	std::atomic<ConnectionStates::Trace>& pTrace()
	{
		static std::atomic<ConnectionStates::Trace> trace(ASSERTIONS && std::getenv("EVNET_TRACE") ? &print : nullptr);
		return trace;
	}
}


void ConnectionStates::setTrace(Trace trace)
{
	pTrace() = trace;
}


void ConnectionStates::trace(const void* pState, Phase from, Phase to, const char* why)
{
	if (const Trace trace = pTrace().load(std::memory_order_relaxed)) trace(pState, from, to, why);
}


void ConnectionStates::fail(Phase from, const char* why, Work work)
{
	Assertion::failed(__FILE__, __LINE__, std::string(why) + "() of a connection in phase " + name(from) + ", work " + name(work));
}


const char* ConnectionStates::name(Phase phase)
{
	static const char* const NAMES[] = {"FREE", "NEW", "IDLE", "HEADER", "BODY", "PAUSED", "RUNNING", "RECALLED", "FLUSHING", "LINGERING"};
	static_assert(sizeof(NAMES)/sizeof(*NAMES) == PHASES, "a phase without a name");
	return phase < PHASES ? NAMES[phase] : "?";
}


const char* ConnectionStates::name(Work work)
{
	static const char* const NAMES[] = {"NONE", "REQUEST", "HANDSHAKE", "NOTIFICATION", "FLUSH"};
	return work <= WORK_FLUSH ? NAMES[work] : "?";
}


const char* ConnectionStates::name(Deadline deadline)
{
	static const char* const NAMES[] = {"NONE", "FIRST", "IDLE", "REQUEST", "HANDLER", "SEND", "LINGER"};
	static_assert(sizeof(NAMES)/sizeof(*NAMES) == DEADLINES, "a deadline without a name");
	return deadline < DEADLINES ? NAMES[deadline] : "?";
}


} } // namespace Poco::EVNet
