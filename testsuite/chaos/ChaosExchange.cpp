//
// ChaosExchange.cpp
//
// Library: EVNet
// Package: ChaosTest
// Module:  ChaosExchange
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ChaosExchange.h"
#include <algorithm>
#include <cstdio>
#include <vector>


namespace
{
	const std::string HELLO = "Hello, World!";

	struct KindInfo
	{
		const char* pName;
		int weight;
		bool basic;
	};

	const KindInfo INFO[ChaosExchange::KINDS] =
	{
		{ "hello",         300, true },
		{ "echo",          120, true },
		{ "chunked",        60, true },
		{ "pipelined",     100, true },
		{ "large",          20, true },
		{ "file",           10, true },
		{ "ignore",         20, true },
		{ "sleep",           3, true },
		{ "half_close",     10, true },
		{ "upgrade",        10, false },
		{ "detach",         15, false },
		{ "detach_close",   10, false },
		{ "throw",          10, false },
		{ "throw_late",     10, false },
		{ "reset_idle",      5, false },
		{ "reset_request",  10, false },
		{ "reset_answer",   10, false }
	};
}


const char* ChaosExchange::nameOf(Kind kind)
{
	return INFO[kind].pName;
}


ChaosExchange::ChaosExchange(ChaosSocket& socket, std::uint64_t seed):
	_socket(socket),
	_random(seed),
	_pattern(makePattern(LARGEST))
{
}


std::size_t ChaosExchange::random(std::size_t from, std::size_t to)
{
	return from + static_cast<std::size_t>(_random() % (to - from + 1));
}


ChaosExchange::Kind ChaosExchange::pick(bool basicOnly)
{
	int sum = 0;
	for (const KindInfo& info: INFO) sum += info.basic || !basicOnly ? info.weight : 0;
	int at = static_cast<int>(random(0, static_cast<std::size_t>(sum - 1)));
	for (int i = 0; i < KINDS; i++)
	{
		if (basicOnly && !INFO[i].basic) continue;
		at -= INFO[i].weight;
		if (at < 0) return static_cast<Kind>(i);
	}
	return KIND_HELLO;
}


int ChaosExchange::make(Kind kind)
{
	switch (kind)
	{
	case KIND_HELLO:
		ask(get("/hello"), HELLO);
		break;
	case KIND_ECHO:
		{
			const std::string bytes = body();
			ask(post("/echo", bytes), bytes);
		}
		break;
	case KIND_CHUNKED:
		{
			const std::string bytes = body();
			ask(chunked(bytes), bytes);
		}
		break;
	case KIND_PIPELINED:
		return pipelined();
	case KIND_LARGE:
		{
			const std::size_t length = random(0, 200000);
			ask(get("/large?" + std::to_string(length)), _pattern.substr(0, length));
		}
		break;
	case KIND_FILE:
		ask(get("/file"), _pattern.substr(0, FILE_BYTES));
		break;
	case KIND_IGNORE:
		ask(post("/ignore", std::string(random(0, 20000), 'i')), "ignored");
		break;
	case KIND_SLEEP:
		ask(get("/sleep?" + std::to_string(random(1, 10))), "slept");
		break;
	case KIND_HALF_CLOSE:
		halfClose();
		break;
	case KIND_UPGRADE:
		upgrade();
		break;
	case KIND_DETACH:
		ask(get("/detach"), "detached");
		break;
	case KIND_DETACH_CLOSE:
		ask(get("/detach-close"), "detached");
		break;
	case KIND_THROW:
	case KIND_THROW_LATE:
		throwing(kind == KIND_THROW_LATE);
		break;
	default:
		resetting(kind);
		break;
	}
	return 1;
}


std::string ChaosExchange::get(const std::string& path) const
{
	return "GET " + path + " HTTP/1.1\r\nHost: chaos\r\n\r\n";
}


