//
// LentSocket.h
//
// Library: EVNet
// Package: Socket
// Module:  LentSocket
//
// Definition of the LentSocket class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_LentSocket_INCLUDED
#define EVNet_LentSocket_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/AutoPtr.h"
#include "Poco/Net/SocketImpl.h"
#include "Poco/Timespan.h"


namespace Poco {
namespace EVNet {


class LentSocket
	/// The socket below a SecureTransport. Handlers get it as a SecureStreamSocket, and may make it wait; it must not whenever
	/// EVNet calls it (Unblocked).
	///
	/// For lend() and what follows, see Transport. Used by one thread at a time.
{
public:
	enum Use
		/// What a call does.
	{
		USE_RECEIVE = 1,
		USE_SEND    = 2,
		USE_ALL     = 3
	};

	class Unblocked
		/// As long as it exists, the socket does not wait. Then the socket is again as a handler has made it, if one has it.
	{
	public:
		Unblocked(LentSocket& socket, Use use);
		~Unblocked();

	private:
		LentSocket&              _socket;
		bool                     _blocking;
		Poco::Timespan::TimeDiff _receive;   /// timeouts
		Poco::Timespan::TimeDiff _send;
	};

	explicit LentSocket(Poco::Net::SocketImpl& socket);
		/// Shares ownership of the socket, and has it not wait.

	~LentSocket();

	static bool timeoutsCount();
		/// Returns true if a secure socket waits for its timeouts though it has been told not to wait: before Poco 1.14, setBlocking() does
		/// not get through to what asks for it.

	Poco::Net::SocketImpl& impl() const;
	void lend(const Poco::Timespan& timeout);
	void takeBack();
	void giveAway(const Poco::Timespan& timeout);
	bool isLatest() const;
	Poco::Timespan receiveTimeout() const;
	Poco::Timespan sendTimeout() const;

private:
	LentSocket(const LentSocket&);
	LentSocket& operator = (const LentSocket&);

	Poco::AutoPtr<Poco::Net::SocketImpl> _pImpl;
	bool _lent;
	bool _waited;      /// a handler has made it wait, and may do so again
	int  _unchecked;   /// for which use a handler may have made it wait
};


//
// inlines
//
inline Poco::Net::SocketImpl& LentSocket::impl() const
{
	return const_cast<Poco::Net::SocketImpl&>(*_pImpl);
}


} } // namespace Poco::EVNet


#endif // EVNet_LentSocket_INCLUDED
