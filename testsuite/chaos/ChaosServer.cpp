//
// ChaosServer.cpp
//
// Library: EVNet
// Package: ChaosTest
// Module:  ChaosServer
//
// The server that the chaos tests maltreat.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ChaosHandlers.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include "Poco/ErrorHandler.h"
#include "Poco/Exception.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/NumberParser.h"
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVHTTPServerParams;
using Poco::EVNet::EVServerOptions;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Timespan;


namespace
{
	const char* const USAGE =
		"usage: ChaosServer [OPTION...]\n"
		"Serves until SIGTERM or SIGINT, then prints its statistics as JSON. Times are in milliseconds.\n"
		"\n"
		"  --host=ADDRESS            address to listen on (default: 127.0.0.1)\n"
		"  --port=N                  port to listen on (default: 0, any free one; it is printed)\n"
		"  --threads=N               threads that run requests (default: 8)\n"
		"  --loops=N                 event loops (default: 0, one per core)\n"
		"  --capacity=N              connections open at once (default: 0, what the descriptors allow)\n"
		"  --execution=E             adaptive (default), dedicated or inline\n"
		"  --accept=A                auto (default), reuseport or roundrobin\n"
		"  --timeout=N               for a request to arrive, and for a client to take data (default: 20000)\n"
		"  --keepAliveTimeout=N      between requests (default: 60000)\n"
		"  --lingerTimeout=N         after the end of a connection (default: 2000)\n"
		"  --handlerTimeout=N        for a request to wait and run until it is reported (default: 0, none is)\n"
		"  --minDataRate=N           bytes a second that a client must send and take (default: that of EVServerOptions)\n"
		"  --maxBufferedBytes=N      of one connection (default: 65536)\n"
		"  --maxTotalBufferedBytes=N of all connections (default: 256 MiB)\n"
		"  --maxPendingOutput=N      of one connection (default: 1 MiB)\n"
		"  --sendBuffer=N            of the kernel, for one connection (default: 0, what the kernel thinks fit)\n";

	struct Options
	{
		std::string host = "127.0.0.1";
		Poco::UInt16 port = 0;
		int sendBuffer = 0;
		EVHTTPServerParams::Ptr pParams = new EVHTTPServerParams;
	};

	void setOption(Options& options, const std::string& name, const std::string& value)
	{
		EVHTTPServerParams& params = *options.pParams;
		const auto number = [&value] { return static_cast<int>(Poco::NumberParser::parseUnsigned(value)); };
		const auto time = [&number] { return Timespan(static_cast<Timespan::TimeDiff>(number())*Timespan::MILLISECONDS); };

		if (name == "--host") options.host = value;
		else if (name == "--port") options.port = static_cast<Poco::UInt16>(number());
		else if (name == "--sendBuffer") options.sendBuffer = number();
		else if (name == "--threads") params.setMaxThreads(number());
		else if (name == "--loops") params.setEventLoops(number());
		else if (name == "--capacity") params.setCapacity(number());
		else if (name == "--execution") params.setExecutionPolicy(EVServerOptions::executionPolicy(value));
		else if (name == "--accept") params.setAcceptPolicy(EVServerOptions::acceptPolicy(value));
		else if (name == "--timeout") params.setTimeout(time());
		else if (name == "--keepAliveTimeout") params.setKeepAliveTimeout(time());
		else if (name == "--handlerTimeout") params.setHandlerTimeout(time());
		else if (name == "--minDataRate") params.setMinDataRate(number());
		else if (name == "--lingerTimeout") params.setLingerTimeout(time());
		else if (name == "--maxBufferedBytes") params.setMaxBufferedBytes(static_cast<std::size_t>(number()));
		else if (name == "--maxTotalBufferedBytes") params.setMaxTotalBufferedBytes(static_cast<std::size_t>(number()));
		else if (name == "--maxPendingOutput") params.setMaxPendingOutput(static_cast<std::size_t>(number()));
		else throw Poco::InvalidArgumentException("unknown option", name);
	}

	Options parse(int argc, char** argv)
	{
		Options options;
		options.pParams->setMaxThreads(8);
		options.pParams->setMaxQueued(100000);
		options.pParams->setKeepAlive(true);
		options.pParams->setMaxKeepAliveRequests(0);
		options.pParams->setTimeout(Timespan(20, 0));
		options.pParams->setKeepAliveTimeout(Timespan(60, 0));
		for (int i = 1; i < argc; i++)
		{
			const std::string arg(argv[i]);
			if (arg == "--help")
			{
				std::cout << USAGE;
				std::exit(0);
			}
			const std::string::size_type equals = arg.find('=');
			if (equals == std::string::npos) throw Poco::InvalidArgumentException("not of the form --name=value", arg);
			setOption(options, arg.substr(0, equals), arg.substr(equals + 1));
		}
		return options;
	}


	class ErrorCounter: public Poco::ErrorHandler
		/// Exceptions are a part of the test. They are counted, not shown.
	{
	public:
		explicit ErrorCounter(std::atomic<Poco::UInt64>& errors):
			_errors(errors),
			_pPrevious(Poco::ErrorHandler::set(this))
		{
		}

		~ErrorCounter()
		{
			Poco::ErrorHandler::set(_pPrevious);
		}

		void exception(const Poco::Exception&) override
		{
			++_errors;
		}

		void exception(const std::exception&) override
		{
			++_errors;
		}

		void exception() override
		{
			++_errors;
		}

	private:
		std::atomic<Poco::UInt64>& _errors;
		Poco::ErrorHandler* _pPrevious;
	};


	ServerSocket listenOn(const Options& options)
		/// SO_REUSEPORT allows the server to give each of its loops a listening socket.
	{
		ServerSocket socket;
		socket.bind(SocketAddress(options.host, options.port), true, true);
		if (options.sendBuffer > 0) socket.setSendBufferSize(options.sendBuffer); // accepted sockets inherit it
		socket.listen(options.pParams->getAcceptBacklog());
		return socket;
	}

	void run(const Options& options, const sigset_t& signals)
	{
		ChaosContext context;
		ErrorCounter errorCounter(context.errors);
		EVHTTPServer server(new ChaosFactory(context), listenOn(options), options.pParams);
		context.pServer = &server;
		context.successors.serve(server);
		server.start();
		std::printf("listening %u\n", static_cast<unsigned>(server.port()));
		std::fflush(stdout);

		int received = 0;
		sigwait(&signals, &received);

		server.stop();
		context.successors.stop();
		std::printf("%s\n", toJSON(server.statistics(), context.errors).c_str());
		std::fflush(stdout);
	}
}


int main(int argc, char** argv)
{
	// Blocked before the first thread starts, so that only sigwait() sees them.
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, nullptr);
	// Poco's threads do without this one, too.
	sigset_t pipe;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, nullptr);

	try
	{
		run(parse(argc, argv), signals);
		return 0;
	}
	catch (Poco::Exception& exc)
	{
		std::cerr << "ChaosServer: " << exc.displayText() << '\n' << USAGE;
	}
	catch (std::exception& exc)
	{
		std::cerr << "ChaosServer: " << exc.what() << '\n';
	}
	return 1;
}
