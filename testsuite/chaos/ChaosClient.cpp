//
// ChaosClient.cpp
//
// Library: EVNet
// Package: ChaosTest
// Module:  ChaosClient
//
// Clients that do everything with a ChaosServer, at random, and check what they get.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ChaosExchange.h"
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>


namespace
{
	const char* const USAGE =
		"usage: ChaosClient --port=N [OPTION...]\n"
		"Makes exchanges of all kinds with a ChaosServer, and prints how they went as JSON.\n"
		"\n"
		"  --host=ADDRESS    IPv4 address of the server (default: 127.0.0.1)\n"
		"  --port=N          port of the server\n"
		"  --clients=N       connections at once, each with a thread (default: 16)\n"
		"  --requests=N      ends after so many requests\n"
		"  --seconds=S       ends after so long (default: 5)\n"
		"  --sources=N       addresses from 127.0.1.1 on to connect from (default: 0, the system picks)\n"
		"  --timeout=S       a client that waits longer than that hangs (default: 20)\n"
		"  --exchanges=N     exchanges over one connection, at most (default: 50)\n"
		"  --seed=N          of the random numbers (default: 1)\n"
		"  --basic           no upgrades, detached connections, exceptions and resets\n";

	struct Options
	{
		ChaosSocket::Peer peer;
		int clients = 16;
		std::uint64_t requests = UINT64_MAX;
		double seconds = 5;
		int sources = 0;
		int exchanges = 50;
		std::uint64_t seed = 1;
		bool basic = false;
	};

	[[noreturn]] void usageError(const std::string& message)
	{
		std::fprintf(stderr, "ChaosClient: %s\n%s", message.c_str(), USAGE);
		std::exit(64);
	}

	void setOption(Options& options, const std::string& name, const std::string& value)
	{
		if (name == "--host")
		{
			options.peer.host = value;
			return;
		}
		char* pEnd = nullptr;
		const double number = std::strtod(value.c_str(), &pEnd);
		if (value.empty() || *pEnd || number < 0) usageError("bad value of " + name + ": " + value);
		if (name == "--port") options.peer.port = static_cast<std::uint16_t>(number);
		else if (name == "--clients") options.clients = static_cast<int>(number);
		else if (name == "--seconds") options.seconds = number;
		else if (name == "--sources") options.sources = static_cast<int>(number);
		else if (name == "--timeout") options.peer.timeout = number;
		else if (name == "--exchanges") options.exchanges = static_cast<int>(number);
		else if (name == "--seed") options.seed = static_cast<std::uint64_t>(number);
		else if (name == "--requests")
		{
			options.requests = static_cast<std::uint64_t>(number);
			options.seconds = 1e9;
		}
		else usageError("unknown option: " + name);
	}

	Options parse(int argc, char** argv)
	{
		Options options;
		for (int i = 1; i < argc; i++)
		{
			const std::string arg(argv[i]);
			const std::string::size_type equals = arg.find('=');
			if (arg == "--basic") options.basic = true;
			else if (equals == std::string::npos) usageError("not of the form --name=value: " + arg);
			else setOption(options, arg.substr(0, equals), arg.substr(equals + 1));
		}
		if (options.peer.port == 0) usageError("--port is missing");
		return options;
	}


	class Load
	{
	public:
		explicit Load(const Options& options):
			_options(options),
			_end(std::chrono::steady_clock::now()
				+ std::chrono::milliseconds(static_cast<long long>(std::min(options.seconds, 1e6)*1e3)))
		{
		}

		void run()
		{
			std::vector<std::thread> threads;
			for (int i = 0; i < _options.clients; i++) threads.emplace_back(&Load::client, this, i);
			for (std::thread& thread: threads) thread.join();
		}

