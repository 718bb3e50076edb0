//
// ClientLeavesSupport.h
//
// What the tests EV*ClientLeaves*Test have in common: how a client leaves,
// and an audit of the server's statistics.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ClientLeavesSupport_INCLUDED
#define ClientLeavesSupport_INCLUDED


#include "HTTPTestSupport.h"
#include <algorithm>
#include <initializer_list>
#include <poll.h>


const auto RESET = EVServerStatistics::CLOSED_RESET;
const auto BY_CLIENT = EVServerStatistics::CLOSED_BY_CLIENT;
const auto BY_HANDLER = EVServerStatistics::CLOSED_BY_HANDLER;
const auto BY_EXCEPTION = EVServerStatistics::CLOSED_BY_EXCEPTION;
const auto INCOMPLETE = EVServerStatistics::CLOSED_INCOMPLETE;
const auto BAD_REQUEST = EVServerStatistics::CLOSED_BAD_REQUEST;
const auto IDLE_TIMEOUT = EVServerStatistics::CLOSED_IDLE_TIMEOUT;
const auto REQUEST_TIMEOUT = EVServerStatistics::CLOSED_REQUEST_TIMEOUT;
const auto SEND_TIMEOUT = EVServerStatistics::CLOSED_SEND_TIMEOUT;

const Poco::Timespan SHORT(1, 0); // waited for with a TestClock

const Poco::Timespan LONG(60, 0);


enum Leaving
	/// What a client does in a state of its connection.
{
	RESETS,
	HALF_CLOSES,
	IS_SILENT
};


inline void leave(StreamSocket& socket, Leaving how)
{
	try
	{
		if (how == RESETS) resetConnection(socket);
		else if (how == HALF_CLOSES) socket.shutdownSend();
	}
	catch (Poco::Net::NetException&)
	{
		// the server was first, see Audit::reached()
	}
}


inline bool hasLeft(const StreamSocket& socket, Leaving how)
	/// For handlers: returns true if what the client does has arrived. Leaves the socket as it is.
{
	if (how == IS_SILENT) return true;
	struct pollfd descriptor = pollfd();
	descriptor.fd = socket.impl()->sockfd();
	descriptor.events = POLLRDHUP;
	return ::poll(&descriptor, 1, 0) == 1 && (descriptor.revents & (how == RESETS ? POLLHUP | POLLERR : POLLRDHUP));
}


class Audit
	/// Compares the statistics of a server with what they were when the audit began.
{
public:
	using Reasons = std::initializer_list<EVServerStatistics::CloseReason>;

	explicit Audit(const EVTCPServer& server):
		_server(server),
		_before(server.statistics())
	{
	}

	bool reached(int EVServerStatistics::* state, int count = 1) const
		/// Waits until that many connections are in a state, or one of them has been closed already,
		/// because its timeout is short and the machine is slow.
	{
		return waitFor([&]
		{
			const EVServerStatistics statistics = _server.statistics();
			return statistics.*state == count || statistics.closes() > _before.closes();
		});
	}

	bool nothingClosed() const
	{
		return _server.statistics().closes() == _before.closes();
	}

	std::string ended(Reasons reasons, int open = 0) const
		/// Waits until one connection has been closed for each of the reasons. Returns what
		/// is wrong with the statistics then, which is nothing if all is well.
	{
		EVServerStatistics after;
		waitFor([&]
		{
			after = _server.statistics();
			return after.closes() >= _before.closes() + reasons.size() && after.open == open && after.running == 0 && after.queued == 0 && balances(after);
		});
		std::string wrong;
		for (int i = 0; i < EVServerStatistics::CLOSE_REASONS; i++)
		{
			const auto reason = static_cast<EVServerStatistics::CloseReason>(i);
			const auto expected = static_cast<Poco::UInt64>(std::count(reasons.begin(), reasons.end(), reason));
			const Poco::UInt64 found = after.closed[i] - _before.closed[i];
			if (found != expected) wrong += std::string(EVServerStatistics::closeReasonName(reason)) + ": " + std::to_string(found) + ", not " + std::to_string(expected) + "; ";
		}
		if (after.open != open) wrong += "open: " + std::to_string(after.open) + "; ";
		if (open == 0 && (after.idle != 0 || after.reading != 0 || after.flushing != 0 || after.lingering != 0)) wrong += "states without connections; ";
		if (after.running != 0 || after.queued != 0) wrong += "busy; ";
		if (!balances(after)) wrong += "sums do not balance; ";
		return wrong;
	}

private:
	const EVTCPServer&       _server;
	const EVServerStatistics _before;
};


