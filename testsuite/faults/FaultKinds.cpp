//
// FaultKinds.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultKinds
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FaultKinds.h"
#include "FaultClients.h"
#include "FaultInjector.h"
#include "HTTPTestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/TemporaryFile.h"
#include <cstdio>
#include <fstream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>
#if defined(EVNET_TEST_TLS)
#include "TLSTestSupport.h"
#endif


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;


namespace
{
	const int SEND_BUFFER = 16384;    // of the kernel: a large response has to wait for the client
	const int RECEIVE_BUFFER = 16384; // of a client
	const int SEGMENT = 1400;         // a segment of the loopback interface would not fit into that: the kernel would wait and probe


	class LargeFile
	{
	public:
		LargeFile():
			_path(Poco::TemporaryFile::tempName())
		{
			std::ofstream(_path) << largeText();
		}

		const std::string& path() const
		{
			return _path;
		}

		void remove()
		{
			std::remove(_path.c_str());
		}

	private:
		const std::string _path;
	};

	const LargeFile& largeFile()
	{
		static const LargeFile file;
		static const bool registered = std::atexit([] { const_cast<LargeFile&>(largeFile()).remove(); }) == 0;
		(void) registered;
		return file;
	}


	//
	// servers
	//
	template <class Params>
	Poco::AutoPtr<Params> configured(EVServerOptions::ExecutionPolicy policy, int loops)
		/// No deadline ends within a test: what the fault has broken must end because it is noticed.
	{
		Poco::AutoPtr<Params> pParams = new Params;
		pParams->setMaxThreads(2);
		pParams->setEventLoops(loops);
		pParams->setExecutionPolicy(policy);
		pParams->setMaxPendingOutput(65536);
		pParams->setMaxBufferedBytes(32768);
		pParams->setMaxConnectionsPerAddress(100);
		pParams->setStopTimeout(Poco::Timespan(10, 0));
		pParams->setLingerTimeout(Poco::Timespan(0, 100000)); // with TLS, a client that waits is told of the end when that is over
		return pParams;
	}

	template <class Socket>
	Socket listening(Socket socket)
	{
		socket.setSendBufferSize(SEND_BUFFER);
		socket.setOption(IPPROTO_TCP, TCP_MAXSEG, SEGMENT);
		return socket;
	}

	ServerSocket listening()
	{
		return listening(ServerSocket(SocketAddress("127.0.0.1", 0)));
	}

	using Create = std::function<std::unique_ptr<EVTCPServer>(Poco::ThreadPool&)>;

	Create tcpServer(const Poco::Net::TCPServerConnectionFactory::Ptr& pFactory,
		EVServerOptions::ExecutionPolicy policy = EVServerOptions::EXECUTE_ADAPTIVE)
	{
		return [=](Poco::ThreadPool& pool)
		{
			return std::unique_ptr<EVTCPServer>(new EVTCPServer(pFactory, pool, listening(), configured<EVTCPServerParams>(policy, 1)));
		};
	}

	Poco::AutoPtr<EVHTTPServerParams> httpConfigured(EVServerOptions::ExecutionPolicy policy, int loops)
	{
		Poco::AutoPtr<EVHTTPServerParams> pParams = configured<EVHTTPServerParams>(policy, loops);
		pParams->setMaxKeepAliveRequests(0);
		pParams->setTimeout(Poco::Timespan(60, 0));
		pParams->setKeepAliveTimeout(Poco::Timespan(60, 0));
		return pParams;
	}

	void sendRaw(StreamSocket socket, const std::string& text)
	{
		socket.sendBytes(text.data(), static_cast<int>(text.size()));
	}

	void handle(HTTPServerRequest& request, HTTPServerResponse& response)
	{
		auto& connection = static_cast<Poco::Net::HTTPServerRequestImpl&>(request);
		const std::string& uri = request.getURI();
		if (uri == "/echo")
		{
			const std::string body = bodyOf(request);
			if (request.stream().bad()) throw Poco::IOException("the body is not whole");
			answer(response, body);
		}
		else if (uri == "/large") answer(response, largeText());
		else if (uri == "/file") response.sendFile(largeFile().path(), "text/plain");
		else if (uri == "/address")
			answer(response, request.clientAddress().host().toString() + " " + request.serverAddress().host().toString());
		else if (uri == "/throw") throw Poco::RuntimeException("as asked");
		else if (uri == "/close")
		{
			response.sendBuffer(uri.data(), uri.size());
			connection.socket().close();
		}
		else if (uri == "/detach")
		{
			StreamSocket socket = connection.detachSocket();
			char bytes[4];
			sendRaw(socket, "raw\n");
			const int n = socket.receiveBytes(bytes, sizeof(bytes));
			if (n > 0) socket.sendBytes(bytes, n);
			socket.close();
		}
		else answer(response, uri);
	}

