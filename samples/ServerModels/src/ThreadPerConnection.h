//
// ThreadPerConnection.h
//
// What the models with a thread for each connection share.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ThreadPerConnection_INCLUDED
#define ThreadPerConnection_INCLUDED


#include "Interrupter.h"
#include "Listener.h"
#include "ServerModel.h"
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>


class ThreadPerConnection: public ServerModel
	/// One thread accepts connections and starts a thread for each. What that does is up to the subclass.
{
public:
	explicit ThreadPerConnection(const ModelOptions& options, Listener::Mode mode = Listener::BLOCKING, int descriptors = 1);
		/// Each connection needs so many descriptors.

	Poco::UInt16 port() const override;
	void start() override;
	void stop() override;

protected:
	virtual void serveConnection(int fd) = 0;
		/// Serves the connection on its thread, to its end or until it is interrupted, and closes the socket. Must not throw.

	const ModelOptions& options() const;
	Interrupter& interrupter();

private:
	using Threads = std::list<std::thread>;

	void accept();
	bool startThread(int fd);
	void waitForRoom();
	void join(Threads& threads);

	const ModelOptions& _options;
	const int   _maxThreads;
	Listener    _listener;
	Interrupter _interrupter;
	std::thread _acceptor;
	std::mutex  _mutex;
	std::condition_variable _ended;
	Threads     _running;  // under the mutex
	Threads     _finished; // under the mutex; they are still to be joined
};


//
// inlines
//
inline const ModelOptions& ThreadPerConnection::options() const
{
	return _options;
}


inline Interrupter& ThreadPerConnection::interrupter()
{
	return _interrupter;
}


#endif // ThreadPerConnection_INCLUDED
