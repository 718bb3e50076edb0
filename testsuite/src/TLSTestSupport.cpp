//
// TLSTestSupport.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "TLSTestSupport.h"
#include "Poco/Net/NetSSL.h"
#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <poll.h>


//
// contexts
//
namespace
{
	struct Certificates
	{
		Certificates():
			server("localhost"),
			client("client"),
			strange("stranger")
		{
			// s_client and handlers that use a SecureStreamSocket may be gone when something is written
			std::signal(SIGPIPE, SIG_IGN);
			Poco::Net::initializeSSL();
		}

		Certificate server;
		Certificate client;
		Certificate strange;
	};

	const Certificates& certificates()
	{
		static const Certificates instance;
		return instance;
	}
}


const Certificate& serverCertificate()
{
	return certificates().server;
}


const Certificate& clientCertificate()
{
	return certificates().client;
}


const Certificate& strangeCertificate()
{
	return certificates().strange;
}


Context::Ptr serverContext(Context::VerificationMode verify)
{
	const Certificate& certificate = serverCertificate();
	Context::Ptr pContext = new Context(Context::TLS_SERVER_USE, certificate.keyPath(), certificate.path(), clientCertificate().path(), verify, 9, false);
	pContext->enableSessionCache(true, "EVNet-testrunner");
	return pContext;
}


Context::Ptr clientContext(const Certificate* pCertificate)
{
	const std::string& authority = serverCertificate().path();
	if (!pCertificate) return new Context(Context::TLS_CLIENT_USE, "", "", authority, Context::VERIFY_RELAXED);
	return new Context(Context::TLS_CLIENT_USE, pCertificate->keyPath(), pCertificate->path(), authority, Context::VERIFY_RELAXED);
}


SecureServerSocket listenSecure(Context::Ptr pContext)
{
	return SecureServerSocket(SocketAddress("127.0.0.1", 0), 256, pContext);
}


//
// clients
//
SecureStreamSocket connectSecure(const SocketAddress& address, Context::Ptr pContext, int receiveBuffer)
{
	StreamSocket socket = connectTo(address);
	socket.setNoDelay(true);
	if (receiveBuffer > 0) socket.setReceiveBufferSize(receiveBuffer);
	return SecureStreamSocket::attach(socket, "localhost", pContext);
}


SecureStreamSocket connectSecure(const EVTCPServer& server, Context::Ptr pContext, int receiveBuffer)
{
	return connectSecure(SocketAddress("127.0.0.1", server.port()), pContext, receiveBuffer);
}


void takeAll(StreamSocket& socket)
{
	socket.setReceiveBufferSize(1024*1024);
}


bool isRefused(const EVTCPServer& server, Context::Ptr pContext)
{
	try
	{
		RawClient client(connectSecure(server, pContext));
		return !client.ask("/").complete;
	}
	catch (Poco::TimeoutException&)
	{
		return false;
	}
	catch (Poco::IOException&)
	{
		return true;
	}
}


std::string clientHello()
{
	Poco::Net::ServerSocket listener(SocketAddress("127.0.0.1", 0));
	const SocketAddress address = listener.address();
	std::thread client([&]
	{
		try
		{
			connectSecure(address);
		}
		catch (Poco::Exception&)
		{
			// nobody answers
		}
	});
	StreamSocket socket = listener.acceptConnection();
	std::string hello = receive(socket, 5);
	hello += receive(socket, static_cast<unsigned char>(hello[3])*256u + static_cast<unsigned char>(hello[4]));
	socket.close();
	client.join();
	return hello;
}


bool endsOrderly(StreamSocket& socket)
{
	try
	{
		receiveToEnd(socket);
		return true;
	}
	catch (Poco::Exception&)
	{
		return false;
	}
}


//
// Relay
//
Relay::Relay(const EVTCPServer& server):
	_listener(SocketAddress("127.0.0.1", 0)),
	_server(connectTo(server)),
	_allowed(-1),
	_inPieces(false),
	_open(true),
	_ended(false)
{
	_thread = std::thread([this]
	{
		try
		{
			run();
		}
		catch (Poco::Exception&)
		{
			// one of them is gone
		}
		std::lock_guard<std::mutex> lock(_mutex);
		if (_open) _server.close();
		_open = false;
	});
}


Relay::~Relay()
{
	_ended = true;
	_thread.join();
}


SocketAddress Relay::address() const
{
	return _listener.address();
}


