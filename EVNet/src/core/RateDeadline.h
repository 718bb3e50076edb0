//
// RateDeadline.h
//
// Library: EVNet
// Package: Core
// Module:  RateDeadline
//
// Definition of the RateDeadline class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_RateDeadline_INCLUDED
#define EVNet_RateDeadline_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Timespan.h"
#include "Poco/Types.h"
#include <algorithm>
#include <chrono>


namespace Poco {
namespace EVNet {


class RateDeadline
	/// How long EVNet waits for a client that must send or take something: a period, and another one as often as the client
	/// has transferred enough in the last one. Enough is what the minimum rate makes in a period, and one byte at least.
	///
	/// A thread that waits uses an object for each wait, and adds what is transferred. The loop has one for each kind of deadline: its
	/// TimeoutLists say that a period is over, and then it asks whether that was enough.
{
public:
	RateDeadline(): _period(0), _minBytes(0), _transferred(0)
		/// Creates a deadline that has not begun. Each request has one.
	{
	}

	RateDeadline(const Poco::Timespan& period, int minRate):
		/// As before, with the length of a period, and the minimum rate in bytes per second.
		_period(period.totalMicroseconds()),
		_minBytes(static_cast<Poco::UInt64>(period.totalMilliseconds())*static_cast<Poco::UInt64>(minRate)/1000),
		_transferred(0)
	{
	}

	Poco::Timespan period() const
	{
		return _period;
	}

	bool isEnough(Poco::UInt64 bytes) const
		/// Returns true if a client that has transferred so many bytes in a period gets another one.
	{
		return bytes > 0 && bytes >= _minBytes;
	}

	bool begun() const
	{
		return _end != Clock::time_point();
	}

	void begin(const Poco::Timespan& period, int minRate)
		/// Begins with the first period now.
	{
		*this = RateDeadline(period, minRate);
		beginPeriod();
	}

	bool isOver() const
		/// Returns true if the period is over. One of length 0 never is.
	{
		return _period > 0 && Clock::now() >= _end;
	}

	Poco::Timespan left() const
		/// Returns how much of the period is left, at least a microsecond.
	{
		const auto left = std::chrono::duration_cast<std::chrono::microseconds>(_end - Clock::now());
		return std::max<Poco::Timespan::TimeDiff>(left.count(), 1);
	}

	void add(Poco::UInt64 bytes)
		/// Says that the client has transferred so many bytes.
	{
		_transferred += bytes;
	}

	bool extend()
		/// Called when the period is over. Begins another one, and returns true, if enough has been transferred.
	{
		if (!isEnough(_transferred)) return false;
		beginPeriod();
		return true;
	}

private:
	using Clock = std::chrono::steady_clock;

	void beginPeriod()
	{
		// The clock counts nanoseconds, and cannot wait longer than 292 years.
		const Poco::Timespan::TimeDiff most = 36500*Poco::Timespan::DAYS;
		_end = Clock::now() + std::chrono::microseconds(std::min(_period, most));
		_transferred = 0;
	}

	Poco::Timespan::TimeDiff _period;        /// in microseconds
	Poco::UInt64             _minBytes;
	Poco::UInt64             _transferred;   /// since the period began
	Clock::time_point        _end;           /// 0 if none has begun
};


} } // namespace Poco::EVNet


#endif // EVNet_RateDeadline_INCLUDED
