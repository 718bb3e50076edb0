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
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerResponse.h"
#include <chrono>
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
