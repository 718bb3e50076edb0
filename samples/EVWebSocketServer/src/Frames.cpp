//
// Frames.cpp
//
// This sample demonstrates the frames of WebSockets (RFC 6455, section 5).
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "Frames.h"
#include "Poco/UTF8Encoding.h"
#include <algorithm>


using Poco::Net::WebSocket;


namespace
{
	const int OP_CONTROL = 0x08;     // the bit that control frames have in their opcode
	const std::size_t MAX_CONTROL = 125;
	const int RESERVED_FLAGS = WebSocket::FRAME_FLAG_RSV1 | WebSocket::FRAME_FLAG_RSV2 | WebSocket::FRAME_FLAG_RSV3;

	Poco::UInt64 number(const char* pData, std::size_t size)
	{
		Poco::UInt64 result = 0;
		for (std::size_t i = 0; i < size; i++) result = result << 8 | static_cast<unsigned char>(pData[i]);
		return result;
	}

	std::string bytes(Poco::UInt64 number, int size)
	{
		std::string result;
		while (size-- > 0) result += static_cast<char>(number >> 8*size & 0xFF);
		return result;
	}

	bool isUTF8(const std::string& text)
	{
		for (std::size_t i = 0; i < text.size();)
		{
			const unsigned char* p = reinterpret_cast<const unsigned char*>(text.data()) + i;
			const std::size_t length = *p < 0x80 ? 1 : *p < 0xE0 ? 2 : *p < 0xF0 ? 3 : 4;
			if (length > text.size() - i || !Poco::UTF8Encoding::isLegal(p, static_cast<int>(length))) return false;
			i += length;
		}
		return true;
	}

	bool isStatus(Poco::UInt64 status)
		/// Returns true if a client may close with this status (section 7.4).
	{
		if (status >= 3000) return status < 5000;
		return status >= 1000 && status <= 1014 && (status < 1004 || status > 1006);
	}
}


bool FrameHeader::read(const char* pData, std::size_t size)
{
	if (size < 2) return false;
	flags = static_cast<unsigned char>(pData[0]);
	masked = (pData[1] & 0x80) != 0;
	const int shortLength = pData[1] & 0x7F;
	const std::size_t lengthBytes = shortLength == 127 ? 8 : shortLength == 126 ? 2 : 0;
	length = 2 + lengthBytes + (masked ? sizeof(mask) : 0);
	if (size < length) return false;
	payload = lengthBytes ? number(pData + 2, lengthBytes) : static_cast<Poco::UInt64>(shortLength);
	if (masked) std::copy(pData + length - sizeof(mask), pData + length, mask);
	return true;
}


std::string unmasked(const FrameHeader& header, const char* pPayload)
{
	std::string payload(pPayload, static_cast<std::size_t>(header.payload));
	for (std::size_t i = 0; i < payload.size(); i++) payload[i] ^= header.mask[i % sizeof(header.mask)];
	return payload;
}


std::string makeFrame(int flags, const std::string& payload)
{
	std::string result(1, static_cast<char>(flags));
	if (payload.size() < 126) result += static_cast<char>(payload.size());
	else if (payload.size() < 65536) result += '\x7E' + bytes(payload.size(), 2);
	else result += '\x7F' + bytes(payload.size(), 8);
	return result + payload;
}


std::string makeCloseFrame(int status, const std::string& reason)
{
	return makeFrame(WebSocket::FRAME_FLAG_FIN | WebSocket::FRAME_OP_CLOSE, bytes(static_cast<Poco::UInt64>(status), 2) + reason);
}


MessageReader::MessageReader(std::size_t maxLength):
	_maxLength(maxLength),
	_opcode(0),
	_complete(0)
{
}


MessageReader::Event MessageReader::add(int flags, const std::string& payload)
{
	if (flags & RESERVED_FLAGS) throw WebSocketError("There is no extension", WebSocket::WS_PROTOCOL_ERROR);
	const int opcode = flags & WebSocket::FRAME_OP_BITMASK;
	if (opcode & OP_CONTROL) return addControl(flags, payload);

	if (opcode > WebSocket::FRAME_OP_BINARY) throw WebSocketError("Unknown kind of frame", WebSocket::WS_PROTOCOL_ERROR);
	if ((opcode == WebSocket::FRAME_OP_CONT) != (_opcode != 0))
		throw WebSocketError("Fragments are out of order", WebSocket::WS_PROTOCOL_ERROR);
	if (payload.size() > _maxLength - _message.size()) throw WebSocketError("Too much for a message", WebSocket::WS_PAYLOAD_TOO_BIG);
	if (opcode) _opcode = opcode;
	_message += payload;
	if (!(flags & WebSocket::FRAME_FLAG_FIN)) return EVENT_NONE;
	_complete = _opcode;
	_opcode = 0;
	if (_complete == WebSocket::FRAME_OP_TEXT && !isUTF8(_message))
		throw WebSocketError("Text must be UTF-8", WebSocket::WS_MALFORMED_PAYLOAD);
	return EVENT_MESSAGE;
}


MessageReader::Event MessageReader::addControl(int flags, const std::string& payload)
{
	if (!(flags & WebSocket::FRAME_FLAG_FIN) || payload.size() > MAX_CONTROL)
		throw WebSocketError("Control frames are short", WebSocket::WS_PROTOCOL_ERROR);
	switch (flags & WebSocket::FRAME_OP_BITMASK)
	{
	case WebSocket::FRAME_OP_PING:
		return EVENT_PING;
	case WebSocket::FRAME_OP_PONG:
		return EVENT_NONE;
	case WebSocket::FRAME_OP_CLOSE:
		if (!payload.empty() && (payload.size() < 2 || !isStatus(number(payload.data(), 2))))
			throw WebSocketError("No such status", WebSocket::WS_PROTOCOL_ERROR);
		if (payload.size() > 2 && !isUTF8(payload.substr(2))) throw WebSocketError("Text must be UTF-8", WebSocket::WS_MALFORMED_PAYLOAD);
		return EVENT_CLOSE;
	default:
		throw WebSocketError("Unknown kind of frame", WebSocket::WS_PROTOCOL_ERROR);
	}
}


std::string MessageReader::take()
{
	std::string result;
	result.swap(_message);
	return result;
}
