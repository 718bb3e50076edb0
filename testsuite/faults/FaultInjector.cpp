//
// FaultInjector.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultInjector
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FaultInjector.h"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <execinfo.h>
#include <unistd.h>


namespace
{
	const int NONE = -1;
	const int ANY = FaultInjector::CALLS;

	std::atomic<int>  armedCall(NONE);
	std::atomic<long> armedN(0);
	std::atomic<int>  armedError(0);
	std::atomic<bool> armedLasts(false);
	std::atomic<long> seen(0);
	std::atomic<long> failed(0);
	std::atomic<long> counted(0);
	std::atomic<int>  inWait(0);
	std::atomic<int>  hitCall(FaultInjector::CALLS);
	std::atomic<long> unreleased(0);

	thread_local bool exempt = false;
	thread_local int  spared = 0;   // allocations that do not fail


	void showStack()
	{
		const FaultInjector::Exempt exempt;
		void* addresses[30];
		::backtrace_symbols_fd(addresses, ::backtrace(addresses, 30), STDERR_FILENO);
	}
}


bool FaultInjector::fails(Call call, bool mayLast)
{
	if (exempt || (call == CALL_NEW && spared > 0 && spared-- > 0)) return false;
	counted.fetch_add(1, std::memory_order_relaxed);
	const int armed = armedCall.load(std::memory_order_acquire);
	if (armed != call && armed != ANY) return false;
	const long n = seen.fetch_add(1) + 1;
	if (n < armedN || (n > armedN && !armedLasts)) return false;
	if (armedLasts && !mayLast) return false;
	if (armed == ANY)
	{
		hitCall = call;
		armedCall.store(call, std::memory_order_release); // those that fail as well, if it lasts
	}
	if (failed.fetch_add(1) == 0 && std::getenv("FAULTS_VERBOSE")) showStack();
	const std::vector<Error>& errors = errorsOf(call);
	errno = errors[std::min<std::size_t>(static_cast<std::size_t>(armedError), errors.size() - 1)].number;
	return true;
}


void FaultInjector::spare(int allocations)
{
	spared = allocations;
}


bool FaultInjector::isExempt()
{
	return exempt;
}


void FaultInjector::countAllocation(int change)
{
	unreleased.fetch_add(change, std::memory_order_relaxed);
}


void FaultInjector::arm(const Fault& fault, bool any)
{
	disarm();
	errorsOf(fault.call); // made now: whoever fails must not allocate
	armedN = fault.n;
	armedError = fault.error;
	armedLasts = fault.lasts;
	seen = 0;
	failed = 0;
	hitCall = CALLS;
	armedCall.store(any ? ANY : static_cast<int>(fault.call), std::memory_order_release);
}


FaultInjector::Call FaultInjector::failedCall()
{
	return static_cast<Call>(hitCall.load());
}


void FaultInjector::disarm()
{
	armedCall.store(NONE, std::memory_order_release);
}


long FaultInjector::injected()
{
	return failed;
}


long FaultInjector::calls()
{
	return counted;
}


int FaultInjector::waiting()
{
	return inWait;
}


long FaultInjector::allocations()
{
	return unreleased;
}


FaultInjector::Exempt::Exempt(bool flag):
	_before(exempt)
{
	exempt = flag;
}


FaultInjector::Exempt::~Exempt()
{
	exempt = _before;
}


FaultInjector::Waiting::Waiting()
{
	if (!exempt) ++inWait;
}


FaultInjector::Waiting::~Waiting()
{
	if (!exempt) --inWait;
}
