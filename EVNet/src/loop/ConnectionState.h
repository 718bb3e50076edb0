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
#include "loop/ConnectionNotes.h"
#include <atomic>


namespace Poco {
namespace EVNet {


template <template <class> class Atomic = std::atomic, bool CHECKED = ASSERTIONS>
class BasicConnectionState: public ConnectionNotes
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
	/// The owner is the leader; in RUNNING and RECALLED, the thread that runs the work, or has it in the queue, which may be the leader.
	/// letGo() and recall() decide the one race there is: exactly one succeeds.
	///
	/// What has come from the client, a part of a request or nothing, is remembered by rest(), and its clock by restDeadline(): a
	/// notification, a step of a handshake, output and a pause change neither.
	///
	/// A leaf: the model in the test suite runs it with an Atomic of its own.
{
public:
	BasicConnectionState(): _phase(PHASE_FREE)
	{
	}

	//
	// Questions.
	//
	Phase phase() const
		/// May be called by the leader and by the owner. A leader that sees other phases than RUNNING and RECALLED is the owner.
	{
		return _phase.load(std::memory_order_acquire);
	}

	bool isFree() const
		/// May be called by the leader. Says nothing about what another thread has done.
	{
		return _phase.load(std::memory_order_relaxed) == PHASE_FREE;
	}

	bool hasTurn() const
		/// Returns true if the leader will look at it without any event: it must not be closed before. To be called by the leader.
	{
		return wished(WISH_LOOK) || _phase.load(std::memory_order_relaxed) == PHASE_PAUSED;
	}

	//
	// Transitions. See above for who calls them.
	//
	Step open()
	{
		clear();
		return move(SET_FREE, PHASE_NEW, "open");
	}

	void look()
		/// The leader is about to look at the socket, in a phase that waits for a request: what another thread has run is over.
	{
		if constexpr (CHECKED) expect(_phase.load(std::memory_order_relaxed), SET_WAITING, "look");
		if (_work != WORK_NOTIFICATION) _work = WORK_NONE;
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
		/// Has the owner give the connection back. Returns false if it does not run any more, or has been recalled: see phase().
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
};


using ConnectionState = BasicConnectionState<>;


} } // namespace Poco::EVNet


#endif // EVNet_ConnectionState_INCLUDED
