//
// TimeoutWheel.cpp
//
// Library: EVNet
// Package: Core
// Module:  TimeoutWheel
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "core/TimeoutWheel.h"
#include <algorithm>
#include <cmath>


namespace Poco {
namespace EVNet {


namespace
{
	const double MIN_STEP = 0.001; // seconds
}


TimeoutWheel::TimeoutWheel(double timeout):
	_timeout(timeout),
	_step(std::max(timeout/STEPS, MIN_STEP)),
	_oldest(0),
	_newest(0),
	_size(0),
	_steps(0)
{
	for (TimeoutLink& ring: _buckets) ring.pEarlier = ring.pLater = &ring;
}


TimeoutLink& TimeoutWheel::bucket(Poco::Int64 index)
{
	return _buckets[static_cast<Poco::UInt64>(index) % BUCKETS];
}


void TimeoutWheel::start(TimeoutEntry& entry, double time)
{
	stop(entry);
	if (_timeout <= 0) return;

	Poco::Int64 index = static_cast<Poco::Int64>(std::floor(time/_step));
	if (_size == 0) _oldest = _newest = index;
	else if (index > _newest) makeRoom(index);
	else if (index < _oldest)
	{
		// A clock that was started still earlier has run out in any case.
		index = std::max(index, _newest - BUCKETS + 1);
		_oldest = std::min(index, _oldest);
	}
	insertBefore(bucket(index), entry);
	entry.clockStart = time;
	entry.pWheel = this;
	++_size;
}


void TimeoutWheel::stop(TimeoutEntry& entry)
{
	if (!entry.pWheel) return;

	entry.pEarlier->pLater = entry.pLater;
	entry.pLater->pEarlier = entry.pEarlier;
	entry.pEarlier = entry.pLater = nullptr;
	--entry.pWheel->_size;
	entry.pWheel = nullptr;
}


void TimeoutWheel::makeRoom(Poco::Int64 newest)
{
	// The owner has not called expired() for so long that the oldest bucket is needed again. Its clocks, and those of
	// the buckets behind it, have run out.
	while (newest - _oldest >= BUCKETS)
	{
		const Poco::Int64 next = _oldest < _newest ? _oldest + 1 : newest - BUCKETS + 1;
		if (&bucket(next) != &bucket(_oldest)) moveAll(bucket(_oldest), bucket(next));
		_oldest = next;
		++_steps;
	}
	_newest = newest;
}


void TimeoutWheel::skipEmpty()
{
	while (bucket(_oldest).pLater == &bucket(_oldest))
	{
		++_oldest;
		++_steps;
	}
}


double TimeoutWheel::due()
{
	skipEmpty();
	return static_cast<double>(_oldest + 1)*_step + _timeout;
}


TimeoutEntry* TimeoutWheel::expired(double now)
{
	return _size > 0 && due() <= now ? firstOf(bucket(_oldest)) : nullptr;
}


TimeoutEntry* TimeoutWheel::first()
{
	if (_size == 0) return nullptr;
	skipEmpty();
	return firstOf(bucket(_oldest));
}


TimeoutEntry* TimeoutWheel::next(TimeoutEntry& entry)
{
	TimeoutLink* pLink = entry.pLater;
	// The head of a ring is no entry.
	if (pLink < _buckets || pLink >= _buckets + BUCKETS) return static_cast<TimeoutEntry*>(pLink);
	const Poco::Int64 oldest = static_cast<Poco::Int64>(static_cast<Poco::UInt64>(_oldest) % BUCKETS);
	Poco::Int64 index = _oldest + ((pLink - _buckets) - oldest + BUCKETS) % BUCKETS;
	while (++index <= _newest)
	{
		++_steps;
		if (TimeoutEntry* pEntry = firstOf(bucket(index))) return pEntry;
	}
	return nullptr;
}


TimeoutEntry* TimeoutWheel::firstOf(TimeoutLink& ring)
{
	return ring.pLater != &ring ? static_cast<TimeoutEntry*>(ring.pLater) : nullptr;
}


void TimeoutWheel::insertBefore(TimeoutLink& next, TimeoutLink& link)
{
	link.pEarlier = next.pEarlier;
	link.pLater = &next;
	next.pEarlier->pLater = &link;
	next.pEarlier = &link;
}


void TimeoutWheel::moveAll(TimeoutLink& from, TimeoutLink& to)
{
	if (from.pLater == &from) return;
	from.pLater->pEarlier = &to;
	from.pEarlier->pLater = to.pLater;
	to.pLater->pEarlier = from.pEarlier;
	to.pLater = from.pLater;
	from.pEarlier = from.pLater = &from;
}


} } // namespace Poco::EVNet
