//
// RequestCosts.h
//
// Library: EVNet
// Package: Threads
// Module:  RequestCosts
//
// Definition of the RequestCosts class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_RequestCosts_INCLUDED
#define EVNet_RequestCosts_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Types.h"
#include <atomic>
#include <mutex>


namespace Poco {
namespace EVNet {


class RequestCosts
	/// What handlers have cost lately, by the kind of their requests, so that a leader knows beforehand whether one will keep it from the
	/// others of its loop.
	///
	/// Only kinds that have been expensive are kept, KINDS at most. All others share one average: a server whose requests are cheap
	/// keeps none, and clients that invent kinds fill nothing. Where there is no room left, a kind that has just been seen
	/// for the first time takes the place of one that is seen less and less, and only after several attempts: kinds that are
	/// asked for again and again stay, however many others come.
	///
	/// Of cheap kinds, only a hash of 12 bits is remembered (isFamiliar()). Clients that invent many make all others look like that.
	///
	/// Times are moving averages. Handlers that have only computed for long may have been preempted: more than MAX_COMPUTED of that
	/// does not count, so that a busy machine makes no kind look expensive.
	///
	/// What is expensive depends on what it costs to have another thread run it: on a system that is slow altogether, e.g. under
	/// valgrind, both take long.
	///
	/// Methods may be called from any thread.
{
public:
	using Kind = Poco::UInt64;   /// the same for requests that do the same

	enum: Kind
	{
		KIND_UNKNOWN      = 0,   /// nobody knows what they do: they share the average of all that are not kept
		KIND_NEVER_BLOCKS = 1,   /// the application says so: never expensive
		KIND_MAY_BLOCK    = 2    /// the application says so: always expensive
	};

	enum
	{
		EXPENSIVE = 60,   /// microseconds: at least as long takes what is expensive
		CHEAP     = 20,   /// microseconds: a kind that has become cheaper than that is forgotten
		KINDS     = 256   /// that can be kept
	};

	RequestCosts();

	bool anyExpensive() const
		/// Returns true if any request is expected to be expensive.
	{
		return _kept.load(std::memory_order_relaxed) > 0 || isExpensive(_others);
	}

	bool isExpensive(Kind kind) const
		/// Returns true if a request of this kind is expected to take longer than threshold().
	{
		return kind == KIND_MAY_BLOCK || (anyExpensive() && kind != KIND_NEVER_BLOCKS && hasBeenExpensive(kind));
	}

	bool isFamiliar(Kind kind) const
		/// Returns true if a request of this kind has been cheap before, or one with the same hash.
	{
		return kind == KIND_NEVER_BLOCKS || (_familiar[wordOf(kind)].load(std::memory_order_relaxed) & bitOf(kind)) != 0;
	}

	void note(Kind kind, double seconds, bool waited);
		/// Lets the averages know of a handler that has returned. Of one that has waited for something other than a processor, more
		/// of the time counts.

	void noteHandOver(double seconds);
		/// Lets it know how long it took a leader to wake another thread, which is to run a request.

	double threshold() const
		/// Returns how long a request takes at least that is expensive, in seconds.
	{
		return _threshold.load(std::memory_order_relaxed)*1e-9;
	}

	int kept() const
		/// Returns how many kinds are kept.
	{
		return _kept.load(std::memory_order_relaxed);
	}

private:
	enum
	{
		WAYS              = 4,        /// places that a kind can be kept in
		SETS              = KINDS/WAYS,
		WEIGHT            = 32,       /// an average moves by that part of the difference
		WEIGHT_OTHERS     = 64,
		MAX_COMPUTED      = 1000,     /// microseconds that count, if the handler has only computed
		MAX_WAITED        = 64000,    /// if it has waited
		MAX_WAITED_OTHERS = 16000,
		MAX_CREDIT        = 16,       /// attempts of others that a kind survives
		HAND_OVERS        = 16,       /// of so many, the quickest counts
		WORTH             = 12,       /// what is expensive takes as long as so many hand-overs
		MAX_THRESHOLD     = MAX_COMPUTED/2,
		WEIGHT_EXPENSIVE  = 1024,
		FAMILIAR_IS_BETTER = 4,       /// so many times the threshold, others must take, to make a familiar kind look expensive
		FAMILIAR          = 4096      /// kinds that can be told apart, as far as they have only been cheap
	};

	using Average = std::atomic<Poco::UInt32>;   /// nanoseconds

	struct Entry
		/// A kind that is kept; none if it is 0. The average and the credit are changed by any thread, the kind under the lock.
	{
		std::atomic<Kind> kind{0};
		Average           average{0};
		std::atomic<int>  credit{0};
	};

	RequestCosts(const RequestCosts&);
	RequestCosts& operator = (const RequestCosts&);

	static Poco::UInt64 hashOf(Kind kind)
		/// What an application returns may differ in a few bits only: Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4).
	{
		return kind*0x9E3779B97F4A7C15ULL;
	}

	static std::size_t wordOf(Kind kind)
	{
		return hashOf(kind) >> 58;
	}

	static Poco::UInt64 bitOf(Kind kind)
	{
		return Poco::UInt64(1) << (hashOf(kind) >> 52 & 63);
	}

	bool isExpensive(const Average& average) const;
	bool hasBeenExpensive(Kind kind) const;
	static Poco::UInt32 move(Average& average, Poco::UInt32 sample, int weight);
	Entry* find(Kind kind);
	const Entry* find(Kind kind) const;
	void keep(Kind kind, Poco::UInt32 sample);
	void forget(Entry& entry, Kind kind);
	Entry* firstOf(Kind kind);

	std::mutex       _mutex;
	std::atomic<int> _kept;
	Average          _others;
	int              _handOvers;
	double           _least;
	Average          _threshold;
	Entry            _entries[KINDS];
	std::atomic<Poco::UInt64> _familiar[FAMILIAR/64];   /// a bit for each, by the hash
};


} } // namespace Poco::EVNet


#endif // EVNet_RequestCosts_INCLUDED
