//
// HandoverServer.cpp
//
// The process that tests start, e.g. those of EVSharedSocket: what it does is said by its argument.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "TestClock.h"
#include "Poco/EVNet/EVHTTPServer.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include "Poco/EVNet/EVSharedSocket.h"
#include "Poco/DirectoryIterator.h"
#include "Poco/Event.h"
#include "Poco/Exception.h"
#include "Poco/Net/HTTPRequestHandler.h"
#include "Poco/Net/HTTPRequestHandlerFactory.h"
#include "Poco/Net/HTTPServerRequest.h"
#include "Poco/Net/HTTPServerResponse.h"
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>


using Poco::EVNet::EVHTTPServer;
using Poco::EVNet::EVHTTPServerParams;
using Poco::EVNet::EVSharedSocket;
using Poco::Net::SocketAddress;


namespace
{
	class PIDHandler: public Poco::Net::HTTPRequestHandler
		/// Says which process has answered; for /slow, after a while.
	{
	public:
		void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override
		{
			if (request.getURI() == "/slow") std::this_thread::sleep_for(std::chrono::milliseconds(20));
			const std::string body = std::to_string(::getpid());
			response.sendBuffer(body.data(), body.size());
		}
	};


	class PIDFactory: public Poco::Net::HTTPRequestHandlerFactory
	{
	public:
		Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override
		{
			return new PIDHandler;
		}
	};


	bool replaced(const std::vector<EVSharedSocket>& sockets)
		/// Returns true if a successor has taken over.
	{
		try
		{
			EVSharedSocket::startSuccessor(sockets, "/proc/self/exe", {"serve"}, Poco::Timespan(20, 0));
			return true;
		}
		catch (Poco::Exception& exc)
		{
			std::cerr << "HandoverServer: " << exc.displayText() << std::endl;
			return false;
		}
	}


	int serve()
		/// Serves until SIGTERM, or until SIGUSR2 has started a successor. Returns 0 if all connections could end well.
	{
		sigset_t signals;
		sigemptyset(&signals);
		sigaddset(&signals, SIGTERM);
		sigaddset(&signals, SIGUSR2);
		::pthread_sigmask(SIG_BLOCK, &signals, nullptr);

		const std::vector<EVSharedSocket> sockets = EVSharedSocket::inherited();
		EVHTTPServerParams::Ptr pParams = new EVHTTPServerParams;
		pParams->setMaxThreads(4);
		pParams->setEventLoops(2);
		EVHTTPServer server(new PIDFactory, sockets.at(0), pParams);
		server.start();
		EVSharedSocket::ready();
		int number = 0;
		do
		{
			::sigwait(&signals, &number);
		}
		while (number == SIGUSR2 && !replaced(sockets));
		return server.drain(Poco::Timespan(10, 0)) ? 0 : 1;
	}


	int printInherited(bool unsetEnvironment)
	{
		for (const EVSharedSocket& socket: EVSharedSocket::inherited(unsetEnvironment))
		{
			const bool closesOnExec = (::fcntl(socket.impl()->sockfd(), F_GETFD) & FD_CLOEXEC) != 0;
			std::cout << socket.impl()->sockfd() << ' ' << socket.name() << ' ' << socket.address().toString()
				<< (closesOnExec ? "" : " is inherited") << '\n';
		}
		std::cout << EVSharedSocket::inherited(unsetEnvironment).size() << " more";
		for (const char* name: {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
			std::cout << (std::getenv(name) ? std::string(", ") + name : "");
		std::cout << std::endl;
		return 0;
	}


	int reportState()
		/// Tells the first socket in the queue what this process has inherited.
	{
		std::set<int> descriptors;
		for (Poco::DirectoryIterator it(std::string("/proc/self/fd")), end; it != end; ++it) descriptors.insert(std::stoi(it.name()));
		std::string state;
		for (int fd: descriptors)
		{
			// the last one is that of the directory
			if (fd > 2 && ::fcntl(fd, F_GETFD) >= 0 && fd != *descriptors.rbegin()) state += std::to_string(fd) + " ";
		}
		sigset_t blocked;
		::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
		state += sigismember(&blocked, SIGUSR1) ? "blocked " : "";
		std::vector<EVSharedSocket> sockets = EVSharedSocket::inherited();
		for (const EVSharedSocket& socket: sockets) state += socket.name() + " ";
		EVSharedSocket::ready();
		Poco::Net::StreamSocket client = sockets.at(0).acceptConnection();
		client.sendBytes(state.data(), static_cast<int>(state.size()));
		return 0;
	}


	class EndFactory: public Poco::Net::HTTPRequestHandlerFactory
		/// For a process that ends while its server runs.
	{
	public:
		static Poco::Event& running()
		{
			static Poco::Event* const pEvent = new Poco::Event;
			return *pEvent;
		}

		Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest&) override
		{
			return new Handler;
		}

	private:
		class Handler: public Poco::Net::HTTPRequestHandler
		{
		public:
			void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override
			{
				running().set();
				if (request.getURI() == "/exit") std::exit(0);
				if (request.getURI() == "/hang") for (;;) ::pause();
				response.send();
			}
		};
	};


	EVHTTPServer* newServer()
	{
		EVHTTPServerParams::Ptr pParams = new EVHTTPServerParams;
		pParams->setMaxThreads(8);
		pParams->setEventLoops(2);
		pParams->setStopTimeout(Poco::Timespan(100*Poco::Timespan::MILLISECONDS));
		return new EVHTTPServer(new EndFactory, 0, pParams);
	}


	int endWhileServing(EVHTTPServer& server, const std::string& uri)
	{
		static Poco::Net::StreamSocket client;
		server.start();
		client.connect(SocketAddress("127.0.0.1", server.port()));
		const std::string request = "GET " + uri + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
		client.sendBytes(request.data(), static_cast<int>(request.size()));
		EndFactory::running().wait();
		[[maybe_unused]] static TestClock* const pClock = new TestClock; // POCO's pool waits long for a thread that hangs
		if (uri == "/exit") for (;;) ::pause();
		return 0;
	}


	int run(const std::string& what)
	{
		if (what[0] == '/')
		{
			static EVHTTPServer* const pServer = newServer(); // never destroyed
			return endWhileServing(*pServer, what);
		}
		if (what == "static/hang" || what == "static/")
		{
			static const std::unique_ptr<EVHTTPServer> pServer(newServer());
			return endWhileServing(*pServer, what.substr(6));
		}
		if (what == "serve") return serve();
		if (what == "print") return printInherited(true);
		if (what == "print-kept") return printInherited(false);
		if (what == "state") return reportState();
		if (what == "end") return 0;
		if (what == "hang") for (;;) ::pause();
		throw Poco::InvalidArgumentException(what);
	}
}


int main(int argc, char** argv)
{
	try
	{
		return run(argc > 1 ? argv[1] : "");
	}
	catch (Poco::Exception& exc)
	{
		std::cout << exc.displayText() << std::endl;
	}
	catch (std::exception& exc)
	{
		std::cout << exc.what() << std::endl;
	}
	return 2;
}
