//
// LoadGenerator.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  LoadGenerator
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "LoadGenerator.h"
#include "HTTPReply.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>


namespace
{
	const int MAX_CONNECTING = 512;
		// At once: below the listen backlog, so that no SYN is dropped and sent again a second later.
	const int MAX_EVENTS = 256;
	const std::size_t MAX_ANSWER = 1024;


	[[noreturn]] void throwSystemError(const char* what)
	{
		throw std::system_error(errno, std::generic_category(), what);
	}

	Nanoseconds toNanoseconds(double seconds)
	{
		return static_cast<Nanoseconds>(seconds*1e9);
	}
}


Nanoseconds now()
{
	return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}


LoadGenerator::LoadGenerator(const Options& options):
	_options(options),
	_answerSize(MAX_ANSWER*static_cast<std::size_t>(options.pipeline)),
	_answers(new char[_answerSize*static_cast<std::size_t>(options.connections)]),
	_epoll(epoll_create1(EPOLL_CLOEXEC)),
	_timer(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
	_connections(new Connection[static_cast<std::size_t>(options.connections)])
{
	if (_epoll < 0 || _timer < 0) throwSystemError("epoll_create1, timerfd_create");
	for (int i = 0; i < options.pipeline; i++) _requests += options.request;
	for (int i = 0; i < options.connections; i++) _connections[i].pAnswer = &_answers[_answerSize*static_cast<std::size_t>(i)];
	epoll_event event{};
	event.events = EPOLLIN;
	event.data.ptr = nullptr;
	if (epoll_ctl(_epoll, EPOLL_CTL_ADD, _timer, &event)) throwSystemError("epoll_ctl");
}


LoadGenerator::~LoadGenerator()
{
	closeAll();
	::close(_timer);
	::close(_epoll);
}


int LoadGenerator::connectAll()
{
	_phase = Phase();
	_left = 0;
	_deadline = now() + toNanoseconds(_options.timeout);
	int next = 0;
	while (next < _options.connections || _connecting > 0)
	{
		while (next < _options.connections && _connecting < MAX_CONNECTING) open(_connections[next++]);
		if (_connecting > 0 && !waitForEvents(_deadline)) break;
	}
	return idle();
}


LoadGenerator::Result LoadGenerator::run(const Phase& phase)
{
	_phase = phase;
	_phaseNumber++;
	_result = Result();
	_left = phase.exchanges;
	_busy = 0;
	_due = 0;
	_started = 0;
	_free.clear();
	_period = phase.rate > 0 ? toNanoseconds(1/phase.rate) : 0;
	_begin = now();
	_deadline = _begin + toNanoseconds(phase.seconds);
	_lastAnswer = _begin;

	setTimer(_period);
	for (int i = 0; i < _options.connections; i++)
	{
		Connection& connection = _connections[i];
		if (phase.churn)
		{
			if (connection.state == CLOSED && more()) open(connection);
		}
		else if (connection.state == IDLE)
		{
			_free.push_back(&connection);
		}
	}
	if (!phase.rate) _due = _left;
	startSome();

	// Where there is a time, the time-out begins after it. Where there
	// is a number of exchanges, it starts anew with every answer: it is there to notice a server that is stuck.
	const Nanoseconds timeout = toNanoseconds(_options.timeout);
	while (_busy > 0 || _connecting > 0 || (more() && !_free.empty()))
	{
		const Nanoseconds until = phase.exchanges == UINT64_MAX ? _deadline + timeout : _lastAnswer + timeout;
		if (!waitForEvents(until)) break;
	}

	setTimer(0);
	for (int i = 0; i < _options.connections; i++)
	{
		const State state = _connections[i].state;
		_result.unanswered += state == BUSY || state == CLOSING || state == CONNECTING;
		_result.served += _connections[i].served == _phaseNumber;
	}
	if (phase.rate > 0) countMissing();
	_result.seconds = static_cast<double>(_lastAnswer - _begin)/1e9;
	return _result;
}


void LoadGenerator::countMissing()
{
	const Nanoseconds end = std::min(now(), _deadline);
	for (std::uint64_t i = _started; static_cast<Nanoseconds>(i + 1)*_period < end - _begin && i < _phase.exchanges; i++)
	{
		_result.unsent++;
		if (_phase.corrected) _result.fast.add(static_cast<std::uint64_t>(end - _begin - static_cast<Nanoseconds>(i + 1)*_period));
	}
	for (int i = 0; _phase.corrected && i < _options.connections; i++)
	{
		// Those of an earlier phase as well: who starves has been waiting since then.
		const Connection& connection = _connections[i];
		if (connection.state == BUSY) _result.fast.add(static_cast<std::uint64_t>(std::max<Nanoseconds>(0, now() - connection.sent)));
	}
}


int LoadGenerator::idle() const
{
	int n = 0;
	for (int i = 0; i < _options.connections; i++) n += _connections[i].state == IDLE;
	return n;
}


void LoadGenerator::closeAll()
{
	for (int i = 0; i < _options.connections; i++) close(_connections[i]);
}


void LoadGenerator::open(Connection& connection)
{
	connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connection.fd < 0) throwSystemError("socket");
	const int one = 1;
	setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

	sockaddr_in addr{};
	addr.sin_family = AF_INET;
	if (_options.sources > 1)
	{
		// The port is chosen by connect(), which knows the whole quadruple and can use one port for many of them.
		setsockopt(connection.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
		addr.sin_addr.s_addr = htonl(0x7F000101 + static_cast<std::uint32_t>(_opened % static_cast<unsigned>(_options.sources)));
		if (bind(connection.fd, reinterpret_cast<sockaddr*>(&addr), sizeof(addr))) throwSystemError("bind");
	}
	addr.sin_port = htons(_options.port);
	if (inet_pton(AF_INET, _options.host.c_str(), &addr.sin_addr) != 1)
		throw std::invalid_argument("not an IPv4 address: " + _options.host);
	_opened++;
	if (_phase.churn) _left--;

	connection.state = CONNECTING;
	connection.have = 0;
	_connecting++;
	epoll_event event{};
	event.events = EPOLLOUT;
	event.data.ptr = &connection;
	if (epoll_ctl(_epoll, EPOLL_CTL_ADD, connection.fd, &event)) throwSystemError("epoll_ctl");
	if (connect(connection.fd, reinterpret_cast<sockaddr*>(&addr), sizeof(addr)) && errno != EINPROGRESS) fail(connection, &Result::lost);
}


void LoadGenerator::connected(Connection& connection)
{
	int error = 0;
	socklen_t length = sizeof(error);
	if (getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &length) || error)
	{
		fail(connection, &Result::lost);
		return;
	}
	epoll_event event{};
	event.events = EPOLLIN;
	event.data.ptr = &connection;
	if (epoll_ctl(_epoll, EPOLL_CTL_MOD, connection.fd, &event)) throwSystemError("epoll_ctl");
	_connecting--;
	connection.state = IDLE;
	if (_phase.churn) send(connection);
}


