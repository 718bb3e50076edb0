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
#include "Poco/EVNet/EVServerOptions.h"
#include "loop/Acceptor.h"
#include "loop/Connection.h"
#include "loop/Deadlines.h"
#include "loop/LoopHost.h"
#include "socket/BufferPool.h"
#include "threads/Leadership.h"
#include "threads/LedLoop.h"
#include "threads/RunnerChoice.h"
#include "core/Counter.h"
#include "core/IntrusiveQueue.h"
#include "core/ThreadState.h"
#include <atomic>
#include <ev.h>
#include <memory>
#include <mutex>
#include <vector>


namespace Poco {
namespace EVNet {


class Admission;
class ConnectionObjects;
class Executor;


class Loop final: public LedLoop
	/// An event loop with the connections that belong to it.
	///
	/// One thread at a time leads it: waits for events, receives, frames requests, and runs
	/// them or hands them to the Executor. Which thread that is may change whenever the leader runs
	/// a request, see Leadership. Methods may be called by the leader only, unless said otherwise; assertLed() checks that where assertions are on.
{
public:
	enum Wake
		/// What a sleeping loop is to be woken for.
	{
		WAKE_STOP          = 1,   /// end all connections that are not busy, then end the loop
		WAKE_ABORT         = 2,   /// shut down the sockets of those that are busy, too
		WAKE_ACCEPT        = 4,   /// accept again: there is room for a connection
		WAKE_PAUSED        = 8,   /// read again: there is room in the queue
		WAKE_DRAIN         = 16,  /// end all connections when what they have received is answered
		WAKE_ABANDON       = 32   /// end the loop at once, and leave its connections as they are
	};

	enum
	{
		SLOW_MICROSECONDS = 500
			/// A request that takes longer than this and waits meanwhile is better not run by a leader.
	};

	Loop(const LoopParts& parts, int index, unsigned evFlags, const Deadlines::Lengths& deadlines);
	~Loop();

	int index() const;
	struct ev_loop* evLoop();
	LoopHost& host() const;
	Admission& admission() const;
	const BufferPool::Ptr& bufferPool() const;

	bool draining() const;
		/// Returns true if the server is about to end. May be called from any thread.

	//
	// leading
	//
	Led lead(Permit& permit) override;
	Led leadOnce() override;
	const Leadership& leadership() const override;
	bool leaderIsRunnable() const override;
	bool takeOver(Leadership::Turn turn) override;
	void abandon() override;

	void assertLed() const;
		/// Fails, where assertions are on, unless the calling thread leads the loop.

	double now() const;
		/// The time (in seconds, monotonic) at which the current events were received.

	void updateNow();

	void beginMail();
		/// From now on, somebody will read what other threads leave for the leader. May be called from any thread.

	bool endMail();
		/// From now on, nobody will. Returns false if there are new connections, which have to be dealt with first. May be called from any thread.

	//
	// connections
	//
	void open(ConnectionSocketImpl* pSocket);
		/// Begins to serve a new connection. Takes over one reference to the socket.

	bool closeLongestIdle();
		/// Closes the connection that has been idle for the longest time, to make room. Returns false if there is none.

	void giveBack(Connection& connection);
		/// Returns a connection whose request is done to the loop. Called
		/// by the thread that ran the request, while it does not lead the loop.

	bool deliver(ConnectionSocketImpl* pSocket);
		/// Has a new connection opened by the leader. Takes over one reference to the socket, unless
		/// it returns false because the loop has ended. May be called from any thread.

	void turnAway(ConnectionSocketImpl* pSocket);
		/// Closes a new connection because the server is being stopped. Takes over the reference. May be called from any thread.

	void closeConnection(Poco::UInt64 id);
		/// Has a connection closed by the leader. May be called from any thread.

	void notify(Poco::UInt64 id);
		/// Has a notification of a connection dispatched by the leader. May be called from any thread.

	void flushConnection(Poco::UInt64 id);
		/// Has the leader flush the output of a connection whose request is running. May be called from any thread.

	void wake(int reasons);
		/// Wakes the leader for the given reasons (Wake). May be called from any thread.

	void offerRoom() override;

	void requestTaken();
		/// Lets the loop know that a request has left the queue. May be called from any thread.

	void requestDone();
	void requestCancelled();
		/// Count a request that has left the queue. May be called from any thread.

	RunnerChoice& runners();

	void onTimeout(Connection& connection);
		/// Called by the lists when the clock of the connection has run out.

	Acceptor& acceptor();

	void addTo(EVServerStatistics& statistics) const;
		/// Adds the counters of this loop. May be called from any thread.

private:
	enum
	{
		MAX_IN_VAIN   = 64,
		SUSPECTED_AFTER_SLOW = 16
			/// So many requests after a slow one are asked whether they have waited.
	};

	Loop(const Loop&);
	Loop& operator = (const Loop&);

	void checkWakeUp();
		/// Throws an exception if the system refuses to watch the descriptor by which libev is woken.

	void restoreWakeUp();
	bool serveReady(Permit& permit);
		/// Returns false if another thread leads the loop now. Then the calling thread still has the permit.

	bool runHere(Connection& connection, Permit& permit);
		/// Returns false if another thread leads the loop now.

	bool receiveRequest(Connection& connection);
		/// Looks at the socket, and whatever there is besides. Returns true if the connection has work that is to run.

	bool receiveBytes(Connection& connection);
		/// Returns true if the framing hook is to be asked.

	bool frameReceived(Connection& connection);
		/// Returns true if there is a complete request that is to run.

	bool dispatch(Connection& connection, std::ptrdiff_t length);
	bool dispatchHandshake(Connection& connection);
	bool dispatchNotification(Connection& connection);
	bool dispatchFlush(Connection& connection);
		/// Has a slice of the file sent that the connection waits to send. Not by the leader, if there
		/// is another thread: reading may take long.

	void watchOutput(Connection& connection);
		/// Waits until more of the output can be sent.

	void extendOutput(Connection& connection);
		/// Called when the clock of the output has run out: closes the connection unless the client has taken enough meanwhile.

	void waitForRequest(Connection& connection);
		/// Leaves a connection idle of which no bytes are left, though it has received some.

	void readOn(Connection& connection);
		/// Goes on with bytes that TLS has decrypted already, or with a notification: no event tells of them.

	void refuseBusy(Connection& connection, std::ptrdiff_t length);
	void refuseLate(Connection& connection);
	void expire(Connection& connection);
	static void reportOverdue(const Connection& connection);

	void beginReading(Connection& connection);
	void lookOnceMore(Connection& connection);
		/// Looks at the socket for the last time: the clock of the phase has run out.

	void onTimeUp(Connection& connection);
		/// Decides about a connection whose time is up, after a look at the socket.

	void onNothingArrived(Connection& connection);
		/// Called after a look at the socket that was in vain.

	void onRequestClock(Connection& connection);
		/// Called from time to time while a request is queued or running, or may have been finished by another thread.

	void postpone(Connection& connection);
		/// Lets finish() decide about a connection whose time to take output is up while a slice of a file is sent.

	//
	// Responses that are held back, to leave together with the one to the next request of the connection. Only what the leader has run itself is,
	// only while that next request is complete and follows at once, and for HOLD_TIME at most. If the handler of
	// the next request has not finished within a moment, another thread takes the loop over and sends what is held (lead()).
	//
	bool mayHold(Connection& connection) const;
		/// Returns true if the response to the request that is about to be run may be held.

	bool holdsOutput(Connection& connection);
		/// Returns true if the response to the request that has been run may be held on: the next request is complete.

	void sendHeld(Connection& connection);
		/// Sends what is held, without waiting, before another thread runs the request.


	bool queueIsFull() const;
		/// Returns true if every thread that may run requests is busy and the queue is full, this loop's own part of it included.

	bool waitsForRoom();
		/// Returns true if what can wait has to: the queue is full, or was, and those that were first have not been resumed yet.
	void submitOutbox();
	void makeReady(Connection& connection);
	void pause(Connection& connection);
	void starve(Connection& connection);
		/// Lets the connection wait for buffer memory.

	void resumePaused();
	void finish(Connection& connection);
	void waitForClient(Connection& connection);
		/// Goes on with finish() when the client takes output.

	void proceed(Connection& connection);
	void hangUp(Connection& connection, EVServerStatistics::CloseReason reason);
		/// Ends the connection, for the given reason unless it has ended for another one: closes it, or lingers if the client might lose
		/// what it has not taken.

	void linger(Connection& connection);
	void drain(Connection& connection);
	void close(Connection& connection, EVServerStatistics::CloseReason reason);
	void watch(Connection& connection, int events);
	bool recall(Connection& connection);
	static bool isRunning(const Connection& connection);
	void count(ConnectionState::Step step);
		/// Counts the connections in each phase. Right for those that the leader alone enters and leaves, see addTo().

	void check(const Connection& connection) const;
		/// Fails, where assertions are on, if clock, watcher or buffer of the connection contradict its phase. Called after each callback of libev.

	void beginDrain();
	void endAll(bool abort);
	void onCloseWanted(Poco::UInt64 id);
	void onNotifyWanted(Poco::UInt64 id);
	void openConnection(Poco::AutoPtr<ConnectionSocketImpl>& pSocket, std::unique_ptr<Poco::Net::TCPServerConnection> pObject);
		/// Begins to serve a connection that has its object, if it is to have one. Leaves the socket alone if it throws.

	Poco::Net::TCPServerConnection* createObject(ConnectionSocketImpl& socket);
		/// Returns a null pointer if the factory throws.

	bool openOnData(Connection& connection);
		/// Called when the first byte of a connection without an object has arrived. Returns
		/// false if it has become a plain connection, or has been closed.

	void submitLeaving();
		/// Hands over connections that were watched until now. Not before libev has been run
		/// once more: it finds out that it still watches the descriptor only when there is an event. Trying to
		/// remove it after the new owner has closed it would fail, and libev would begin anew with all descriptors.

	void unwatchRunning();
		/// Called by a new leader: does not watch the connection that another thread runs if its handler can close the descriptor.

	void takeFlushWanted();
	void flushRunning();
	void flushLater(Connection& connection);
		/// Sends the output of a connection whose request is running or queued from time to time.

	template <class Function>
	bool guarded(Connection& connection, Function function);
		/// Calls the function, and returns what it returns. If it throws, reports that, has the connection closed,
		/// and returns false: whatever it was (most likely, there is no memory), the loop goes on.

	void onException(Connection& connection);
	void abandon(Connection& connection, EVServerStatistics::CloseReason reason);
		/// Closes a connection that belongs to the leader, or has it closed when its turn comes.

	void onWatchFailed(Connection& connection);
	void lookedInVain(Connection& connection);
		/// Called when there is an event, but nothing to do for the connection. Ends it if libev takes the socket for one that is always ready.

	void onIO(Connection& connection);
	void onMail();
	static void ioCallback(struct ev_loop* pLoop, ev_io* pWatcher, int events);
	static void releaseCallback(struct ev_loop* pLoop) noexcept;
	static void asyncCallback(struct ev_loop* pLoop, ev_async* pWatcher, int events);
	static void flushCallback(struct ev_loop* pLoop, ev_timer* pWatcher, int events);
	static void drainCallback(struct ev_loop* pLoop, ev_timer* pWatcher, int events);
	static void retryCallback(struct ev_loop* pLoop, ev_timer* pWatcher, int events);

	LoopHost&                 _host;
	Executor&                 _executor;
	Admission&                _admission;
	ConnectionObjects&        _objects;
	BufferPool::Ptr           _pBufferPool;
	const int                 _index;
	const std::unique_ptr<struct ev_loop, void (*)(struct ev_loop*)> _pLoop;
	ev_async                  _async;
	ev_timer                  _retry;          /// tries paused connections again
	ev_timer                  _flushTimer;
	ev_timer                  _drainTimer;
	Poco::UInt64              _holding;        /// the connection whose request runs, if its output is held; 0 for none
	double                    _heldSince;      /// the time when its first request was begun
	Connection*               _pExposed;       /// the connection whose request runs, if its handler can close the descriptor; else null
	std::vector<Poco::UInt64> _flushing;       /// connections with output whose request is running
	double                    _now;
	Leadership                _leadership;
	int                       _suspected;      /// requests to be looked at more closely: one has been slow, perhaps because it has waited
	RunnerChoice              _runners;
	int                       _inVain;         /// events without anything to receive, in succession
	bool                      _watchFailed;    /// the system has refused to watch a descriptor
	bool                      _draining;       /// WAKE_DRAIN was received
	bool                      _drainGraceOver; /// new connections have had time for their first request
	bool                      _ending;         /// WAKE_STOP was received
	bool                      _abandoned;      /// WAKE_ABANDON was received
	std::atomic<int>          _queued;         /// requests of this loop in the Executor's queue
	std::atomic<bool>         _waitsForRoom;   /// connections have been paused because it was full
	bool                      _pausesWhenBusy; /// a connection object had nothing to say when the queue was full

	ConnectionSlab            _slab;
	BufferCache               _cache;
	IntrusiveQueue<Task>      _ready;          /// connections to be received from
	IntrusiveQueue<Task>      _paused;
	IntrusiveQueue<Task>      _outbox;         /// requests for the Executor
	IntrusiveQueue<Task>      _leaving;        /// plain connections that have left the loop, see submitLeaving()
	Deadlines                 _deadlines;
	Acceptor                  _acceptor;

	std::mutex                _mutex;          /// guards the mailbox: the following six
	bool                      _ended;          /// nobody reads the mail yet, or any more
	IntrusiveQueue<Task>      _returned;
	IntrusiveQueue<ConnectionSocketImpl> _arrived;
	std::vector<Poco::UInt64> _closeWanted;    /// identifiers
	std::vector<Poco::UInt64> _notifyWanted;
	std::vector<Poco::UInt64> _flushWanted;
	std::atomic<int>          _wake;

	std::atomic<Poco::Int64>  _completedElsewhere;   /// requests that were not run by the leader
	std::atomic<Poco::Int64>  _cancelled;

	// written by the leader
	Counter _open;
	Counter _phases[ConnectionState::PHASES];
	Counter _requests;
	Counter _completed;
	Counter _refused;
	Counter _overdue;
	Counter _promotions;
	Counter _adopted;
	Counter _closed[EVServerStatistics::CLOSE_REASONS];
};


//
// inlines
//
template <class Function>
bool Loop::guarded(Connection& connection, Function function)
{
	try
	{
		return function();
	}
	catch (...)
	{
		onException(connection);
	}
	return false;
}


inline void Loop::requestDone()
{
	_completedElsewhere.fetch_add(1, std::memory_order_relaxed);
}


inline void Loop::requestCancelled()
{
	_cancelled.fetch_add(1, std::memory_order_relaxed);
}


inline int Loop::index() const
{
	return _index;
}


inline struct ev_loop* Loop::evLoop()
{
	return _pLoop.get();
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
	return _leadership;
}


inline void Loop::assertLed() const
{
	if constexpr (ASSERTIONS) _leadership.assertLed(ThreadState::currentId());
}


inline void Loop::count(ConnectionState::Step step)
{
	_phases[step.from].add(-1);
	_phases[step.to].add();
}


inline double Loop::now() const
{
	return _now;
}


inline RunnerChoice& Loop::runners()
{
	return _runners;
}


inline Acceptor& Loop::acceptor()
{
	return _acceptor;
}


} } // namespace Poco::EVNet


#endif // EVNet_Loop_INCLUDED
