//
// TestSupport.h
//
// What the tests have in common: clients, servers whose handlers are
// functions, and waiting for a condition.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef TestSupport_INCLUDED
#define TestSupport_INCLUDED


#include "Poco/EVNet/EVTCPServer.h"
#include "Poco/ErrorHandler.h"
#include "Poco/Event.h"
#include "Poco/Exception.h"
#include "Poco/Net/NetException.h"
#include "Poco/Net/SocketAddress.h"
#include "Poco/Net/StreamSocket.h"
#include "Poco/Net/TCPServerConnectionFactory.h"
#include "Poco/Timespan.h"
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <time.h>
#include <vector>


using Poco::EVNet::EVServerOptions;
using Poco::EVNet::EVServerStatistics;
using Poco::EVNet::EVTCPServer;
using Poco::EVNet::EVTCPServerConnection;
using Poco::EVNet::EVTCPServerParams;
using Poco::Net::StreamSocket;


//
// waiting
//
const int DEADLINE = 20000; // milliseconds; nothing a test waits for takes that long unless it is broken

#if defined(__SANITIZE_THREAD__)
const bool SLOWED_DOWN = true;
#else
const bool SLOWED_DOWN = false;
#endif
	// Whether all that touches memory takes some 50 times as long. What is only repeated to meet more schedules is repeated less then.


inline void sleepFor(int milliseconds)
{
	std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}


inline Poco::Int64 realTime()
	/// Returns milliseconds of a clock that no TestClock sets forward.
{
	struct timespec time;
	::clock_gettime(CLOCK_MONOTONIC_RAW, &time);
	return static_cast<Poco::Int64>(time.tv_sec)*1000 + time.tv_nsec/1000000;
}


template <class Condition>
bool waitFor(Condition condition, int milliseconds = DEADLINE)
	/// Waits until the condition holds. Returns false if it does not in time, which is real time.
{
	const Poco::Int64 end = realTime() + milliseconds;
	while (!condition())
	{
		if (realTime() > end) return false;
		sleepFor(1);
	}
	return true;
}


class Stopwatch
	/// Tells the time that the server sees, see TestClock.
{
public:
	int elapsed() const
		/// Returns the milliseconds since the stopwatch was created.
	{
		return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - _start).count());
	}

private:
	std::chrono::steady_clock::time_point _start = std::chrono::steady_clock::now();
};


class Gate
	/// Handlers wait here until the test opens the gate, at the latest in its destructor.
{
public:
	Gate():
		_waiting(0),
		_opened(false)
	{
	}

	~Gate()
	{
		open();
		waitFor([this] { return _waiting == 0; });
	}

	void pass()
	{
		++_waiting;
		_event.tryWait(DEADLINE);
		--_waiting;
	}

	void open()
	{
		_opened = true;
		_event.set();
	}

	bool holds(int handlers) const
		/// Waits until exactly that many handlers wait here. A server counts a handler as running before
		/// it is: whoever has seen the counts has not seen the handler come here.
	{
		return waitFor([&] { return _waiting == handlers; });
	}

	int waiting() const
		/// Only for what is true already: see holds().
	{
		return _waiting;
	}

	bool opened() const
	{
		return _opened;
	}

private:
	Poco::Event       _event{Poco::Event::EVENT_MANUALRESET};
	std::atomic<int>  _waiting;
	std::atomic<bool> _opened;
};


class ErrorCollector: public Poco::ErrorHandler
	/// Collects what is reported to the ErrorHandler while it exists.
{
public:
	ErrorCollector();
	~ErrorCollector();

	void exception(const Poco::Exception& exc) override;
	void exception(const std::exception& exc) override;
	void exception() override;

	int count() const { return _poco + _std + _other; }
	int pocoExceptions() const { return _poco; }
	int stdExceptions() const { return _std; }
	int otherExceptions() const { return _other; }

	std::string text() const;
		/// Returns what has been reported.

private:
	void note(const std::string& text);

	std::atomic<int>    _poco;
	std::atomic<int>    _std;
	std::atomic<int>    _other;
	mutable std::mutex  _mutex;
	std::string         _text;
	Poco::ErrorHandler* _pPrevious;
};


template <class Function>
std::string inParallel(int threads, Function function)
	/// Calls function(0) to function(threads - 1), each on a thread of its own. Returns
	/// what the exceptions they threw said, which is nothing if all went well.
{
	std::mutex mutex;
	std::string errors;
	std::vector<std::thread> running;
	for (int i = 0; i < threads; i++)
	{
		running.emplace_back([&, i]
		{
			std::string error;
			try
			{
				function(i);
				return;
			}
			catch (Poco::Exception& exc)
			{
				error = exc.displayText();
			}
			catch (std::exception& exc)
			{
				error = exc.what();
			}
			std::lock_guard<std::mutex> lock(mutex);
			errors += std::to_string(i) + ": " + error + "\n";
		});
	}
	for (std::thread& thread: running) thread.join();
	return errors;
}


//
// clients
//
StreamSocket connectTo(const Poco::Net::SocketAddress& address);
	/// Returns a client that never waits longer than the deadline.

StreamSocket connectTo(const EVTCPServer& server);

void sendAll(StreamSocket& socket, const std::string& data);

std::string receiveSome(StreamSocket& socket, std::size_t atMost = 65536);
	/// Returns what comes next, nothing at the end.

