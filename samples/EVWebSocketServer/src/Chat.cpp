//
// Chat.cpp
//
// This sample demonstrates WebSockets as connections of an EVTCPServer.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Chat.h"
#include "Poco/Exception.h"
#include "Poco/JSON/Array.h"
#include "Poco/JSON/Object.h"
#include "Poco/JSON/Parser.h"
#include "Poco/Net/HTTPServerRequestImpl.h"
#include "Poco/Net/HTTPServerResponse.h"
#include "Poco/String.h"
#include <sstream>


using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerRequestImpl;
using Poco::Net::HTTPServerResponse;
using Poco::Net::StreamSocket;
using Poco::Net::WebSocket;


namespace
{
	const int MAX_DEPTH = 4; // of the JSON of a client

	std::string textFrame(const Poco::JSON::Object& object)
	{
		std::ostringstream ostr;
		object.stringify(ostr);
		return makeFrame(WebSocket::FRAME_TEXT, ostr.str());
	}
}


Chat::Chat(int rate):
	_rate(rate),
	_pServer(nullptr),
	_count(0),
	_changed(false),
	_ended(false)
{
}


void Chat::attach(Poco::EVNet::EVTCPServer& server)
{
	_pServer = &server;
}


void Chat::enter(Poco::UInt64 id, const std::string& name)
{
	std::lock_guard<std::mutex> lock(_mutex);
	Member& member = _members[id];
	member = Member{name, _ended ? _count - 1 : _count, false};
	_changed = true;
	if (_ended) notify(id, member);
}


void Chat::leave(Poco::UInt64 id)
{
	std::lock_guard<std::mutex> lock(_mutex);
	_changed = _members.erase(id) > 0 || _changed;
}


void Chat::say(const std::string& name, const std::string& text)
{
	Poco::JSON::Object object;
	object.set("type", "said");
	object.set("name", name);
	object.set("text", text);
	const std::string frame = textFrame(object);
	std::lock_guard<std::mutex> lock(_mutex);
	append(frame);
}


void Chat::append(const std::string& frame)
{
	if (_ended) return;
	_frames.push_back(frame);
	++_count;
	if (_frames.size() > MAX_FRAMES) _frames.pop_front();
	for (auto& entry: _members) notify(entry.first, entry.second);
}


void Chat::notify(Poco::UInt64 id, Member& member)
{
	if (member.notified) return; // but has not come to take yet
	member.notified = true;
	_pServer->notify(id);
}


bool Chat::take(Poco::UInt64 id, std::string& frames)
{
	std::lock_guard<std::mutex> lock(_mutex);
	const auto it = _members.find(id);
	if (it == _members.end()) return true;
	Member& member = it->second;
	const Poco::UInt64 first = _count - _frames.size();
	if (member.next < first)
	{
		frames = makeCloseFrame(WebSocket::WS_POLICY_VIOLATION, "Too slow");
		return false;
	}
	member.notified = false;
	while (member.next < _count && frames.size() < MAX_TAKEN) frames += _frames[static_cast<std::size_t>(member.next++ - first)];
	if (member.next < _count) notify(id, member);
	else if (_ended) return false;
	return true;
}


void Chat::tick()
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (!_changed) return;
	_changed = false;
	Poco::JSON::Array::Ptr pNames = new Poco::JSON::Array;
	for (const auto& entry: _members)
	{
		if (pNames->size() == MAX_NAMES) break;
		pNames->add(entry.second.name);
	}
	Poco::JSON::Object object;
	object.set("type", "here");
	object.set("count", _members.size());
	object.set("names", pNames);
	append(textFrame(object));
}


void Chat::ping()
{
	std::lock_guard<std::mutex> lock(_mutex);
	append(makeFrame(WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_PING, ""));
}


void Chat::end()
{
	std::lock_guard<std::mutex> lock(_mutex);
	append(makeCloseFrame(WebSocket::WS_ENDPOINT_GOING_AWAY));
	_ended = true; // that was the last frame
}


ChatConnection::ChatConnection(const StreamSocket& socket, Chat& chat):
	EVTCPServerConnection(socket),
	_chat(chat),
	_reader(MAX_MESSAGE),
	_member(0),
	_closing(false),
	_said(0)
{
	// Otherwise the system keeps megabytes for a client that takes nothing, before anybody notices.
	this->socket().setSendBufferSize(SEND_BUFFER);
}


ChatConnection::~ChatConnection()
{
	if (_member) _chat.leave(_member);
}