void LoadGenerator::close(Connection& connection)
{
	if (connection.state == CLOSED) return;
	if (connection.state == CONNECTING) _connecting--;
	if ((connection.state == BUSY || connection.state == CLOSING) && connection.phase == _phaseNumber) _busy--;
	connection.state = CLOSED;
	::close(connection.fd);
	connection.fd = -1;
}


void LoadGenerator::fail(Connection& connection, std::uint64_t Result::* pCounter)
	/// In a phase with churn, the slot is not used again: where everything fails, the phase shall end.
{
	for (auto it = _free.begin(); connection.state == IDLE && it != _free.end(); ++it)
	{
		if (*it == &connection)
		{
			_free.erase(it);
			break;
		}
	}
	(_result.*pCounter)++;
	if (connection.state == BUSY && (_result.firstLost == 0 || connection.sent < _result.firstLost)) _result.firstLost = connection.sent;
	close(connection);
}


bool LoadGenerator::more() const
{
	return _left > 0 && now() < _deadline;
}


void LoadGenerator::startSome()
	/// Starts the requests that are due and for which there is a connection.
{
	while (_due > 0 && !_free.empty() && more())
	{
		Connection& connection = *_free.front();
		_free.pop_front();
		const std::uint64_t number = std::min<std::uint64_t>(static_cast<std::uint64_t>(_options.pipeline), _left);
		_due -= std::min(_due, number);
		_left -= number;
		send(connection);
	}
}


void LoadGenerator::send(Connection& connection)
{
	connection.have = 0;
	connection.rest = 0;
	connection.pending = _options.pipeline;
	connection.phase = _phaseNumber;
	connection.state = BUSY;
	_busy++;
	_started++;
	connection.sent = _phase.rate > 0 && _phase.corrected ? _begin + static_cast<Nanoseconds>(_started)*_period : now();
	// Requests are far smaller than the empty send buffer: there is no partial write.
	const ssize_t n = ::send(connection.fd, _requests.data(), _requests.size(), MSG_NOSIGNAL);
	if (n != static_cast<ssize_t>(_requests.size())) fail(connection, &Result::lost);
}


