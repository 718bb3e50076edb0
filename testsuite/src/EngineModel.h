//
// EngineModel.h
//
// A small engine around the real ConnectionState and Leadership, for ModelScheduler: what Loop and Executor do with them, without sockets, libev and time.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EngineModel_INCLUDED
#define EngineModel_INCLUDED


#include "loop/ConnectionState.h"
#include "threads/Leadership.h"
#include "ModelScheduler.h"
#include <deque>


class EngineModel: public Model
	/// One loop with a few connections. What the threads do besides is up to the models that are derived from it, see EngineScenarios.cpp.
	///
	/// Each request is a byte. What is in the kernel (bytes, the eventfd of the loop) can be used by any thread, and passes nothing on.
{
public:
	class State: public Poco::EVNet::BasicConnectionState<ModelAtomic, true>
	{
	public:
		Phase peek() const
		{
			return _phase.peek();
		}
	};

	class Sleep: public Poco::EVNet::BasicWatcherSleep<ModelAtomic>
	{
	public:
		bool peek() const
		{
			return _asleep.peek();
		}
	};

	using Leader = Poco::EVNet::BasicLeadership<ModelAtomic, true>;

	struct Scenario
	{
		const char*             pName;
		ModelScheduler::Factory make;
	};

	static std::vector<Scenario> scenarios();

protected:
	struct Connection
	{
		explicit Connection(int number);

		const int       number;
		State           state;
		ModelCell<int>  data;             /// its buffer and its object: the owner's
		ModelCell<int>  lastActive;       /// written by the owner before it lets go, read by the leader
		int             owner = -1;       /// the thread that uses the data at the moment
		bool            watched = false;  /// by libev
		int             bytes = 0;        /// in the kernel
		bool            clientGone = false;
		int             served = 0;
		int             notified = 0;
	};

	EngineModel(int connections, bool here, bool passesOn = false);
		/// With here, the leader runs requests itself; with passesOn, handlers announce that they block.

	virtual void handle(Connection& connection, int thread);
		/// What a handler does besides counting.

	virtual bool over() const = 0;
		/// Returns true if all that was to happen has happened: then the threads return.

	// the loop
	void open(Connection& connection);
	bool lead(int thread);
		/// Returns true if the loop has ended, and false if another thread leads it.

	void giveBack(Connection& connection);
	void notify(Connection& connection);
	void closeConnection(Connection& connection);
	void send(Connection& connection);
		/// A byte arrives from the client.

	// the executor
	void work(int thread);
	void serve(int thread, bool leads);
		/// What a thread does that leads or watches, until all is over: who is replaced watches, who takes over leads.

	void stop();
	void waitForLoop(int thread);

	Leader                  _leadership;
	std::deque<Connection>  _connections;
	bool                    _aborted = false;    /// handlers fail now: their sockets are shut down
	bool                    _loopEnded = false;

private:
	struct Use;

	bool watch();
		/// Returns true if the thread has taken the loop over, and false if all is over.

	void touch(int thread);
	bool hasEvent() const;
	void onMail();
	void onIO(Connection& connection);
	bool recall(Connection& connection);
	void makeReady(Connection& connection);
	bool serveReady(int thread);
	bool receive(Connection& connection);
	bool runHere(Connection& connection, int thread);
	void run(Connection& connection, int thread);
	void proceed(Connection& connection);
	void close(Connection& connection);
	void endAll();
	void wake();

	const bool              _here;
	const bool              _passesOn;
	bool                    _unled = false;
	ModelCell<int>          _loop;               /// libev and all that is the leader's
	int                     _leader = -1;
	std::deque<Connection*> _ready;

	ModelMutex              _mailMutex;
	std::deque<Connection*> _returned;
	std::deque<Connection*> _notifyWanted;
	std::deque<Connection*> _closeWanted;
	bool                    _stopWanted = false;
	bool                    _signalled = false;  /// the eventfd
	bool                    _ending = false;
	int                     _open = 0;

	ModelMutex              _executorMutex;
	std::deque<Connection*> _queue;
	Sleep                   _sleep;
};


#endif // EngineModel_INCLUDED
