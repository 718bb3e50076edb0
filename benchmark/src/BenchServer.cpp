//
// BenchServer.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  BenchServer
//
// The server that is measured: the same handlers behind EVNet's servers and POCO's.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/EVNet/EVTCPServer.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/HTTPServer.h"
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerResponse.h"
#include "Poco/Net/TCPServer.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/Environment.h"
#include "Poco/Exception.h"
#include "Poco/NumberParser.h"
#include "Poco/StringTokenizer.h"
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVHTTPServerParams;
using Poco::EVNet::EVServerOptions;
using Poco::EVNet::EVServerStatistics;
using Poco::EVNet::EVTCPServer;
using Poco::EVNet::EVTCPServerConnection;
using Poco::EVNet::EVTCPServerParams;
using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPRequestHandlerFactory;
using Poco::Net::HTTPServer;
using Poco::Net::HTTPServerParams;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;
using Poco::Net::TCPServer;
using Poco::Net::TCPServerConnection;
using Poco::Net::TCPServerConnectionFactory;
using Poco::Net::TCPServerConnectionFactoryImpl;
using Poco::Net::TCPServerParams;


namespace
{
	const int BACKLOG    = 4096;
	const int MAX_QUEUED = 100000;

	const char* const USAGE =
		"usage: BenchServer --server=evhttp|pocohttp|evtcp|pocotcp [OPTION...]\n"
		"Serves on the loopback interface until SIGTERM or SIGINT.\n"
		"\n"
		"  --port=N          port to listen on (default: 0, any free one; it is printed)\n"
		"  --threads=N       threads that run requests (default: 16)\n"
		"  --handler=H       what an HTTP request does (default: hello)\n"
		"                      hello            answers at once\n"
		"                      sleep:MS         sleeps MS milliseconds first\n"
		"                      mixed:ONE_IN:MS  one request in ONE_IN sleeps MS milliseconds;\n"
		"                                       its answer carries the header X-Slow: 1\n"
		"  --version         prints the version of POCO and exits\n"
		"\n"
		"For the ev servers only:\n"
		"  --loops=N         event loops (default: 0, one per core)\n"
		"  --execution=E     adaptive (default), dedicated or inline\n"
		"  --accept=A        auto (default), reuseport or roundrobin\n"
		"  --capacity=N      connections open at once (default: 0, what the descriptors allow)\n";

	struct Options
	{
		std::string server;
		Poco::UInt16 port = 0;
		int threads = 16;
		int loops = 0;
		int capacity = 0;
		unsigned slowOneIn = 0; // 0: no request sleeps
		int sleepMs = 0;
		EVServerOptions::ExecutionPolicy execution = EVServerOptions::EXECUTE_ADAPTIVE;
		EVServerOptions::AcceptPolicy accept = EVServerOptions::ACCEPT_AUTO;
	};

	void setHandler(Options& options, const std::string& value)
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

	EVServerOptions::ExecutionPolicy executionPolicy(const std::string& value)
	{
		if (value == "adaptive") return EVServerOptions::EXECUTE_ADAPTIVE;
		if (value == "dedicated") return EVServerOptions::EXECUTE_DEDICATED;
		if (value == "inline") return EVServerOptions::EXECUTE_INLINE;
		throw Poco::InvalidArgumentException("--execution", value);
	}

	EVServerOptions::AcceptPolicy acceptPolicy(const std::string& value)
	{
		if (value == "auto") return EVServerOptions::ACCEPT_AUTO;
		if (value == "reuseport") return EVServerOptions::ACCEPT_REUSE_PORT;
		if (value == "roundrobin") return EVServerOptions::ACCEPT_ROUND_ROBIN;
		throw Poco::InvalidArgumentException("--accept", value);
	}

	Options parse(int argc, char** argv)
	{
		Options options;
		for (int i = 1; i < argc; i++)
		{
			const std::string arg(argv[i]);
			if (arg == "--help")
			{
				std::cout << USAGE;
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

			if (name == "--server") options.server = value;
			else if (name == "--port") options.port = portNumber(value);
			else if (name == "--threads") options.threads = Poco::NumberParser::parse(value);
			else if (name == "--loops") options.loops = Poco::NumberParser::parse(value);
			else if (name == "--capacity") options.capacity = Poco::NumberParser::parse(value);
			else if (name == "--handler") setHandler(options, value);
			else if (name == "--execution") options.execution = executionPolicy(value);
			else if (name == "--accept") options.accept = acceptPolicy(value);
			else throw Poco::InvalidArgumentException("unknown option", arg);
		}
		return options;
	}


	class HelloHandler: public HTTPRequestHandler
	{
	public:
		HelloHandler(const Options& options, std::atomic<unsigned>& requests):
			_options(options),
			_requests(requests)
		{
		}

		void handleRequest(HTTPServerRequest&, HTTPServerResponse& response)
		{
			if (_options.slowOneIn && _requests.fetch_add(1, std::memory_order_relaxed) % _options.slowOneIn == 0)
			{
				std::this_thread::sleep_for(std::chrono::milliseconds(_options.sleepMs));
				response.set("X-Slow", "1");
			}
			response.setContentType("text/plain");
			response.sendBuffer("Hello, World!", 13);
		}

	private:
		const Options& _options;
		std::atomic<unsigned>& _requests;
	};


	class HelloHandlerFactory: public HTTPRequestHandlerFactory
	{
	public:
		explicit HelloHandlerFactory(const Options& options):
			_options(options)
		{
		}

		HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&)
		{
			return new HelloHandler(_options, _requests);
		}

	private:
		const Options& _options;
		std::atomic<unsigned> _requests{0};
	};


