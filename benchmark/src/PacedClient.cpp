//
// PacedClient.cpp
//
// Library: EVNet
// Package: Benchmark
// Module:  PacedClient
//
// Many clients that send and read no faster than they are told.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "HTTPReply.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <system_error>
#include <thread>


namespace
{
	using Clock = std::chrono::steady_clock;

	const char* const USAGE =
		"usage: PacedClient MODE --port=N [OPTION...]\n"
		"Clients that each send and read some bytes at a time. Prints one \"name value\" a line.\n"
		"\n"
		"modes:\n"
		"  header    sends a request header that never ends\n"
		"  body      sends a POST for /length whose body never ends\n"
		"  read      reads an answer that never ends: starts over when it does\n"
		"  upload    sends --bytes to /length, and checks the length in the answer\n"
		"  download  reads --path, and checks that it has --bytes\n"
		"The first three go on until stdin is closed, with new connections for those that end, the others until all are done.\n"
		"\n"
		"options:\n"
		"  --port=N            of the server, on the loopback interface\n"
		"  --connections=N     at once (default: 200)\n"
		"  --rate=N            bytes a second of each connection (default: 100000)\n"
		"  --interval=MS       between two pieces of a connection (default: 100)\n"
		"  --bytes=N           of a body (default: 1000000)\n"
		"  --path=PATH         what to read (default: /file)\n"
		"  --receiveBuffer=N, --sendBuffer=N\n"
		"                      of the kernel for a connection (default: 0, what it thinks fit)\n"
		"  --timeout=S         for upload and download (default: 60)\n";

	struct Options
	{
		std::string mode;
		std::string path = "/file";
		std::uint16_t port = 0;
		std::size_t connections = 200;
		std::size_t rate = 100000;
		std::size_t bytes = 1000000;
		int interval = 100;
		int receiveBuffer = 0;
		int sendBuffer = 0;
		int timeout = 60;

		bool endless() const
		{
			return mode == "header" || mode == "body" || mode == "read";
		}

		std::size_t piece() const
		{
			return std::max<std::size_t>(1, rate*static_cast<std::size_t>(interval)/1000);
		}
	};

	[[noreturn]] void usageError(const std::string& message)
	{
		std::fprintf(stderr, "PacedClient: %s\n%s", message.c_str(), USAGE);
		std::exit(64);
	}

	Options parse(int argc, char** argv)
	{
		Options options;
		if (argc > 1) options.mode = argv[1];
		if (!options.endless() && options.mode != "upload" && options.mode != "download") usageError("no such mode: " + options.mode);
		for (int i = 2; i < argc; i++)
		{
			const std::string arg(argv[i]);
			const std::string::size_type equals = std::min(arg.find('='), arg.size() - 1);
			const std::string name = arg.substr(0, equals);
			const std::string value = arg.substr(equals + 1);
			const unsigned long number = std::strtoul(value.c_str(), nullptr, 10);
			if (name == "--path") options.path = value;
			else if (number > 1000000000) usageError("bad value: " + arg);
			else if (name == "--port") options.port = static_cast<std::uint16_t>(number);
			else if (name == "--connections") options.connections = number;
			else if (name == "--rate") options.rate = number;
			else if (name == "--interval") options.interval = static_cast<int>(number);
			else if (name == "--bytes") options.bytes = number;
			else if (name == "--receiveBuffer") options.receiveBuffer = static_cast<int>(number);
			else if (name == "--sendBuffer") options.sendBuffer = static_cast<int>(number);
			else if (name == "--timeout") options.timeout = static_cast<int>(number);
			else usageError("unknown option: " + arg);
		}
		if (!options.port || !options.interval) usageError("--port is missing, or --interval is 0");
		return options;
	}


	struct Counts
	{
		std::uint64_t opened = 0;
		std::uint64_t sent = 0;       /// bytes
		std::uint64_t received = 0;   /// bytes
		std::uint64_t answered = 0;   /// as it should be
		std::uint64_t wrong = 0;
		std::uint64_t closed = 0;     /// by the server
	};


