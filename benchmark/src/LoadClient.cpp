//
// LoadClient.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  LoadClient
//
// The client of the benchmark: a command line for the LoadGenerator.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "LoadGenerator.h"
#include <sys/resource.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>


namespace
{
	const char* const USAGE =
		"usage: LoadClient MODE --port=N [OPTION...]\n"
		"Closed-loop load from one thread: a connection sends its next request when\n"
		"it has the answer to the last one. Prints one \"name value\" a line.\n"
		"\n"
		"modes:\n"
		"  echo    messages that come back as they are\n"
		"  http    GET requests over keep-alive connections\n"
		"  churn   a new connection for each echoed message\n"
		"  close   a new connection for each GET request, which the server closes\n"
		"  hold    opens all connections, one GET on each, rests, one more GET on each\n"
		"\n"
		"options (seconds may be fractions):\n"
		"  --host=ADDRESS    IPv4 address of the server (default: 127.0.0.1)\n"
		"  --port=N          port of the server\n"
		"  --connections=N   connections at once (default: 256)\n"
		"  --sources=N       source addresses to use (default: 1; 8 for churn, close and hold)\n"
		"  --size=N          length of an echoed message, up to 1024 (default: 64)\n"
		"  --path=PATH       what to GET (default: /)\n"
		"  --fields=F        header fields of a GET: host (default), only this one,\n"
		"                    or browser, the ten that a browser sends\n"
		"  --pipeline=N      requests of http that are sent in one write, before their answers\n"
		"                    are awaited; a --count must be a multiple (default: 1)\n"
		"  --seconds=S       duration of the measurement (default: 5)\n"
		"  --count=N         exchanges to measure, instead of a duration\n"
		"  --warmup=S        duration of the load that is not measured before (default: 0.5)\n"
		"  --warmup-count=N  exchanges not measured before, instead of a duration\n"
		"  --rate=N          exchanges per second (default: 0, as many as possible); of hold,\n"
		"                    the first ones\n"
		"  --corrected       with a rate: latencies count from when a request was due, not from\n"
		"                    when a connection was free for it (no coordinated omission)\n"
		"  --idle=S          rest of hold (default: 5)\n"
		"  --timeout=S       how long to wait for answers that do not come (default: 10)\n"
		"  --gate            print \"ready\" before the measurement and \"done\" after it and\n"
		"                    wait for a line on stdin each time; all requests are\n"
		"                    answered and all connections open meanwhile. hold prints \"held\"\n"
		"                    after the first answers and waits for a line instead of --idle\n"
		"  --keep            of hold: after the first answers print \"held\" and keep\n"
		"                    the connections until stdin is closed\n";


	struct Options: LoadGenerator::Options
	{
		std::string mode;
		std::string path = "/";
		std::string fields = "host";
		std::size_t size = 64;
		double idle = 5;
		bool gate = false;
		bool keep = false;
		LoadGenerator::Phase warmup;
		LoadGenerator::Phase measure;
	};

	[[noreturn]] void usageError(const std::string& message)
	{
		std::fprintf(stderr, "LoadClient: %s\n%s", message.c_str(), USAGE);
		std::exit(64);
	}

	double number(const std::string& arg, const std::string& text, double min, double max)
	{
		char* pEnd = nullptr;
		const double value = std::strtod(text.c_str(), &pEnd);
		if (text.empty() || *pEnd || !(value >= min && value <= max)) usageError("bad value: " + arg);
		return value;
	}

