//
// BenchOptions.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  BenchOptions
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "BenchOptions.h"
#include "Poco/Environment.h"
#include "Poco/Exception.h"
#include "Poco/NumberParser.h"
#include "Poco/StringTokenizer.h"
#include <cstdlib>
#include <iostream>


using Poco::EVNet::EVServerOptions;


namespace
{
	void setHandler(BenchOptions& options, const std::string& value)
	{
		Poco::StringTokenizer parts(value, ":");
		if (parts.count() == 1 && parts[0] == "hello")
		{
			options.slowOneIn = 0;
		}
		else if (parts.count() == 2 && parts[0] == "sleep")
		{
			options.slowOneIn = 1;
			options.sleepMs = static_cast<int>(Poco::NumberParser::parseUnsigned(parts[1]));
		}
		else if (parts.count() == 3 && parts[0] == "mixed")
		{
			options.slowOneIn = Poco::NumberParser::parseUnsigned(parts[1]);
			options.sleepMs = static_cast<int>(Poco::NumberParser::parseUnsigned(parts[2]));
		}
		else throw Poco::InvalidArgumentException("--handler", value);
	}

	Poco::UInt16 portNumber(const std::string& value)
	{
		const unsigned port = Poco::NumberParser::parseUnsigned(value);
		if (port > 65535) throw Poco::InvalidArgumentException("--port", value);
		return static_cast<Poco::UInt16>(port);
	}

	bool setServer(BenchOptions& options, const std::string& name, const std::string& value)
		/// What all servers have. Returns false if the option is another one.
	{
		if (name == "--server") options.server = value;
		else if (name == "--port") options.port = portNumber(value);
		else if (name == "--threads") options.threads = Poco::NumberParser::parse(value);
		else if (name == "--maxQueued") options.maxQueued = Poco::NumberParser::parse(value);
		else if (name == "--handler") setHandler(options, value);
		else if (name == "--certificate") options.certificate = value;
		else if (name == "--bytes") options.bytes = Poco::NumberParser::parseUnsigned(value);
		else if (name == "--keepAlive") options.keepAlive = static_cast<int>(Poco::NumberParser::parseUnsigned(value));
		else if (name == "--receiveBuffer") options.receiveBuffer = Poco::NumberParser::parseUnsigned(value);
		else return false;
		return true;
	}

	bool setEV(BenchOptions& options, const std::string& name, const std::string& value)
		/// What only EVNet's servers have.
	{
		EVServerOptions& ev = options.ev;
		if (name == "--loops") ev.setEventLoops(Poco::NumberParser::parse(value));
		else if (name == "--capacity") ev.setCapacity(Poco::NumberParser::parse(value));
		else if (name == "--execution") ev.setExecutionPolicy(EVServerOptions::executionPolicy(value));
		else if (name == "--accept") ev.setAcceptPolicy(EVServerOptions::acceptPolicy(value));
		else if (name == "--maxBufferedBytes") ev.setMaxBufferedBytes(Poco::NumberParser::parseUnsigned(value));
		else if (name == "--maxTotalBufferedBytes") ev.setMaxTotalBufferedBytes(Poco::NumberParser::parseUnsigned(value));
		else if (name == "--maxPendingOutput") ev.setMaxPendingOutput(Poco::NumberParser::parseUnsigned(value));
		else if (name == "--maxTotalPendingOutput") ev.setMaxTotalPendingOutput(Poco::NumberParser::parseUnsigned(value));
		else if (name == "--drain") options.drainSeconds = Poco::NumberParser::parse(value);
		else return false;
		return true;
	}
}


BenchOptions BenchOptions::parse(int argc, char** argv)
{
	BenchOptions options;
	for (int i = 1; i < argc; i++)
	{
		const std::string arg(argv[i]);
		if (arg == "--help")
		{
			std::cout << usage();
			std::exit(0);
		}
		if (arg == "--version")
		{
			const Poco::UInt32 version = Poco::Environment::libraryVersion();
			std::cout << "poco " << (version >> 24) << '.' << ((version >> 16) & 0xFF) << '.' << ((version >> 8) & 0xFF) << '\n';
			std::exit(0);
		}
		const std::string::size_type equals = arg.find('=');
		if (equals == std::string::npos) throw Poco::InvalidArgumentException("not of the form --name=value", arg);
		const std::string name = arg.substr(0, equals);
		const std::string value = arg.substr(equals + 1);
		if (!setServer(options, name, value) && !setEV(options, name, value)) throw Poco::InvalidArgumentException("unknown option", arg);
	}
	return options;
}


const char* BenchOptions::usage()
{
	return
		"usage: BenchServer --server=evhttp|pocohttp|evtcp|pocotcp [OPTION...]\n"
		"Serves on the loopback interface until SIGTERM or SIGINT.\n"
		"\n"
		"  --port=N          port to listen on (default: 0, any free one; it is printed)\n"
		"  --threads=N       threads that run requests (default: 16)\n"
		"  --maxQueued=N     requests, or with Poco connections, that may wait for one (default: 100000)\n"
		"  --handler=H       what an HTTP request for / does (default: hello)\n"
		"                      hello            answers at once\n"
		"                      sleep:MS         sleeps MS milliseconds first\n"
		"                      mixed:ONE_IN:MS  one request in ONE_IN sleeps MS milliseconds;\n"
		"                                       its answer carries the header X-Slow: 1\n"
		"                    /length answers with the length of the body, /file with a file, /memory with the same from memory,\n"
		"                    /compute/US and /sleep/US after computing or sleeping for US microseconds\n"
		"  --bytes=N         of /file and /memory (default: 5000000)\n"
		"  --certificate=F   serve with TLS; a PEM file with the certificate and its key\n"
		"  --receiveBuffer=N of the kernel for one connection (default: 0, what it thinks fit)\n"
		"  --version         prints the version of POCO and exits\n"
		"\n"
		"For the ev servers only:\n"
		"  --loops=N         event loops (default: 0, one per core)\n"
		"  --execution=E     adaptive (default), dedicated or inline\n"
		"  --accept=A        auto (default), reuseport or roundrobin\n"
		"  --keepAlive=S     HTTP: how long a connection may be idle (default: 600)\n"
		"  --capacity=N      connections open at once (default: 0, what the descriptors allow)\n"
		"  --maxBufferedBytes=N, --maxTotalBufferedBytes=N, --maxPendingOutput=N, --maxTotalPendingOutput=N\n"
		"                    see EVServerOptions\n"
		"  --drain=S         end with drain() of S seconds rather than with stop()\n";
}
