//
// FaultClients.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultClients
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FaultClients.h"
#include "Poco/Net/NetException.h"
#if defined(EVNET_TEST_TLS)
#include "TLSTestSupport.h"
#endif


using Poco::Net::SocketAddress;


namespace
{
	const std::size_t LARGE = 300000;
	const Poco::Timespan CLIENT_TIMEOUT(15, 0);


	[[noreturn]] void wrong(const std::string& what, const std::string& got)
	{
		throw Poco::DataException(what + ": " + got.substr(0, 200));
	}

	Outcome look(const std::string& received, const std::string& expected)
	{
		if (received == expected) return OUTCOME_RIGHT;
		if (received.size() < expected.size() && expected.compare(0, received.size(), received) == 0) return OUTCOME_CUT;
		wrong("wrong bytes", received);
	}

	Converse guarded(const Converse& converse)
		/// Whatever ends a connection may end it. But the client must not wait.
	{
		return [converse](EVTCPServer& server)
		{
			try
			{
				return converse(server);
			}
			catch (Poco::DataException&)
			{
				throw;
			}
			catch (Poco::TimeoutException&)
			{
				throw;
			}
			catch (Poco::Net::MessageException& exc)
			{
				wrong("no HTTP", exc.displayText());
			}
			catch (Poco::IOException&)
			{
				return OUTCOME_CUT;
			}
		};
	}

	template <class Function>
	Outcome own(Function function)
		/// Calls the function. Turns being cut into OUTCOME_OWN.
	{
		try
		{
			return function() == OUTCOME_RIGHT ? OUTCOME_RIGHT : OUTCOME_OWN;
		}
		catch (Poco::Net::MessageException&)
		{
			throw;
		}
		catch (Poco::IOException&)
		{
			return OUTCOME_OWN;
		}
	}
}


const std::string& largeText()
{
	static const std::string text = pattern(LARGE);
	return text;
}


StreamSocket connectTo(EVTCPServer& server, int receiveBuffer)
{
	StreamSocket socket = ::connectTo(server.port() == 0 ? server.socket().address() : SocketAddress("127.0.0.1", server.port()));
	socket.setReceiveTimeout(CLIENT_TIMEOUT);
	if (receiveBuffer > 0) socket.setReceiveBufferSize(receiveBuffer);
	return socket;
}


Outcome look(const Answer& answer, const std::string& body, int status)
{
	if (!answer.complete) return OUTCOME_CUT;
	if (answer.status == status && answer.body == body) return OUTCOME_RIGHT;
	if (answer.status >= 500) return OUTCOME_CUT;
	wrong("a wrong answer, " + std::to_string(answer.status), answer.body);
}


Converse http(const Talk& talk, int receiveBuffer)
{
	return guarded([=](EVTCPServer& server)
	{
		RawClient client(connectTo(server, receiveBuffer));
		return talk(client);
	});
}


Outcome hello(RawClient& client)
{
	const Outcome first = look(client.ask("/a"), "/a");
	return first != OUTCOME_RIGHT ? first : look(client.ask("/b"), "/b");
}


Outcome getLarge(RawClient& client)
{
	const Outcome first = look(client.ask("/large"), largeText());
	return first != OUTCOME_RIGHT ? first : look(client.ask("/b"), "/b");
}


Outcome getFile(RawClient& client)
{
	const Outcome first = look(client.ask("/file"), largeText());
	return first != OUTCOME_RIGHT ? first : look(client.ask("/b"), "/b");
}


Outcome postPieces(RawClient& client)
{
	client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc");
	sleepFor(1); // mostly, the server has read it then
	client.send("def");
	sleepFor(1);
	client.send("ghi");
	return look(client.receiveAnswer(), "abcdefghi");
}


Outcome postLarge(RawClient& client)
{
	client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(LARGE) + "\r\n\r\n"
		+ largeText().substr(0, 40000));
	client.send(largeText().substr(40000));
	return look(client.receiveAnswer(), largeText());
}


Outcome postChunked(RawClient& client)
{
	client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
	sleepFor(1);
	client.send("4\r\ndefg\r\n0\r\n\r\n");
	return look(client.receiveAnswer(), "abcdefg");
}


Outcome postExpect(RawClient& client)
{
	client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
	const Answer interim = client.receiveAnswer();
	if (interim.status != 100) return look(interim, "");
	client.send("12345");
	return look(client.receiveAnswer(), "12345");
}


Outcome pipelined(RawClient& client)
{
	client.send("GET /a HTTP/1.1\r\nHost: localhost\r\n\r\nGET /b HTTP/1.1\r\nHost: localhost\r\n\r\n");
	const Outcome first = look(client.receiveAnswer(), "/a");
	return first != OUTCOME_RIGHT ? first : look(client.receiveAnswer(), "/b");
}


Outcome head(RawClient& client)
{
	client.send("HEAD /head HTTP/1.1\r\nHost: localhost\r\n\r\n");
	return look(client.receiveAnswer(true), "");
}


Outcome bad(RawClient& client)
{
	client.send("BAD\x01 REQUEST\r\n\r\n");
	const Answer answer = client.receiveAnswer();
	if (!answer.complete || answer.status >= 500) return OUTCOME_CUT;
	if (answer.status != 400) wrong("a wrong status", std::to_string(answer.status));
	return client.hasEnded() ? OUTCOME_RIGHT : OUTCOME_CUT;
}


Outcome closing(RawClient& client)
{
	const Outcome outcome = look(client.ask("/c", "Connection: close\r\n"), "/c");
	if (outcome != OUTCOME_RIGHT) return outcome;
	return own([&] { return client.hasEnded() ? OUTCOME_RIGHT : OUTCOME_CUT; });
}


Outcome throwing(RawClient& client)
{
	const Answer answer = client.ask("/throw");
	return answer.complete && answer.status == 500 ? OUTCOME_RIGHT : look(answer, "");
}


Outcome closedByHandler(RawClient& client)
{
	return own([&] { return look(client.ask("/close"), "/close"); });
}


Outcome detached(RawClient& client)
{
	client.get("/detach", "Connection: Upgrade\r\nUpgrade: raw\r\n");
	const std::string line = client.receiveLine();
	if (line != "raw") return line.empty() || line.compare(0, 5, "HTTP/") == 0 ? OUTCOME_CUT : look(line, "raw");
	return own([&]
	{
		client.send("1234");
		return look(client.receiveRest(), "1234");
	});
}


Outcome address(RawClient& client)
{
	return look(client.ask("/address"), "127.0.0.1 127.0.0.1");
}


Converse lines(const std::vector<std::string>& texts, const std::string& more)
{
	return guarded([=](EVTCPServer& server)
	{
		StreamSocket client = connectTo(server);
		for (const std::string& text: texts)
		{
			const Outcome outcome = look(exchange(client, text), text);
			if (outcome != OUTCOME_RIGHT) return outcome;
		}
		return look(receive(client, more.size()), more);
	});
}


#if defined(EVNET_TEST_TLS)
Converse https(const Talk& talk, int receiveBuffer)
{
	return guarded([=](EVTCPServer& server)
	{
		static const Context::Ptr pContext = clientContext();
		RawClient client(SecureStreamSocket::attach(connectTo(server, receiveBuffer), "localhost", pContext));
		return talk(client);
	});
}
#endif
