//
// Frames.h
//
// What a WebSocket consists of: frames, and messages made of them (RFC 6455).
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Frames_INCLUDED
#define Frames_INCLUDED


#include "Poco/Net/NetException.h"
#include "Poco/Net/WebSocket.h"
#include "Poco/Types.h"
#include <cstddef>
#include <string>


struct FrameHeader
	/// The header of a frame that a client has sent.
{
	bool read(const char* pData, std::size_t size);
		/// Returns false if it is not complete.

	int          flags = 0;        /// Poco::Net::WebSocket::FrameFlags and FrameOpcodes
	bool         masked = false;
	char         mask[4] = {};
	Poco::UInt64 payload = 0;      /// length of the payload
	std::size_t  length = 0;       /// of the header itself
};


std::string unmasked(const FrameHeader& header, const char* pPayload);
	/// Returns the payload of a frame.

std::string makeFrame(int flags, const std::string& payload);
	/// Returns a frame as a server sends it.

std::string makeCloseFrame(int status, const std::string& reason = "");
	/// Returns the frame that ends a WebSocket.


class WebSocketError: public Poco::Net::WebSocketException
	/// The client has done what it must not; code() is the status to close the WebSocket with.
{
public:
	WebSocketError(const std::string& what, Poco::Net::WebSocket::StatusCodes status):
		Poco::Net::WebSocketException(what, status)
	{
	}
};


class MessageReader
	/// Puts messages together from the frames of a client, and checks what the client does.
{
public:
	enum Event
		/// What a frame amounts to.
	{
		EVENT_NONE,
			/// Nothing is to be done.
		EVENT_MESSAGE,
			/// A message is complete.
		EVENT_PING,
			/// To be answered with a pong that has the same payload.
		EVENT_CLOSE
			/// To be answered with a close frame that has the same payload; then the WebSocket has ended.
	};

	explicit MessageReader(std::size_t maxLength);
		/// Messages longer than maxLength are an error.

	Event add(int flags, const std::string& payload);
		/// Takes the next frame. Throws a WebSocketError.

	int opcode() const;
		/// Returns FRAME_OP_TEXT or FRAME_OP_BINARY.

	std::string take();
		/// Returns the message, which is gone then.

private:
	Event addControl(int flags, const std::string& payload);

	const std::size_t _maxLength;
	int               _opcode;    /// of the message that is being received, 0 for none
	int               _complete;  /// opcode of the message that is complete
	std::string       _message;
};


//
// inlines
//
inline int MessageReader::opcode() const
{
	return _complete;
}


#endif // Frames_INCLUDED