const EVServerOptions::ExecutionPolicy POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};

const std::string HALF_A_HEADER = "GET /half HTTP/1.1\r\nHo";
const std::string HALF_A_BODY = "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345";
const std::string HALF_A_LARGE_BODY = "POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n" + std::string(64*1024, 'x');
const std::string OK; // what an audit says if all is well
const std::string MUCH = pattern(900000); // less than maxPendingOutput, more than the kernel keeps
const std::string MORE = pattern(5000000); // more than maxPendingOutput


class HTTPCase
	/// A server, and the client that will leave it. If it is going to be silent, all timeouts are short.
{
public:
	explicit HTTPCase(Leaving how, EVServerOptions::ExecutionPolicy policy = EVServerOptions::EXECUTE_ADAPTIVE, int threads = 2, int maxQueued = 64):
		_how(how),
		server(serveHTTP([this](HTTPServerRequest& request, HTTPServerResponse& response) { handle(request, response); }), 0, params(how, policy, threads, maxQueued)),
		audit((server.start(), server)),
		client(server)
	{
	}

	~HTTPCase()
	{
		gate.open();
	}

	void leave()
	{
		::leave(client.socket(), _how);
	}

	bool goesOn()
		/// Returns true if another client is answered.
	{
		return RawClient(server).ask("/alive").isOK("/alive");
	}

private:
	static EVHTTPServerParams::Ptr params(Leaving how, EVServerOptions::ExecutionPolicy policy, int threads, int maxQueued)
	{
		EVHTTPServerParams::Ptr pParams = httpParams(threads, 1, policy);
		const Poco::Timespan& timeout = how == IS_SILENT ? SHORT : LONG;
		pParams->setTimeout(timeout);
		pParams->setKeepAliveTimeout(timeout);
		pParams->setLingerTimeout(timeout);
		pParams->setMaxQueued(maxQueued);
		return pParams;
	}

	void handle(HTTPServerRequest& request, HTTPServerResponse& response)
	{
		const std::string& uri = request.getURI();
		StreamSocket& socket = static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
		if (uri == "/said")
		{
			socket.setSendBufferSize(65536);
			response.sendBuffer(MUCH.data(), MUCH.size());
			gate.pass();
			return;
		}
		if (uri == "/block" || uri == "/wait") gate.pass();
		if (uri == "/wait") waitFor([&] { return hasLeft(socket, _how); });
		if (uri == "/much" || uri == "/more")
		{
			socket.setSendBufferSize(65536);
			answer(response, uri == "/much" ? MUCH : MORE);
		}
		else if (uri == "/chunked")
		{
			bodyOf(request);
			response.setChunkedTransferEncoding(true);
			response.send() << "a part";
		}
		else if (uri == "/body")
		{
			bodyOf(request);
			if (request.stream().bad()) response.setStatus(HTTPResponse::HTTP_BAD_REQUEST);
			answer(response, uri);
		}
		else answer(response, uri);
	}

	ErrorCollector _errors;
	const Leaving  _how;

public:
	Gate         gate;
	EVHTTPServer server;
	const Audit  audit;
	RawClient    client;
};


#endif // ClientLeavesSupport_INCLUDED
