//
// BenchOptions.h
//
// Library: EVNet
// Package: Benchmark
// Module:  BenchOptions
//
// What BenchServer can be told.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Benchmark_BenchOptions_INCLUDED
#define Benchmark_BenchOptions_INCLUDED


#include "Poco/EVNet/EVServerOptions.h"
#include <cstddef>
#include <string>


struct BenchOptions
	/// The arguments of BenchServer, see usage().
{
	static BenchOptions parse(int argc, char** argv);
		/// Throws a Poco::Exception for arguments that are not understood. Exits for --help and --version.

	static const char* usage();

	std::string server;
	Poco::UInt16 port = 0;
	int threads = 16;
	int maxQueued = 100000;
	unsigned slowOneIn = 0;
		/// 0: no request sleeps.
	int sleepMs = 0;
	int drainSeconds = -1;
		/// Negative: stop() ends the server.
	std::size_t bytes = 5000000;
		/// Of /file and /memory.
	std::string certificate;
		/// PEM file with a certificate and its key. Empty: no TLS.
	std::size_t receiveBuffer = 0;
		/// Of the kernel. 0: what the kernel thinks fit.
	int keepAlive = 600;
		/// Seconds until an idle HTTP connection is closed.
	Poco::EVNet::EVServerOptions ev;
		/// What only EVNet's servers have.
};


#endif // Benchmark_BenchOptions_INCLUDED
