//
// TimeoutWheel.h
//
// Library: EVNet
// Package: Core
// Module:  TimeoutWheel
//
// Definition of the TimeoutWheel class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_TimeoutWheel_INCLUDED
#define EVNet_TimeoutWheel_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Types.h"
#include <cstddef>


namespace Poco {
namespace EVNet {


class TimeoutWheel;


struct TimeoutLink
	/// Links clocks that have been started at about the same time, in a ring.
{
	TimeoutLink* pEarlier = nullptr;
	TimeoutLink* pLater   = nullptr;
};


struct TimeoutEntry: TimeoutLink
	/// What a clock of a TimeoutWheel belongs to.
{
	TimeoutWheel* pWheel     = nullptr;   /// in which its clock runs; a null pointer if none does
	double        clockStart = 0;
};


class TimeoutWheel
	/// Clocks that all run for the same time. Starting and stopping one takes the same time however many there are, also
	/// if start() is given a time before that of others.
	///
	/// Clocks that have been started within the same step, a 64th of the time they run (but at least a millisecond), are in one bucket, and
	/// run out together: none of them early, and none later than by one step. In a bucket, they are in the order in which start() was
	/// called.
	///
	/// Knows no clock itself: times are given to it, in seconds. Used by one thread at a time.
{
public:
	explicit TimeoutWheel(double timeout);
		/// Creates the wheel. With a timeout of 0, it takes nothing in.

	double timeout() const;

	bool contains(const TimeoutEntry& entry) const;
		/// Returns true if the clock of the entry runs in this wheel.

	std::size_t size() const;
		/// Returns the number of clocks.

	void start(TimeoutEntry& entry, double time);
		/// Starts the clock of the entry as if that had been done at the given time, stopping any other it has.

	static void stop(TimeoutEntry& entry);
		/// Stops the clock of the entry, if it has one.

	TimeoutEntry* expired(double now);
		/// Returns the entry whose clock has run out first, or a null pointer. It stays in the wheel.

	double due();
		/// Returns the time at which expired() is to be asked again. There must be a clock.

	TimeoutEntry* first();
		/// Returns the entry whose clock was started first (or within the same step as that one), or a null pointer.

	TimeoutEntry* next(TimeoutEntry& entry);
		/// Returns the entry behind one that is in this wheel, or a null pointer.

	Poco::UInt64 steps() const;
		/// Returns how many buckets have been looked at or moved, apart from the one that each call is about. What
		/// the methods do besides takes constant time.

private:
	enum
	{
		STEPS   = 64,
		BUCKETS = 2*STEPS   /// those of running clocks, and as many that have run out while nobody asked
	};

	TimeoutWheel(const TimeoutWheel&);
	TimeoutWheel& operator = (const TimeoutWheel&);

	TimeoutLink& bucket(Poco::Int64 index);
	TimeoutEntry* firstOf(TimeoutLink& ring);
	void skipEmpty();
	void makeRoom(Poco::Int64 newest);
	static void insertBefore(TimeoutLink& next, TimeoutLink& link);
	static void moveAll(TimeoutLink& from, TimeoutLink& to);
		/// Puts what is in one ring in front of what is in the other one.

	const double _timeout;
	const double _step;
	Poco::Int64  _oldest;   /// the first bucket in use, counted from time 0; like _newest, valid only if there are clocks
	Poco::Int64  _newest;
	std::size_t  _size;
	Poco::UInt64 _steps;
	TimeoutLink  _buckets[BUCKETS];
};


//
// inlines
//
inline double TimeoutWheel::timeout() const
{
	return _timeout;
}


inline bool TimeoutWheel::contains(const TimeoutEntry& entry) const
{
	return entry.pWheel == this;
}


inline std::size_t TimeoutWheel::size() const
{
	return _size;
}


inline Poco::UInt64 TimeoutWheel::steps() const
{
	return _steps;
}


} } // namespace Poco::EVNet


#endif // EVNet_TimeoutWheel_INCLUDED
