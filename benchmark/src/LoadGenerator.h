//
// LoadGenerator.h
//
// Library: EVNet
// Package: Benchmark
// Module:  LoadGenerator
//
// Definition of the LoadGenerator class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Benchmark_LoadGenerator_INCLUDED
#define Benchmark_LoadGenerator_INCLUDED


#include "Histogram.h"
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>


using Nanoseconds = std::int64_t;


Nanoseconds now();
	/// Returns the time of the monotonic clock.


class LoadGenerator
	/// Opens many connections and sends requests over them, from one thread.
	///
	/// The load is closed-loop: each connection has at most one request, or with pipelining one
	/// batch of requests under way, and the next one is sent when the answer is there. So a slow
	/// server is asked less often, and latencies do not contain the time that requests would
	/// have waited for a free connection. With a rate, requests are started at fixed times instead,
	/// as long as a connection is free; those that find none are counted as late, and latencies can
	/// be counted from when requests were due (Phase::corrected).
{
public:
	enum Protocol
	{
		ECHO,
			/// The answer is the request.
		HTTP
			/// The answer is an HTTP response.
	};

	struct Options
	{
		std::string host = "127.0.0.1";
		std::uint16_t port = 0;
		Protocol protocol = ECHO;
		std::string request;
		int pipeline = 1;
			/// Requests (HTTP) that are sent in one write; all their answers are awaited.
		int connections = 1;
		int sources = 1;
			/// Number of source addresses from 127.0.1.1 on, because one address has ports
			/// for some 28,000 connections only, those recently closed included. With 1, the system picks.
		double timeout = 10;
			/// Seconds a phase may take beyond its own duration.
	};

	struct Phase
		/// A phase ends when it has run for so long or has made so many exchanges.
	{
		double seconds = 1e9;
		std::uint64_t exchanges = UINT64_MAX;
		double rate = 0;
			/// Exchanges per second; 0 is as many as the server can answer.
		bool corrected = false;
			/// With a rate: a latency is the time since the request was due, not since it was sent, and those that
			/// were due but have no answer at the end count with the time until then. Otherwise a server that makes
			/// clients wait before they can ask looks good ("coordinated omission").
		bool churn = false;
			/// Each exchange has a connection of its own.
		bool serverCloses = false;
			/// With churn: the exchange is complete when the server has closed the connection.
	};

	struct Result
	{
		std::uint64_t exchanges = 0;
			/// Requests sent and answered.
		std::uint64_t unanswered = 0;
			/// Connections that wait for an answer at the end, those that
			/// have been waiting since an earlier phase included.
		std::uint64_t served = 0;
			/// Connections that have got an answer. With churn, the most that were open at once.
		std::uint64_t unsent = 0;
			/// Requests that were due, with a rate, but found no connection to the end.
		std::uint64_t lost = 0;
			/// Connections that broke, or were closed by the server.
		std::uint64_t invalid = 0;
			/// Answers that were wrong. They end the connection.
		Nanoseconds firstLost = 0;
			/// When the earliest request that got no answer because its connection was lost had been sent; 0 if there is none.
		std::uint64_t late = 0;
			/// Requests that found no free connection at their time.
		double seconds = 0;
			/// From the beginning to the last answer.
		Histogram fast;
		Histogram slow;
			/// Latencies of answers without and with X-Slow.
		Histogram refused;
			/// Latencies of HTTP responses with another status than 200, which are in none of the others.
	};

	explicit LoadGenerator(const Options& options);
	~LoadGenerator();

	int connectAll();
		/// Opens all connections, waits for them and returns
		/// how many there are.

	Result run(const Phase& phase);
		/// Makes exchanges over the open connections, or with new ones.

	int idle() const;
		/// Returns the number of connections that are open and wait for no answer.

	void closeAll();

private:
	enum State
	{
		CLOSED,
		CONNECTING,
		IDLE,
		BUSY,
			/// A request has been sent, its answer is not complete.
		CLOSING
			/// The answer is complete, the server has yet to close.
	};

	struct Connection
	{
		int fd = -1;
		State state = CLOSED;
		int phase = 0;
			/// In which the request was sent.
		Nanoseconds sent = 0;
		std::size_t have = 0;
			/// Bytes of the answer so far.
		int pending = 0;
			/// Answers that have not come.
		std::size_t rest = 0;
			/// Bytes of a body that have yet to come.
		int served = 0;
			/// The phase in which the last answer came.
		bool refused = false;
		bool slow = false;
			/// The answer has another status than 200, or X-Slow.
		char* pAnswer = nullptr;
	};

	void open(Connection& connection);
	void connected(Connection& connection);
	void close(Connection& connection);
	void fail(Connection& connection, std::uint64_t Result::* pCounter);
	bool more() const;
	void startSome();
	void send(Connection& connection);
	void receive(Connection& connection);
	bool parse(Connection& connection);
	bool parseHTTP(Connection& connection);
	void answered(Connection& connection);
	void countMissing();
	void count(Connection& connection, Histogram& latencies);
	void finish(Connection& connection);
	bool waitForEvents(Nanoseconds until);
	void setTimer(Nanoseconds period);
	void readTimer();

	Options _options;
	std::string _requests;
		/// What is sent at once.
	std::size_t _answerSize;
	std::unique_ptr<char[]> _answers;
	int _epoll;
	int _timer;
	std::unique_ptr<Connection[]> _connections;
	std::deque<Connection*> _free;
		/// Connections that wait for their time, with a rate.
	std::uint64_t _due = 0;
		/// Requests whose time has come.
	std::uint64_t _started = 0;
		/// Requests sent in this phase.
	Nanoseconds _begin = 0;
		/// Of this phase.
	Nanoseconds _period = 0;
		/// Between two requests, with a rate.
	Phase _phase;
	Result _result;
	int _phaseNumber = 0;
	std::uint64_t _left = 0;
		/// Exchanges to be started.
	std::uint64_t _opened = 0;
	Nanoseconds _deadline = 0;
	Nanoseconds _lastAnswer = 0;
	int _connecting = 0;
	int _busy = 0;
		/// Connections that are BUSY or CLOSING in this phase.
};


#endif // Benchmark_LoadGenerator_INCLUDED
