//
// ChaosExchange.h
//
// Library: EVNet
// Package: ChaosTest
// Module:  ChaosExchange
//
// Definition of the ChaosExchange class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ChaosExchange_INCLUDED
#define ChaosExchange_INCLUDED


#include "ChaosPattern.h"
#include "ChaosSocket.h"
#include <cstdint>
#include <random>


class ServerError: public std::runtime_error
	/// A complete answer that says that the server could not do it.
{
	using std::runtime_error::runtime_error;
};


class ChaosExchange
	/// Makes exchanges of all kinds with a ChaosServer over a connection, at random, and checks each answer.
{
public:
	enum Kind
	{
		KIND_HELLO,
		KIND_ECHO,
		KIND_CHUNKED,
		KIND_PIPELINED,
		KIND_LARGE,
		KIND_FILE,
		KIND_IGNORE,
		KIND_SLEEP,
		KIND_HALF_CLOSE,
		KIND_UPGRADE,
		KIND_DETACH,
		KIND_DETACH_CLOSE,
		KIND_THROW,
		KIND_THROW_LATE,
		KIND_RESET_IDLE,
		KIND_RESET_REQUEST,
		KIND_RESET_ANSWER,
		KINDS
	};

	static const char* nameOf(Kind kind);

	ChaosExchange(ChaosSocket& socket, std::uint64_t seed);

	Kind pick(bool basicOnly);
		/// Returns the kind to make next: any, or only one of those that every client may need.

	int make(Kind kind);
		/// Makes the exchange and returns the number of requests it took. Throws Lost, Hung, Wrong or
		/// ServerError. The connection is closed afterwards if the exchange ends it.

	std::size_t random(std::size_t from, std::size_t to);

private:
	std::string get(const std::string& path) const;
	std::string post(const std::string& path, const std::string& body) const;
	std::string body();
	std::string chunked(const std::string& body);
	void expect(const std::string& body);
	void ended();
	void ask(const std::string& request, const std::string& body);

	int pipelined();
	void halfClose();
	void upgrade();
	void throwing(bool late);
	void resetting(Kind kind);

	ChaosSocket&       _socket;
	std::mt19937_64    _random;
	std::string        _pattern;
};


#endif // ChaosExchange_INCLUDED
