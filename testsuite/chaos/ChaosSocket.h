//
// ChaosSocket.h
//
// Library: EVNet
// Package: ChaosTest
// Module:  ChaosSocket
//
// Definition of the ChaosSocket class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ChaosSocket_INCLUDED
#define ChaosSocket_INCLUDED


#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>


class Lost: public std::runtime_error
	/// The connection has broken, or could not be made.
{
	using std::runtime_error::runtime_error;
};


class Hung: public std::runtime_error
	/// Nothing has happened for too long.
{
	using std::runtime_error::runtime_error;
};


class Wrong: public std::runtime_error
	/// What the server has sent is not what it should be.
{
	using std::runtime_error::runtime_error;
};


struct Answer
{
	int status = 0;
	bool close = false;
		/// The server says that it is the last one of the connection.
	std::string body;
};


class ChaosSocket
	/// A blocking connection of a client that speaks HTTP. Its own code, not that of
	/// Poco: what is tested must not be what judges.
{
public:
	ChaosSocket();
	~ChaosSocket();

	struct Peer
	{
		std::string   host = "127.0.0.1";
		std::uint16_t port = 0;
		int           source = 0;
			/// If not 0, connect from 127.0.1.source.
		double        timeout = 10;
			/// Seconds without progress.
	};

	void connect(const Peer& peer);
	bool isOpen() const;
	void close();
	void reset();
		/// Closes the connection so that the server sees a reset.

	void shutdownSend();

	void send(const std::string& bytes);

	Answer receiveAnswer();
		/// Returns the next answer. Throws Lost if it is not complete.

	std::string receive(std::size_t length);

	bool hasEnded();
		/// Waits for the end of the connection. Returns false if bytes arrive.

private:
	ChaosSocket(const ChaosSocket&);
	ChaosSocket& operator = (const ChaosSocket&);

	bool receiveMore();
	std::string receiveLine();
	std::string receiveChunks();

	int         _fd;
	std::string _received;
	std::size_t _taken;
};


#endif // ChaosSocket_INCLUDED
