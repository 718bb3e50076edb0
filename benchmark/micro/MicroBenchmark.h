//
// MicroBenchmark.h
//
// Library: EVNet
// Package: Benchmark
// Module:  MicroBenchmark
//
// The benchmarks of each file, which are registered when the program starts.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Benchmark_MicroBenchmark_INCLUDED
#define Benchmark_MicroBenchmark_INCLUDED


#include <benchmark/benchmark.h>
#include <functional>


using BenchmarkSetup = std::function<void (benchmark::internal::Benchmark*)>;
	/// Sets what is the same for all benchmarks.


void registerHTTPBenchmarks(const BenchmarkSetup& setup);
void registerEngineBenchmarks(const BenchmarkSetup& setup);


#endif // Benchmark_MicroBenchmark_INCLUDED
