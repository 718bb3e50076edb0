//
// HTTPConnectionFuzzer.cpp
//
// Has a whole connection served by the real event loop, framing, request and response: once with what
// libFuzzer makes up in one piece, and once in several. Checks both against a
// simple reading of RFC 9112 (HTTPReference), and against each other.
//
// See FuzzedInput for what the input means. The targets of the requests tell the handler what to do, see FuzzedHandler.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FuzzedInput.h"
#include "FuzzerSupport.h"
#include <algorithm>
#include <cstdint>


namespace
{
	using Poco::EVNet::HTTPRequestParser;
	using Limits = FuzzedInput::Limits;

	FuzzedServer& serverFor(const FuzzedInput& input)
	{
		static FuzzedServer* pServers[FuzzedInput::BUFFERS] = {};
		FuzzedServer*& pServer = pServers[input.buffers()];
		if (!pServer)
			pServer = new FuzzedServer(FuzzedInput::maxBufferedBytes(input.buffers()), FuzzedInput::maxPendingOutput(input.buffers()));
		return *pServer;
	}

	ReferenceFields sorted(const ReferenceFields& fields, bool withHost)
		/// Fields with the same name stay in their order.
	{
		ReferenceFields result;
		for (const auto& field: fields)
		{
			if (withHost || toLower(field.first) != "host") result.push_back(field);
		}
		std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return toLower(a.first) < toLower(b.first); });
		return result;
	}


	struct Served
		/// One request, its record and its response.
	{
		ReferenceRequest  request;
		HandlerRecord     record;
		ReferenceResponse response;
		bool              hasResponse = false;
		bool              streamed = false;    /// the handler was called before the request was complete

		bool mayContinue() const
			/// Returns true if another request can follow.
		{
			const bool ended = record.thrown || record.detached || record.badBody || request.toEnd || request.method == "CONNECT"
				|| request.kind != ReferenceRequest::KIND_COMPLETE;
			return !ended && (!hasResponse || (response.complete && response.persistent && !response.toEnd));
		}

		bool mustContinue() const
			/// Returns true if another request has to be answered.
		{
			return mayContinue() && hasResponse && !streamed;
		}
	};


	class Checker
		/// Takes apart what has become of a connection.
	{
	public:
		Checker(std::string_view input, const Conversation& conversation, const Limits& limits):
			_input(input),
			_output(conversation.output),
			_limits(limits)
		{
			for (const HandlerRecord& record: conversation.records)
			{
				require(_served.empty() || _served.back().mayContinue(), "There is a request after the last one");
				checkRequest(record);
				checkBody();
				checkDetached();
				checkResponse();
				_input.remove_prefix(_served.back().request.end);
			}
			checkEnd();
		}

		const std::vector<Served>& served() const
		{
			return _served;
		}

		std::string_view rest() const
			/// Returns what is behind the last request that was handled.
		{
			return _input;
		}

		int refusal() const
			/// Returns the status with which the server refused the last request, or 0.
		{
			return _refusal;
		}

	private:
		void checkRequest(const HandlerRecord& record)
		{
			_served.emplace_back();
			Served& served = _served.back();
			served.record = record;
			served.request = ReferenceRequest::read(_input);
			const ReferenceRequest& request = served.request;
			require(request.kind != ReferenceRequest::KIND_NONE && request.kind != ReferenceRequest::KIND_MALFORMED,
				"A handler was called for what is no request");
			require(record.method == request.method && record.target == request.target, "A handler was called with another request line");
			const bool withHost = request.target[0] == '/'; // otherwise it is that of the target
			if (sorted(record.fields, withHost) != sorted(request.fields, withHost))
				fail("A handler was called with other fields: " + request.target);
			served.streamed = request.kind != ReferenceRequest::KIND_COMPLETE || request.toEnd || record.framed < request.end;
			require(record.framed <= request.end || request.kind != ReferenceRequest::KIND_COMPLETE,
				"A request has taken bytes of the next one");
		}

		void checkBody()
		{
			const ReferenceRequest& request = _served.back().request;
			const HandlerRecord& record = _served.back().record;
			require(request.body.compare(0, record.body.size(), record.body) == 0, "A handler was given another body");
			require(record.body.size() <= _limits.body || record.badBody, "A handler was given more than maxBodySize");
			const bool whole = request.kind == ReferenceRequest::KIND_COMPLETE;
			require(!record.readToEnd || (whole && record.body.size() == request.body.size()),
				"A handler was told that a body ends where it does not");
			require(!record.badBody || !whole || request.unusual || request.body.size() > _limits.body,
				"A body was withheld from a handler");
		}

		void checkDetached()
		{
			const Served& served = _served.back();
			if (!served.record.detached || (served.streamed && !served.record.readToEnd)) return;
			require(served.record.rest == _input.substr(served.request.end), "A detached socket has lost its place");
		}

		void checkResponse()
		{
			Served& served = _served.back();
			const HandlerRecord& record = served.record;
			takeContinues();
			if (!record.answered)
			{
				if (!record.detached) return;
				require(_output == DETACHED, "The owner of a detached socket was not alone");
				_output = std::string_view();
				return;
			}
			if (_output.empty())
			{
				require(record.badBody, "There is no response");
				return;
			}
			served.hasResponse = true;
			served.response = ReferenceResponse::read(_output, served.request.method == "HEAD");
			_output.remove_prefix(served.response.end);
			require(served.response.status == record.status, "A response has another status");
			require(!served.response.chunked || served.request.version != "HTTP/1.0" || served.request.has("transfer-encoding"),
				"A client may not understand chunks");
			require(served.response.has("date"), "A response has no date");
			checkResponseBody();
		}

		void takeContinues()
		{
			takeContinues(_served.back().record.continues + mayContinues(_served.back().request));
		}

		static int mayContinues(const ReferenceRequest& request)
			/// Returns how many the event loop may have sent, before the body was received.
		{
			return request.has("expect") && request.version != "HTTP/1.0" ? 1 : 0;
		}

		void takeContinues(int continues)
		{
			for (; continues > 0 && _output.size() > 8 && _output.substr(8, 5) == " 100 "; continues--)
			{
				const ReferenceResponse interim = ReferenceResponse::read(_output, false);
				require(interim.fields.empty(), "A 100 Continue has fields");
				_output.remove_prefix(interim.end);
			}
		}

		void checkResponseBody() const
		{
			const Served& served = _served.back();
			const ReferenceResponse& response = served.response;
			const HandlerRecord& record = served.record;
			const bool tunnel = served.request.method == "CONNECT" && response.status / 100 == 2;
			require(!tunnel || (!response.hasLength && !response.chunked), "A tunnel has a length");
			const bool bodyless = served.request.method == "HEAD" || response.status == 204 || response.status == 304 || tunnel;
			if (bodyless) return; // whatever the handler has written, it would be taken for the next response
			const bool mayBeCut = record.thrown || record.badBody || record.detached;
			require(record.written.compare(0, response.body.size(), response.body) == 0, "A response has another body");
			if (response.complete && response.hasLength) return;
			require(response.body.size() == record.written.size() || mayBeCut, "A part of a response is missing");
			require(response.complete || response.hasLength || mayBeCut, "A response has no end");
			const bool mustBeCut = record.thrown && response.chunked;
			require(!response.complete || !mustBeCut, "A response that a handler has not finished looks complete");
		}

		void checkEnd()
		{
			if (const ReferenceRequest last = ReferenceRequest::read(_input); last.kind != ReferenceRequest::KIND_NONE)
				takeContinues(mayContinues(last));
			const bool mayContinue = _served.empty() || _served.back().mayContinue();
			const bool mustContinue = _served.empty() || _served.back().mustContinue();
			if (_output.empty())
			{
				const ReferenceRequest::Kind next = mustContinue ? ReferenceRequest::read(_input).kind : ReferenceRequest::KIND_NONE;
				const bool ended = _input.find("\r\n\r\n") != std::string_view::npos; // before that, the server may wait for more
				require(next != ReferenceRequest::KIND_COMPLETE && (next != ReferenceRequest::KIND_MALFORMED || !ended),
					"A request was not answered");
				return;
			}
			if (!_served.empty() && !_served.back().hasResponse && _served.back().record.badBody)
			{
				// A handler that has read a bad body, and said nothing: the server says it.
				const ReferenceResponse response = ReferenceResponse::read(_output, _served.back().request.method == "HEAD");
				const bool right = response.complete && (response.status == 400 || response.status == 413);
				require(right, "A bad body was answered with another status");
				return;
			}
			require(mayContinue, "Something follows the last response");
			// By what the bytes behind the last request are, not by what the server has taken for them.
			std::string rest(_input);
			HTTPRequestParser parser;
			parser.parse(&rest[0], rest.size(), _limits);
			const ReferenceResponse response = ReferenceResponse::read(_output, parser.isHead());
			_refusal = response.status;
			static const std::string STATUSES(" 400 411 413 414 417 431 501 505 ");
			require(STATUSES.find(" " + std::to_string(_refusal) + " ") != std::string::npos, "A request was refused with another status");
			require(parser.status() == _refusal, "What was refused is not the next request");
			require(response.complete && response.hasLength && !response.persistent, "A refusal must end the connection");
			require(response.end == _output.size(), "Something follows a refusal");
		}

		std::string_view    _input;
		std::string_view    _output;
		const Limits        _limits;
		std::vector<Served> _served;
		int                 _refusal = 0;
	};


	std::string describe(const ReferenceResponse& response, bool withConnection)
	{
		std::string result = response.version + " " + std::to_string(response.status) + (response.complete ? " " : " incomplete ");
		for (const auto& field: response.fields)
		{
			const std::string name = toLower(field.first);
			if (name != "date" && (withConnection || name != "connection")) result += field.first + ": " + field.second + "\n";
		}
		return result + response.body;
	}

	void compare(const Checker& whole, const Checker& pieces)
		/// A request that was complete before it was handled gets the same response in both cases. If it was not, the
		/// response may differ in whether the connection goes on, and so may
		/// the number of responses, and that to a body that is malformed or too large.
	{
		bool same = true;
		const std::size_t count = std::min(whole.served().size(), pieces.served().size());
		for (std::size_t i = 0; i < count; i++)
		{
			const Served& a = whole.served()[i];
			const Served& b = pieces.served()[i];
			const bool streamed = a.streamed || b.streamed;
			if (streamed) same = false;
			if (a.record.badBody || b.record.badBody) return;
			require(a.hasResponse == b.hasResponse, "In several pieces, there is no response, or another one");
			if (a.hasResponse && describe(a.response, !streamed) != describe(b.response, !streamed))
				fail("In one piece: " + describe(a.response, !streamed) + "\nbut in several: " + describe(b.response, !streamed));
			require(a.record.body == b.record.body, "In several pieces, there is another body");
			require(streamed || a.record.rest == b.record.rest, "In several pieces, a detached socket yields something else");
		}
		if (!same) return;
		// The next one may have been refused here, and handled but bad there.
		const auto next = [count](const Checker& checker) { return checker.served().size() > count && checker.served()[count].streamed; };
		if (next(whole) || next(pieces)) return;
		require(whole.served().size() == pieces.served().size(), "In several pieces, there are more or fewer requests");
		// An error in a line whose beginning was looked at before shows at its end.
		const bool shows = ReferenceRequest::read(whole.rest()).kind != ReferenceRequest::KIND_NONE
			|| (whole.refusal() != 0 && pieces.refusal() != 0);
		require(!shows || whole.refusal() == pieces.refusal(), "In several pieces, the refusal is another one");
	}
}


extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* pData, std::size_t size)
{
	if (size < FuzzedInput::PARAMETERS) return 0;
	const FuzzedInput input(std::string_view(reinterpret_cast<const char*>(pData), size));
	FuzzedServer& server = serverFor(input);
	const Limits limits = input.configure(server);

	const Checker whole(input.text(), server.serve({input.text()}, false), limits);
	const Checker pieces(input.text(), server.serve(input.pieces(), input.slow()), limits);
	compare(whole, pieces);
	return 0;
}
