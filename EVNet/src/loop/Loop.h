//
// Loop.h
//
// Library: EVNet
// Package: Loop
// Module:  Loop
//
// Definition of the Loop class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Loop_INCLUDED
#define EVNet_Loop_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "loop/Acceptor.h"
#include "loop/ConnectionCloser.h"
#include "loop/ConnectionOpener.h"
#include "loop/Deadlines.h"
#include "loop/EventLoop.h"
#include "loop/HeldOutput.h"
#include "loop/LoopConnections.h"
#include "loop/LoopCounters.h"
#include "loop/LoopEnding.h"
#include "loop/LoopHost.h"
#include "loop/LoopOutput.h"
#include "loop/LoopStage.h"
#include "loop/Mailbox.h"
#include "loop/PausedConnections.h"
#include "loop/QueueShare.h"
#include "loop/RequestReader.h"
#include "loop/RequestRunner.h"
#include "loop/RunningOutput.h"
#include "core/ThreadState.h"
#include "threads/LedLoop.h"


namespace Poco {
namespace EVNet {


class Admission;
class Executor;


class Loop final: public LedLoop, private TimeoutHandler
	/// An event loop with the connections that belong to it.
	///
	/// One thread at a time leads it: waits for events, receives, frames requests, and runs
	/// them or hands them to the Executor. Which thread that is may change whenever the leader runs
	/// a request, see Leadership. Methods may be called by the leader only, unless said otherwise; assertions check that.
	///
	/// This class says whose turn it is: which connection is looked at, who runs its request, what an event or a deadline means in which
	/// phase. What is done then is the business of its parts.
{
public:
	Loop(const LoopParts& parts, int index, unsigned evFlags, const Deadlines::Lengths& deadlines);
	~Loop();

	//
	// leading
	//
	Led lead(Permit& permit) override;
	Led leadOnce() override;
	const Leadership& leadership() const override;
	bool leaderIsRunnable() const override;
	double leaderComputed() const override;
	bool somebodyWaits() const override;
	bool takeOver(Leadership::Turn turn, Why why) override;
	void offerRoom() override;
	void abandon() override;

	//
	// connections
	//
	void turnAway(ConnectionSocketImpl* pSocket);
		/// Closes a new connection because the server is being stopped. Takes over the reference. May be called from any thread.

	bool closeLongestIdle();
		/// Closes the connection that has been idle for the longest time, to make room. Returns false if there is none.

	//
	// parts
	//
	int index() const;
	EventLoop& eventLoop();
	Mailbox& mailbox();
		/// Returns where other threads leave something for the leader. May be called from any thread.

	ConnectionOpener& opener();
	RequestRunner& runner();
	Acceptor& acceptor();
	LoopHost& host() const;
	Admission& admission() const;
	const BufferPool::Ptr& bufferPool() const;

	void addTo(EVServerStatistics& statistics) const;
		/// Adds the counters of this loop. May be called from any thread.

private:
	Loop(const Loop&);
	Loop& operator = (const Loop&);

	void beginLeading();
	bool hasEnded();
		/// Returns true if the last connection has been closed after the server was stopped. Then nobody reads the mail any more.

	bool serveReady(Permit& permit);
		/// Returns false if another thread leads the loop now. Then the calling thread still has the permit.

	void onMail();
	void onReturned(Connection& connection);
	void onCloseWanted(Poco::UInt64 id);
	void onNotifyWanted(Poco::UInt64 id);
	void onIO(Connection& connection);
	void onTimeout(Connection& connection) override;
	void onClock(Connection& connection);
		/// The clock of the connection has run out.

	void onRequestClock(Connection& connection);
		/// Called from time to time while work is queued or running, or may have been finished by another thread.

	static void reportOverdue(const Connection& connection);
	static void ioCallback(struct ev_loop* pLoop, ev_io* pWatcher, int events);

	LoopHost&          _host;
	Executor&          _executor;
	Admission&         _admission;
	BufferPool::Ptr    _pBufferPool;
	const int            _index;
	EventLoop          _eventLoop;
	std::atomic<ThreadState::Clock> _leaderClock;
	Mailbox            _mailbox;
	LoopStage          _stage;
	LoopCounters       _counters;
	QueueShare         _queue;
	Deadlines          _deadlines;
	LoopConnections    _connections;
	ConnectionOpener   _opener;
	ConnectionCloser   _closer;
	RunningOutput      _runningOutput;
	HeldOutput         _held;
	LoopOutput         _output;
	PausedConnections  _paused;
	RequestReader      _reader;
	RequestRunner      _runner;
	Acceptor           _acceptor;
	LoopEnding         _ending;
};


//
// inlines
//
inline int Loop::index() const
{
	return _index;
}


inline EventLoop& Loop::eventLoop()
{
	return _eventLoop;
}


inline Mailbox& Loop::mailbox()
{
	return _mailbox;
}


inline ConnectionOpener& Loop::opener()
{
	return _opener;
}


inline RequestRunner& Loop::runner()
{
	return _runner;
}


inline Acceptor& Loop::acceptor()
{
	return _acceptor;
}


inline LoopHost& Loop::host() const
{
	return _host;
}


inline Admission& Loop::admission() const
{
	return _admission;
}


inline const BufferPool::Ptr& Loop::bufferPool() const
{
	return _pBufferPool;
}


inline const Leadership& Loop::leadership() const
{
	return _eventLoop.leadership();
}


} } // namespace Poco::EVNet


#endif // EVNet_Loop_INCLUDED
