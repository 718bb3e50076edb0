//
// Thread.cpp
//
// A thread for each connection.
//
// Good for:   up to some hundred connections that are busy, and handlers that block in any way they like: the code of one client reads
//             from top to bottom, and a slow one delays nobody.
// Breaks on:  many connections, above all idle ones: each costs a stack and a thread, whatever it does. On short connections, for each
//             of which a thread is created. Without a limit, on a burst: thousands of threads fight for the processors.
// Used in:    MySQL's default, Java's first servers, XML-RPC and SOAP servers; what goroutines and virtual threads imitate, cheaper.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "BlockingConnection.h"
#include "ThreadPerConnection.h"


namespace
{
	class Thread: public ThreadPerConnection
	{
	public:
		using ThreadPerConnection::ThreadPerConnection;

	protected:
		void serveConnection(int fd) override
		{
			BlockingConnection::serveAndClose(fd, options(), interrupter());
		}
	};
}


std::unique_ptr<ServerModel> createThread(const ModelOptions& options)
{
	return std::make_unique<Thread>(options);
}
