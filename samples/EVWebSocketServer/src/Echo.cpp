//
// Echo.cpp
//
// This sample demonstrates the Poco::Net::WebSocket class with an EVHTTPServer.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Echo.h"
#include "Poco/Buffer.h"
#include "Poco/Net/HTTPServerRequestImpl.h"
#include "Poco/Net/HTTPServerResponse.h"
#include "Poco/Net/NetException.h"
#include "Poco/Timestamp.h"
#include <cerrno>
#include <sys/socket.h>


using Poco::Net::HTTPResponse;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;
using Poco::Net::Socket;
using Poco::Net::StreamSocket;
using Poco::Net::WebSocket;
using Poco::Net::WebSocketException;
using Poco::Timespan;


EchoHandler::Limit::Limit(int max):
	_max(max),
	_current(0),
	_stopping(false)
{
}


bool EchoHandler::Limit::enter()
{
	if (_current.fetch_add(1) < _max) return true;
	leave();
	return false;
}


void EchoHandler::Limit::leave()
{
	_current.fetch_sub(1);
}


void EchoHandler::Limit::stop()
{
	_stopping = true;
}


EchoHandler::EchoHandler(Limit& limit):
	_limit(limit)
{
}


void EchoHandler::handleRequest(HTTPServerRequest& request, HTTPServerResponse& response)
{
	if (!_limit.enter())
	{
		response.setStatusAndReason(HTTPResponse::HTTP_SERVICE_UNAVAILABLE);
		response.set("Retry-After", "10");
		response.setContentLength(0);
		response.send();
		return;
	}
	try
	{
		StreamSocket socket(static_cast<HTTPServerRequestImpl&>(request).socket());
		WebSocket webSocket(request, response);
		serve(webSocket, socket);
	}
	catch (...)
	{
		_limit.leave();
		throw;
	}
	_limit.leave();
}


void EchoHandler::serve(WebSocket& webSocket, StreamSocket& socket)
{
	webSocket.setMaxPayloadSize(MAX_MESSAGE);
	webSocket.setReceiveTimeout(Timespan(TIMEOUT_SECONDS, 0));
	webSocket.setSendTimeout(Timespan(TIMEOUT_SECONDS, 0));
	MessageReader reader(MAX_MESSAGE);
	try
	{
		while (waitForFrame(webSocket, socket))
		{
			// Whether the client masks its frames, as it must, is something that a Poco::Net::WebSocket does not tell.
			int flags = 0;
			Poco::Buffer<char> buffer(0);
			const int n = webSocket.receiveFrame(buffer, flags);
			// To Poco, the end of the connection looks like an empty fragment that is not the last one.
			if (n <= 0 && flags == 0 && hasEnded(webSocket, socket)) return;
			const std::string payload(buffer.begin(), buffer.size());
			switch (reader.add(flags, payload))
			{
			case MessageReader::EVENT_MESSAGE:
				{
					const std::string message = reader.take();
					webSocket.sendFrame(message.data(), static_cast<int>(message.size()), WebSocket::FRAME_FLAG_FIN | reader.opcode());
				}
				break;
			case MessageReader::EVENT_PING:
				webSocket.sendFrame(payload.data(), n, WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_PONG);
				break;
			case MessageReader::EVENT_CLOSE:
				webSocket.sendFrame(payload.data(), n, WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_CLOSE);
				return;
			default:
				break;
			}
		}
		end(webSocket, socket, WebSocket::WS_ENDPOINT_GOING_AWAY, "");
	}
	catch (WebSocketError& exc)
	{
		end(webSocket, socket, exc.code(), exc.message());
	}
	catch (WebSocketException& exc)
	{
		// Poco's own codes
		if (exc.code() == WebSocket::WS_ERR_PAYLOAD_TOO_BIG) end(webSocket, socket, WebSocket::WS_PAYLOAD_TOO_BIG, exc.message());
	}
	catch (Poco::TimeoutException&)
	{
		// stopped in the middle of a frame, or takes nothing
	}
	catch (Poco::Net::NetException&)
	{
		// has reset the connection
	}
}


bool EchoHandler::waitForFrame(WebSocket& webSocket, StreamSocket& socket)
{
	// By seconds, because nothing else reaches a thread that waits for a client.
	for (int i = 0; i < IDLE_SECONDS && !_limit.stopping(); i++)
	{
		if (webSocket.available() > 0 || socket.poll(Timespan(1, 0), Socket::SELECT_READ)) return true;
	}
	return false;
}


bool EchoHandler::hasEnded(WebSocket& webSocket, StreamSocket& socket)
{
	if (webSocket.available() > 0 || socket.available() > 0) return false;
	// With TLS, there may be bytes that are not decrypted yet.
	char byte;
	const ssize_t n = ::recv(socket.impl()->sockfd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}


void EchoHandler::end(WebSocket& webSocket, StreamSocket& socket, int status, const std::string& reason)
{
	try
	{
		webSocket.shutdown(static_cast<Poco::UInt16>(status), reason);
		// If the socket were closed while bytes of the client are unread, the client might get a reset instead of the close frame.
		const Poco::Timestamp begin;
		Poco::Buffer<char> rest(16384);
		while (!begin.isElapsed(LINGER_SECONDS*Poco::Timestamp::resolution()))
		{
			if (socket.available() == 0 && !socket.poll(Timespan(LINGER_SECONDS, 0), Socket::SELECT_READ)) return;
			if (socket.receiveBytes(rest.begin(), static_cast<int>(rest.size())) <= 0) return;
		}
	}
	catch (Poco::Exception&)
	{
		// gone
	}
}