	void setOption(Options& options, const std::string& arg, const std::string& name, const std::string& value)
	{
		const auto get = [&](double min, double max)
		{
			return number(arg, value, min, max);
		};

		if (name == "--host") options.host = value;
		else if (name == "--path") options.path = value;
		else if (name == "--fields") options.fields = value;
		else if (name == "--port") options.port = static_cast<std::uint16_t>(get(1, 65535));
		else if (name == "--connections") options.connections = static_cast<int>(get(1, 1e6));
		else if (name == "--sources") options.sources = static_cast<int>(get(1, 250));
		else if (name == "--size") options.size = static_cast<std::size_t>(get(1, 1024));
		else if (name == "--pipeline") options.pipeline = static_cast<int>(get(1, 64));
		else if (name == "--seconds") options.measure.seconds = get(0.001, 1e6);
		else if (name == "--warmup") options.warmup.seconds = get(0, 1e6);
		else if (name == "--rate") options.measure.rate = options.warmup.rate = get(0, 1e6);
		else if (name == "--idle") options.idle = get(0, 1e6);
		else if (name == "--timeout") options.timeout = get(0.001, 1e6);
		else if (name == "--count")
		{
			options.measure.exchanges = static_cast<std::uint64_t>(get(1, 1e12));
			options.measure.seconds = 1e9;
		}
		else if (name == "--warmup-count")
		{
			options.warmup.exchanges = static_cast<std::uint64_t>(get(1, 1e12));
			options.warmup.seconds = 1e9;
		}
		else usageError("unknown option: " + arg);
	}

	std::string getRequest(const Options& options)
	{
		std::string request = "GET " + options.path + " HTTP/1.1\r\nHost: " + options.host + "\r\n";
		if (options.fields == "browser")
		{
			request +=
				"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
				"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
				"Accept-Language: en-US,en;q=0.5\r\n"
				"Accept-Encoding: gzip, deflate, br\r\n";
			if (options.mode != "close") request += "Connection: keep-alive\r\n";
			request +=
				"Cookie: session=4f1c9a7be2d84063b5a1f0c27d9e8365; theme=dark; lang=en; consent=analytics-no\r\n"
				"Upgrade-Insecure-Requests: 1\r\n"
				"Sec-Fetch-Dest: document\r\n"
				"Cache-Control: max-age=0\r\n";
		}
		if (options.mode == "close") request += "Connection: close\r\n";
		return request + "\r\n";
	}

	void complete(Options& options)
		/// Sets what follows from several options, and checks that they go together.
	{
		const std::string& mode = options.mode;
		if (mode != "echo" && mode != "http" && mode != "churn" && mode != "close" && mode != "hold") usageError("no such mode: " + mode);
		if (options.fields != "host" && options.fields != "browser") usageError("no such header fields: " + options.fields);
		if (!options.port) usageError("--port is missing");
		if (options.pipeline > 1)
		{
			if (mode != "http" || options.measure.rate > 0) usageError("--pipeline is for http without a rate");
			const std::uint64_t pipeline = static_cast<std::uint64_t>(options.pipeline);
			for (std::uint64_t count: {options.measure.exchanges, options.warmup.exchanges})
			{
				if (count != UINT64_MAX && count % pipeline) usageError("a number of exchanges must be a multiple of --pipeline");
			}
		}

		const bool many = mode == "churn" || mode == "close" || mode == "hold";
		if (!options.sources) options.sources = many ? 8 : 1;
		options.measure.churn = options.warmup.churn = mode == "churn" || mode == "close";
		options.measure.serverCloses = options.warmup.serverCloses = mode == "close";
		if (mode == "http" || mode == "close" || mode == "hold")
		{
			options.protocol = LoadGenerator::HTTP;
			options.request = getRequest(options);
		}
		else
		{
			for (std::size_t i = 0; i < options.size; i++) options.request += static_cast<char>('a' + i % 26);
		}
	}

	Options parse(int argc, char** argv)
	{
		Options options;
		options.connections = 256;
		options.sources = 0;
		options.warmup.seconds = 0.5;
		options.measure.seconds = 5;
		for (int i = 1; i < argc; i++)
		{
			const std::string arg(argv[i]);
			if (arg == "--help")
			{
				std::fputs(USAGE, stdout);
				std::exit(0);
			}
			if (arg == "--gate" || arg == "--keep" || arg == "--corrected")
			{
				(arg == "--gate" ? options.gate : arg == "--keep" ? options.keep : options.measure.corrected) = true;
				continue;
			}
			if (i == 1)
			{
				options.mode = arg;
				continue;
			}
			const std::string::size_type equals = arg.find('=');
			if (equals == std::string::npos) usageError("bad argument: " + arg);
			setOption(options, arg, arg.substr(0, equals), arg.substr(equals + 1));
		}
		complete(options);
		return options;
	}


	void print(const char* name, std::uint64_t value)
	{
		std::printf("%s %llu\n", name, static_cast<unsigned long long>(value));
	}

