//
// TLSTestSupport.h
//
// What the tests with TLS have in common: certificates, contexts, clients,
// and a relay that can spoil what a client sends.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef TLSTestSupport_INCLUDED
#define TLSTestSupport_INCLUDED


#include "HTTPTestSupport.h"
#include "Certificate.h"
#include "Poco/Net/Context.h"
#include "Poco/Net/HTTPSClientSession.h"
#include "Poco/Net/SecureServerSocket.h"
#include "Poco/Net/SecureStreamSocket.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/Pipe.h"
#include "Poco/Process.h"
#include <mutex>


using Poco::Net::Context;
using Poco::Net::SecureServerSocket;
using Poco::Net::SecureStreamSocket;
using Poco::Net::SocketAddress;


//
// contexts
//
const Certificate& serverCertificate();
	/// Returns a certificate for localhost.

const Certificate& clientCertificate();
	/// Returns the certificate of a client, "CN=client", which is its own authority.

const Certificate& strangeCertificate();
	/// Returns the certificate of a client whose authority nobody knows.

Context::Ptr serverContext(Context::VerificationMode verify = Context::VERIFY_NONE);
	/// Returns a context for a server that takes clientCertificate().

Context::Ptr clientContext(const Certificate* pCertificate = nullptr);
	/// Returns a context for a client, with or without a certificate.

SecureServerSocket listenSecure(Context::Ptr pContext = serverContext());
	/// Returns a socket that listens on some port of 127.0.0.1.


//
// clients
//
SecureStreamSocket connectSecure(const SocketAddress& address, Context::Ptr pContext = clientContext(), int receiveBuffer = 0);
	/// Returns a client that has done its handshake and never waits longer than the deadline.

SecureStreamSocket connectSecure(const EVTCPServer& server, Context::Ptr pContext = clientContext(), int receiveBuffer = 0);

void takeAll(StreamSocket& socket);
	/// From now on, a client with a small receive buffer has a large one.

bool isRefused(const EVTCPServer& server, Context::Ptr pContext);
	/// Returns true if the handshake fails. (With TLS 1.3, a client learns that later than
	/// it believes to be connected.)

std::string clientHello();
	/// Returns the first message of a client that begins a handshake.

bool endsOrderly(StreamSocket& socket);
	/// Waits for the close_notify of the server. Returns false for any other end.


class SecureRawClient: public RawClient
	/// An HTTPS client for which every record sent is the test's own.
{
public:
	explicit SecureRawClient(const EVTCPServer& server, int receiveBuffer = 0):
		RawClient(connectSecure(server, clientContext(), receiveBuffer))
	{
	}

	explicit SecureRawClient(const SocketAddress& address):
		RawClient(connectSecure(address))
	{
	}

	void sendInPieces(const std::string& bytes, std::size_t length)
		/// Sends the bytes in records of that length.
	{
		for (std::size_t i = 0; i < bytes.size(); i += length) send(bytes.substr(i, length));
	}
};


class SecureClient: public Client
	/// An HTTPS client made of Poco's HTTPSClientSession.
{
public:
	explicit SecureClient(const EVTCPServer& server, Context::Ptr pContext = clientContext()):
		Client(new Poco::Net::HTTPSClientSession("127.0.0.1", server.port(), pContext))
	{
	}
};


class Relay
	/// Stands between one client and the server, and passes on what they say, as long as the test likes it.
{
public:
	explicit Relay(const EVTCPServer& server);
	~Relay();

	SocketAddress address() const;
		/// Returns where the client has to connect to.

	void allow(int bytes);
		/// From now on, passes on that many bytes of the client, and keeps the rest for later; -1 for all.

	std::size_t kept() const;
		/// Returns the number of bytes that are kept.

	void corrupt();
		/// Spoils the last byte that is kept.

	void passInPieces();
		/// From now on, passes on each byte of the client by itself.

	void end(bool reset);
		/// Ends the connection to the server without a word of the client, with a FIN or with a reset.

private:
	void run();
	bool passOn();

	Poco::Net::ServerSocket _listener;
	StreamSocket            _server;
	mutable std::mutex      _mutex;
	std::string             _kept;
	int                     _allowed;
	bool                    _inPieces;
	bool                    _open;
	std::atomic<bool>       _ended;
	std::thread             _thread;
};


class SClient
	/// openssl s_client.
{
public:
	SClient(const EVTCPServer& server, const std::vector<std::string>& options);
	~SClient();

	void type(const std::string& text);
		/// Gives it some input.

	bool says(const std::string& text, int times = 1);
		/// Waits until its output contains the text that often. Returns false if it does not in time.

	std::string output() const;

	bool ends();
		/// Waits until it ends by itself.

	void quit();
		/// Lets it close the connection, and waits for its end.

private:
	int count(const std::string& text) const;

	Poco::Pipe                           _in;
	Poco::Pipe                           _out;
	std::unique_ptr<Poco::ProcessHandle> _pProcess;
	mutable std::mutex                   _mutex;
	std::string                          _output;
	std::atomic<bool>                    _ended;
	std::thread                          _reader;
};


#endif // TLSTestSupport_INCLUDED