	class Client
		/// One of them. Has a turn every interval.
	{
	public:
		Client(const Options& options, Counts& counts):
			_options(options),
			_counts(counts)
		{
			open();
		}

		Client(const Client&) = delete;
		Client& operator = (const Client&) = delete;

		~Client()
		{
			if (_fd >= 0) ::close(_fd);
		}

		bool turn()
			/// Returns false if there is nothing left to do.
		{
			return _sent < toSend() ? send() : receive();
		}

	private:
		void open()
		{
			_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
			if (_fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
			const int one = 1;
			setsockopt(_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
			if (_options.receiveBuffer) setsockopt(_fd, SOL_SOCKET, SO_RCVBUF, &_options.receiveBuffer, sizeof(_options.receiveBuffer));
			if (_options.sendBuffer) setsockopt(_fd, SOL_SOCKET, SO_SNDBUF, &_options.sendBuffer, sizeof(_options.sendBuffer));
			sockaddr_in addr{};
			addr.sin_family = AF_INET;
			addr.sin_port = htons(_options.port);
			addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
			connect(_fd, reinterpret_cast<sockaddr*>(&addr), sizeof(addr)); // the first turn finds out
			_counts.opened++;
			_sent = 0;
			_answer.clear();
			_received = 0;

			const bool post = _options.mode == "upload" || _options.mode == "body";
			_head = (post ? "POST /length" : "GET " + _options.path) + " HTTP/1.1\r\nHost: localhost\r\n";
			if (post) _head += "Content-Length: " + std::to_string(_options.bytes) + "\r\n";
			_head += _options.mode == "header" ? "X-Slow: " : "\r\n";
		}

		std::size_t toSend() const
		{
			if (_options.mode == "upload" || _options.mode == "body") return _head.size() + _options.bytes;
			return _options.mode == "header" ? SIZE_MAX : _head.size();
		}

		bool send()
		{
			// The header of those who are slow with something else goes out at once.
			const bool inHead = _sent < _head.size();
			const std::size_t length = inHead ? _head.size() - _sent : std::min(_options.piece(), toSend() - _sent);
			if (!inHead && _padding.size() < length) _padding.assign(length, 'x');
			const ssize_t n = ::send(_fd, inHead ? _head.data() + _sent : _padding.data(), length, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n < 0 && (errno == EAGAIN || errno == ENOTCONN || errno == EINTR)) return true;
			if (n < 0) return closed();
			_sent += static_cast<std::size_t>(n);
			_counts.sent += static_cast<std::size_t>(n);
			// An answer before the end is one that says no.
			char c;
			return _sent == toSend() || (recv(_fd, &c, 1, MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR)) ? true : closed();
		}

		bool receive()
		{
			_buffer.resize(_options.piece());
			const ssize_t n = recv(_fd, &_buffer[0], _buffer.size(), MSG_DONTWAIT);
			if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
			if (n <= 0) return closed();
			_received += static_cast<std::size_t>(n);
			_counts.received += static_cast<std::size_t>(n);
			// The head of the answer, and a short one whole.
			if (_answer.size() < 512) _answer.append(_buffer, 0, std::min<std::size_t>(512 - _answer.size(), static_cast<std::size_t>(n)));
			HTTPReply reply;
			const HTTPReply::Result result = reply.parse(_answer.data(), _answer.size());
			if (result == HTTPReply::INCOMPLETE && (reply.length == 0 || _received < reply.length)) return true;
			return done(reply);
		}

		bool done(const HTTPReply& reply)
		{
			const std::string text = std::to_string(_options.bytes);
			const bool right = _options.mode == "upload"
				? _answer.size() > text.size() && _answer.compare(_answer.size() - text.size(), text.size(), text) == 0
				: _received == reply.length && reply.length > _options.bytes;
			if (reply.status == 200 && right) _counts.answered++;
			else _counts.wrong++;
			if (_options.endless())
			{
				_sent = _received = 0;
				_answer.clear();
			}
			return _options.endless();
		}

		bool closed()
		{
			_counts.closed++;
			::close(_fd);
			_fd = -1;
			if (_options.endless()) open();
			return _options.endless();
		}

		static std::string _padding;
		static std::string _buffer;

		const Options& _options;
		Counts& _counts;
		int _fd = -1;
		std::string _head;
		std::string _answer;
		std::size_t _sent = 0;
		std::size_t _received = 0;
	};

	std::string Client::_padding;
	std::string Client::_buffer;


	bool stdinIsOpen()
	{
		pollfd pfd{STDIN_FILENO, POLLIN, 0};
		char c;
		return poll(&pfd, 1, 0) == 0 || read(STDIN_FILENO, &c, 1) > 0;
	}

	void run(const Options& options)
	{
		struct Turn
		{
			Clock::time_point due;
			std::unique_ptr<Client> pClient;
		};

		Counts counts;
		std::deque<Turn> turns; // in the order of their times: all have the same interval
		const std::chrono::nanoseconds interval(std::chrono::milliseconds(options.interval));
		const Clock::time_point begin = Clock::now();
		for (std::size_t i = 0; i < options.connections; i++)
		{
			const Clock::time_point due = begin + interval*static_cast<long>(i)/static_cast<long>(options.connections);
			std::this_thread::sleep_until(due);
			turns.push_back(Turn{due, std::unique_ptr<Client>(new Client(options, counts))});
		}
		std::puts("ready");
		std::fflush(stdout);

		const Clock::time_point end = begin + (options.endless() ? std::chrono::hours(1) : std::chrono::seconds(options.timeout));
		for (unsigned n = 0; !turns.empty() && Clock::now() < end; n++)
		{
			if (options.endless() && n % 256 == 0 && !stdinIsOpen()) break;
			Turn turn = std::move(turns.front());
			turns.pop_front();
			std::this_thread::sleep_until(turn.due);
			if (!turn.pClient->turn()) continue;
			turn.due += interval;
			turns.push_back(std::move(turn));
		}
		const auto print = [](const char* name, std::uint64_t value)
		{
			std::printf("%s %llu\n", name, static_cast<unsigned long long>(value));
		};
		print("opened", counts.opened);
		print("sent", counts.sent);
		print("received", counts.received);
		print("answered", counts.answered);
		print("wrong", counts.wrong);
		print("closed", counts.closed);
		print("unanswered", turns.size());
		std::printf("seconds %.3f\n", std::chrono::duration<double>(Clock::now() - begin).count());
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
		run(options);
		return 0;
	}
	catch (std::exception& exc)
	{
		std::fprintf(stderr, "PacedClient: %s\n", exc.what());
	}
	return 1;
}
