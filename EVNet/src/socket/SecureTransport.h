//
// SecureTransport.h
//
// Library: EVNet
// Package: Socket
// Module:  SecureTransport
//
// Definition of the SecureTransport class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_SecureTransport_INCLUDED
#define EVNet_SecureTransport_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "socket/TransferCounts.h"
#include "Poco/AutoPtr.h"
#include "Poco/Net/SocketImpl.h"
#include "Poco/Net/StreamSocket.h"
#include "Poco/Timespan.h"
#include "Poco/Types.h"
#include <atomic>
#include <memory>
#include <mutex>
#include <sys/types.h>


struct iovec;


namespace Poco {
namespace EVNet {


class SecureTransport
	/// recv(), send() and sendfile() for a connection with TLS.
	///
	/// Encryption is the business of the SocketImpl that a SecureServerSocket has accepted. Only its virtual
	/// methods are used, so that EVNet needs neither NetSSL nor OpenSSL.
	/// The methods never wait for the client, whatever a handler has made of the socket: that is the business of their callers, who have
	/// a deadline.
	///
	/// OpenSSL must not be used by two threads at once, but a leader may flush what a handler has
	/// written while that one goes on, unless the handler has got socket() (see expose()). Methods therefore may be called from any
	/// thread, unless said otherwise.
{
public:
	explicit SecureTransport(Poco::Net::SocketImpl& socket);
		/// Shares ownership of the socket of an accepted connection. The handshake is part of the first calls of receive().

	~SecureTransport();

	static void checkPoco();
		/// Throws a Poco::NotImplementedException if the Poco at hand has secure sockets that cannot be kept from waiting.

	static bool waitsAnyway(Poco::UInt32 version);
		/// Returns true if that is so for the version, which is as in POCO_VERSION.

	ssize_t receive(void* buffer, std::size_t length);
		/// Receives and decrypts what is there. Returns 0 if the client has closed the
		/// connection, and -1 with errno EAGAIN if there is nothing, EPROTO if it is not TLS, or
		/// cannot be agreed on or decrypted, or what the system says.

	ssize_t send(const struct iovec* pParts, int count);
		/// Encrypts and sends the parts. Returns how many of the bytes are sent, or -1 with errno EAGAIN
		/// if it is none. The next call must begin with the bytes that are left.

	ssize_t sendFile(int fd, off_t offset, std::size_t length);
		/// Encrypts and sends a part of the file, as sendfile() does.

	bool pending();
		/// Returns true if there are decrypted bytes to receive: the system does not know of them.

	bool handshaking() const;
		/// Returns true until receive() has returned bytes.

	bool wantsToReceive() const;
		/// Returns true if the last send() that could not send waits for something from the client (a new handshake),
		/// not for room for more output.

	TransferMeter& transfers();
		/// Returns what the client has sent and acknowledged, also of a record that is not complete. Called by the owner.

	static bool endsOneWay();
		/// Returns false if shutdown() ends both directions of the connection, as with a Poco before 1.14.

	void shutdown();
		/// Tells the client that nothing will follow (close_notify). Does not wait for its answer.

	std::mutex& outputMutex();
		/// Returns the mutex that guards the output that the client has not taken.

	//
	// what others do with the socket
	//
	Poco::Net::StreamSocket socket();
		/// Returns the socket, a SecureStreamSocket.

	void expose();
		/// From now on, handlers have socket(), and use it without asking anybody. Called by the owner of the connection
		/// under outputMutex(), so that the leader does not use it any more while a handler runs.

	bool exposed() const;
		/// Returns true if expose() has been called.

	void lend(const Poco::Timespan& timeout);
		/// A handler is going to use socket(). If timeout is not 0, it may be one that wants to wait, and does so for the
		/// timeout at most whenever it receives or sends. What it changes itself counts as well until takeBack(), but only
		/// for its own use: the methods of this class do not wait meanwhile. Called by the owner, after expose(): no other thread
		/// uses this object then.

	void takeBack();
		/// Ends what lend() began, and undoes what the handler has changed. Called by the owner, after expose().

	void giveAway(const Poco::Timespan& timeout);
		/// The socket has got a new owner, who waits for the timeout at most, 0 for ever. Does
		/// nothing if it is the owner of another SecureTransport by now. Called by the owner.

	bool isLatest() const;
		/// Returns false if another SecureTransport has been made for the socket.

	Poco::Timespan receiveTimeout();
	Poco::Timespan sendTimeout();
		/// Return what the handler that has the socket has set; 0 if it has not. Called by the owner.

	bool is(const Poco::Net::SocketImpl* pSocket) const;
		/// Returns true if this is the implementation of socket().

private:
	enum
	{
		RECORD_SIZE = 16384 /// what TLS can have in a record (RFC 8446, section 5.1)
	};

	enum Wanted
		/// What a call that cannot be done now waits for.
	{
		WANTS_TO_RECEIVE,
		WANTS_TO_SEND,
		WANTS_UNKNOWN   /// Poco has not said
	};

	template <class Function>
	ssize_t attempt(int use, Function function);
		/// Calls a method of the SecureStreamSocketImpl that receives or sends (Unblocked::Use), and returns what the system call of that name would.

	class Unblocked;
	enum
	{
		UNCHECKED = 3 /// for each use
	};

	bool hasEnded() const;
		/// Returns true if the client has closed the connection and there is nothing more to receive.

	static std::size_t gather(const struct iovec* pParts, int count, std::size_t skip);
	ssize_t sendRecord(std::size_t length);
	ssize_t sendNow(const char* pBytes, std::size_t length);
	bool hasRoom() const;
		/// Returns true if the system would take more output.

	ssize_t resume(std::size_t wanted);

	static ssize_t noMemory();
	static std::unique_ptr<char[]>& scratch();
		/// Returns the memory in which a thread puts records together, a null pointer if there is none.

	std::mutex                           _outputMutex;
	std::mutex                           _mutex;        /// held for the time of a call of OpenSSL, none of which waits
	Poco::AutoPtr<Poco::Net::SocketImpl> _pSocket;
	std::unique_ptr<char[]>              _pRecord;      /// OpenSSL wants to be given it again, at the same address
	std::size_t                          _recordLength;
	std::size_t                          _ahead;        /// bytes that have been sent, but their owner does not know yet
	std::atomic<bool>                    _handshaking;
	std::atomic<bool>                    _exposed;
	std::atomic<bool>                    _wantsToReceive;
	bool                                 _lent;
	bool                                 _waited;       /// somebody has made the socket one that waits, and may do so again
	int                                  _unchecked;    /// for which use somebody may have made the socket one that waits
	Wanted                               _wanted;       /// by the last call
	int                                  _failure;      /// errno of what has ended the connection, or 0
	TransferMeter                        _transfers;
};


inline TransferMeter& SecureTransport::transfers()
{
	return _transfers;
}


inline bool SecureTransport::handshaking() const
{
	return _handshaking.load(std::memory_order_relaxed);
}


inline bool SecureTransport::wantsToReceive() const
{
	return _wantsToReceive.load(std::memory_order_relaxed);
}


inline std::mutex& SecureTransport::outputMutex()
{
	return _outputMutex;
}


inline bool SecureTransport::exposed() const
{
	return _exposed.load(std::memory_order_relaxed);
}


inline void SecureTransport::expose()
{
	_exposed.store(true, std::memory_order_relaxed);
}


inline bool SecureTransport::is(const Poco::Net::SocketImpl* pSocket) const
{
	return _pSocket.get() == pSocket;
}


} } // namespace Poco::EVNet


#endif // EVNet_SecureTransport_INCLUDED
