//
// ThreadPerConnection.cpp
//
// What the models with a thread for each connection share.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ThreadPerConnection.h"
#include "Poco/Thread.h"
#include <algorithm>
#include <system_error>
#include <unistd.h>


ThreadPerConnection::ThreadPerConnection(const ModelOptions& options, Listener::Mode mode, int descriptors):
	_options(options),
	_maxThreads(std::max(options.connections/descriptors, 1)),
	_listener(options.address, mode)
{
}


Poco::UInt16 ThreadPerConnection::port() const
{
	return _listener.address().port();
}


void ThreadPerConnection::start()
{
	_acceptor = std::thread(&ThreadPerConnection::accept, this);
}


void ThreadPerConnection::accept()
{
	for (;;)
	{
		waitForRoom();
		const int fd = _listener.accept();
		if (fd == Listener::CLOSED) return;
		if (fd >= 0 && startThread(fd)) continue;
		// Neither a descriptor nor a thread comes into being by trying again at once.
		Poco::Thread::sleep(Listener::RETRY);
	}
}


bool ThreadPerConnection::startThread(int fd)
{
	std::lock_guard<std::mutex> lock(_mutex);
	const Threads::iterator it = _running.emplace(_running.end());
	try
	{
		*it = std::thread([this, it, fd]
		{
			serveConnection(fd);
			std::lock_guard<std::mutex> lock(_mutex);
			_finished.splice(_finished.end(), _running, it);
			_ended.notify_one();
		});
		return true;
	}
	catch (std::system_error&)
	{
		_running.erase(it);
		::close(fd);
		return false;
	}
}


void ThreadPerConnection::waitForRoom()
{
	Threads finished;
	{
		std::unique_lock<std::mutex> lock(_mutex);
		_ended.wait(lock, [this] { return static_cast<int>(_running.size()) < _maxThreads; });
		finished.swap(_finished);
	}
	join(finished);
}


void ThreadPerConnection::join(Threads& threads)
{
	for (std::thread& thread: threads) thread.join();
}


void ThreadPerConnection::stop()
{
	_listener.shutdown();
	_interrupter.interrupt(); // makes room as well, should the acceptor wait for it
	_acceptor.join();

	std::unique_lock<std::mutex> lock(_mutex);
	_ended.wait(lock, [this] { return _running.empty(); });
	join(_finished);
}
