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
#include "socket/LentSocket.h"
#include "socket/TransferCounts.h"
#include "socket/Transport.h"
#include <memory>


namespace Poco {
namespace EVNet {


class SecureTransport final: public Transport
	/// A connection with TLS.
	///
	/// Encryption is the business of the SocketImpl that a SecureServerSocket has accepted. Only its virtual
	/// methods are used, so that EVNet needs neither NetSSL nor OpenSSL.
	///
	/// OpenSSL must not be used by two threads at once, but a leader may flush what a handler has
	/// written while that one goes on, unless the handler has got the SecureStreamSocket (see expose()). All methods that
	/// receive or send therefore may be called from any thread.
{
public:
	explicit SecureTransport(Poco::Net::SocketImpl& socket);
		/// Shares ownership of the socket of an accepted connection. The handshake is part of the first calls of receive().

	~SecureTransport();

	static void checkPoco();
		/// Throws a Poco::NotImplementedException if the Poco at hand has secure sockets that cannot be kept from waiting.

	static bool waitsAnyway(Poco::UInt32 version);
		/// Returns true if that is so for the version, which is as in POCO_VERSION.

	bool secure() const override;
	ssize_t receive(poco_socket_t fd, void* buffer, std::size_t length, int flags = 0) override;
		/// Throws a Poco::NotImplementedException if the flags are MSG_PEEK.

	ssize_t send(poco_socket_t fd, const struct iovec* pParts, int count, int flags = 0) override;
	int sendFile(poco_socket_t fd, OutputFile& file, std::size_t length) override;
	bool pending() override;
	bool endsOneWay() const override;
		/// Returns false with a Poco before 1.14: there, shutdown() ends both directions of the connection.

	void shutdown() override;
	std::mutex* outputMutex() override;
	Poco::UInt64 takeReceived(poco_socket_t fd) override;
	Poco::UInt64 takeAcknowledged(poco_socket_t fd) override;
	Poco::Net::StreamSocket socketFor(const Poco::Net::StreamSocket& socket) override;
	bool is(const Poco::Net::SocketImpl* pSocket) const override;
	void expose() override;
	void lend(const Poco::Timespan& timeout) override;
	void takeBack() override;
	void giveAway(const Poco::Timespan& timeout) override;
	bool isLatest() const override;
	Poco::Timespan receiveTimeout() override;
	Poco::Timespan sendTimeout() override;

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

	void release() override;
	template <class Function>
	ssize_t attempt(LentSocket::Use use, Function function);
		/// Calls a method of the SecureStreamSocketImpl, and returns what the system call of that name would.

	bool hasEnded() const;
		/// Returns true if the client has closed the connection and there is nothing more to receive.

	static std::size_t gather(const struct iovec* pParts, int count, std::size_t skip);
	ssize_t sendFileRecord(const OutputFile& file, std::size_t length);
	ssize_t sendRecord(std::size_t length);
	ssize_t sendNow(const char* pBytes, std::size_t length);
	bool hasRoom() const;
		/// Returns true if the system would take more output.

	ssize_t resume(std::size_t wanted);

	static ssize_t noMemory();
	static std::unique_ptr<char[]>& scratch();
		/// Returns the memory in which a thread puts records together, a null pointer if there is none.

	std::mutex                           _outputMutex;
	std::mutex                           _mutex;        /// for a call of OpenSSL, or those of a slice of a file; none waits for the client
	LentSocket                           _socket;
	std::unique_ptr<char[]>              _pRecord;      /// OpenSSL wants to be given it again, at the same address
	std::size_t                          _recordLength;
	std::size_t                          _ahead;        /// bytes that have been sent, but their owner does not know yet
	Wanted                               _wanted;       /// by the last call
	int                                  _failure;      /// errno of what has ended the connection, or 0
	TransferMeter                        _transfers;
};


} } // namespace Poco::EVNet


#endif // EVNet_SecureTransport_INCLUDED
