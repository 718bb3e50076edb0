//
// Connection.h
//
// Library: EVNet
// Package: Loop
// Module:  Connection
//
// Definition of the Connection class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Connection_INCLUDED
#define EVNet_Connection_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/EVNet/EVServerStatistics.h"
#include "Poco/EVNet/EVTCPServerConnection.h"
#include "socket/ConnectionSocketImpl.h"
#include "loop/ConnectionState.h"
#include "loop/TimeoutList.h"
#include "threads/RequestCosts.h"
#include "threads/Task.h"
#include "Poco/AutoPtr.h"
#include <atomic>
#include <ev.h>
#include <memory>
#include <string>


namespace Poco {
namespace EVNet {


class Loop;


class Connection: public Task, public TimeoutEntry, public OutputFlusher
	/// A connection that is multiplexed by request, as the engine sees it: its
	/// socket, its EVTCPServerConnection and its place in the event loop.
	///
	/// It belongs to exactly one thread at a time, see ConnectionState: the owner. Only the owner may touch it. Exceptions: the leader
	/// may look at the phase at any time, and uses the watcher and the list members in all phases.
{
public:
	enum
	{
		FRAME_BLOCKED = -3
			/// What an EVTCPServerConnection of EVNet's own may return from frame(), besides what is said there: it has
			/// something to send first, which the client does not take now.
	};

	enum
	{
		SLOT_BITS = 22
			/// An identifier has the generation (32 bits), the loop (10 bits) and the slot.
	};

	Connection();
	~Connection();

	void open(Loop& loop, ConnectionSocketImpl* pSocket);
		/// Takes the slot into use, sharing ownership of the socket. Called by the leader.

	void close();
		/// Ends the use of the slot: destroys the EVTCPServerConnection and
		/// closes the socket (unless it has been detached). Called by the leader.

	void setObject(EVTCPServerConnection* pObject);
		/// Attaches the application's connection object and takes ownership of it.

	bool hasObject() const
		/// Returns false for a plain connection that waits for its first byte.
	{
		return _pObject != nullptr;
	}

	ConnectionSocketImpl& socket();
	const ConnectionSocketImpl& socket() const;

	std::ptrdiff_t frame();
		/// Asks the framing hook about the bytes received. Called by the leader.

	std::string refusal(EVTCPServerConnection::Refusal why);
		/// Returns what to answer instead of calling the handler. Called by the leader.

	void nameRequest();
		/// Asks the connection object what reports are to call the request that has been framed. Called by the leader.

	RequestCosts::Kind requestKind();
		/// Asks the connection object what kind of request it is. KIND_UNKNOWN for what is none.

	const std::string& requestName() const;
		/// Returns what nameRequest() has been told last. Called by the leader, in any state.

	bool exposed() const;
		/// Returns true if what is dispatched may close the descriptor at any moment: with TLS, a handler can. Then
		/// the leader does not watch it while another thread runs it.

	void handle();
		/// Calls the handler for the request or the notification, takes a step of the handshake, or sends a slice of a file.
		/// Exceptions go to the ErrorHandler and end the connection. Called by the owner.

	void run() override;
		/// Handles the request on a thread that does not lead the loop and gives the connection back to the loop.

	void cancel() override;
		/// Gives the connection back to be closed.

	void endRequest();
		/// Ends the request: drops its bytes. Called by the owner.

	void detach();
		/// Forgets the socket without closing it. Called by the owner.

	void flushByLoop() override;
		/// Lets the loop send the output that the client does not take now. Called by the owner.

	bool draining() const;
		/// Returns true if the server is about to end. May be called by the owner.

	bool detached() const
	{
		return _detached.load(std::memory_order_relaxed);
	}

	void abort();
		/// Shuts the socket down, unless it is detached, so that a blocked
		/// handler fails. Called by the leader, in any state.

	void end(EVServerStatistics::CloseReason reason, bool cutShort = false);
		/// Marks the connection to be closed for the given reason (the first one counts) when the request is done. If cutShort is
		/// true, the client may not have sent all of it. Called by the owner.

	bool ended() const
	{
		return _ended;
	}

	bool mustLinger() const;
		/// Returns true if the client may still be sending, so that closing at once would make the last response get lost.

	EVServerStatistics::CloseReason reason() const;

	Poco::UInt64 id() const;

	static std::size_t loopOf(Poco::UInt64 id);
	static std::size_t slotOf(Poco::UInt64 id);
	static Poco::UInt32 generationOf(Poco::UInt64 id);
		/// Return the parts of an identifier: the index of the loop, and what else it names.

	Loop* pLoop;
	Poco::UInt32   slot;          /// in the slab
	Poco::UInt32   generation;    /// counts the uses of the slot
	union
	{
		std::ptrdiff_t framed;    /// length of the next request, if the framing hook has found it already
		std::size_t    unsent;    /// bytes that the kernel had when the clock was started, in PHASE_LINGERING
	};
	ev_io          watcher;
	ConnectionState state;

	// used by the leader only
	bool           unframed : 1;    /// has bytes that the framing hook has not seen
	bool           outOfMemory : 1; /// there is no memory to collect the body of the request

private:
	void handshake();
	void takeBack();
		/// Ends the handler's use of the SecureStreamSocket.

	std::atomic<bool> _detached;
	bool              _ended;
	bool              _cutShort;  /// a part of a request has not been read
	unsigned char     _reason;    /// an EVServerStatistics::CloseReason

public:
	double         lastActive;    /// when a thread other than the leader finished the last request

	double         phaseStart;    /// when that of state.rest() began, as far as the leader knows

private:
	Connection(const Connection&);
	Connection& operator = (const Connection&);

	Poco::AutoPtr<ConnectionSocketImpl>    _pSocket;
	std::unique_ptr<EVTCPServerConnection> _pObject;
	std::unique_ptr<std::string>           _pRequestName;  /// the leader's; made if it is needed
};


//
// inlines
//
inline ConnectionSocketImpl& Connection::socket()
{
	return *_pSocket;
}


inline const ConnectionSocketImpl& Connection::socket() const
{
	return *_pSocket;
}


inline bool Connection::exposed() const
{
	return _pSocket->secure() && state.work() != ConnectionState::WORK_HANDSHAKE;
}


inline bool Connection::mustLinger() const
{
	return _pSocket->initialized() && (_cutShort || _pSocket->input().size() > 0);
}


inline std::size_t Connection::loopOf(Poco::UInt64 id)
{
	return (id & 0xFFFFFFFF) >> SLOT_BITS;
}


inline std::size_t Connection::slotOf(Poco::UInt64 id)
{
	return id & ((1 << SLOT_BITS) - 1);
}


inline Poco::UInt32 Connection::generationOf(Poco::UInt64 id)
{
	return static_cast<Poco::UInt32>(id >> 32);
}


inline EVServerStatistics::CloseReason Connection::reason() const
{
	return static_cast<EVServerStatistics::CloseReason>(_reason);
}


} } // namespace Poco::EVNet


#endif // EVNet_Connection_INCLUDED
