//
// LoopPerConnection.cpp
//
// An event base for each connection, and a thread to run it: the well-known mistake with libevent and its like. It looks like an
// event-driven server, but each loop waits for one socket.
//
// Good for:   nothing that the model thread is not better for.
// Breaks on:  all that the thread for each connection breaks on, and sooner: a connection costs three descriptors (socket, epoll, wake-up)
//             instead of one, a loop's buffers besides the stack, and epoll_wait() and recv() for each request, where a blocking
//             recv() would do both.
// Used in:    programs whose authors have read that event loops are fast: event_base_new() in the accept callback.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EpollLoop.h"
#include "ThreadPerConnection.h"
#include <exception>
#include <unistd.h>


namespace
{
	class LoopPerConnection: public ThreadPerConnection
	{
	public:
		explicit LoopPerConnection(const ModelOptions& options):
			ThreadPerConnection(options, Listener::NON_BLOCKING_CONNECTIONS, 3)
		{
		}

	protected:
		void serveConnection(int fd) override
		{
			std::unique_ptr<EpollLoop> pLoop;
			try
			{
				pLoop = std::make_unique<EpollLoop>(options(), EpollLoop::LEVEL_TRIGGERED, 1);
			}
			catch (std::exception&)
			{
				// The descriptors of the loop are one more thing that there may be none of. Then the client is turned away.
				::close(fd);
				return;
			}
			Interrupter::Scope scope(interrupter(), [&pLoop] { pLoop->stop(); });
			pLoop->adopt(fd);
			pLoop->run();
		}
	};
}


std::unique_ptr<ServerModel> createLoopPerConnection(const ModelOptions& options)
{
	return std::make_unique<LoopPerConnection>(options);
}
