//
// ChaosSocket.cpp
//
// Library: EVNet
// Package: ChaosTest
// Module:  ChaosSocket
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ChaosSocket.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <strings.h>


namespace
{
	const std::size_t MAX_LINE = 100000;


	[[noreturn]] void failed(const char* what)
	{
		const std::string text = std::string(what) + ": " + std::strerror(errno);
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS) throw Hung(text);
		throw Lost(text);
	}

	void setTimeout(int fd, double seconds)
	{
		struct timeval time;
		time.tv_sec = static_cast<time_t>(seconds);
		time.tv_usec = static_cast<suseconds_t>((seconds - static_cast<double>(time.tv_sec))*1e6);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
	}

	void bindTo(int fd, int source)
		/// One address has ports for some 28,000 connections only, those recently closed included.
	{
		const int on = 1;
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
		struct sockaddr_in address = sockaddr_in();
		address.sin_family = AF_INET;
		address.sin_addr.s_addr = htonl(0x7F000100U + static_cast<std::uint32_t>(source));
		bind(fd, reinterpret_cast<struct sockaddr*>(&address), sizeof(address));
	}

	bool isField(const std::string& line, const char* name, std::string& value)
	{
		const std::size_t length = std::strlen(name);
		if (line.size() <= length || line[length] != ':' || strncasecmp(line.c_str(), name, length) != 0) return false;
		const std::string::size_type start = line.find_first_not_of(' ', length + 1);
		value = start == std::string::npos ? "" : line.substr(start);
		return true;
	}
}


ChaosSocket::ChaosSocket():
	_fd(-1),
	_taken(0)
{
}


ChaosSocket::~ChaosSocket()
{
	close();
}


void ChaosSocket::connect(const Peer& peer)
{
	close();
	_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (_fd < 0) failed("socket");
	const int on = 1;
	setsockopt(_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setTimeout(_fd, peer.timeout);
	if (peer.source > 0) bindTo(_fd, peer.source);
	struct sockaddr_in address = sockaddr_in();
	address.sin_family = AF_INET;
	address.sin_port = htons(peer.port);
	inet_pton(AF_INET, peer.host.c_str(), &address.sin_addr);
	if (::connect(_fd, reinterpret_cast<struct sockaddr*>(&address), sizeof(address)) != 0)
	{
		const int error = errno;
		close();
		errno = error;
		failed("connect");
	}
}


bool ChaosSocket::isOpen() const
{
	return _fd >= 0;
}


void ChaosSocket::close()
{
	if (_fd >= 0) ::close(_fd);
	_fd = -1;
	_received.clear();
	_taken = 0;
}


void ChaosSocket::reset()
{
	const struct linger option = { 1, 0 };
	setsockopt(_fd, SOL_SOCKET, SO_LINGER, &option, sizeof(option));
	close();
}


void ChaosSocket::shutdownSend()
{
	shutdown(_fd, SHUT_WR);
}


void ChaosSocket::send(const std::string& bytes)
{
	for (std::size_t sent = 0; sent < bytes.size();)
	{
		const ssize_t n = ::send(_fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
		if (n >= 0) sent += static_cast<std::size_t>(n);
		else if (errno != EINTR) failed("send");
	}
}


bool ChaosSocket::receiveMore()
	/// Returns false at the end.
{
	if (_taken == _received.size())
	{
		_received.clear();
		_taken = 0;
	}
	char buffer[65536];
	ssize_t n;
	do
	{
		n = ::recv(_fd, buffer, sizeof(buffer), 0);
	}
	while (n < 0 && errno == EINTR);
	if (n < 0) failed("recv");
	_received.append(buffer, static_cast<std::size_t>(n));
	return n > 0;
}


std::string ChaosSocket::receive(std::size_t length)
{
	while (_received.size() - _taken < length)
	{
		if (!receiveMore()) throw Lost("closed before the answer was complete");
	}
	const std::string bytes = _received.substr(_taken, length);
	_taken += length;
	return bytes;
}


std::string ChaosSocket::receiveLine()
{
	std::string::size_type end;
	while ((end = _received.find("\r\n", _taken)) == std::string::npos)
	{
		if (_received.size() - _taken > MAX_LINE) throw Wrong("an endless line");
		if (!receiveMore()) throw Lost("closed before the answer was complete");
	}
	const std::string line = _received.substr(_taken, end - _taken);
	_taken = end + 2;
	return line;
}


std::string ChaosSocket::receiveChunks()
{
	std::string body;
	for (;;)
	{
		const std::string line = receiveLine();
		char* pEnd = nullptr;
		const std::size_t size = std::strtoul(line.c_str(), &pEnd, 16);
		if (line.empty() || *pEnd) throw Wrong("not a chunk: " + line.substr(0, 40));
		body += receive(size);
		if (!receiveLine().empty()) throw Wrong("a chunk without an end");
		if (size == 0) return body;
	}
}


Answer ChaosSocket::receiveAnswer()
{
	Answer answer;
	std::string line = receiveLine();
	if (line.compare(0, 9, "HTTP/1.1 ") != 0) throw Wrong("not a status line: " + line.substr(0, 40));
	answer.status = std::atoi(line.c_str() + 9);
	bool chunked = false;
	long length = -1;
	std::string value;
	while (!(line = receiveLine()).empty())
	{
		if (isField(line, "Content-Length", value)) length = std::atol(value.c_str());
		else if (isField(line, "Transfer-Encoding", value)) chunked = value == "chunked";
		else if (isField(line, "Connection", value)) answer.close = strcasecmp(value.c_str(), "close") == 0;
	}
	if (chunked) answer.body = receiveChunks();
	else if (length >= 0) answer.body = receive(static_cast<std::size_t>(length));
	else if (answer.status != 101) throw Wrong("an answer without a length");
	return answer;
}


bool ChaosSocket::hasEnded()
{
	if (_taken < _received.size()) return false;
	try
	{
		return !receiveMore();
	}
	catch (const Lost&)
	{
		return true; // a reset, because the server has not read all
	}
}
