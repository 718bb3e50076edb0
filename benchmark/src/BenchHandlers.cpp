//
// BenchHandlers.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  BenchHandlers
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "BenchHandlers.h"
#include "Poco/FileStream.h"
#include "Poco/NumberParser.h"
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerResponse.h"
#include <chrono>
#include <ctime>
#include <thread>


using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;


namespace
{
	std::atomic<Poco::Int64> handlerNanoseconds{0};


	class HelloHandler: public HTTPRequestHandler
	{
	public:
		HelloHandler(const BenchOptions& options, std::atomic<unsigned>& requests):
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
		const BenchOptions& _options;
		std::atomic<unsigned>& _requests;
	};


	class WorkHandler: public HTTPRequestHandler
		/// Computes or sleeps for the microseconds that the last part of the path says.
	{
	public:
		void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response)
		{
			const std::string& uri = request.getURI();
			const std::chrono::microseconds time(Poco::NumberParser::parse(uri.substr(uri.rfind('/') + 1)));
			if (isSleep(uri)) std::this_thread::sleep_for(time);
			else compute(time);
			response.setContentType("text/plain");
			response.sendBuffer("Hello, World!", 13);
		}

		static bool isSleep(const std::string& uri)
		{
			return uri.compare(0, 7, "/sleep/") == 0;
		}

		static bool isCompute(const std::string& uri)
		{
			return uri.compare(0, 9, "/compute/") == 0;
		}

	private:
		static std::chrono::nanoseconds processorTime()
		{
			timespec time;
			clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
			return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
		}

		static void compute(std::chrono::nanoseconds time)
			/// Uses a processor for that time: others that use it meanwhile do not count.
		{
			const std::chrono::nanoseconds end = processorTime() + time;
			volatile unsigned x = 1;
			while (processorTime() < end)
			{
				for (int i = 0; i < 500; i++) x = x*1664525 + 1013904223;
			}
		}
	};


	class TimedHandler: public HTTPRequestHandler
		/// Counts the time for which it has kept its thread.
	{
	public:
		TimedHandler(const std::string& path, const std::string& memory):
			_path(path),
			_memory(memory)
		{
		}

		void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response)
		{
			const auto begin = std::chrono::steady_clock::now();
			response.setContentType("text/plain");
			if (request.getURI() == "/length") answerLength(request, response);
			else if (request.getURI() == "/file") response.sendFile(_path, "text/plain");
			else response.sendBuffer(_memory.data(), _memory.size());
			handlerNanoseconds += std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
		}

	private:
		static void answerLength(HTTPServerRequest& request, HTTPServerResponse& response)
		{
			char buffer[16384];
			std::size_t length = 0;
			do
			{
				request.stream().read(buffer, sizeof(buffer));
				length += static_cast<std::size_t>(request.stream().gcount());
			}
			while (request.stream());
			const std::string text = std::to_string(length);
			response.sendBuffer(text.data(), text.size());
		}

		const std::string& _path;
		const std::string& _memory;
	};
}


BenchHandlerFactory::BenchHandlerFactory(const BenchOptions& options):
	_options(options),
	_memory(options.bytes, 'x')
{
	Poco::FileOutputStream ostr(_file.path());
	ostr << _memory;
	ostr.close();
}


HTTPRequestHandler* BenchHandlerFactory::createRequestHandler(const HTTPServerRequest& request)
{
	if (request.getURI().size() == 1) return new HelloHandler(_options, _requests);
	if (WorkHandler::isSleep(request.getURI()) || WorkHandler::isCompute(request.getURI())) return new WorkHandler;
	return new TimedHandler(_file.path(), _memory);
}


double BenchHandlerFactory::handlerMilliseconds()
{
	return static_cast<double>(handlerNanoseconds.load())/1e6;
}


void EVEchoConnection::run()
{
	socket().sendBytes(requestData(), static_cast<int>(requestLength()));
}


void PlainEchoConnection::run()
{
	char buffer[16384];
	int length;
	while ((length = socket().receiveBytes(buffer, sizeof(buffer))) > 0)
	{
		for (int sent = 0; sent < length;) sent += socket().sendBytes(buffer + sent, length - sent);
	}
}