std::ptrdiff_t ChatConnection::frame(const char* pData, std::size_t length)
{
	FrameHeader header;
	if (!header.read(pData, length)) return FRAME_INCOMPLETE;
	const bool unwanted = _closing && (header.flags & WebSocket::FRAME_OP_BITMASK) != WebSocket::FRAME_OP_CLOSE;
	// run() is called at once, and ends the connection. Because there is more of the request, the server lets the client say it
	// for a moment, and throws it away: it would not see why, if the connection was reset while it is sending.
	if (unwanted || header.payload > MAX_MESSAGE) return static_cast<std::ptrdiff_t>(length + 1);
	const std::size_t size = header.length + static_cast<std::size_t>(header.payload);
	if (size > length) return FRAME_INCOMPLETE;
	return static_cast<std::ptrdiff_t>(size);
}


void ChatConnection::run()
{
	if (_closing)
	{
		closeConnection();
		return;
	}
	try
	{
		handleFrame();
	}
	catch (WebSocketError& exc)
	{
		if (_member) _chat.leave(_member);
		_member = 0;
		_closing = true;
		send(makeCloseFrame(exc.code(), exc.message()));
	}
}


void ChatConnection::handleFrame()
{
	FrameHeader header;
	header.read(requestData(), requestLength());
	if (!header.masked) throw WebSocketError("Clients mask their frames", WebSocket::WS_PROTOCOL_ERROR);
	if (header.payload > MAX_MESSAGE) throw WebSocketError("Too much for a message", WebSocket::WS_PAYLOAD_TOO_BIG);
	const std::string payload = unmasked(header, requestData() + header.length);
	switch (_reader.add(header.flags, payload))
	{
	case MessageReader::EVENT_MESSAGE:
		if (_reader.opcode() != WebSocket::FRAME_OP_TEXT) throw WebSocketError("Only text, please", WebSocket::WS_PAYLOAD_NOT_ACCEPTABLE);
		handleMessage(_reader.take());
		break;
	case MessageReader::EVENT_PING:
		send(makeFrame(WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_PONG, payload));
		break;
	case MessageReader::EVENT_CLOSE:
		send(makeFrame(WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_CLOSE, payload));
		closeConnection();
		break;
	default:
		break;
	}
}


void ChatConnection::handleMessage(const std::string& message)
{
	limitRate();
	std::string type;
	std::string name;
	std::string text;
	try
	{
		Poco::JSON::Parser parser;
		parser.setDepth(MAX_DEPTH);
		const Poco::JSON::Object::Ptr pObject = parser.parse(message).extract<Poco::JSON::Object::Ptr>();
		type = pObject->optValue<std::string>("type", "");
		name = Poco::trim(pObject->optValue<std::string>("name", ""));
		text = pObject->optValue<std::string>("text", "");
	}
	catch (Poco::Exception&)
	{
		throw WebSocketError("Not understood", WebSocket::WS_POLICY_VIOLATION);
	}
	if (type == "join" && !_member && !name.empty() && name.size() <= MAX_NAME)
	{
		_name = name;
		_member = id();
		_chat.enter(_member, _name);
	}
	else if (type == "say" && _member && !text.empty() && text.size() <= MAX_TEXT) _chat.say(_name, text);
	else throw WebSocketError("Not understood", WebSocket::WS_POLICY_VIOLATION);
}


void ChatConnection::limitRate()
{
	if (_second.isElapsed(Poco::Timestamp::resolution()))
	{
		_second.update();
		_said = 0;
	}
	if (++_said > _chat.rate()) throw WebSocketError("Too many messages", WebSocket::WS_POLICY_VIOLATION);
}


void ChatConnection::notified()
{
	if (_closing || !_member) return;
	std::string frames;
	if (!_chat.take(_member, frames)) closeConnection();
	send(frames);
}


void ChatConnection::send(const std::string& frames)
{
	// Never waits: what the client does not take at once is kept, and sent by the loop.
	if (!frames.empty()) socket().sendBytes(frames.data(), static_cast<int>(frames.size()));
}


ChatConnectionFactory::ChatConnectionFactory(Chat& chat):
	_chat(chat)
{
}


Poco::Net::TCPServerConnection* ChatConnectionFactory::createConnection(const StreamSocket& socket)
{
	return new ChatConnection(socket, _chat);
}


ChatHandler::ChatHandler(Poco::EVNet::EVTCPServer& chatServer):
	_chatServer(chatServer)
{
}


void ChatHandler::handleRequest(HTTPServerRequest& request, HTTPServerResponse& response)
{
	StreamSocket socket(static_cast<HTTPServerRequestImpl&>(request).socket());
	// Checks and answers the handshake, and takes the socket out of the HTTP server.
	{
		WebSocket handshake(request, response);
	}
	// From now on it is a connection like any other, with or without TLS.
	_chatServer.adopt(socket);
}
