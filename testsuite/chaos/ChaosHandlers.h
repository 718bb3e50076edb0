//
// ChaosHandlers.h
//
// Library: EVNet
// Package: ChaosTest
// Module:  ChaosHandlers
//
// Definition of the ChaosFactory and Successors classes.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ChaosHandlers_INCLUDED
#define ChaosHandlers_INCLUDED


#include "ChaosPattern.h"
#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/StreamSocket.h"
#include "Poco/TemporaryFile.h"
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>


std::string toJSON(const Poco::EVNet::EVServerStatistics& statistics, Poco::UInt64 errors);
	/// Returns the statistics in one line. All reasons for a close are in it, whichever there are.


class Successors
	/// A thread that goes on with the sockets that handlers have detached: it answers, and
	/// then gives each back to the server or closes it.
{
public:
	Successors();
	~Successors();

	void serve(Poco::EVNet::EVHTTPServer& server);
		/// Begins. The server must outlive this object or stop() must have been called.

	void stop();
		/// Closes what is waiting.

	void take(const Poco::Net::StreamSocket& socket, bool giveBack);

private:
	struct Task
	{
		Poco::Net::StreamSocket socket;
		bool giveBack;
	};

	void run();
	void answer(Task& task);

	Poco::EVNet::EVHTTPServer* _pServer;
	std::mutex              _mutex;
	std::condition_variable _changed;
	std::deque<Task>        _tasks;
	bool                    _stopped;
	std::thread             _thread;
};


struct ChaosContext
	/// What the handlers use.
{
	ChaosContext();

	Poco::EVNet::EVHTTPServer* pServer;
	std::atomic<Poco::UInt64>  errors;
		/// Reported to the ErrorHandler.
	Successors                 successors;
	std::string                pattern;
	Poco::TemporaryFile        file;
};


class ChaosFactory: public Poco::Net::HTTPRequestHandlerFactory
	/// Its handlers answer, depending on the path:
	///
	///     /hello            at once
	///     /echo             with the body of the request, chunked if that is
	///     /ignore           without reading the body
	///     /large?N          with N bytes of the pattern, in pieces
	///     /file             with a file
	///     /sleep?N          after N milliseconds
	///     /throw            with an exception
	///     /throw-late       with an exception after a part of the answer
	///     /upgrade          by becoming an echo server of lines
	///     /detach           from another thread, which gives the connection back
	///     /detach-close     from another thread, which closes it
	///     /statistics       with the statistics
{
public:
	explicit ChaosFactory(ChaosContext& context);

	Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest& request) override;

private:
	ChaosContext& _context;
};


#endif // ChaosHandlers_INCLUDED
