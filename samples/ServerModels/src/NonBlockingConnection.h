//
// NonBlockingConnection.h
//
// A connection that nobody waits for.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef NonBlockingConnection_INCLUDED
#define NonBlockingConnection_INCLUDED


#include "ServerModel.h"
#include <chrono>


class NonBlockingConnection
	/// A connection that is a state machine: advance() does all that can be done without waiting, and says what
	/// is to be waited for. How that is done is what the models differ in: select(), epoll, by whom.
	///
	/// It is owned by one thread at a time. Objects can be used for one connection after another.
{
public:
	enum State
	{
		CLOSED,
			/// It is at its end. The owner has to close() it.
		READING,
			/// The client is to say something: wait until the socket can be read.
		READY,
			/// As READING, but there may be more in the socket already. Who is told of new bytes only (edge-triggered) has to
			/// advance() again, in its turn; who is told as long as there are bytes (level-triggered) is told.
		WORKING,
			/// What comes next takes long, and was not to be done here: performJob() is to be called, in whatever thread, before
			/// anything else. The socket is not to be waited for meanwhile.
		WRITING,
			/// The client does not take its answers: wait until the socket can be written. Nothing is read until then,
			/// so a client that only sends is stopped by TCP, and does not fill the memory.
		LINGERING
			/// The last answer has been sent. What the client is still sending is thrown away, until it closes or the time is over.
	};

	enum LongJobs
	{
		DO_LONG_JOBS,
		LEAVE_LONG_JOBS
			/// They are left to others: WORKING.
	};

	using Clock = std::chrono::steady_clock;

	explicit NonBlockingConnection(const ModelOptions& options);

	~NonBlockingConnection();

	void open(int fd);
		/// Begins with a new connection, whose socket is non-blocking.

	void close();

	bool isOpen() const;

	int descriptor() const;

	State advance(LongJobs longJobs = DO_LONG_JOBS);
		/// Goes on: sends, answers, receives once. Returns the new state.

	void performJob();
		/// Does the long job, and sends the answer as far as possible. advance() tells what then.

	void noteHangUp();
		/// The client has ended its side; the last bytes and the end may have made one event together.

	bool isOverdue(Clock::time_point now) const;
		/// Returns true if nothing has moved for too long.

	//
	// for whoever waits for the connection
	//
	enum Place
	{
		WATCHED,
			/// It waits for an event.
		QUEUED,
			/// It has had one, or is READY, and waits for its turn.
		AWAY
			/// Another thread has it.
	};

	Place    place = WATCHED;
	unsigned interest = 0;
		/// The events that have been asked for.

private:
	enum
	{
		LINGER_SECONDS = 2,
			/// How long one who has been refused may go on sending.
		LINGER_CHUNKS  = 256
			/// And how much at once.
	};

	NonBlockingConnection(const NonBlockingConnection&);
	NonBlockingConnection& operator = (const NonBlockingConnection&);

	State go(LongJobs longJobs);
	State receive();
	State finish();
	State discard();
	bool flush();

	const Clock::duration _timeout;
	int               _fd;
	State             _state;
	bool              _hungUp;
	Clock::time_point _deadline;
	Conversation      _conversation;
};


//
// inlines
//
inline bool NonBlockingConnection::isOpen() const
{
	return _fd >= 0;
}


inline int NonBlockingConnection::descriptor() const
{
	return _fd;
}


inline void NonBlockingConnection::noteHangUp()
{
	_hungUp = true;
}


inline bool NonBlockingConnection::isOverdue(Clock::time_point now) const
{
	return now > _deadline;
}


#endif // NonBlockingConnection_INCLUDED
