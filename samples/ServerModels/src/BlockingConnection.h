//
// BlockingConnection.h
//
// A connection whose thread waits for it: the simple way.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef BlockingConnection_INCLUDED
#define BlockingConnection_INCLUDED


#include "Interrupter.h"
#include "Listener.h"
#include "ServerModel.h"


class BlockingConnection
	/// Serves one client: recv(), think, send(), and again. The thread, or process, does nothing else meanwhile.
{
public:
	BlockingConnection(int fd, const ModelOptions& options);
		/// The socket remains that of the caller.

	void serve();
		/// Returns when the client has gone, or is to go.

	static void serveAndClose(int fd, const ModelOptions& options, Interrupter& interrupter);
		/// Serves a client to the end, or until it is interrupted. Never throws.

	static void serveInTurn(Listener& listener, const ModelOptions& options, Interrupter& interrupter);
		/// Serves one client after another, until the listener is shut down.

private:
	enum
	{
		LINGER_SECONDS = 2,
			/// How long one who has been refused may go on sending.
		LINGER_CHUNKS  = 256
			/// And how much.
	};

	void setTimeout(const Poco::Timespan& timeout);
	bool sendOutput();
	void linger();

	const int    _fd;
	Conversation _conversation;
};


#endif // BlockingConnection_INCLUDED
