//
// SecureTransport.h
//
// Library: EVNet
// Package: Engine
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
#include "Poco/AutoPtr.h"
#include "Poco/Net/SocketImpl.h"
#include "Poco/Net/StreamSocket.h"
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
	/// The methods never wait, unless setBlocking() says so.
	///
	/// OpenSSL must not be used by two threads at once, but a leader may flush what a handler has
	/// written while that one goes on. All methods therefore may be called from any thread.
{
public:
	explicit SecureTransport(Poco::Net::SocketImpl& socket);
		/// Shares ownership of the socket of an accepted connection. The handshake is part of the first calls of receive().

	~SecureTransport();

	static void checkPoco();
		/// Throws a Poco::NotImplementedException if the Poco at hand has secure sockets that cannot be kept from waiting.

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

	void setBlocking(bool flag);
		/// Lets others use socket() as they are used to, or stops that.

	void restore();
		/// Undoes what a handler may have done to socket().

	void shutdown();
		/// Tells the client that nothing will follow (close_notify).

	Poco::Net::StreamSocket socket();
		/// Returns the socket, a SecureStreamSocket.

	bool is(const Poco::Net::SocketImpl* pSocket) const;
		/// Returns true if this is the implementation of socket().

private:
	enum
	{
		RECORD_SIZE = 16384 /// what TLS can have in a record (RFC 8446, section 5.1)
	};

	template <class Function>
	ssize_t attempt(Function function);
		/// Calls a method of the SecureStreamSocketImpl, and returns what the system call of that name would.

	bool hasEnded() const;
		/// Returns true if the client has closed the connection and there is nothing more to receive.

	static std::size_t gather(const struct iovec* pParts, int count, std::size_t skip);
	ssize_t sendRecord(std::size_t length);
	ssize_t resume(std::size_t wanted);

	static std::unique_ptr<char[]>& scratch();
		/// Returns the memory in which a thread puts records together.

	std::mutex                           _mutex;
	Poco::AutoPtr<Poco::Net::SocketImpl> _pSocket;
	std::unique_ptr<char[]>              _pRecord;      /// OpenSSL wants to be given it again, at the same address
	std::size_t                          _recordLength;
	std::size_t                          _ahead;        /// bytes that have been sent, but their owner does not know yet
	std::atomic<bool>                    _handshaking;
	bool                                 _blocking;
	int                                  _failure;      /// errno of what has ended the connection, or 0
};


inline bool SecureTransport::handshaking() const
{
	return _handshaking.load(std::memory_order_relaxed);
}


inline bool SecureTransport::is(const Poco::Net::SocketImpl* pSocket) const
{
	return _pSocket.get() == pSocket;
}


} } // namespace Poco::EVNet


#endif // EVNet_SecureTransport_INCLUDED
