//
// ConnectionNotes.h
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionNotes
//
// Definition of the ConnectionNotes class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ConnectionNotes_INCLUDED
#define EVNet_ConnectionNotes_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "loop/ConnectionStates.h"


namespace Poco {
namespace EVNet {


class ConnectionNotes: public ConnectionStates
	/// What is known about a connection besides its phase: what has come from the client, what runs, what is wished, and which clock runs.
{
public:
	//
	// Questions.
	//
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

	bool takeTurn()
		/// Returns true if a notification may run: there are not two in succession, so that the requests of a connection that
		/// is notified all the time are served as well. To be called by the leader, when the connection has the turn.
	{
		const bool may = _work != WORK_NOTIFICATION;
		_work = WORK_NONE;
		return may;
	}

protected:
	ConnectionNotes():
		_rest(PHASE_NEW),
		_work(WORK_NONE),
		_slice(false),
		_served(false),
		_wishes(0),
		_missed(0),
		_deadline(DEADLINE_NONE)
	{
	}

	void clear()
		/// Forgets everything: the slot is used for another connection.
	{
		_rest = PHASE_NEW;
		_work = WORK_NONE;
		_slice = _served = false;
		_wishes = _missed = 0;
		_deadline = DEADLINE_NONE;
	}

	void acceptRequest()
	{
		_served = true;
		_rest = PHASE_IDLE;
		_missed = 0;
	}

	Phase _rest;
	Work  _work;
	bool  _slice;    /// the work is a slice of a file: its output is that of _work
	bool  _served;

private:
	unsigned char _wishes;   /// a set of Wish
	unsigned char _missed;   /// a set of Missed
	Deadline      _deadline;
};


} } // namespace Poco::EVNet


#endif // EVNet_ConnectionNotes_INCLUDED
