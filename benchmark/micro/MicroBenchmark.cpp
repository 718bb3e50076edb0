//
// MicroBenchmark.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  MicroBenchmark
//
// The main program of the microbenchmarks. Has all options of Google Benchmark, and
// --iterations=N: that is for programs that count instructions, under which time means nothing.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "MicroBenchmark.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>


int main(int argc, char** argv)
{
	static const char ITERATIONS[] = "--iterations=";
	char** pOption = std::find_if(argv, argv + argc,
		[](const char* arg) { return std::strncmp(arg, ITERATIONS, std::strlen(ITERATIONS)) == 0; });
	long iterations = 0;
	if (pOption != argv + argc)
	{
		iterations = std::strtol(*pOption + std::strlen(ITERATIONS), nullptr, 10);
		std::copy(pOption + 1, argv + argc + 1, pOption); // and the null pointer at the end
		--argc;
	}
	const BenchmarkSetup setup = [iterations](benchmark::internal::Benchmark* pBenchmark)
	{
		if (iterations > 0) pBenchmark->Iterations(iterations);
	};
	try
	{
		registerHTTPBenchmarks(setup);
		registerEngineBenchmarks(setup);
		benchmark::Initialize(&argc, argv);
		if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
		benchmark::RunSpecifiedBenchmarks();
		benchmark::Shutdown();
		return 0;
	}
	catch (std::exception& exc)
	{
		std::cerr << "MicroBenchmark: " << exc.what() << std::endl;
		return 1;
	}
}
