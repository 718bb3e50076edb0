//
// ConnectionState.h
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionState
//
// Definition of the ConnectionState class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ConnectionState_INCLUDED
#define EVNet_ConnectionState_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/Assert.h"
#include <atomic>


namespace Poco {
namespace EVNet {


class ConnectionStates
	/// The words for what a connection is doing.
{
public:
	enum Phase: unsigned char
	{
		PHASE_FREE,
			/// The slot is not in use.
		PHASE_NEW,
			/// Waits for the first byte of its first request. Holds no buffer. Watched for reading, as the next three.
		PHASE_IDLE,
			/// Waits for the first byte of its next request. Holds no buffer.
		PHASE_HEADER,
			/// Has received a part of a request, not the whole header.
		PHASE_BODY,
			/// Has received the header, and not the whole body.
		PHASE_PAUSED,
			/// There is no room in the queue, or no memory, for what it has to read. Not watched.
		PHASE_RUNNING,
			/// Its work is queued or runs. Watched for reading: most requests are done before anything else arrives.
		PHASE_RECALLED,
			/// As PHASE_RUNNING, but not watched. Must be given back through the mailbox.
		PHASE_FLUSHING,
			/// The client has not taken all output. Watched for writing, or about to send a slice of a file.
		PHASE_LINGERING,
			/// Has ended, but the client may still be sending: what it sends is thrown away until it closes, lest it misses the last response.
		PHASES
			/// Not a phase; their number.
	};

	enum Work: unsigned char
		/// What runs, or ran last.
	{
		WORK_NONE,
			/// Nothing since the leader knows that it is over.
		WORK_REQUEST,
		WORK_HANDSHAKE,
			/// A step of a TLS handshake.
		WORK_NOTIFICATION,
		WORK_FLUSH
			/// A slice of a file, which is a part of the output of a request or a notification.
	};

	enum Wish: unsigned char
		/// What is to be done when it is possible.
	{
		WISH_CLOSE  = 1,   /// the application, or the server that stops, wants the connection closed
		WISH_NOTIFY = 2,   /// the application wants a notification to run
		WISH_LOOK   = 4    /// the leader is to look at the socket: the connection is in the loop's list for that
	};

	enum Deadline: unsigned char
		/// Which clock runs. One at most.
	{
		DEADLINE_NONE,
		DEADLINE_FIRST,    /// the first request begins
		DEADLINE_IDLE,     /// the next request begins; or, while one runs, the next look at what has become of it
		DEADLINE_REQUEST,  /// the request is complete
		DEADLINE_HANDLER,  /// the request is done
		DEADLINE_SEND,     /// the client takes output
		DEADLINE_LINGER,   /// the client closes
		DEADLINES
	};

	enum Missed: unsigned char
		/// Which deadlines have been missed, without anything done about it so far.
	{
		MISSED_REST    = 1,   /// that of the phase to which the connection returns: decided upon after the next look at the socket
		MISSED_PAUSED  = 2,   /// the same, while it was paused
		MISSED_SEND    = 4,   /// that of the output, while a slice of a file was sent
		MISSED_HANDLER = 8    /// that of the handler; has been reported
	};

	struct Step
		/// A transition, for who counts the connections in each phase.
	{
		Phase from;
		Phase to;
	};

	using Trace = void (*)(const void* pState, Phase from, Phase to, const char* why);
		/// Called for each transition, by the thread that makes it: the address of the state stands for the connection.

	static void setTrace(Trace trace);
		/// Has the function called for each transition, in builds with assertions; a null pointer ends that. In such builds,
		/// EVNET_TRACE=1 in the environment has them printed. May be called by any thread.

	static const char* name(Phase phase);
	static const char* name(Work work);
	static const char* name(Deadline deadline);

	static bool isWaiting(Phase phase)
		/// Returns true if the connection waits for its client to send a request.
	{
		return phase >= PHASE_NEW && phase <= PHASE_BODY;
	}

	static bool isRunning(Phase phase)
		/// Returns true if the connection may belong to a thread that does not lead its loop.
	{
		return phase == PHASE_RUNNING || phase == PHASE_RECALLED;
	}

protected:
	enum Set: unsigned
		/// Sets of phases from which there are transitions.
	{
		SET_FREE     = 1u << PHASE_FREE,
		SET_WAITING  = 1u << PHASE_NEW | 1u << PHASE_IDLE | 1u << PHASE_HEADER | 1u << PHASE_BODY,
		SET_PAUSED   = 1u << PHASE_PAUSED,
		SET_RUNNING  = 1u << PHASE_RUNNING | 1u << PHASE_RECALLED,
		SET_FLUSHING = 1u << PHASE_FLUSHING,
		SET_LIVING   = SET_WAITING | SET_PAUSED | SET_RUNNING | SET_FLUSHING
	};

	[[noreturn]] static void fail(Phase from, const char* why, Work work);
	static void trace(const void* pState, Phase from, Phase to, const char* why);
};


template <template <class> class Atomic = std::atomic, bool CHECKED = ASSERTIONS>
class BasicConnectionState: public ConnectionStates
	/// The state of a connection. Only its functions change it.
	///
	///                      open()
	///               FREE ---------> NEW
	///                                |            dispatch()
	///     +--------------------------+---------------------------------> RUNNING ----------+
	///     |                                                               |  ^   |         |
	///     |   NEW, IDLE <----> HEADER <----> BODY      letGo(): true      |  |   |         | recall(): true
	///     |    receive(), receiveNone()         <-------------------------+  |   |         v
	///     |    |  ^                                                          |   |      RECALLED
	///     |    |  | resume()       await()  <--------------------------------|---+------ |   ^
	///     |    v  |                         <------- FLUSHING <--------------+-----------+   |
	///     |   PAUSED                                  |   ^   flush()                         |
	///     |   pause()                                 |   +-- from NEW to BODY                |
	///     |                                           +---------------------------------------+
	///     |    linger()                                            dispatchSlice()
	///     +--> LINGERING         from every phase but FREE and PAUSED
	///          close(): FREE     from every phase but FREE
	///
	/// from                         to                       function         thread
	/// FREE                         NEW                      open()           leader
	/// NEW, IDLE, HEADER, BODY      HEADER, BODY             receive()        leader
	/// HEADER, BODY                 NEW, IDLE                receiveNone()    leader
	/// NEW, IDLE, HEADER, BODY      PAUSED                   pause()          leader
	/// PAUSED                       that before it           resume()         leader
	/// NEW, IDLE, HEADER, BODY      RUNNING                  dispatch()       leader
	/// NEW, IDLE, HEADER, BODY      itself                   refuse()         leader: answers a request without running it
	/// FLUSHING                     RECALLED                 dispatchSlice()  leader
	/// RUNNING                      RECALLED                 recall()         leader, while another thread may own the connection
	/// RUNNING                      that before it, or IDLE  letGo()          owner that does not lead
	/// RUNNING, RECALLED, FLUSHING, NEW, IDLE, HEADER, BODY
	///                              that before it, or IDLE  await()          leader, as the owner
	/// RUNNING, RECALLED, NEW, IDLE, HEADER, BODY
	///                              FLUSHING                 flush()          leader, as the owner
	/// all but FREE, PAUSED         LINGERING                linger()         leader, as the owner
	/// all but FREE                 FREE                     close()          leader, as the owner
	///
	/// In RUNNING and RECALLED, the owner is the thread that runs the work, or has it in the queue; it may be the leader. In all other phases it is the leader.
	/// letGo() and recall() decide the one race there is: exactly one succeeds.
	///
	/// What has come from the client, a part of a request or nothing, is remembered by rest(), and so is the clock that belongs to it (restDeadline()):
	/// a notification, a step of a handshake, output and a pause change neither.
	///
	/// A leaf: the model in the test suite runs it with an Atomic of its own.
{
public:
	BasicConnectionState():
		_phase(PHASE_FREE),
		_rest(PHASE_NEW),
		_work(WORK_NONE),
		_slice(false),
		_served(false),
		_wishes(0),
		_missed(0),
		_deadline(DEADLINE_NONE)
	{
	}

	//
	// Questions.
	//
	Phase phase() const
		/// May be called by the leader, in all phases, and by the owner. A leader that sees a phase other than RUNNING and RECALLED owns the connection.
	{
		return _phase.load(std::memory_order_acquire);
	}

	bool isFree() const
		/// May be called by the leader. Says nothing about what another thread has done.
	{
		return _phase.load(std::memory_order_relaxed) == PHASE_FREE;
	}

	Phase rest() const
		/// Returns the phase to which the connection returns when it has run, or is not paused any more: NEW, IDLE, HEADER or BODY. To
		/// be called by the owner, as work(), isRequest(), callsHandler() and served(); by the leader also while the work runs.
	{
		return _rest;
	}

	bool isReading() const
		/// Returns true if a part of a request has been received.
	{
		return _rest >= PHASE_HEADER;
	}

	Work work() const
	{
		return _slice ? WORK_FLUSH : _work;
	}

	bool isRequest() const
		/// Returns true if the work is a request.
	{
		return work() == WORK_REQUEST;
	}

	bool callsHandler() const
		/// Returns true if the work is a request or a notification: only the application knows how long that takes.
	{
		return work() != WORK_HANDSHAKE && work() != WORK_FLUSH;
	}

	bool responds() const
		/// Returns true if a request has been received whose response is not over, as far as the leader knows. To be called by the leader.
	{
		return _work == WORK_REQUEST;
	}

	bool served() const
		/// Returns true if the connection has had a request.
	{
		return _served;
	}

	Deadline restDeadline() const
		/// Returns the deadline of rest(). To be called by the leader.
	{
		return isReading() ? DEADLINE_REQUEST : _rest == PHASE_NEW ? DEADLINE_FIRST : DEADLINE_IDLE;
	}

	bool hasTurn() const
		/// Returns true if the leader will look at the connection without any event, so that it must not be closed before. To be called by the leader.
	{
		return wished(WISH_LOOK) || _phase.load(std::memory_order_relaxed) == PHASE_PAUSED;
	}

	//
	// Wishes and deadlines. For the leader only, in all phases.
	//
	void wish(Wish wish)
	{
		_wishes |= wish;
	}

	void fulfil(Wish wish)
	{
		_wishes &= static_cast<unsigned char>(~wish);
	}

	bool wished(Wish wish) const
	{
		return (_wishes & wish) != 0;
	}

	void setDeadline(Deadline deadline)
	{
		_deadline = deadline;
	}

	Deadline deadline() const
	{
		return _deadline;
	}

	void miss(Missed missed)
	{
		_missed |= missed;
	}

	void forgive(unsigned missed)
		/// Forgets that these deadlines (a set of Missed) have been missed.
	{
		_missed &= static_cast<unsigned char>(~missed);
	}

	bool missed(unsigned missed) const
		/// Returns true if one of these deadlines has been missed.
	{
		return (_missed & missed) != 0;
	}

	//
	// Transitions. See above for who calls them.
	//
	Step open()
	{
		_rest = PHASE_NEW;
		_work = WORK_NONE;
		_slice = _served = false;
		_wishes = _missed = 0;
		_deadline = DEADLINE_NONE;
		return move(SET_FREE, PHASE_NEW, "open");
	}

	void look()
		/// The leader is about to look at the socket, in a phase that waits for a request: what another thread has run is over.
	{
		if constexpr (CHECKED) expect(_phase.load(std::memory_order_relaxed), SET_WAITING, "look");
		if (_work != WORK_NOTIFICATION) _work = WORK_NONE;
	}

	bool takeTurn()
		/// Returns true if a notification may run: there are not two in succession, so that the requests of a connection that
		/// is notified all the time are served as well. To be called by the leader, when the connection has the turn.
	{
		const bool may = _work != WORK_NOTIFICATION;
		_work = WORK_NONE;
		return may;
	}

	Step receive(Phase part)
		/// A part of a request has been received: PHASE_HEADER or PHASE_BODY says which.
	{
		return move(SET_WAITING, _rest = part, "receive");
	}

	Step receiveNone()
		/// What has been received was no part of a request.
	{
		_rest = _served ? PHASE_IDLE : PHASE_NEW;
		return move(SET_WAITING, _rest, "receiveNone");
	}

	Step pause()
	{
		return move(SET_WAITING, PHASE_PAUSED, "pause");
	}

	Step resume()
	{
		return move(SET_PAUSED, _rest, "resume");
	}

	Step dispatch(Work work)
		/// The work is about to run: a request, a notification or a step of the handshake.
	{
		if (work == WORK_REQUEST) acceptRequest();
		_work = work;
		return move(SET_WAITING, PHASE_RUNNING, "dispatch");
	}

	Step refuse()
		/// A request has been received, and is answered by the leader at once.
	{
		acceptRequest();
		_work = WORK_REQUEST;
		return move(SET_WAITING, _rest, "refuse");
	}

	Step dispatchSlice()
		/// A slice of a file is about to be sent. Nobody watches the socket meanwhile.
	{
		_slice = true;
		return move(SET_FLUSHING, PHASE_RECALLED, "dispatchSlice");
	}

	bool recall()
		/// Has the owner give the connection back. Returns false if it is not running any more, or has been recalled before: then phase() says more.
	{
		Phase from = PHASE_RUNNING;
		if (!_phase.compare_exchange_strong(from, PHASE_RECALLED, std::memory_order_acq_rel)) return false;
		note(PHASE_RUNNING, PHASE_RECALLED, "recall");
		return true;
	}

	bool letGo()
		/// Gives the connection back to the leader, who need not be told. Returns false if it has been recalled: then the connection
		/// is still the caller's, and has to go through the mailbox. If true, it is not the caller's any more.
	{
		const Phase rest = _rest;
		Phase from = PHASE_RUNNING;
		if (_phase.compare_exchange_strong(from, rest, std::memory_order_acq_rel))
		{
			note(PHASE_RUNNING, rest, "letGo");
			return true;
		}
		if constexpr (CHECKED) if (from != PHASE_RECALLED) fail(from, "letGo", WORK_NONE);
		return false;
	}

	Step await()
		/// The connection goes on waiting for a request.
	{
		_slice = false;
		if (_work == WORK_REQUEST) _work = WORK_NONE;
		return move(SET_WAITING | SET_RUNNING | SET_FLUSHING, _rest, "await");
	}

	Step flush()
		/// The loop sends the output when the client takes it.
	{
		_slice = false;
		return move(SET_WAITING | SET_RUNNING, PHASE_FLUSHING, "flush");
	}

	Step linger()
	{
		return move(SET_LIVING & ~SET_PAUSED, PHASE_LINGERING, "linger");
	}

	Step close()
	{
		return move(SET_LIVING | 1u << PHASE_LINGERING, PHASE_FREE, "close");
	}

private:
	BasicConnectionState(const BasicConnectionState&);
	BasicConnectionState& operator = (const BasicConnectionState&);

	void acceptRequest()
	{
		_served = true;
		_rest = PHASE_IDLE;
		_missed = 0;
	}

	void expect(Phase from, unsigned set, const char* why) const
	{
		if constexpr (CHECKED) if (!(set >> from & 1)) fail(from, why, work());
	}

	void note(Phase from, Phase to, const char* why) const
	{
		if constexpr (CHECKED) trace(this, from, to, why);
	}

	Step move(unsigned set, Phase to, const char* why)
		/// Nobody but the caller can change the phase. Whoever gets the connection next gets it through a lock, or with the leadership.
	{
		const Phase from = _phase.load(std::memory_order_relaxed);
		expect(from, set, why);
		_phase.store(to, std::memory_order_relaxed);
		note(from, to, why);
		return {from, to};
	}

protected:
	Atomic<Phase> _phase;    /// changed by move(), recall() and letGo() only; the model looks at it

private:
	Phase         _rest;
	Work          _work;
	bool          _slice;    /// the work is a slice of a file: its output is that of _work
	bool          _served;
	unsigned char _wishes;   /// a set of Wish
	unsigned char _missed;   /// a set of Missed
	Deadline      _deadline;
};


using ConnectionState = BasicConnectionState<>;


} } // namespace Poco::EVNet


#endif // EVNet_ConnectionState_INCLUDED
