//
// Histogram.h
//
// Library: EVNet
// Package: Benchmark
// Module:  Histogram
//
// Definition of the Histogram class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Benchmark_Histogram_INCLUDED
#define Benchmark_Histogram_INCLUDED


#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>


class Histogram
	/// Counts durations in buckets whose width grows with the value, so that
	/// quantiles from nanoseconds to minutes are exact to one percent at a fixed
	/// price per value, however many there are.
	///
	/// Values below 2 * SUB_BUCKETS have a bucket each. Above, each power of two is
	/// divided into SUB_BUCKETS buckets.
{
public:
	Histogram():
		_buckets((64 - SUB_BITS + 1) * SUB_BUCKETS)
	{
	}

	void add(std::uint64_t value)
	{
		_buckets[index(value)]++;
		_count++;
		_max = std::max(_max, value);
	}

	void add(const Histogram& other)
	{
		for (std::size_t i = 0; i < _buckets.size(); i++) _buckets[i] += other._buckets[i];
		_count += other._count;
		_max = std::max(_max, other._max);
	}

	std::uint64_t count() const
	{
		return _count;
	}

	std::uint64_t max() const
	{
		return _max;
	}

	std::uint64_t quantile(double q) const
		/// Returns the value that the given share (0 to 1) of all values do not exceed.
	{
		if (_count == 0) return 0;
		std::uint64_t rank = static_cast<std::uint64_t>(q*static_cast<double>(_count) + 0.5);
		rank = std::min(std::max<std::uint64_t>(rank, 1), _count);
		std::uint64_t seen = 0;
		for (std::size_t i = 0; i < _buckets.size(); i++)
		{
			seen += _buckets[i];
			if (seen >= rank) return std::min(highest(i), _max);
		}
		return _max;
	}

private:
	static const int SUB_BITS = 7;
	static const std::size_t SUB_BUCKETS = std::size_t(1) << SUB_BITS;

	static std::size_t index(std::uint64_t value)
	{
		if (value < 2*SUB_BUCKETS) return static_cast<std::size_t>(value);
		const int shift = 63 - __builtin_clzll(value) - SUB_BITS;
		return static_cast<std::size_t>(shift)*SUB_BUCKETS + static_cast<std::size_t>(value >> shift);
	}

	static std::uint64_t highest(std::size_t index)
		/// Returns the highest value that belongs to the bucket.
	{
		if (index < 2*SUB_BUCKETS) return index;
		const std::size_t shift = index/SUB_BUCKETS - 1;
		const std::uint64_t sub = index - shift*SUB_BUCKETS;
		return ((sub + 1) << shift) - 1;
	}

	std::vector<std::uint64_t> _buckets;
	std::uint64_t _count = 0;
	std::uint64_t _max   = 0;
};


#endif // Benchmark_Histogram_INCLUDED
