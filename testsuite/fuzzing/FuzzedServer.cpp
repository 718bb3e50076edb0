//
// FuzzedServer.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FuzzedServer.h"
#include "FuzzerSupport.h"
#include "core/SteadyTime.h"
#include "Poco/Net/ServerSocket.h"
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>


using Poco::EVNet::BufferPool;
using Poco::EVNet::ConnectionSocketImpl;
using Poco::EVNet::Deadlines;
using Poco::EVNet::Engine;
using Poco::EVNet::EVHTTPServerConnection;
using Poco::EVNet::EVHTTPServerParams;
using Poco::EVNet::EVServerOptions;
using Poco::EVNet::EVServerStatistics;
using Poco::EVNet::HTTPRequestParser;
using Poco::EVNet::HTTPServerExchangePool;
using Poco::EVNet::Loop;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;


namespace
{
	const int MAX_TURNS = 100000;  // more than any input takes
	const long STEP = 100000;      // nanoseconds
	const long SECOND = 1000000000;

	FuzzedClient* pCurrentClient = nullptr;
	long passed = 0; // steps

	template <class Wait>
	int waitFor(int timeout, Wait wait)
		/// Waits with the given function (for 0 milliseconds), letting the client act.
	{
		for (int turns = 0; turns < MAX_TURNS; turns++)
		{
			pCurrentClient->send();
			const int n = wait();
			if (n == 0) pCurrentClient->take();
			if (n != 0 || timeout == 0) return n;
		}
		fail("The server waits for what never comes");
	}
}


//
// FuzzedCalls
//


int FuzzedCalls::poll(struct pollfd* pDescriptors, nfds_t count, int timeout)
{
	const struct timespec none = {0, 0};
	if (!pCurrentClient)
	{
		const struct timespec time = {timeout/1000, timeout%1000*1000000};
		return ::ppoll(pDescriptors, count, timeout < 0 ? nullptr : &time, nullptr);
	}
	return waitFor(timeout, [&] { return ::ppoll(pDescriptors, count, &none, nullptr); });
}


int FuzzedCalls::epollWait(int fd, struct epoll_event* pEvents, int count, int timeout)
{
	if (!pCurrentClient) return ::epoll_pwait(fd, pEvents, count, timeout, nullptr);
	return waitFor(timeout, [&] { return ::epoll_pwait(fd, pEvents, count, 0, nullptr); });
}


ssize_t FuzzedCalls::receive(int fd, void* pBuffer, std::size_t length, int flags)
{
	ssize_t n = ::recvfrom(fd, pBuffer, length, flags | MSG_DONTWAIT, nullptr, nullptr);
	if ((flags & MSG_DONTWAIT) || n >= 0 || errno != EAGAIN) return n;
	if (pCurrentClient) pCurrentClient->send();
	return ::recvfrom(fd, pBuffer, length, flags, nullptr, nullptr);
}


int FuzzedCalls::getTime(clockid_t clock, struct timespec* pTime)
{
	struct Clock
	{
		long now = 0;
		long steps = 0;
		const FuzzedClient* pClient = nullptr;
	};
	static Clock clocks[2];

	const int result = static_cast<int>(::syscall(SYS_clock_gettime, clock, pTime));
	if (!pCurrentClient || (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)) return result;
	Clock& current = clocks[clock == CLOCK_MONOTONIC];
	if (current.pClient != pCurrentClient) current.now = std::max(current.now, pTime->tv_sec*SECOND + pTime->tv_nsec);
	else current.now += (passed - current.steps)*STEP;
	current.pClient = pCurrentClient;
	current.steps = passed;
	pTime->tv_sec = current.now/SECOND;
	pTime->tv_nsec = current.now % SECOND;
	return 0;
}


int FuzzedCalls::sleep(const struct timespec* pTime, struct timespec* pLeft)
{
	if (!pCurrentClient) return static_cast<int>(::syscall(SYS_nanosleep, pTime, pLeft));
	passed += pTime->tv_sec*(SECOND/STEP) + pTime->tv_nsec/STEP;
	return 0;
}