void Relay::allow(int bytes)
{
	std::lock_guard<std::mutex> lock(_mutex);
	_allowed = bytes;
}


std::size_t Relay::kept() const
{
	std::lock_guard<std::mutex> lock(_mutex);
	return _kept.size();
}


void Relay::corrupt()
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (!_kept.empty()) _kept.back() = static_cast<char>(_kept.back() ^ 1);
}


void Relay::passInPieces()
{
	std::lock_guard<std::mutex> lock(_mutex);
	_inPieces = true;
}


void Relay::end(bool reset)
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (!_open) return;
	_open = false;
	if (reset) resetConnection(_server);
	else _server.close();
}


bool Relay::passOn()
{
	std::lock_guard<std::mutex> lock(_mutex);
	if (!_open) return false;
	std::size_t length = _allowed < 0 ? _kept.size() : std::min<std::size_t>(_kept.size(), static_cast<std::size_t>(_allowed));
	if (_allowed > 0) _allowed -= static_cast<int>(length);
	for (std::size_t i = 0, n = 0; i < length; i += n)
	{
		n = _inPieces ? 1 : length - i;
		sendAll(_server, _kept.substr(i, n));
	}
	_kept.erase(0, length);
	return true;
}


void Relay::run()
{
	while (!_listener.poll(Poco::Timespan(5000), Poco::Net::Socket::SELECT_READ))
	{
		if (_ended) return;
	}
	StreamSocket client = _listener.acceptConnection();
	client.setNoDelay(true);
	bool clientOpen = true;
	while (!_ended && passOn())
	{
		struct pollfd descriptors[] = {{ client.impl()->sockfd(), static_cast<short>(clientOpen ? POLLIN : 0), 0 }, { _server.impl()->sockfd(), POLLIN, 0 }};
		::poll(descriptors, 2, 1);
		if (clientOpen && descriptors[0].revents)
		{
			const std::string bytes = receiveSome(client);
			clientOpen = !bytes.empty();
			std::lock_guard<std::mutex> lock(_mutex);
			_kept += bytes;
			if (!clientOpen && _open && _kept.empty()) _server.shutdownSend();
		}
		std::string bytes;
		{
			std::lock_guard<std::mutex> lock(_mutex);
			if (!_open) break;
			if (!_server.poll(0, Poco::Net::Socket::SELECT_READ)) continue;
			bytes = receiveSome(_server);
		}
		if (bytes.empty()) break;
		sendAll(client, bytes);
	}
}


//
// SClient
//
SClient::SClient(const EVTCPServer& server, const std::vector<std::string>& options):
	_ended(false)
{
	serverCertificate(); // ignores SIGPIPE
	std::vector<std::string> args = {"s_client", "-connect", "127.0.0.1:" + std::to_string(server.port())};
	args.insert(args.end(), options.begin(), options.end());
	_pProcess.reset(new Poco::ProcessHandle(Poco::Process::launch("openssl", args, &_in, &_out, &_out)));
	_reader = std::thread([this]
	{
		try
		{
			char buffer[4096];
			for (int n = _out.readBytes(buffer, sizeof(buffer)); n > 0; n = _out.readBytes(buffer, sizeof(buffer)))
			{
				std::lock_guard<std::mutex> lock(_mutex);
				_output.append(buffer, static_cast<std::size_t>(n));
			}
		}
		catch (Poco::Exception&)
		{
		}
		_ended = true;
	});
}


SClient::~SClient()
{
	if (!_ended) Poco::Process::kill(*_pProcess);
	_pProcess->wait();
	_reader.join();
}


void SClient::type(const std::string& text)
{
	try
	{
		_in.writeBytes(text.data(), static_cast<int>(text.size()));
	}
	catch (Poco::Exception&)
	{
		// it has ended; its output says why
	}
}


int SClient::count(const std::string& text) const
{
	std::lock_guard<std::mutex> lock(_mutex);
	int n = 0;
	for (std::string::size_type i = _output.find(text); i != std::string::npos; i = _output.find(text, i + 1)) n++;
	return n;
}


bool SClient::says(const std::string& text, int times)
{
	return waitFor([&] { return count(text) >= times || _ended; }) && count(text) >= times;
}


std::string SClient::output() const
{
	std::lock_guard<std::mutex> lock(_mutex);
	return _output;
}


bool SClient::ends()
{
	return waitFor([&] { return _ended.load(); });
}


void SClient::quit()
{
	type("Q\n");
	ends();
}
