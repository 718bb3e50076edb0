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


#include "BenchHandlers.h"
#include "BenchOptions.h"
#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/EVNet/EVTCPServer.h"
#include "Poco/Exception.h"
#include "Poco/Net/HTTPServer.h"
#if defined(BENCH_TLS)
#include "Poco/Net/Context.h"
#include "Poco/Net/SecureServerSocket.h"
#include <openssl/ssl.h>
#endif
#include "Poco/Net/TCPServer.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>
#include <type_traits>


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVHTTPServerParams;
using Poco::EVNet::EVServerOptions;
using Poco::EVNet::EVServerStatistics;
using Poco::EVNet::EVTCPServer;
using Poco::EVNet::EVTCPServerParams;
using Poco::Net::HTTPServer;
using Poco::Net::HTTPServerParams;
#if defined(BENCH_TLS)
using Poco::Net::Context;
using Poco::Net::SecureServerSocket;
#endif
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Net::TCPServer;
using Poco::Net::TCPServerConnectionFactoryImpl;
using Poco::Net::TCPServerParams;


namespace
{
	const int BACKLOG = 4096;


	void setParams(TCPServerParams& params, const BenchOptions& options)
	{
		params.setMaxThreads(options.threads);
		params.setMaxQueued(options.maxQueued);
	}

	void setHTTPParams(HTTPServerParams& params, const BenchOptions& options)
	{
		setParams(params, options);
		params.setKeepAlive(true);
		params.setKeepAliveTimeout(Poco::Timespan(options.keepAlive, 0));
		params.setMaxKeepAliveRequests(0);
	}

#if defined(BENCH_TLS)
	ServerSocket listenSecurely(const BenchOptions& options)
		/// With one cipher of TLS 1.3, as nginx has it in the figures, tickets, and no buffers for idle connections.
	{
		Context::Ptr pContext = new Context(Context::TLS_SERVER_USE, options.certificate, options.certificate, "", Context::VERIFY_NONE,
			9, false, "ECDHE+AESGCM");
		SSL_CTX_set_mode(pContext->sslContext(), SSL_MODE_RELEASE_BUFFERS);
		pContext->enableSessionCache(true, "BenchServer");
		return SecureServerSocket(SocketAddress("127.0.0.1", options.port), BACKLOG, pContext);
	}
#endif

	ServerSocket listenOn(const BenchOptions& options)
		/// SO_REUSEPORT allows an ev server to give each of its loops a listening socket.
	{
#if defined(BENCH_TLS)
		if (!options.certificate.empty()) return listenSecurely(options);
#else
		if (!options.certificate.empty()) throw Poco::InvalidArgumentException("--certificate: built without NetSSL");
#endif
		ServerSocket socket;
		socket.bind(SocketAddress("127.0.0.1", options.port), true, true);
		if (options.receiveBuffer > 0) socket.setReceiveBufferSize(static_cast<int>(options.receiveBuffer)); // accepted sockets inherit it
		socket.listen(BACKLOG);
		return socket;
	}


	template <class Server>
	void end(Server& server, const BenchOptions& options)
	{
		if constexpr (std::is_base_of<EVTCPServer, Server>::value)
		{
			if (options.drainSeconds >= 0) server.drain(Poco::Timespan(options.drainSeconds, 0));
		}
		server.stop();
	}

	template <class Server>
	void serve(Server& server, const BenchOptions& options, const sigset_t& signals)
	{
		server.start();
		std::printf("listening %u\n", static_cast<unsigned>(server.port()));
		std::fflush(stdout);

		int received = 0;
		sigwait(&signals, &received);

		const auto begin = std::chrono::steady_clock::now();
		end(server, options);
		const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begin;
		std::printf("stop_begin_ns %lld\n", static_cast<long long>(std::chrono::nanoseconds(begin.time_since_epoch()).count()));
		std::printf("stop_ms %.3f\n", elapsed.count());
		std::printf("handler_ms %.3f\n", BenchHandlerFactory::handlerMilliseconds());
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
		print("completed", statistics.completed);
		print("cancelled", statistics.cancelled);
		print("refused", statistics.refused);
		print("queued_requests", statistics.queuedRequests);
		print("queue_wait_us", statistics.queueWait.totalMicroseconds());
		print("passed_on", statistics.passedOn);
		print("promotions", statistics.promotions);
		print("accept_pauses", statistics.acceptPauses);
		print("open", statistics.open);
		print("loops", statistics.loops);
		print("threads", statistics.threads);
		for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
		{
			print(std::string("closed_") + EVServerStatistics::closeReasonName(static_cast<EVServerStatistics::CloseReason>(i)),
				statistics.closed[i]);
		}
		std::cout.flush();
	}

	template <class Server>
	void serveEV(Server& server, const BenchOptions& options, const sigset_t& signals)
	{
		serve(server, options, signals);
		printStatistics(server.statistics());
	}

	template <class Server>
	[[noreturn]] void servePoco(Server& server, const BenchOptions& options, const sigset_t& signals)
		/// Does not return: POCO's threads stay with their keep-alive
		/// connections until these time out, and ~ThreadPool would wait for them.
	{
		serve(server, options, signals);
		_exit(0);
	}

	void run(const BenchOptions& options, const sigset_t& signals)
	{
		if (options.server == "evhttp")
		{
			EVHTTPServerParams::Ptr pParams = new EVHTTPServerParams;
			setHTTPParams(*pParams, options);
			static_cast<EVServerOptions&>(*pParams) = options.ev;
			pParams->setAcceptBacklog(BACKLOG);
			EVHTTPServer server(new BenchHandlerFactory(options), listenOn(options), pParams);
			serveEV(server, options, signals);
		}
		else if (options.server == "evtcp")
		{
			EVTCPServerParams::Ptr pParams = new EVTCPServerParams;
			setParams(*pParams, options);
			static_cast<EVServerOptions&>(*pParams) = options.ev;
			pParams->setAcceptBacklog(BACKLOG);
			EVTCPServer server(new TCPServerConnectionFactoryImpl<EVEchoConnection>, listenOn(options), pParams);
			serveEV(server, options, signals);
		}
		else if (options.server == "pocohttp")
		{
			HTTPServerParams::Ptr pParams = new HTTPServerParams;
			setHTTPParams(*pParams, options);
			Poco::ThreadPool pool(2, std::max(2, options.threads));
			HTTPServer server(new BenchHandlerFactory(options), pool, listenOn(options), pParams);
			servePoco(server, options, signals);
		}
		else if (options.server == "pocotcp")
		{
			TCPServerParams::Ptr pParams = new TCPServerParams;
			setParams(*pParams, options);
			Poco::ThreadPool pool(2, std::max(2, options.threads));
			TCPServer server(new TCPServerConnectionFactoryImpl<PlainEchoConnection>, pool, listenOn(options), pParams);
			servePoco(server, options, signals);
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

	BenchOptions options;
	try
	{
		options = BenchOptions::parse(argc, argv);
	}
	catch (Poco::Exception& exc)
	{
		std::cerr << "BenchServer: " << exc.displayText() << '\n' << BenchOptions::usage();
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