//
// FuzzedClient
//


FuzzedClient::FuzzedClient(const std::vector<std::string_view>& pieces, bool slow):
	_pieces(pieces),
	_next(0),
	_slow(slow)
{
	int fds[2];
	require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0, "There is no socket");
	_fd = fds[0];
	_peer = fds[1];
	const int least = 1; // the kernel knows what is possible
	if (slow) ::setsockopt(_peer, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
	pCurrentClient = this;
}


FuzzedClient::~FuzzedClient()
{
	::close(_fd);
	pCurrentClient = nullptr;
}


int FuzzedClient::peer() const
{
	return _peer;
}


void FuzzedClient::send()
{
	if (_next < _pieces.size())
	{
		std::string_view& piece = _pieces[_next];
		const ssize_t n = ::send(_fd, piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) return;
		if (n < 0) _next = _pieces.size(); // the server does not want more
		else piece.remove_prefix(static_cast<std::size_t>(n));
		if (n < 0 || !piece.empty()) return;
		++_next;
		if (_pieces.size() > 1) return;
	}
	if (_next++ == _pieces.size()) ::shutdown(_fd, SHUT_WR);
}


void FuzzedClient::take()
{
	if (_slow) takeSome(1000);
	else while (takeSome(65536)) {}
}


bool FuzzedClient::takeSome(std::size_t maxBytes)
{
	static char buffer[65536];
	const ssize_t n = ::recvfrom(_fd, buffer, maxBytes, MSG_DONTWAIT, nullptr, nullptr);
	if (n > 0) _received.append(buffer, static_cast<std::size_t>(n));
	return n > 0;
}


std::string FuzzedClient::takeAll()
{
	while (takeSome(65536)) {}
	return std::move(_received);
}


class FuzzedServer::Connection: public EVHTTPServerConnection
	/// Tells the server about the connection.
{
public:
	Connection(const StreamSocket& socket, FuzzedServer& server):
		EVHTTPServerConnection(socket, server._context),
		_server(server)
	{
		_server._pOpen = this;
	}

	~Connection()
	{
		_server._pOpen = nullptr;
	}

	void notified() override
	{
		++_server._notifications;
	}

protected:
	std::ptrdiff_t frame(const char* pData, std::size_t length) override
	{
		const std::ptrdiff_t framed = EVHTTPServerConnection::frame(pData, length);
		if (framed > 0) _server._pHandlers->setFramed(static_cast<std::size_t>(framed));
		return framed;
	}

private:
	FuzzedServer& _server;
};


class FuzzedServer::ConnectionFactory: public Poco::Net::TCPServerConnectionFactory
{
public:
	explicit ConnectionFactory(FuzzedServer& server):
		_server(server)
	{
	}

	Poco::Net::TCPServerConnection* createConnection(const StreamSocket& socket) override
	{
		return new Connection(socket, _server);
	}

private:
	FuzzedServer& _server;
};


namespace
{
	Poco::ThreadPool& pool()
		/// Nobody uses its threads. Never destroyed: that would take a while.
	{
		static Poco::ThreadPool* pPool = new Poco::ThreadPool(2, 4);
		return *pPool;
	}
}


