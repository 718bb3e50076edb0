//
// Chat.h
//
// WebSockets without a thread: connections of an EVTCPServer.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Chat_INCLUDED
#define Chat_INCLUDED


#include "Frames.h"
#include "Poco/EVNet/EVTCPServer.h"
#include "Poco/EVNet/EVTCPServerConnection.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/Timestamp.h"
#include "Poco/Types.h"
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>


class Chat
	/// Who is there, and what has been said.
	///
	/// Nobody sends anything to anybody else's connection. Frames for all are appended to one list, in which each member has a place, and
	/// those who have something to read are notified: their own connections send it, as fast as each client takes it. A member
	/// who is so far behind that the list has lost his place is disconnected. So memory is bounded, whatever clients
	/// do, and nobody waits for anybody.
	///
	/// Methods may be called from any thread.
{
public:
	explicit Chat(int rate);
		/// A member may say so many messages a second.

	void attach(Poco::EVNet::EVTCPServer& server);
		/// The connections of the members belong to this server.

	void enter(Poco::UInt64 id, const std::string& name);
	void leave(Poco::UInt64 id);
		/// The ids are those of connections.

	void say(const std::string& name, const std::string& text);

	bool take(Poco::UInt64 id, std::string& frames);
		/// Returns the frames that the member has not been sent yet. Not too many: if there are more, notifies him again.
		/// Returns false if his connection is to be closed behind them.

	void tick();
		/// Tells all who is there, if that has changed. Not at once, because when many come or go, that would be much.

	void ping();
		/// Sends all a ping: the answer shows that the client still lives.

	void end();
		/// Says good-bye to all.

	int rate() const;

private:
	enum
	{
		MAX_FRAMES = 256,      // in the list
		MAX_TAKEN  = 65536,    // bytes; less than maxPendingOutput, so that no thread waits for a client
		MAX_NAMES  = 100       // that all are told of
	};

	struct Member
	{
		std::string  name;
		Poco::UInt64 next;      /// number of the first frame that he has not been sent
		bool         notified;
	};

	void append(const std::string& frame);
	void notify(Poco::UInt64 id, Member& member);

	const int                _rate;
	Poco::EVNet::EVTCPServer* _pServer;
	std::mutex               _mutex;     /// guards the following
	std::deque<std::string>  _frames;
	Poco::UInt64             _count;     /// of all frames there have been
	std::unordered_map<Poco::UInt64, Member> _members;
	bool                     _changed;   /// somebody has come or gone
	bool                     _ended;
};


class ChatConnection: public Poco::EVNet::EVTCPServerConnection
	/// A WebSocket after its handshake. Costs no thread while the client says nothing: the event loop collects a frame, as
	/// frame() tells it to, then run() handles it.
	///
	/// A client sends {"type": "join", "name": ...}, then {"type": "say", "text": ...}. It is sent
	/// {"type": "said", "name": ..., "text": ...} and {"type": "here", "count": ..., "names": [...]}.
{
public:
	ChatConnection(const Poco::Net::StreamSocket& socket, Chat& chat);
	~ChatConnection();

	void run() override;

protected:
	std::ptrdiff_t frame(const char* pData, std::size_t length) override;
	void notified() override;

private:
	enum
	{
		SEND_BUFFER = 65536, // bytes
		MAX_MESSAGE = 16384,
		MAX_TEXT    = 2000,
		MAX_NAME    = 120
	};

	void handleFrame();
	void handleMessage(const std::string& message);
	void limitRate();
	void send(const std::string& frame);

	Chat&           _chat;
	MessageReader   _reader;
	Poco::UInt64    _member;   /// id() if the client is a member of the chat, else 0
	std::string     _name;
	bool            _closing;  /// a close frame has been sent, and the answer to it has not come
	Poco::Timestamp _second;
	int             _said;     /// in the second that begins at _second
};


class ChatConnectionFactory: public Poco::Net::TCPServerConnectionFactory
{
public:
	explicit ChatConnectionFactory(Chat& chat);

	Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket& socket) override;

private:
	Chat& _chat;
};


class ChatHandler: public Poco::Net::HTTPRequestHandler
	/// Answers the handshake, and gives the connection to the server of the chat.
{
public:
	explicit ChatHandler(Poco::EVNet::EVTCPServer& chatServer);

	void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override;

private:
	Poco::EVNet::EVTCPServer& _chatServer;
};


//
// inlines
//
inline int Chat::rate() const
{
	return _rate;
}


#endif // Chat_INCLUDED
