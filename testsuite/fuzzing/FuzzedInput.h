//
// FuzzedInput.h
//
// What the inputs in corpus/connection mean.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef FuzzedInput_INCLUDED
#define FuzzedInput_INCLUDED


#include "FuzzedServer.h"
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>


class FuzzedInput
	/// Eight characters, and then what the client sends. The characters choose
	///     0: the buffers of the server (see buffers()); from 4 on, the client of the second time is slow
	///     1: maxKeepAliveRequests; 0 and 9 are no limit
	///     2, 3, 4: the limits of fields, header, and body (see limitOf(); 9 is the default value)
	///     5, 6, 7: where the input is split
	/// A byte 1 and another one, n, stand for 64*n letters, so that a small input can fill the buffers.
{
public:
	using Limits = Poco::EVNet::HTTPRequestParser::Limits;

	enum
	{
		PARAMETERS = 8,
		BUFFERS    = 4
	};

	explicit FuzzedInput(std::string_view bytes);
		/// The bytes are not needed any longer than that; there must be 8 at least.

	std::size_t buffers() const;
		/// Returns which buffers the server has.

	const std::string& text() const;
		/// Returns what the client sends.

	std::vector<std::string_view> pieces() const;
		/// Returns that in several pieces.

	bool slow() const;
		/// Returns true if the client that sends pieces is slow.

	Limits configure(FuzzedServer& server) const;
		/// Configures one that has been created with the buffers. Returns the limits that are in force.

	static std::size_t maxBufferedBytes(std::size_t buffers);
	static std::size_t maxPendingOutput(std::size_t buffers);

private:
	unsigned char parameter(int i) const;

	std::string _parameters;
	std::string _text;
};


#endif // FuzzedInput_INCLUDED
