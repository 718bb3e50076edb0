//
// RequestCosts.cpp
//
// Library: EVNet
// Package: Threads
// Module:  RequestCosts
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "threads/RequestCosts.h"
#include <algorithm>


namespace Poco {
namespace EVNet {


RequestCosts::RequestCosts():
	_kept(0),
	_others(0),
	_handOvers(0),
	_least(0),
	_threshold(EXPENSIVE*1000),
	_familiar{}
{
}


bool RequestCosts::isExpensive(const Average& average) const
{
	return average.load(std::memory_order_relaxed) > _threshold.load(std::memory_order_relaxed);
}


RequestCosts::Entry* RequestCosts::firstOf(Kind kind)
{
	return _entries + (hashOf(kind) >> 32) % SETS*WAYS;
}


RequestCosts::Entry* RequestCosts::find(Kind kind)
{
	Entry* const pFirst = firstOf(kind);
	Entry* const pEnd = pFirst + WAYS;
	Entry* const pEntry = std::find_if(pFirst, pEnd, [kind](const Entry& entry)
	{
		return entry.kind.load(std::memory_order_relaxed) == kind;
	});
	return pEntry != pEnd ? pEntry : nullptr;
}


const RequestCosts::Entry* RequestCosts::find(Kind kind) const
{
	return const_cast<RequestCosts*>(this)->find(kind);
}


bool RequestCosts::hasBeenExpensive(Kind kind) const
{
	const Entry* pEntry = kept() > 0 && kind != KIND_UNKNOWN ? find(kind) : nullptr;
	if (pEntry) return isExpensive(pEntry->average);
	// One that has been cheap itself is not judged by a few others.
	const int most = isFamiliar(kind) && kind != KIND_UNKNOWN ? FAMILIAR_IS_BETTER : 1;
	return _others.load(std::memory_order_relaxed)/most > _threshold.load(std::memory_order_relaxed);
}


Poco::UInt32 RequestCosts::move(Average& average, Poco::UInt32 sample, int weight)
{
	// Updates by several threads at once may get lost; that does not matter.
	const Poco::UInt32 before = average.load(std::memory_order_relaxed);
	const Poco::Int64 difference = static_cast<Poco::Int64>(sample) - before;
	const Poco::Int64 after = std::max<Poco::Int64>(before + difference/weight - (difference < 0 ? 1 : 0), 0);
	average.store(static_cast<Poco::UInt32>(after), std::memory_order_relaxed);
	return static_cast<Poco::UInt32>(after);
}


void RequestCosts::note(Kind kind, double seconds, bool waited)
{
	if (kind == KIND_NEVER_BLOCKS || kind == KIND_MAY_BLOCK) return; // nothing to learn
	const double micros = std::max(seconds*1e6, 0.);
	const bool expensive = seconds > threshold();
	// Perhaps the system was slow for a moment only, and as long as nothing is handed over, nobody would notice.
	if (!expensive && micros > EXPENSIVE) move(_threshold, EXPENSIVE*1000, WEIGHT_EXPENSIVE);
	const auto sample = [micros](int most) { return static_cast<Poco::UInt32>(std::min<double>(micros, most)*1000); };
	if (Entry* pEntry = kept() > 0 && kind != KIND_UNKNOWN ? find(kind) : nullptr)
	{
		const Poco::UInt32 average = move(pEntry->average, sample(waited ? MAX_WAITED : MAX_COMPUTED), WEIGHT);
		if (average < CHEAP*1000) forget(*pEntry, kind);
		else if (pEntry->credit.load(std::memory_order_relaxed) < MAX_CREDIT) pEntry->credit.fetch_add(1, std::memory_order_relaxed);
		return;
	}
	if (!expensive && !isFamiliar(kind)) _familiar[wordOf(kind)].fetch_or(bitOf(kind), std::memory_order_relaxed);
	// One that will be known by itself next time says little about others.
	const int most = waited && kind == KIND_UNKNOWN ? MAX_WAITED_OTHERS : MAX_COMPUTED;
	// As long as all is well, leaders need not write what others read.
	if (expensive || _others.load(std::memory_order_relaxed) > CHEAP*1000/4) move(_others, sample(most), WEIGHT_OTHERS);
	if (expensive && kind != KIND_UNKNOWN) keep(kind, sample(waited ? MAX_WAITED : MAX_COMPUTED));
}


void RequestCosts::noteHandOver(double seconds)
{
	std::lock_guard<std::mutex> lock(_mutex);
	_least = _handOvers == 0 ? seconds : std::min(_least, seconds);
	if (++_handOvers < HAND_OVERS) return;
	_handOvers = 0;
	// The quickest of some: in many others, the thread that was woken has taken the processor away.
	const double micros = std::min<double>(_least*1e6*WORTH, MAX_THRESHOLD);
	_threshold.store(static_cast<Poco::UInt32>(std::max<double>(micros, EXPENSIVE)*1000), std::memory_order_relaxed);
}


void RequestCosts::keep(Kind kind, Poco::UInt32 sample)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (find(kind)) return; // another thread was quicker
	Entry* const pFirst = firstOf(kind);
	Entry& entry = *std::min_element(pFirst, pFirst + WAYS, [](const Entry& one, const Entry& other) { return one.credit < other.credit; });
	if (entry.kind.load(std::memory_order_relaxed) == 0) _kept.fetch_add(1, std::memory_order_relaxed);
	else if (entry.credit.load(std::memory_order_relaxed) > 0)
	{
		entry.credit.fetch_sub(1, std::memory_order_relaxed);
		return;
	}
	// As if it had been cheap before: once is no rule.
	entry.average.store(std::max<Poco::UInt32>(sample/WEIGHT, CHEAP*1000), std::memory_order_relaxed);
	entry.credit.store(1, std::memory_order_relaxed);
	entry.kind.store(kind, std::memory_order_relaxed);
}


void RequestCosts::forget(Entry& entry, Kind kind)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (entry.kind.load(std::memory_order_relaxed) != kind) return; // another thread was quicker
	entry.kind.store(0, std::memory_order_relaxed);
	entry.credit.store(0, std::memory_order_relaxed);
	_kept.fetch_sub(1, std::memory_order_relaxed);
}


} } // namespace Poco::EVNet
