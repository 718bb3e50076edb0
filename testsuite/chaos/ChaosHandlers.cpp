//
// ChaosHandlers.cpp
//
// Library: EVNet
// Package: ChaosTest
// Module:  ChaosHandlers
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ChaosHandlers.h"
#include "Poco/Exception.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerRequestImpl.h"
#include "Poco/Net/HTTPServerResponse.h"
#include "Poco/NumberParser.h"
#include "Poco/StreamCopier.h"
#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVServerStatistics;
using Poco::Net::HTTPRequestHandler;
using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;
using Poco::Net::StreamSocket;


//
// statistics
//
std::string toJSON(const EVServerStatistics& statistics, Poco::UInt64 errors)
{
	std::ostringstream ostr;
	const auto put = [&ostr](const char* name, auto value)
	{
		ostr << '"' << name << "\":" << value << ',';
	};
	ostr << '{';
	put("accepted", statistics.accepted);
	put("adopted", statistics.adopted);
	put("closes", statistics.closes());
	put("requests", statistics.requests);
	put("completed", statistics.completed);
	put("cancelled", statistics.cancelled);
	put("queuedRequests", statistics.queuedRequests);
	put("queueWait", statistics.queueWait.totalMicroseconds());
	put("refused", statistics.refused);
	put("overdue", statistics.overdue);
	put("passedOn", statistics.passedOn);
	put("promotions", statistics.promotions);
	put("acceptPauses", statistics.acceptPauses);
	put("open", statistics.open);
	put("idle", statistics.idle);
	put("reading", statistics.reading);
	put("queued", statistics.queued);
	put("running", statistics.running);
	put("flushing", statistics.flushing);
	put("lingering", statistics.lingering);
	put("loops", statistics.loops);
	put("threads", statistics.threads);
	put("errors", errors);
	ostr << "\"closed\":{";
	for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
	{
		ostr << (i ? ",\"" : "\"") << EVServerStatistics::closeReasonName(static_cast<EVServerStatistics::CloseReason>(i)) << "\":"
			<< statistics.closed[i];
	}
	ostr << "}}";
	return ostr.str();
}


//
// Successors
//
namespace
{
	const Poco::Timespan PATIENCE(5, 0); // of those who read from a detached socket


	void sendAll(StreamSocket& socket, const std::string& bytes)
	{
		for (std::size_t sent = 0; sent < bytes.size();)
			sent += static_cast<std::size_t>(socket.sendBytes(bytes.data() + sent, static_cast<int>(bytes.size() - sent)));
	}
}


Successors::Successors():
	_pServer(nullptr),
	_stopped(false)
{
}


Successors::~Successors()
{
	stop();
}


void Successors::serve(EVHTTPServer& server)
{
	_pServer = &server;
	_thread = std::thread(&Successors::run, this);
}


void Successors::stop()
{
	{
		std::lock_guard<std::mutex> lock(_mutex);
		_stopped = true;
		_tasks.clear();
	}
	_changed.notify_all();
	if (_thread.joinable()) _thread.join();
}


void Successors::take(const StreamSocket& socket, bool giveBack)
{
	{
		std::lock_guard<std::mutex> lock(_mutex);
		if (_stopped) return;
		_tasks.push_back(Task{socket, giveBack});
	}
	_changed.notify_one();
}


void Successors::run()
{
	for (;;)
	{
		std::unique_lock<std::mutex> lock(_mutex);
		_changed.wait(lock, [this] { return _stopped || !_tasks.empty(); });
		if (_stopped) return;
		Task task = _tasks.front();
		_tasks.pop_front();
		lock.unlock();
		try
		{
			answer(task);
		}
		catch (Poco::Exception&)
		{
			task.socket.close(); // the client is gone, or the server has been stopped
		}
	}
}