	class EVEchoConnection: public EVTCPServerConnection
	{
	public:
		using EVTCPServerConnection::EVTCPServerConnection;

		void run()
		{
			socket().sendBytes(requestData(), static_cast<int>(requestLength()));
		}
	};


	class PlainEchoConnection: public TCPServerConnection
	{
	public:
		using TCPServerConnection::TCPServerConnection;

		void run()
		{
			char buffer[16384];
			int length;
			while ((length = socket().receiveBytes(buffer, sizeof(buffer))) > 0)
			{
				for (int sent = 0; sent < length;) sent += socket().sendBytes(buffer + sent, length - sent);
			}
		}
	};


	void setParams(TCPServerParams& params, const Options& options)
	{
		params.setMaxThreads(options.threads);
		params.setMaxQueued(MAX_QUEUED);
	}

	void setHTTPParams(HTTPServerParams& params, const Options& options)
	{
		setParams(params, options);
		params.setKeepAlive(true);
		params.setKeepAliveTimeout(Poco::Timespan(600, 0));
		params.setMaxKeepAliveRequests(0);
	}

	void setOptions(EVServerOptions& params, const Options& options)
	{
		params.setEventLoops(options.loops);
		params.setExecutionPolicy(options.execution);
		params.setAcceptPolicy(options.accept);
		params.setCapacity(options.capacity);
		params.setAcceptBacklog(BACKLOG);
	}

	ServerSocket listenOn(const Options& options)
		/// SO_REUSEPORT allows an ev server to give each of its loops a listening socket.
	{
		ServerSocket socket;
		socket.bind(SocketAddress("127.0.0.1", options.port), true, true);
		socket.listen(BACKLOG);
		return socket;
	}


	template <class Server>
	void serve(Server& server, const sigset_t& signals)
	{
		server.start();
		std::printf("listening %u\n", static_cast<unsigned>(server.port()));
		std::fflush(stdout);

		int received = 0;
		sigwait(&signals, &received);

		const auto begin = std::chrono::steady_clock::now();
		server.stop();
		const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begin;
		std::printf("stop_ms %.3f\n", elapsed.count());
		std::fflush(stdout);
	}

	void printStatistics(const EVServerStatistics& statistics)
	{
		const auto print = [](const std::string& name, auto value)
		{
			std::cout << name << ' ' << value << '\n';
		};
		print("accepted", statistics.accepted);
		print("adopted", statistics.adopted);
		print("requests", statistics.requests);
		print("queued_requests", statistics.queuedRequests);
		print("queue_wait_us", statistics.queueWait.totalMicroseconds());
		print("promotions", statistics.promotions);
		print("accept_pauses", statistics.acceptPauses);
		print("open", statistics.open);
		print("loops", statistics.loops);
		print("threads", statistics.threads);
		for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
		{
			print(std::string("closed_") + EVServerStatistics::closeReasonName(static_cast<EVServerStatistics::CloseReason>(i)), statistics.closed[i]);
		}
		std::cout.flush();
	}

	template <class Server>
	void serveEV(Server& server, const sigset_t& signals)
	{
		serve(server, signals);
		printStatistics(server.statistics());
	}

	template <class Server>
	[[noreturn]] void servePoco(Server& server, const sigset_t& signals)
		/// Does not return: POCO's threads stay with their keep-alive
		/// connections until these time out, and ~ThreadPool would wait for them.
	{
		serve(server, signals);
		_exit(0);
	}

	void run(const Options& options, const sigset_t& signals)
	{
		if (options.server == "evhttp")
		{
			EVHTTPServerParams::Ptr pParams = new EVHTTPServerParams;
			setHTTPParams(*pParams, options);
			setOptions(*pParams, options);
			EVHTTPServer server(new HelloHandlerFactory(options), listenOn(options), pParams);
			serveEV(server, signals);
		}
		else if (options.server == "evtcp")
		{
			EVTCPServerParams::Ptr pParams = new EVTCPServerParams;
			setParams(*pParams, options);
			setOptions(*pParams, options);
			EVTCPServer server(new TCPServerConnectionFactoryImpl<EVEchoConnection>, listenOn(options), pParams);
			serveEV(server, signals);
		}
		else if (options.server == "pocohttp")
		{
			HTTPServerParams::Ptr pParams = new HTTPServerParams;
			setHTTPParams(*pParams, options);
			Poco::ThreadPool pool(2, std::max(2, options.threads));
			HTTPServer server(new HelloHandlerFactory(options), pool, listenOn(options), pParams);
			servePoco(server, signals);
		}
		else if (options.server == "pocotcp")
		{
			TCPServerParams::Ptr pParams = new TCPServerParams;
			setParams(*pParams, options);
			Poco::ThreadPool pool(2, std::max(2, options.threads));
			TCPServer server(new TCPServerConnectionFactoryImpl<PlainEchoConnection>, pool, listenOn(options), pParams);
			servePoco(server, signals);
		}
		else throw Poco::InvalidArgumentException("--server", options.server);
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

	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
	{
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}

	Options options;
	try
	{
		options = parse(argc, argv);
	}
	catch (Poco::Exception& exc)
	{
		std::cerr << "BenchServer: " << exc.displayText() << '\n' << USAGE;
		return 64;
	}
	try
	{
		run(options, signals);
		return 0;
	}
	catch (Poco::Exception& exc)
	{
		std::cerr << "BenchServer: " << exc.displayText() << '\n';
	}
	catch (std::exception& exc)
	{
		std::cerr << "BenchServer: " << exc.what() << '\n';
	}
	return 1;
}