std::string receive(StreamSocket& socket, std::size_t length);
	/// Returns that many bytes, or less at the end.

std::string receiveLine(StreamSocket& socket);
	/// Returns a line without its end.

std::string receiveToEnd(StreamSocket& socket);
	/// Returns all bytes until the server closes the connection in an orderly way.

bool isClosed(StreamSocket& socket);
	/// Waits for the server to close the connection, in whatever way. Returns false
	/// if it does not in time.

std::string exchange(StreamSocket& socket, const std::string& data);
	/// Sends data to an echo server and returns as many bytes.

void resetConnection(StreamSocket& socket);
	/// Makes the server see a reset.


//
// servers
//
class ServedConnection: public EVTCPServerConnection
	/// A connection whose methods are functions of the test.
{
public:
	using Run   = std::function<void(ServedConnection&)>;
	using Frame = std::function<std::ptrdiff_t(const char*, std::size_t)>;

	ServedConnection(const StreamSocket& socket, const Run& run, const Frame& frame):
		EVTCPServerConnection(socket),
		_run(run),
		_frame(frame)
	{
	}

	using EVTCPServerConnection::closeConnection;
	using EVTCPServerConnection::detachSocket;
	using EVTCPServerConnection::requestData;
	using EVTCPServerConnection::requestLength;
	using EVTCPServerConnection::secureSocket;
	using EVTCPServerConnection::socket;

	std::string request() const
	{
		return std::string(requestData(), requestLength());
	}

	void reply(const std::string& data)
	{
		socket().sendBytes(data.data(), static_cast<int>(data.size()));
	}

	void run() override
	{
		_run(*this);
	}

	int state = 0;
		/// for the test

protected:
	std::ptrdiff_t frame(const char* pData, std::size_t length) override
	{
		return _frame ? _frame(pData, length) : EVTCPServerConnection::frame(pData, length);
	}

private:
	Run   _run;
	Frame _frame;
};


class FunctionFactory: public Poco::Net::TCPServerConnectionFactory
	/// Creates connections by calling a function.
{
public:
	using Create = std::function<Poco::Net::TCPServerConnection*(const StreamSocket&)>;

	explicit FunctionFactory(const Create& create):
		_create(create)
	{
	}

	Poco::Net::TCPServerConnection* createConnection(const StreamSocket& socket) override
	{
		return _create(socket);
	}

private:
	Create _create;
};


inline Poco::Net::TCPServerConnectionFactory::Ptr serve(const ServedConnection::Run& run, const ServedConnection::Frame& frame = nullptr)
	/// Returns a factory for connections whose requests are handled by the given function.
{
	return new FunctionFactory([run, frame](const StreamSocket& socket) { return new ServedConnection(socket, run, frame); });
}


class PlainConnection: public Poco::Net::TCPServerConnection
	/// A connection that has a thread as long as it lives.
{
public:
	using Run = std::function<void(StreamSocket&)>;

	PlainConnection(const StreamSocket& socket, const Run& run):
		Poco::Net::TCPServerConnection(socket),
		_run(run)
	{
	}

	void run() override
	{
		_run(socket());
	}

private:
	Run _run;
};


inline Poco::Net::TCPServerConnectionFactory::Ptr servePlain(const PlainConnection::Run& run)
{
	return new FunctionFactory([run](const StreamSocket& socket) { return new PlainConnection(socket, run); });
}


std::ptrdiff_t frameLines(const char* pData, std::size_t length);

void echo(ServedConnection& connection);

EVTCPServerParams::Ptr serverParams(int threads, int loops = 0, EVServerOptions::ExecutionPolicy policy = EVServerOptions::EXECUTE_ADAPTIVE);
	/// 0 means the default.

inline bool balances(const EVServerStatistics& s)
	/// Returns true if each connection and each request is in exactly one counter. While anything
	/// happens, it may be in none of them, or in two: they are not read all at once.
{
	return s.accepted + s.adopted == s.closes() + static_cast<Poco::UInt64>(s.open)
		&& s.requests == s.refused + s.completed + s.cancelled + static_cast<Poco::UInt64>(s.queued + s.running);
}


template <class Params>
Params patient(Params pParams)
	/// Returns the parameters of a server whose stop() waits for so long that it shows whether it has waited.
{
	pParams->setStopTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
	return pParams;
}


bool balances(const EVTCPServer& server);
	/// Waits until the statistics balance. Returns false if they do not in time.

Poco::UInt64 closed(const EVTCPServer& server, EVServerStatistics::CloseReason reason);

bool isClosedBecause(const EVTCPServer& server, EVServerStatistics::CloseReason reason, Poco::UInt64 count = 1);
	/// Waits until the server has closed that many connections for the given reason.
	/// Returns false if it has not, or has closed any for other reasons.

bool allAccountedFor(const EVTCPServer& server);
	/// To be called after stop(). Waits until nothing is open, and checks
	/// that each connection has been closed exactly once.


int openDescriptors();
	/// Returns how many descriptors this process has.

inline std::string pattern(std::size_t length)
	/// Returns bytes in which a piece that is missing or doubled shows.
{
	std::string bytes(length, '\0');
	Poco::UInt32 x = 1;
	for (char& c: bytes)
	{
		x = 1664525*x + 1013904223;
		c = static_cast<char>('a' + (x >> 24) % 26);
	}
	return bytes;
}


#endif // TestSupport_INCLUDED
