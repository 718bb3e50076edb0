//
// LedLoop.h
//
// Library: EVNet
// Package: Threads
// Module:  LedLoop
//
// Definition of the LedLoop class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_LedLoop_INCLUDED
#define EVNet_LedLoop_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "threads/Leadership.h"
#include "threads/Permit.h"


namespace Poco {
namespace EVNet {


class LedLoop
	/// An event loop as the Executor sees it: one thread at a time leads it, and another one can take it over while
	/// the leader runs a request.
	///
	/// Methods may be called from any thread, unless said otherwise.
{
public:
	enum Led
		/// How leading has ended.
	{
		LED_ON,        /// it has not: the calling thread still leads
		LED_ENDED,     /// the loop has ended
		LED_REPLACED   /// another thread leads the loop: it has taken it over, or got it
	};

	enum Why
		/// Why a loop gets another leader while its leader runs a request.
	{
		WHY_BLOCKED,     /// the leader waits for something other than a processor
		WHY_COMPUTES,    /// it computes, or nobody knows what it does
		WHY_ANNOUNCED    /// it has said itself that it is going to block
	};

	virtual Led lead(Permit& permit) = 0;
		/// Leads the loop, and returns LED_ENDED or LED_REPLACED. Stores the permit that the thread gets to run requests: a
		/// leader that is replaced keeps it. Called by a thread that has become the leader.

	virtual Led leadOnce() = 0;
		/// Leads, for a moment and without waiting, a loop that is ending. Runs no requests unless nobody else
		/// can. Called by a thread that has become the leader.

	virtual const Leadership& leadership() const = 0;
		/// Returns who leads the loop.

	virtual bool leaderIsRunnable() const = 0;
		/// Returns true if the thread that runs the current request has not blocked: it computes, or
		/// waits for a processor.

	virtual double leaderComputed() const = 0;
		/// Returns how long that thread has computed in its life, in seconds.

	virtual bool somebodyWaits() const = 0;
		/// Returns true if there is something to do for another thread, if it led the loop. While the leader runs no request, the
		/// answer is worth nothing.

	virtual bool takeOver(Leadership::Turn turn, Why why) = 0;
		/// Makes the calling thread the leader, or the one that it passes the loop on to, if the request with this number is still
		/// running. The former leader will notice when the request is done.

	virtual void offerRoom() = 0;
		/// Wakes the loop if it waits for room in the queue.

	virtual void abandon() = 0;
		/// Has the loop end at once, and leave its connections as they are.

protected:
	virtual ~LedLoop() = default;
};


} } // namespace Poco::EVNet


#endif // EVNet_LedLoop_INCLUDED