void Successors::answer(Task& task)
{
	task.socket.setSendTimeout(PATIENCE);
	if (task.giveBack)
	{
		sendAll(task.socket, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\ndetached");
		_pServer->adopt(task.socket);
	}
	else
	{
		sendAll(task.socket, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\ndetached");
		task.socket.close();
	}
}


ChaosContext::ChaosContext():
	pServer(nullptr),
	errors(0),
	pattern(makePattern(LARGEST))
{
	std::ofstream ostr(file.path(), std::ios::binary);
	ostr.write(pattern.data(), FILE_BYTES);
	ostr.close();
	if (!ostr) throw Poco::WriteFileException(file.path());
}


//
// handlers
//
namespace
{
	int argumentOf(const HTTPServerRequest& request, int maximum)
	{
		const std::string& uri = request.getURI();
		const std::string::size_type mark = uri.find('?');
		const int value = mark == std::string::npos ? 0 : Poco::NumberParser::parse(uri.substr(mark + 1));
		return std::max(0, std::min(value, maximum));
	}

	void answer(HTTPServerResponse& response, const std::string& body)
	{
		response.setContentType("text/plain");
		response.sendBuffer(body.data(), body.size());
	}

	void echo(HTTPServerRequest& request, HTTPServerResponse& response)
	{
		std::string body;
		Poco::StreamCopier::copyToString(request.stream(), body);
		// The connection has failed: what has come is not what the client has sent.
		if (request.stream().bad()) throw Poco::ReadFileException("request body");
		if (request.getChunkedTransferEncoding())
		{
			response.setChunkedTransferEncoding(true);
			response.send() << body;
		}
		else answer(response, body);
	}

	void large(const ChaosContext& context, HTTPServerResponse& response, int length)
	{
		const int piece = 10000;
		response.setContentLength(length);
		std::ostream& ostr = response.send();
		for (int sent = 0; sent < length; sent += piece) ostr.write(context.pattern.data() + sent, std::min(piece, length - sent));
	}

	void throwLate(HTTPServerResponse& response)
	{
		response.setChunkedTransferEncoding(true);
		(response.send() << "a part, then").flush();
		throw Poco::ApplicationException("as asked, late");
	}

	void upgrade(HTTPServerRequest& request, HTTPServerResponse& response)
		/// Lines come back. The line "end" comes back as the last one.
	{
		response.setStatusAndReason(HTTPResponse::HTTP_SWITCHING_PROTOCOLS);
		response.set("Upgrade", "echo");
		response.set("Connection", "Upgrade");
		response.setContentLength(HTTPResponse::UNKNOWN_CONTENT_LENGTH);
		response.send().flush();
		StreamSocket socket = static_cast<HTTPServerRequestImpl&>(request).detachSocket();
		socket.setReceiveTimeout(PATIENCE);
		socket.setSendTimeout(PATIENCE);
		std::string bytes;
		char buffer[1024];
		try
		{
			while (bytes.size() < 4 || bytes.compare(bytes.size() - 4, 4, "end\n") != 0)
			{
				const int n = socket.receiveBytes(buffer, sizeof(buffer));
				if (n <= 0) break;
				bytes.append(buffer, static_cast<std::size_t>(n));
				sendAll(socket, std::string(buffer, static_cast<std::size_t>(n)));
			}
		}
		catch (...)
		{
			socket.close();
			throw;
		}
		socket.close();
	}


	class ChaosHandler: public HTTPRequestHandler
	{
	public:
		explicit ChaosHandler(ChaosContext& context):
			_context(context)
		{
		}

		void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override
		{
			const std::string path = request.getURI().substr(0, request.getURI().find('?'));
			if (path == "/hello") answer(response, "Hello, World!");
			else if (path == "/echo") echo(request, response);
			else if (path == "/ignore") answer(response, "ignored");
			else if (path == "/large") large(_context, response, argumentOf(request, LARGEST));
			else if (path == "/file") response.sendFile(_context.file.path(), "text/plain");
			else if (path == "/sleep") sleep(response, argumentOf(request, 1000));
			else if (path == "/throw") throw Poco::ApplicationException("as asked");
			else if (path == "/throw-late") throwLate(response);
			else if (path == "/upgrade") upgrade(request, response);
			else if (path == "/detach") detach(request, true);
			else if (path == "/detach-close") detach(request, false);
			else if (path == "/statistics") answer(response, toJSON(_context.pServer->statistics(), _context.errors) + "\n");
			else
			{
				response.setStatusAndReason(HTTPResponse::HTTP_NOT_FOUND);
				answer(response, "not found");
			}
		}

	private:
		void sleep(HTTPServerResponse& response, int milliseconds)
		{
			std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
			answer(response, "slept");
		}

		void detach(HTTPServerRequest& request, bool giveBack)
		{
			_context.successors.take(static_cast<HTTPServerRequestImpl&>(request).detachSocket(), giveBack);
		}

		ChaosContext& _context;
	};
}


ChaosFactory::ChaosFactory(ChaosContext& context):
	_context(context)
{
}


HTTPRequestHandler* ChaosFactory::createRequestHandler(const HTTPServerRequest&)
{
	return new ChaosHandler(_context);
}
