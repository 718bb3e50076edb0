//
// Mailbox.h
//
// Library: EVNet
// Package: Loop
// Module:  Mailbox
//
// Definition of the Mailbox class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Mailbox_INCLUDED
#define EVNet_Mailbox_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/IntrusiveQueue.h"
#include "socket/ConnectionSocketImpl.h"
#include "threads/Task.h"
#include "Poco/Types.h"
#include <atomic>
#include <mutex>
#include <vector>


namespace Poco {
namespace EVNet {


class EventLoop;


class Mailbox
	/// What other threads leave for the leader of a loop. It wakes the leader, who collects it.
	///
	/// Methods may be called from any thread, unless said otherwise.
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

	struct Mail
		/// What has been left since the leader has collected the last time.
	{
		int                                  reasons = 0;   /// a set of Wake
		IntrusiveQueue<Task>                 returned;      /// connections whose work is done
		IntrusiveQueue<ConnectionSocketImpl> arrived;       /// new ones, with one reference to each
		std::vector<Poco::UInt64>            closeWanted;   /// identifiers
		std::vector<Poco::UInt64>            notifyWanted;
	};

	explicit Mailbox(EventLoop& loop);
	~Mailbox();

	void open();
		/// From now on, somebody will read what is left here.

	bool close();
		/// From now on, nobody will. Returns false, and changes nothing, if there are new connections, which have to be dealt with first.

	bool deliver(ConnectionSocketImpl* pSocket);
		/// Has a new connection opened by the leader. Takes over one reference to the socket, unless
		/// it returns false because the loop has ended.

	void giveBack(Task& connection);
		/// Returns a connection, whose work is done, to the leader.

	void closeConnection(Poco::UInt64 id);
		/// Has a connection closed by the leader.

	void notify(Poco::UInt64 id);
		/// Has a notification of a connection dispatched by the leader.

	void flush(Poco::UInt64 id);
		/// Has the leader flush the output of a connection whose request is running.

	void wake(int reasons);
		/// Wakes the leader for the given reasons (Wake).

	void collect(Mail& mail, std::vector<Poco::UInt64>& flushWanted);
		/// Moves all to the mail, and appends the identifiers of connections whose output is to be flushed. Called by the leader.

private:
	Mailbox(const Mailbox&);
	Mailbox& operator = (const Mailbox&);

	EventLoop&                _loop;
	std::atomic<int>          _reasons;
	std::mutex                _mutex;   /// guards the following
	bool                      _closed;
	IntrusiveQueue<Task>      _returned;
	IntrusiveQueue<ConnectionSocketImpl> _arrived;
	std::vector<Poco::UInt64> _closeWanted;
	std::vector<Poco::UInt64> _notifyWanted;
	std::vector<Poco::UInt64> _flushWanted;
};


} } // namespace Poco::EVNet


#endif // EVNet_Mailbox_INCLUDED
