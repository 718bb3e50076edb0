//
// NotifiedConnection.h
//
// Connections that are told to send something without a request, and what tests have them say.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef NotifiedConnection_INCLUDED
#define NotifiedConnection_INCLUDED


#include "TestSupport.h"


class NotifiedConnection: public ServedConnection
	/// A connection that takes lines, and calls a function of the test when it is notified.
{
public:
	NotifiedConnection(const StreamSocket& socket, const Run& run, const Run& notified):
		ServedConnection(socket, run, frameLines),
		_notified(notified)
	{
	}

	void notified() override
	{
		_notified(*this);
	}

private:
	Run _notified;
};


inline Poco::Net::TCPServerConnectionFactory::Ptr serveNotified(const ServedConnection::Run& run, const ServedConnection::Run& notified)
{
	return new FunctionFactory([run, notified](const StreamSocket& socket) { return new NotifiedConnection(socket, run, notified); });
}


inline void answer(ServedConnection& c)
	/// Says the id if asked for it, else sends the line back.
{
	c.reply(c.request() == "id?\n" ? std::to_string(c.id()) + "\n" : c.request());
}


inline void sendNews(ServedConnection& c)
{
	c.reply("news\n");
}


inline Poco::UInt64 idOf(StreamSocket& client)
{
	sendAll(client, "id?\n");
	return std::stoull(receiveLine(client));
}


#endif // NotifiedConnection_INCLUDED
