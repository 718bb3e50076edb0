//
// ConnectionStates.h
//
// Library: EVNet
// Package: Loop
// Module:  ConnectionStates
//
// Definition of the ConnectionStates class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_ConnectionStates_INCLUDED
#define EVNet_ConnectionStates_INCLUDED


#include "Poco/EVNet/EVNet.h"


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
			/// Has ended. What the client still sends is thrown away until it closes, lest it misses the last response.
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

	static bool isSilent(Phase phase)
		/// Returns true if the client has sent nothing of its next request.
	{
		return phase == PHASE_NEW || phase == PHASE_IDLE;
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


} } // namespace Poco::EVNet


#endif // EVNet_ConnectionStates_INCLUDED
