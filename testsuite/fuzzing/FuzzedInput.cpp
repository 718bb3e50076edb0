//
// FuzzedInput.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FuzzedInput.h"
#include "FuzzerSupport.h"
#include <algorithm>


namespace
{
	const std::size_t MAX_EXPANDED = 100000;
	const std::size_t MAX_PIECES = 24;

	struct Buffers
	{
		std::size_t maxBufferedBytes;
		std::size_t maxPendingOutput;
	};

	const Buffers SIZES[FuzzedInput::BUFFERS] = {{65536, 1024*1024}, {1024, 0}, {9000, 3000}, {20000, 100}};

	std::string expand(std::string_view input)
	{
		std::string result;
		for (std::size_t i = 0; i < input.size(); i++)
		{
			const bool repeated = input[i] == 1 && i + 1 < input.size() && result.size() < MAX_EXPANDED;
			if (repeated) result.append(64*static_cast<std::size_t>(static_cast<unsigned char>(input[++i])), 'x');
			else result += input[i];
		}
		return result;
	}
}


FuzzedInput::FuzzedInput(std::string_view bytes):
	_parameters(bytes.substr(0, PARAMETERS)),
	_text(expand(bytes.substr(PARAMETERS)))
{
}


unsigned char FuzzedInput::parameter(int i) const
{
	return static_cast<unsigned char>(_parameters[static_cast<std::size_t>(i)]);
}


std::size_t FuzzedInput::buffers() const
{
	return parameter(0) % BUFFERS;
}


const std::string& FuzzedInput::text() const
{
	return _text;
}


std::vector<std::string_view> FuzzedInput::pieces() const
{
	// Three numbers of bytes, again and again; small ones, and from 'a' on large ones. At last comes the rest.
	std::vector<std::string_view> pieces;
	std::string_view rest(_text);
	for (std::size_t i = 0; !rest.empty(); i++)
	{
		const unsigned char c = parameter(5 + static_cast<int>(i % 3));
		const std::size_t wanted = c < 'a' ? c % 48 + 1 : (c - 'a' + 1u)*100;
		const std::size_t length = i == MAX_PIECES ? rest.size() : std::min(wanted, rest.size());
		pieces.push_back(rest.substr(0, length));
		rest.remove_prefix(length);
	}
	return pieces;
}


bool FuzzedInput::slow() const
{
	return parameter(0) % 8 >= 4;
}


FuzzedInput::Limits FuzzedInput::configure(FuzzedServer& server) const
{
	Limits limits;
	limitOf(parameter(2), 1, limits.fields);
	limitOf(parameter(3), 16, limits.header);
	limitOf(parameter(4), 5, limits.body);
	limits.requestLine = std::min(limits.requestLine, limits.header/2);
	return server.configure(limits, parameter(1) == '9' ? 0 : parameter(1) % 16);
}


std::size_t FuzzedInput::maxBufferedBytes(std::size_t buffers)
{
	return SIZES[buffers].maxBufferedBytes;
}


std::size_t FuzzedInput::maxPendingOutput(std::size_t buffers)
{
	return SIZES[buffers].maxPendingOutput;
}
