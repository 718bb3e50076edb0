//
// Echo.h
//
// A WebSocket with POCO's own class, and a thread of its own.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Echo_INCLUDED
#define Echo_INCLUDED


#include "Frames.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/StreamSocket.h"
#include "Poco/Net/WebSocket.h"
#include <atomic>


class EchoHandler: public Poco::Net::HTTPRequestHandler
	/// Sends each message back.
	///
	/// This is what one writes with POCO, unchanged: the handler makes a Poco::Net::WebSocket of its request, and does not return
	/// before that has ended. It is simple, and right for a few clients. But each of them keeps one thread out of
	/// maxThreads, also while it says nothing; when they have them all, nobody gets even a page. So a server
	/// should limit such handlers, as Limit does. ChatConnection is the alternative, which costs no thread.
{
public:
	class Limit
		/// How many of these handlers there may be, all servers together. Must outlive the handlers.
	{
	public:
		explicit Limit(int max);

		bool enter();
		void leave();

		void stop();
			/// Lets the handlers end their WebSockets. A server that is stopped waits for them, but
			/// cannot reach them: the sockets are theirs.

		bool stopping() const;

	private:
		const int         _max;
		std::atomic<int>  _current;
		std::atomic<bool> _stopping;
	};

	explicit EchoHandler(Limit& limit);

	void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override;

private:
	enum
	{
		MAX_MESSAGE     = 1024*1024, // bytes
		IDLE_SECONDS    = 60,
		TIMEOUT_SECONDS = 10,        // for a frame that has begun, in either direction
		LINGER_SECONDS  = 2
	};

	void serve(Poco::Net::WebSocket& webSocket, Poco::Net::StreamSocket& socket);
	bool waitForFrame(Poco::Net::WebSocket& webSocket, Poco::Net::StreamSocket& socket);
	static bool hasEnded(Poco::Net::WebSocket& webSocket, Poco::Net::StreamSocket& socket);
		/// Returns true if the client has closed the connection and nothing more can be received.

	void end(Poco::Net::WebSocket& webSocket, Poco::Net::StreamSocket& socket, int status, const std::string& reason);

	Limit& _limit;
};


//
// inlines
//
inline bool EchoHandler::Limit::stopping() const
{
	return _stopping;
}


#endif // Echo_INCLUDED