void LoadGenerator::receive(Connection& connection)
{
	// What is left of a long body is only counted.
	static char discarded[256*1024];
	const bool discard = connection.rest > 0;
	const ssize_t n = discard ? recv(connection.fd, discarded, std::min(sizeof(discarded), connection.rest), 0)
		: recv(connection.fd, connection.pAnswer + connection.have, _answerSize - connection.have, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (n == 0 && connection.state == CLOSING && !discard)
	{
		count(connection, connection.slow ? _result.slow : _result.fast);
		finish(connection);
		return;
	}
	if (n <= 0)
	{
		fail(connection, &Result::lost);
		return;
	}
	if (discard)
	{
		connection.rest -= static_cast<std::size_t>(n);
		if (connection.rest == 0) answered(connection);
	}
	else connection.have += static_cast<std::size_t>(n);
	// Nothing may come that nobody has asked for.
	if (!discard && (connection.state != BUSY || !parse(connection))) fail(connection, &Result::invalid);
	else if (connection.pending > 0 || connection.rest > 0 || connection.state == CLOSING) return;
	else finish(connection);
}


bool LoadGenerator::parse(Connection& connection)
	/// Counts the answers that are complete. Returns false if what has come is wrong.
{
	if (_options.protocol == HTTP) return parseHTTP(connection);

	if (connection.have > _options.request.size()) return false;
	if (connection.have < _options.request.size()) return true;
	if (std::memcmp(connection.pAnswer, _options.request.data(), connection.have) != 0) return false;
	connection.pending = 0;
	count(connection, _result.fast);
	return true;
}


bool LoadGenerator::parseHTTP(Connection& connection)
{
	std::size_t done = 0;
	while (done < connection.have)
	{
		if (connection.pending == 0) return false;
		HTTPReply reply;
		const HTTPReply::Result result = reply.parse(connection.pAnswer + done, connection.have - done);
		if (result == HTTPReply::INVALID) return false;
		if (result == HTTPReply::INCOMPLETE) break;
		const std::size_t there = std::min(reply.length, connection.have - done);
		done += there;
		connection.rest = reply.length - there;
		connection.refused = reply.status != 200;
		connection.slow = reply.slow;
		if (connection.rest == 0) answered(connection);
	}
	connection.have -= done;
	if (done > 0 && connection.have > 0) std::memmove(connection.pAnswer, connection.pAnswer + done, connection.have);
	return connection.have < _answerSize;
}


void LoadGenerator::answered(Connection& connection)
	/// An HTTP response is complete.
{
	connection.pending--;
	if (connection.refused) count(connection, _result.refused);
	else if (_phase.serverCloses) connection.state = CLOSING;
	else count(connection, connection.slow ? _result.slow : _result.fast);
}


void LoadGenerator::count(Connection& connection, Histogram& latencies)
{
	if (connection.phase != _phaseNumber) return; // the late answer to a request of an earlier phase

	_lastAnswer = now();
	_result.exchanges++;
	connection.served = _phaseNumber;
	latencies.add(static_cast<std::uint64_t>(_lastAnswer - connection.sent));
}


void LoadGenerator::finish(Connection& connection)
	/// The connection has no request under way any more.
{
	const bool current = connection.phase == _phaseNumber;
	if (_phase.churn)
	{
		close(connection);
		if (current && more()) open(connection);
		return;
	}
	connection.have = 0;
	connection.state = IDLE;
	if (!current) return;
	_busy--;
	_free.push_back(&connection);
	startSome();
}


bool LoadGenerator::waitForEvents(Nanoseconds until)
	/// Returns false if nothing has happened and the time is over.
{
	const Nanoseconds left = until - now();
	if (left <= 0) return false;

	epoll_event events[MAX_EVENTS];
	const int n = epoll_wait(_epoll, events, MAX_EVENTS, static_cast<int>(std::min<Nanoseconds>(left/1000000 + 1, 1000)));
	if (n < 0 && errno != EINTR) throwSystemError("epoll_wait");
	for (int i = 0; i < n; i++)
	{
		Connection* pConnection = static_cast<Connection*>(events[i].data.ptr);
		if (!pConnection) readTimer();
		else if (pConnection->state == CONNECTING) connected(*pConnection);
		else if (pConnection->state != CLOSED) receive(*pConnection);
	}
	return true;
}


void LoadGenerator::setTimer(Nanoseconds period)
	/// 0 stops it.
{
	itimerspec spec{};
	spec.it_interval.tv_sec  = period/1000000000;
	spec.it_interval.tv_nsec = period%1000000000;
	spec.it_value = spec.it_interval;
	if (timerfd_settime(_timer, 0, &spec, nullptr)) throwSystemError("timerfd_settime");
}


void LoadGenerator::readTimer()
{
	std::uint64_t expired = 0;
	if (read(_timer, &expired, sizeof(expired)) != sizeof(expired)) return;
	_due += expired;
	startSome();
	if (_due > 0 && more()) _result.late += std::min(_due, expired);
}