		bool print() const
			/// Returns false if something was wrong that no broken connection excuses.
		{
			std::printf("{\"requests\":%llu,\"connections\":%llu,\"ok\":%llu,\"lost\":%llu", number(_requests), number(_connections),
				number(_ok), number(_lost));
			std::printf(",\"unconnected\":%llu,\"refused\":%llu,\"wrong\":%llu,\"hung\":%llu", number(_unconnected), number(_refused),
				number(_wrong), number(_hung));
			for (int i = 0; i < ChaosExchange::KINDS; i++)
				std::printf(",\"%s\":%llu", ChaosExchange::nameOf(static_cast<ChaosExchange::Kind>(i)), number(_kinds[i]));
			std::printf(",\"complaints\":[");
			for (std::size_t i = 0; i < _complaints.size(); i++) std::printf("%s\"%s\"", i ? "," : "", _complaints[i].c_str());
			std::printf("]}\n");
			return _wrong == 0 && _hung == 0;
		}

	private:
		enum
		{
			MAX_COMPLAINTS = 10
		};

		using Counter = std::atomic<std::uint64_t>;

		static unsigned long long number(const Counter& counter)
		{
			return counter.load();
		}

		bool more() const
		{
			return _requests < _options.requests && std::chrono::steady_clock::now() < _end;
		}

		bool connect(ChaosSocket& socket, int client)
		{
			ChaosSocket::Peer peer = _options.peer;
			if (_options.sources > 0) peer.source = 1 + client % _options.sources;
			try
			{
				socket.connect(peer);
				++_connections;
				return true;
			}
			catch (const std::runtime_error& exc)
			{
				++_unconnected;
				complain("connect", exc);
				std::this_thread::sleep_for(std::chrono::milliseconds(50));
				return false;
			}
		}

		void client(int index)
		{
			ChaosSocket socket;
			ChaosExchange exchange(socket, _options.seed*1000003 + static_cast<std::uint64_t>(index));
			while (more())
			{
				if (!connect(socket, index)) continue;
				const std::size_t exchanges = exchange.random(1, static_cast<std::size_t>(_options.exchanges));
				for (std::size_t i = 0; i < exchanges && socket.isOpen() && more(); i++) make(exchange, socket);
				socket.close();
			}
		}

		void make(ChaosExchange& exchange, ChaosSocket& socket)
		{
			const ChaosExchange::Kind kind = exchange.pick(_options.basic);
			++_kinds[kind];
			try
			{
				_requests += static_cast<std::uint64_t>(exchange.make(kind));
				++_ok;
				return;
			}
			catch (const Lost& exc)
			{
				++_lost;
				complain(ChaosExchange::nameOf(kind), exc);
			}
			catch (const ServerError& exc)
			{
				++_refused;
				complain(ChaosExchange::nameOf(kind), exc);
			}
			catch (const Hung& exc)
			{
				++_hung;
				complain(ChaosExchange::nameOf(kind), exc);
			}
			catch (const Wrong& exc)
			{
				++_wrong;
				complain(ChaosExchange::nameOf(kind), exc);
			}
			++_requests;
			socket.close();
		}

		void complain(const char* pWhat, const std::exception& exc)
		{
			std::string text = std::string(pWhat) + ": " + exc.what();
			for (char& c: text)
			{
				if (c < ' ' || c == '"' || c == '\\' || c > '~') c = '?';
			}
			std::lock_guard<std::mutex> lock(_mutex);
			if (_complaints.size() < MAX_COMPLAINTS) _complaints.push_back(text);
		}

		const Options& _options;
		const std::chrono::steady_clock::time_point _end;
		Counter _requests{0};
		Counter _connections{0};
		Counter _ok{0};
		Counter _lost{0};
			/// Exchanges whose connection broke.
		Counter _unconnected{0};
		Counter _refused{0};
			/// Answered with a server error.
		Counter _wrong{0};
		Counter _hung{0};
		Counter _kinds[ChaosExchange::KINDS] = {};
		std::mutex _mutex;
		std::vector<std::string> _complaints;
	};
}


int main(int argc, char** argv)
{
	const Options options = parse(argc, argv);
	Load load(options);
	load.run();
	return load.print() ? 0 : 1;
}
