//
// FuzzedServer.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FuzzedServer.h"
#include "socket/ConnectionSocketImpl.h"
#include "FuzzerSupport.h"
#include "Poco/Net/ServerSocket.h"
#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>


using Poco::EVNet::BufferPool;
using Poco::EVNet::ConnectionSocketImpl;
using Poco::EVNet::Engine;
using Poco::EVNet::EVHTTPServerConnection;
using Poco::EVNet::EVHTTPServerParams;
using Poco::EVNet::EVServerOptions;
using Poco::EVNet::HTTPRequestParser;
using Poco::EVNet::HTTPServerExchangePool;
using Poco::EVNet::Loop;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;


namespace
{
	const int MAX_TURNS = 100000;  // more than any input takes

	FuzzedClient* pCurrentClient = nullptr;

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
// The three system calls in which a server waits. Those of the C library are
// replaced, for libev and Poco too.
//


extern "C" int poll(struct pollfd* pDescriptors, nfds_t count, int timeout)
{
	const struct timespec none = {0, 0};
	if (!pCurrentClient)
	{
		const struct timespec time = {timeout/1000, timeout%1000*1000000};
		return ::ppoll(pDescriptors, count, timeout < 0 ? nullptr : &time, nullptr);
	}
	return waitFor(timeout, [&] { return ::ppoll(pDescriptors, count, &none, nullptr); });
}


extern "C" int epoll_wait(int fd, struct epoll_event* pEvents, int count, int timeout)
{
	if (!pCurrentClient) return ::epoll_pwait(fd, pEvents, count, timeout, nullptr);
	return waitFor(timeout, [&] { return ::epoll_pwait(fd, pEvents, count, 0, nullptr); });
}


extern "C" ssize_t recv(int fd, void* pBuffer, std::size_t length, int flags)
{
	ssize_t n = ::recvfrom(fd, pBuffer, length, flags | MSG_DONTWAIT, nullptr, nullptr);
	if ((flags & MSG_DONTWAIT) || n >= 0 || errno != EAGAIN) return n;
	if (pCurrentClient) pCurrentClient->send();
	return ::recvfrom(fd, pBuffer, length, flags, nullptr, nullptr);
}


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
		_server._open = true;
	}

	~Connection()
	{
		_server._open = false;
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


FuzzedServer::FuzzedServer(std::size_t maxBufferedBytes, std::size_t maxPendingOutput):
	_pParams(new EVHTTPServerParams),
	_pHandlers(new FuzzedHandlerFactory),
	_context{_pHandlers, _pParams, HTTPRequestParser::Limits(), maxBufferedBytes, 1, HTTPServerExchangePool(_pParams)},
	_open(false),
	_pool(1, 2)
{
	_pParams->setMaxBufferedBytes(maxBufferedBytes);
	_pParams->setMaxPendingOutput(maxPendingOutput);
	_pParams->setEventLoops(1);
	_pParams->setExecutionPolicy(EVServerOptions::EXECUTE_INLINE);
	_pParams->setSoftwareVersion("EVNet");
	ServerSocket socket; // the Engine wants one, but is never started
	socket.bind(SocketAddress("127.0.0.1", 0));
	_pEngine = new Engine({new ConnectionFactory(*this), _pParams, *_pParams, socket, true, &_pool});
	// No deadlines: nothing depends on the clock. But without lingering, the last response could get lost.
	Loop::Deadlines deadlines;
	deadlines.linger = Poco::Timespan(Poco::Timespan::DAYS);
	_pLoop.reset(new Loop(_pEngine->parts(), 0, EVBACKEND_POLL | EVFLAG_NOENV, deadlines));
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
	Conversation conversation;
	_pHandlers->clear();
	FuzzedClient client(pieces, slow);
	_pEngine->admission().connectionOpening();
	_pEngine->admission().connectionOpened();
	_pLoop->open(new ConnectionSocketImpl(client.peer(), _pEngine->parts().pBufferPool));
	for (int turns = 0; _open && turns < MAX_TURNS; turns++) _pLoop->leadOnce();
	require(!_open, "The connection does not end");
	require(::fcntl(client.peer(), F_GETFD) < 0, "The socket has not been closed");
	// What is left is in the cache of the loop: 16 blocks at most.
	require(_pEngine->parts().pBufferPool->used() <= 16*BufferPool::BLOCK_SIZE, "The memory of a buffer is lost");
	conversation.output = client.takeAll();
	conversation.records.swap(_pHandlers->records());
	return conversation;
}