	Create httpServer(EVServerOptions::ExecutionPolicy policy = EVServerOptions::EXECUTE_ADAPTIVE)
	{
		return [=](Poco::ThreadPool& pool)
		{
			return std::unique_ptr<EVTCPServer>(new EVHTTPServer(serveHTTP(&handle), pool, listening(), httpConfigured(policy, 1)));
		};
	}

	std::unique_ptr<EVTCPServer> twoLoops(Poco::ThreadPool&)
		/// Has a socket of its own, and a listener for each loop; and the default pool.
	{
		return std::unique_ptr<EVTCPServer>(new EVHTTPServer(serveHTTP(&handle), 0, httpConfigured(EVServerOptions::EXECUTE_ADAPTIVE, 2)));
	}

	std::unique_ptr<EVTCPServer> twoLoopsOfPool(Poco::ThreadPool& pool)
	{
		return std::unique_ptr<EVTCPServer>(new EVHTTPServer(serveHTTP(&handle), pool, listening(),
			httpConfigured(EVServerOptions::EXECUTE_ADAPTIVE, 2)));
	}

	std::unique_ptr<EVTCPServer> unixServer(Poco::ThreadPool& pool)
	{
		const FaultInjector::Exempt exempt;
		const std::string path = "/tmp/evnet-faults-" + std::to_string(::getpid());
		::unlink(path.c_str());
		ServerSocket socket;
		socket.bind(SocketAddress(SocketAddress::UNIX_LOCAL, path));
		socket.listen();
		return std::unique_ptr<EVTCPServer>(new EVHTTPServer(serveHTTP(&handle), pool, socket,
			httpConfigured(EVServerOptions::EXECUTE_ADAPTIVE, 1)));
	}


	class Notified: public EVTCPServerConnection
		/// Answers, and then says something by itself.
	{
	public:
		Notified(const StreamSocket& socket, EVTCPServer*& pServer):
			EVTCPServerConnection(socket),
			_pServer(pServer)
		{
		}

		void run() override
		{
			sendRaw(socket(), std::string(requestData(), requestLength()));
			_pServer->notify(id());
		}

		void notified() override
		{
			sendRaw(socket(), "news\n");
		}

	protected:
		std::ptrdiff_t frame(const char* pData, std::size_t length) override
		{
			return frameLines(pData, length);
		}

	private:
		EVTCPServer*& _pServer;
	};

	EVTCPServer* pCurrent = nullptr; // the one server that there is

	Create remembered(const Create& create)
	{
		return [create](Poco::ThreadPool& pool)
		{
			std::unique_ptr<EVTCPServer> pServer = create(pool);
			pCurrent = pServer.get();
			return pServer;
		};
	}

	void adoptOnce(ServedConnection& connection)
		/// The first request makes the connection leave the server, and come back.
	{
		echo(connection);
		if (connection.request() == "leave\n") pCurrent->adopt(connection.detachSocket());
	}

	void echoAll(StreamSocket& socket)
	{
		char buffer[1000];
		for (int n = socket.receiveBytes(buffer, sizeof(buffer)); n > 0; n = socket.receiveBytes(buffer, sizeof(buffer)))
		{
			socket.sendBytes(buffer, n);
		}
	}


	using Arm = std::function<void()>;

	void stop(EVTCPServer& server, const Arm&)
	{
		server.stop();
	}

	void stopWithClients(EVTCPServer& server, const Arm& arm, bool drain)
		/// With an idle connection, and the half of a request.
	{
		RawClient idle(connectTo(server));
		if (look(idle.ask("/a"), "/a") != OUTCOME_RIGHT) throw Poco::DataException("no answer before the end");
		RawClient half(connectTo(server));
		half.send("GET /a HTTP/1.1\r\n");
		waitFor([&] { return server.statistics().reading == 1; });
		arm();
		{
			const FaultInjector::Exempt exempt(false);
			if (drain) server.drain(Poco::Timespan(0, 20000));
			else server.stop();
		}
		if (!isClosed(idle.socket()) || !isClosed(half.socket())) throw Poco::DataException("a connection is not closed at the end");
	}

	void stopWithClientsByStop(EVTCPServer& server, const Arm& arm)
	{
		stopWithClients(server, arm, false);
	}

