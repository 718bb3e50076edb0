//
// Conversation.h
//
// The protocols, without a socket: bytes in, bytes out.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Conversation_INCLUDED
#define Conversation_INCLUDED


#include "Work.h"
#include "Poco/Net/HTTPRequest.h"
#include "Poco/Net/HTTPResponse.h"
#include <cstddef>
#include <string>
#include <string_view>


class Conversation
	/// What is said on one connection, in all models that are not written with EVNet. It knows nothing of how bytes
	/// come and go, so the models differ only in how they wait:
	///
	///     while (conversation.ready()) conversation.answer();
	///     ... // send the output(), and say how much of it has been sent()
	///     if (conversation.isOver()) ... // close
	///     else ... // receive() more
	///
	/// ECHO sends each byte back. HTTP is HTTP/1.1 and 1.0, with POCO's messages: persistent
	/// connections, pipelining, HEAD, bodies with a Content-Length. POST /echo is answered with its body, everything else
	/// as Work says.
	///
	/// Memory is bounded: nothing is to be received while ready(), nothing answered while the output is large.
{
public:
	enum Protocol
	{
		ECHO,
		HTTP
	};

	enum
	{
		CHUNK            = 16384,
			/// How much is received at once.
		MAX_REQUEST_LINE = 8192,
		MAX_HEADER       = 65536,
		MAX_BODY         = 1024*1024,
		MAX_OUTPUT       = 65536
			/// With more output, ready() is false until that has been sent.
	};

	Conversation(Protocol protocol, const Work& work);

	void restart();
		/// Begins again, with another client.

	void receive(const char* pData, std::size_t length);
		/// Takes what the client has sent.

	void endOfInput();
		/// The client sends nothing more. What it has sent is still to be answered.

	bool ready();
		/// Returns true if something can be answered now.

	bool isLong() const;
		/// Returns true if what is ready() takes longer than a loop should spend on it.

	void answer();
		/// Does the work for what is ready(), and adds the answer to the output.

	std::string_view output() const;
		/// Returns what is to be sent, also if nothing has been ready().

	void sent(std::size_t length);
		/// So many bytes of the output have been sent.

	bool isOver() const;
		/// Returns true if the connection is to be closed when the output has been sent.

	bool mustLinger() const;
		/// Returns true if the client may still be sending when the connection is closed. To close it then would be
		/// answered by a reset, which may overtake the last answer: what comes has to be read first.

private:
	enum State
	{
		HEADER,
			/// A request is to begin, or its header is not complete.
		BODY,
			/// Its header has been read into _request, the body is not complete.
		REQUEST,
			/// It is complete: answer() is to be called.
		REFUSAL,
			/// It is none, or one that is refused: answer() says so, with _status.
		OVER
			/// The last answer has been given, the input is not looked at any more.
	};

	void parse();
	void parseHeader();
	void readHeader(std::size_t length);
	bool readBodyLength();
	void refuse(Poco::Net::HTTPResponse::HTTPStatus status);
	void respond();
	void send(Poco::Net::HTTPResponse& response, const char* pBody, std::size_t length);

	const Protocol _protocol;
	const Work&    _work;
	State          _state;
	bool           _ended;      // by the client
	std::string    _input;
	std::size_t    _searched;   // bytes of the input that no header ends in
	std::size_t    _bodyLength;
	std::string    _output;
	std::size_t    _sent;       // bytes of the output
	Work::Job      _job;
	Poco::Net::HTTPRequest _request;
	Poco::Net::HTTPResponse::HTTPStatus _status;
};


//
// inlines
//
inline bool Conversation::isLong() const
{
	return _state != REFUSAL && _job.isLong();
}


inline std::string_view Conversation::output() const
{
	return std::string_view(_output).substr(_sent);
}


inline bool Conversation::isOver() const
{
	return _state == OVER;
}


inline bool Conversation::mustLinger() const
{
	return !_ended && (_status != Poco::Net::HTTPResponse::HTTP_OK || !_input.empty());
}


#endif // Conversation_INCLUDED
