//
// BenchHandlers.h
//
// Library: EVNet
// Package: Benchmark
// Module:  BenchHandlers
//
// What BenchServer does with requests, behind EVNet's servers and POCO's.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Benchmark_BenchHandlers_INCLUDED
#define Benchmark_BenchHandlers_INCLUDED


#include "BenchOptions.h"
#include "Poco/EVNet/EVTCPServerConnection.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/TCPServerConnection.h"
#include "Poco/TemporaryFile.h"
#include <atomic>


class BenchHandlerFactory: public Poco::Net::HTTPRequestHandlerFactory
	/// Creates the handlers of all paths, see BenchOptions::usage().
{
public:
	explicit BenchHandlerFactory(const BenchOptions& options);

	Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest& request);

	static double handlerMilliseconds();
		/// Returns the time threads have spent in handlers of all paths but /.

private:
	const BenchOptions& _options;
	std::atomic<unsigned> _requests{0};
	std::string _memory;
	Poco::TemporaryFile _file;
};


class EVEchoConnection: public Poco::EVNet::EVTCPServerConnection
{
public:
	using Poco::EVNet::EVTCPServerConnection::EVTCPServerConnection;

	void run();
};


class PlainEchoConnection: public Poco::Net::TCPServerConnection
{
public:
	using Poco::Net::TCPServerConnection::TCPServerConnection;

	void run();
};


#endif // Benchmark_BenchHandlers_INCLUDED