	void stopWithClientsByDrain(EVTCPServer& server, const Arm& arm)
	{
		stopWithClients(server, arm, true);
	}


#if defined(EVNET_TEST_TLS)
	std::unique_ptr<EVTCPServer> secureServer(Poco::ThreadPool& pool)
	{
		static const Context::Ptr pContext = serverContext();
		return std::unique_ptr<EVTCPServer>(new EVHTTPServer(serveHTTP(&handle), pool, listening(listenSecure(pContext)),
			httpConfigured(EVServerOptions::EXECUTE_ADAPTIVE, 1)));
	}
#endif


	std::vector<FaultKind> makeKinds()
	{
		const FaultKind::Phase request = FaultKind::PHASE_REQUEST;
		const auto dedicated = EVServerOptions::EXECUTE_DEDICATED;
		const auto byLeader = EVServerOptions::EXECUTE_INLINE;
		std::vector<FaultKind> kinds =
		{
			{"start", FaultKind::PHASE_START, &twoLoops, http(&hello), &stop},
			{"start-pool", FaultKind::PHASE_START, &twoLoopsOfPool, http(&hello), &stop},
			{"stop", FaultKind::PHASE_END, &twoLoops, http(&hello), &stopWithClientsByStop},
			{"drain", FaultKind::PHASE_END, &twoLoops, http(&hello), &stopWithClientsByDrain},
			{"echo", request, tcpServer(serve(&echo, &frameLines)), lines({"one\n", "two\n"}), &stop},
			{"plain", request, tcpServer(servePlain(&echoAll)), lines({"one\n", "two\n"}), &stop},
			{"notify", request,
				remembered(tcpServer(new FunctionFactory([](const StreamSocket& socket) { return new Notified(socket, pCurrent); }))),
				lines({"one\n"}, "news\n"), &stop},
			{"adopt", request, remembered(tcpServer(serve(&adoptOnce, &frameLines))), lines({"leave\n", "again\n"}), &stop},
			{"hello", request, httpServer(), http(&hello), &stop},
			{"hello-dedicated", request, httpServer(dedicated), http(&hello), &stop},
			{"hello-inline", request, httpServer(byLeader), http(&hello), &stop},
			{"hello-unix", request, &unixServer, http(&hello), &stop},
			{"pieces", request, httpServer(), http(&postPieces), &stop},
			{"pieces-dedicated", request, httpServer(dedicated), http(&postPieces), &stop},
			{"chunked", request, httpServer(), http(&postChunked), &stop},
			{"expect", request, httpServer(), http(&postExpect), &stop},
			{"post", request, httpServer(), http(&postLarge), &stop},
			{"large", request, httpServer(), http(&getLarge, RECEIVE_BUFFER), &stop},
			{"file", request, httpServer(), http(&getFile, RECEIVE_BUFFER), &stop},
			{"pipelined", request, httpServer(), http(&pipelined), &stop},
			{"head", request, httpServer(), http(&head), &stop},
			{"bad", request, httpServer(), http(&bad), &stop},
			{"closing", request, httpServer(), http(&closing), &stop},
			{"throw", request, httpServer(), http(&throwing), &stop},
			{"close", request, httpServer(), http(&closedByHandler), &stop},
			{"detach", request, httpServer(), http(&detached), &stop},
			{"address", request, httpServer(), http(&address), &stop},
		};
#if defined(EVNET_TEST_TLS)
		const std::vector<FaultKind> secure =
		{
			{"tls-hello", request, &secureServer, https(&hello), &stop},
			{"tls-pieces", request, &secureServer, https(&postPieces), &stop},
			{"tls-expect", request, &secureServer, https(&postExpect), &stop},
			{"tls-large", request, &secureServer, https(&getLarge, RECEIVE_BUFFER), &stop},
			{"tls-file", request, &secureServer, https(&getFile, RECEIVE_BUFFER), &stop},
			{"tls-pipelined", request, &secureServer, https(&pipelined), &stop},
			{"tls-closing", request, &secureServer, https(&closing), &stop},
			{"tls-close", request, &secureServer, https(&closedByHandler), &stop},
			{"tls-detach", request, &secureServer, https(&detached), &stop},
		};
		kinds.insert(kinds.end(), secure.begin(), secure.end());
#endif
		return kinds;
	}
}


const std::vector<FaultKind>& faultKinds()
{
	largeFile();
	static const std::vector<FaultKind> kinds = makeKinds();
	return kinds;
}