	void print(const char* name, double value)
	{
		std::printf("%s %.3f\n", name, value);
	}

	void printLatencies(const std::string& prefix, const Histogram& histogram)
	{
		const auto quantile = [&](const char* name, double q)
		{
			print((prefix + name).c_str(), static_cast<double>(histogram.quantile(q))/1e3);
		};
		quantile("p50_us", 0.5);
		quantile("p99_us", 0.99);
		quantile("p999_us", 0.999);
		print((prefix + "max_us").c_str(), static_cast<double>(histogram.max())/1e3);
	}

	void printErrors(const LoadGenerator::Result& result)
	{
		print("unanswered", result.unanswered);
		print("lost", result.lost);
		print("invalid", result.invalid);
		print("non_200", result.refused.count());
	}

	void say(const char* word)
	{
		std::puts(word);
		std::fflush(stdout);
	}

	bool waitForLine()
		/// Returns false at the end of stdin.
	{
		char c;
		ssize_t n;
		while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n');
		return n == 1;
	}


	int load(const Options& options)
		/// echo, http, churn and close.
	{
		LoadGenerator generator(options);
		const bool churn = options.measure.churn;
		const int connected = churn ? options.connections : generator.connectAll();
		if (connected == 0) throw std::runtime_error("no connection to the server");

		if (options.warmup.seconds > 0) generator.run(options.warmup);
		if (options.gate)
		{
			say("ready");
			if (!waitForLine()) return 0;
		}
		const LoadGenerator::Result result = generator.run(options.measure);

		print("connections", static_cast<std::uint64_t>(connected));
		print("exchanges", result.exchanges);
		print("seconds", result.seconds);
		print("per_second", result.seconds > 0 ? static_cast<double>(result.exchanges)/result.seconds : 0.0);
		printErrors(result);
		print("served", result.served);
		print("late", result.late);
		print("unsent", result.unsent);
		print("fast", result.fast.count());
		print("slow", result.slow.count());
		printLatencies("", result.fast);
		if (result.slow.count()) printLatencies("slow_", result.slow);
		if (result.refused.count()) printLatencies("refused_", result.refused);
		if (result.firstLost) print("first_lost_ns", static_cast<std::uint64_t>(result.firstLost));
		if (options.gate)
		{
			say("done");
			waitForLine();
		}
		return 0;
	}

	int hold(const Options& options)
	{
		LoadGenerator generator(options);
		Nanoseconds begin = now();
		const int connected = generator.connectAll();
		print("connected", static_cast<std::uint64_t>(connected));
		print("connect_ms", static_cast<double>(now() - begin)/1e6);
		if (connected == 0) throw std::runtime_error("no connection to the server");

		// As many exchanges as there are free connections: one on each, and without a rate all sent before the first answer is read.
		LoadGenerator::Result sum;
		for (int i = 1; i <= (options.keep ? 1 : 2); i++)
		{
			if (i == 2 && options.gate)
			{
				say("held");
				if (!waitForLine()) return 0;
			}
			else if (i == 2) std::this_thread::sleep_for(std::chrono::duration<double>(options.idle));
			LoadGenerator::Phase each;
			each.exchanges = static_cast<std::uint64_t>(generator.idle());
			if (i == 1) each.rate = options.measure.rate;
			const LoadGenerator::Result result = generator.run(each);
			const std::string suffix = std::to_string(i);
			print(("answered" + suffix).c_str(), result.exchanges);
			print(("answers" + suffix + "_ms").c_str(), result.seconds*1e3);
			sum.unanswered = result.unanswered;
			sum.lost += result.lost;
			sum.invalid += result.invalid;
			sum.refused.add(result.refused);
		}
		sum.lost += static_cast<std::uint64_t>(options.connections - connected);
		printErrors(sum);
		if (options.keep || options.gate)
		{
			say(options.keep ? "held" : "done");
			while (waitForLine());
		}
		return 0;
	}
}


int main(int argc, char** argv)
{
	const Options options = parse(argc, argv);

	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
	{
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	try
	{
		return options.mode == "hold" ? hold(options) : load(options);
	}
	catch (std::exception& exc)
	{
		std::fprintf(stderr, "LoadClient: %s\n", exc.what());
	}
	return 1;
}