std::string ChaosExchange::post(const std::string& path, const std::string& body) const
{
	return "POST " + path + " HTTP/1.1\r\nHost: chaos\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}


std::string ChaosExchange::body()
	/// Mostly short, at times longer than the server buffers.
{
	const std::size_t length = random(0, 99) < 95 ? random(0, 4000) : random(0, 200000);
	return _pattern.substr(random(0, LARGEST - length), length);
}


std::string ChaosExchange::chunked(const std::string& body)
{
	std::string request = "POST /echo HTTP/1.1\r\nHost: chaos\r\nTransfer-Encoding: chunked\r\n\r\n";
	for (std::size_t at = 0; at < body.size();)
	{
		const std::size_t length = std::min(body.size() - at, random(1, 1 + body.size()/3));
		char size[20];
		std::snprintf(size, sizeof(size), "%zx\r\n", length);
		request += size + body.substr(at, length) + "\r\n";
		at += length;
	}
	return request + "0\r\n\r\n";
}


void ChaosExchange::expect(const std::string& body)
{
	const Answer answer = _socket.receiveAnswer();
	if (answer.status == 500 || answer.status == 503 || answer.status == 408)
	{
		_socket.close();
		throw ServerError("status " + std::to_string(answer.status));
	}
	if (answer.status != 200) throw Wrong("status " + std::to_string(answer.status) + ": " + answer.body.substr(0, 60));
	if (answer.body != body)
		throw Wrong("a body of " + std::to_string(answer.body.size()) + " bytes instead of " + std::to_string(body.size())
			+ (answer.body.size() == body.size() ? ", not the same" : ""));
	if (answer.close) ended();
}


void ChaosExchange::ended()
{
	if (!_socket.hasEnded()) throw Wrong("more after the last answer");
	_socket.close();
}


void ChaosExchange::ask(const std::string& request, const std::string& body)
{
	_socket.send(request);
	expect(body);
}


int ChaosExchange::pipelined()
{
	std::vector<std::string> answers(random(2, 16));
	std::string requests;
	for (std::string& answer: answers)
	{
		switch (random(0, 3))
		{
		case 0:
			answer = _pattern.substr(random(0, 1000), random(0, 500));
			requests += post("/echo", answer);
			break;
		case 1:
			answer = _pattern.substr(0, random(0, 3000));
			requests += get("/large?" + std::to_string(answer.size()));
			break;
		case 2:
			answer = _pattern.substr(random(0, 1000), random(0, 500));
			requests += chunked(answer);
			break;
		default:
			answer = HELLO;
			requests += get("/hello");
			break;
		}
	}
	_socket.send(requests);
	for (const std::string& answer: answers)
	{
		if (!_socket.isOpen()) throw Lost("closed with requests unanswered");
		expect(answer);
	}
	return static_cast<int>(answers.size());
}


void ChaosExchange::halfClose()
	/// A client that says all it has to say, and then waits.
{
	const std::string bytes = body();
	_socket.send(post("/echo", bytes));
	_socket.shutdownSend();
	expect(bytes);
	if (_socket.isOpen()) ended();
}


void ChaosExchange::upgrade()
{
	_socket.send("GET /upgrade HTTP/1.1\r\nHost: chaos\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nfirst\n");
	const Answer answer = _socket.receiveAnswer();
	if (answer.status == 500)
	{
		_socket.close();
		throw ServerError("status 500");
	}
	if (answer.status != 101) throw Wrong("no upgrade, but status " + std::to_string(answer.status));
	if (_socket.receive(6) != "first\n") throw Wrong("what was sent with the request does not come back");
	const std::string bytes = body();
	_socket.send(bytes);
	if (_socket.receive(bytes.size()) != bytes) throw Wrong("the echo is not right");
	_socket.send("end\n");
	if (_socket.receive(4) != "end\n") throw Wrong("the last line is not right");
	ended();
}


void ChaosExchange::throwing(bool late)
{
	_socket.send(get(late ? "/throw-late" : "/throw"));
	try
	{
		const Answer answer = _socket.receiveAnswer();
		if (late && answer.status == 200) throw Wrong("the answer of a handler that has thrown seems complete");
		if (answer.status != 500 || !answer.close)
			throw Wrong("status " + std::to_string(answer.status) + " from a handler that has thrown");
	}
	catch (const Lost&)
	{
		if (!late) throw;
	}
	_socket.close();
}


void ChaosExchange::resetting(Kind kind)
{
	if (kind == KIND_RESET_REQUEST)
	{
		const std::string request = random(0, 1) ? post("/echo", body()) : chunked(body());
		_socket.send(request.substr(0, random(1, request.size())));
	}
	else if (kind == KIND_RESET_ANSWER)
	{
		static const char* const paths[] = { "/file", "/large?1000000", "/large?50000", "/sleep?5", "/hello" };
		_socket.send(get(paths[random(0, 4)]));
		if (random(0, 1)) _socket.receive(1);
	}
	_socket.reset();
}
