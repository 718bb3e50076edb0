//
// NthRunner.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  NthRunner
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "NthRunner.h"
#include "FaultSupport.h"
#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>


namespace
{
	const int MAX_STEPS = 20000;      // of the server, for one connection
	const int LASTING = 1000;         // steps that a fault lasts
	const int MAX_REPEATED = 2000;    // calls that fail meanwhile
	const int QUIET = 2;              // milliseconds
	const int PATIENCE = 1000;


	std::vector<NthKind> makeKinds()
	{
		std::vector<NthKind> kinds;
		std::vector<std::string> names;
		DIR* pDirectory = ::opendir(EVNET_CORPUS);
		if (!pDirectory) throw Poco::FileNotFoundException(EVNET_CORPUS);
		while (const struct dirent* pEntry = ::readdir(pDirectory))
		{
			if (pEntry->d_name[0] != '.') names.push_back(pEntry->d_name);
		}
		::closedir(pDirectory);
		std::sort(names.begin(), names.end());
		std::size_t ways = 0;
		for (const std::string& name: names)
		{
			std::ifstream file(EVNET_CORPUS "/" + name, std::ios::binary);
			const std::string input((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
			if (input.size() < FuzzedInput::PARAMETERS) continue;
			// Slices of large files are not sent by a leader that has other threads, and here they do nothing
			const bool inlineOnly = name.compare(0, 10, "file-large") == 0;
			const FuzzedServer::Mode adaptive = inlineOnly ? FuzzedServer::MODE_INLINE : FuzzedServer::MODE_ADAPTIVE;
			const std::size_t way = ways++;
			kinds.push_back({name, input, false, false, FuzzedServer::MODE_INLINE, way % 4 == 0});
			kinds.push_back({name + "/pieces", input, true, false, adaptive, way % 4 == 1});
			kinds.push_back({name + "/held", input, false, false, adaptive, way % 4 == 2});
			kinds.push_back({name + "/notified", input, true, true, FuzzedServer::MODE_INLINE, way % 4 == 3});
		}
		return kinds;
	}

	struct Turn
		/// What has become of a connection.
	{
		std::string output;
		int failures = 0;   /// handlers that have thrown, or that have not got the whole body
		bool detached = false;
	};

	std::string withoutDates(std::string output)
	{
		for (std::size_t i = output.find("\r\nDate: "); i != std::string::npos; i = output.find("\r\nDate: ", i + 1))
		{
			const std::size_t begin = i + 8;
			const std::size_t end = std::min(output.find('\r', begin), output.size());
			std::fill(output.begin() + static_cast<std::ptrdiff_t>(begin), output.begin() + static_cast<std::ptrdiff_t>(end), 'x');
		}
		return output;
	}

	using Records = std::vector<HandlerRecord>;

	Turn converse(FuzzedServer& server, const NthKind& kind, const FuzzedInput& input, const FaultInjector::Fault* pFault,
		Records* pRecords = nullptr)
	{
		const std::vector<std::string_view> pieces = kind.inPieces ? input.pieces() : std::vector<std::string_view>(1, input.text());
		server.begin(pieces, kind.inPieces && input.slow());
		const int notified = server.notifications();
		if (pFault) FaultInjector::arm(*pFault, true);
		int steps = 0;
		for (bool open = true; open; steps++)
		{
			if (kind.notified && steps % 3 == 1 && steps < 30) server.notify();
			if (steps == LASTING) FaultInjector::disarm();
			{
				const FaultInjector::Exempt counted(false);
				open = server.step();
			}
			require(steps < MAX_STEPS, "the connection does not end");
			require(!pFault || FaultInjector::injected() < MAX_REPEATED, "a call that fails is repeated again and again");
		}
		FaultInjector::disarm();
		require(pFault || !kind.notified || steps < 6 || server.notifications() > notified, "a notification is lost");
		Conversation conversation = server.end();
		Turn turn;
		turn.output = withoutDates(conversation.output);
		for (const HandlerRecord& record: conversation.records)
		{
			turn.failures += record.thrown || record.badBody;
			turn.detached = turn.detached || record.detached;
		}
		if (pRecords) pRecords->swap(conversation.records);
		return turn;
	}


	bool isHidden(int call, int error)
		/// Returns true if the call has not failed, or is to be tried again, so that a client must not notice anything.
	{
		switch (call)
		{
		case FaultInjector::CALLS:
			return true;
		case FaultInjector::CALL_SEND:
		case FaultInjector::CALL_SENDMSG:
		case FaultInjector::CALL_SENDFILE:
			return error == EINTR || error == EAGAIN;
		case FaultInjector::CALL_RECV: // for who has set a timeout, EAGAIN says that it has passed
		case FaultInjector::CALL_READ:
		case FaultInjector::CALL_PREAD:
		case FaultInjector::CALL_OPEN:
		case FaultInjector::CALL_POLL:
		case FaultInjector::CALL_EPOLL_WAIT:
			return error == EINTR;
		default:
			return false;
		}
	}
}


class NthRunner::Expected
	/// What a connection is like without a fault.
{
public:
	explicit Expected(const NthKind& kind, const FuzzedInput& input, FuzzedServer& server)
	{
		std::vector<HandlerRecord> records;
		_turn = converse(server, kind, input, nullptr, &records);
		split(records);
	}

	const Turn& turn() const
	{
		return _turn;
	}

	void check(const Turn& turn, bool hidden, const EVServerStatistics& statistics, int reports) const
		/// Throws a Complaint unless the client has got what it would have got without a fault, or can tell that it has
		/// not; and then, something tells of that on the side of the server, too.
	{
		if (turn.output == _turn.output) return;
		require(!hidden, "the client must not notice that: " + turn.output.substr(0, 300));
		compare(turn.output, turn.failures > _turn.failures);
		// What happens to a detached socket is its owner's to tell.
		const bool told = turn.detached || reports > 0 || isTraced(statistics);
		require(told, "the client was not answered, but nothing tells of that: " + textOf(statistics));
	}

private:
	struct Part
		/// A response, or what the owner of a detached socket sends.
	{
		std::string text;
		bool        interim;
		bool        head;     /// has no body, whatever its header says
	};

	static bool isResponse(std::string_view text)
	{
		return text.substr(0, 5) == "HTTP/";
	}

	void split(const std::vector<HandlerRecord>& records)
	{
		std::size_t record = 0;
		for (std::string_view rest(_turn.output); !rest.empty();)
		{
			Part part = {std::string(rest), false, false};
			if (isResponse(rest))
			{
				while (record < records.size() && !records[record].answered) record++;
				part.head = record < records.size() && records[record].method == "HEAD";
				const ReferenceResponse response = ReferenceResponse::read(rest, part.head);
				part.text = rest.substr(0, response.end);
				part.interim = response.status < 200;
				if (!part.interim) record++;
			}
			rest.remove_prefix(part.text.size());
			_parts.push_back(part);
		}
	}

	void compare(std::string_view rest, bool excused) const
		/// Each response has to be as expected, or to say that there is an error. Behind one that is cut comes nothing. A response is also
		/// excused if its handler knows that something is wrong.
	{
		for (const Part& part: _parts)
		{
			const std::string_view text(part.text);
			if (rest.substr(0, text.size()) == text)
			{
				rest.remove_prefix(text.size());
				continue;
			}
			if (text.substr(0, rest.size()) == rest) return;
			if (part.interim) continue;
			if (!isResponse(rest)) wrong(rest);
			if (rest.find("\r\n\r\n") == std::string_view::npos) return; // another response, which is cut
			const ReferenceResponse response = ReferenceResponse::read(rest, part.head);
			if (response.status < 500 && !excused) wrong(rest);
			rest.remove_prefix(response.end);
		}
		if (!rest.empty()) wrong(rest);
	}

	[[noreturn]] static void wrong(std::string_view rest)
	{
		throw Complaint("a wrong answer: " + std::string(rest.substr(0, 300)));
	}

	Turn              _turn;
	std::vector<Part> _parts;
};


//
// NthRunner
//


NthRunner::NthRunner(const NthKind& kind):
	_kind(kind),
	_input(kind.input)
{
	run(nullptr); // what is made once and stays is made now
	run(nullptr);
}


NthRunner::~NthRunner()
{
}


const FaultInjector::Error& NthRunner::errorOf(int call, int error)
{
	const auto& errors = FaultInjector::errorsOf(static_cast<FaultInjector::Call>(call));
	return errors[std::min(static_cast<std::size_t>(error), errors.size() - 1)];
}


void NthRunner::run(const FaultInjector::Fault* pFault)
{
	const int descriptorsBefore = descriptors();
	const long allocationsBefore = FaultInjector::allocations();
	serve(pFault);
	if (!pFault) return;
	// Threads that have nothing to do give theirs back a little later
	require(waitFor([=] { return descriptors() == descriptorsBefore; }, PATIENCE), "descriptors are left");
	if (waitFor([=] { return FaultInjector::allocations() <= allocationsBefore; }, QUIET)) return;
	// An error may have been the first one of its kind, for which something is made once
	const long again = FaultInjector::allocations();
	serve(pFault);
	const bool given = waitFor([=] { return FaultInjector::allocations() <= again; }, PATIENCE);
	require(given, std::to_string(FaultInjector::allocations() - again) + " allocations are left");
}


void NthRunner::serve(const FaultInjector::Fault* pFault)
{
	const Reports reports;
	const std::size_t buffers = _input.buffers();
	FuzzedServer server(FuzzedInput::maxBufferedBytes(buffers), FuzzedInput::maxPendingOutput(buffers), _kind.mode);
	_input.configure(server);
	if (!_pExpected)
	{
		_pExpected.reset(new Expected(_kind, _input, server));
		return;
	}
	const Turn turn = converse(server, _kind, _input, pFault);
	const EVServerStatistics statistics = server.statistics();
	const int call = pFault ? FaultInjector::failedCall() : FaultInjector::CALLS;
	const bool hidden = isHidden(call, call != FaultInjector::CALLS ? errorOf(call, pFault->error).number : 0);
	_pExpected->check(turn, hidden, statistics, reports.count());
	const bool ended = statistics.open == 0 && statistics.running == 0 && statistics.queued == 0;
	require(ended && balances(statistics), "the connection has ended, but: " + textOf(statistics));
	const Turn later = converse(server, _kind, _input, nullptr);
	require(later.output == _pExpected->turn().output, "the next client is not answered as it should be: " + later.output.substr(0, 300));
	require(balances(server.statistics()), "the next connection has ended, but: " + textOf(server.statistics()));
}


//
// kinds
//


const std::vector<NthKind>& nthKinds()
{
	static const std::vector<NthKind> kinds = makeKinds();
	return kinds;
}