FuzzedServer::FuzzedServer(std::size_t maxBufferedBytes, std::size_t maxPendingOutput, Mode mode):
	_pParams(new EVHTTPServerParams),
	_pHandlers(new FuzzedHandlerFactory),
	_context{_pHandlers, _pParams, HTTPRequestParser::Limits(), maxBufferedBytes, 1, HTTPServerExchangePool(_pParams)},
	_mode(mode),
	_pOpen(nullptr),
	_accepted(0),
	_notifications(0)
{
	_pParams->setMaxBufferedBytes(maxBufferedBytes);
	_pParams->setMaxPendingOutput(maxPendingOutput);
	_pParams->setEventLoops(1);
	_pParams->setMaxThreads(1);
	_pParams->setExecutionPolicy(mode == MODE_INLINE ? EVServerOptions::EXECUTE_INLINE : EVServerOptions::EXECUTE_ADAPTIVE);
	_pParams->setSoftwareVersion("EVNet");
	ServerSocket socket; // the Engine wants one, but is never started
	socket.bind(SocketAddress("127.0.0.1", 0));
	_pEngine = new Engine({new ConnectionFactory(*this), _pParams, *_pParams, socket, true, &pool()});
	// No deadlines: nothing depends on the clock. But without lingering, the last response could get lost.
	Deadlines::Lengths deadlines;
	deadlines.linger = Poco::Timespan(Poco::Timespan::DAYS);
	_pLoop.reset(new Loop(_pEngine->parts(), 0, (mode == MODE_INLINE ? EVBACKEND_POLL : EVBACKEND_EPOLL) | EVFLAG_NOENV, deadlines));
	_pLoop->mailbox().open();
	if (mode != MODE_ADAPTIVE) return;
	const auto idleTime = Poco::EVNet::boundedTime(_pParams->getThreadIdleTime());
	_pEngine->executor().acquire({EVServerOptions::EXECUTE_ADAPTIVE, 1, 1, 2, 1, idleTime, Poco::Thread::PRIO_NORMAL});
}


FuzzedServer::~FuzzedServer()
{
	if (_mode == MODE_ADAPTIVE) _pEngine->executor().release();
}


const HTTPRequestParser::Limits& FuzzedServer::configure(const HTTPRequestParser::Limits& limits, int maxKeepAliveRequests)
{
	_context.limits = limits;
	_context.limits.header = std::min(limits.header, _context.maxBufferedBytes - 1); // as EVHTTPServer does
	_pParams->setKeepAlive(maxKeepAliveRequests != 1);
	_pParams->setMaxKeepAliveRequests(maxKeepAliveRequests);
	return _context.limits;
}


Conversation FuzzedServer::serve(const std::vector<std::string_view>& pieces, bool slow)
{
	begin(pieces, slow);
	int turns = 0;
	while (step()) require(++turns < MAX_TURNS, "The connection does not end");
	return end();
}


void FuzzedServer::begin(const std::vector<std::string_view>& pieces, bool slow)
{
	_pHandlers->clear();
	_pClient.reset(new FuzzedClient(pieces, slow));
	_pAccepted = new ConnectionSocketImpl(_pClient->peer(), _pEngine->parts().pBufferPool);
	++_accepted;
}


bool FuzzedServer::step()
{
	++passed;
	if (_pAccepted)
	{
		_pEngine->admission().connectionOpening();
		_pEngine->admission().connectionOpened();
		ConnectionSocketImpl* const pSocket = _pAccepted.duplicate();
		_pAccepted = nullptr;
		_pLoop->opener().open(pSocket);
	}
	else _pLoop->leadOnce();
	return _pOpen != nullptr;
}


Conversation FuzzedServer::end()
{
	require(::fcntl(_pClient->peer(), F_GETFD) < 0, "The socket has not been closed");
	// What is left is in the cache of the loop: 16 blocks at most.
	require(_pEngine->parts().pBufferPool->used() <= 16*BufferPool::BLOCK_SIZE, "The memory of a buffer is lost");
	Conversation conversation;
	conversation.output = _pClient->takeAll();
	conversation.records.swap(_pHandlers->records());
	_pClient.reset();
	return conversation;
}


void FuzzedServer::notify()
{
	if (_pOpen) _pLoop->mailbox().notify(_pOpen->id());
}


int FuzzedServer::notifications() const
{
	return _notifications;
}


EVServerStatistics FuzzedServer::statistics() const
{
	EVServerStatistics statistics = _pEngine->statistics(); // without the loop
	_pLoop->addTo(statistics);
	statistics.accepted += static_cast<Poco::UInt64>(_accepted);
	return statistics;
}
