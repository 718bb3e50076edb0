//
// EVHTTPServerDetachTest.cpp
//
// Connections that request handlers take out of the server, and give back.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerDetachTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"


EVHTTPServerDetachTest::EVHTTPServerDetachTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	class Threads
		/// Threads that go on with a socket. They end at the latest when the client has closed it.
	{
	public:
		~Threads()
		{
			join();
		}

		template <class Function>
		void start(Function function)
		{
			std::lock_guard<std::mutex> lock(_mutex);
			_threads.emplace_back([function]() mutable
			{
				try
				{
					function();
				}
				catch (Poco::Exception&)
				{
					// the client notices
				}
			});
		}

		void join()
		{
			std::lock_guard<std::mutex> lock(_mutex);
			for (std::thread& thread: _threads) thread.join();
			_threads.clear();
		}

	private:
		std::mutex               _mutex;
		std::vector<std::thread> _threads;
	};
}


void EVHTTPServerDetachTest::testDetachedInAChunkedBody()
{
	// Whoever has the socket goes on with the body, so the server must not end it.
	Threads others;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.setChunkedTransferEncoding(true);
		(response.send() << "first ").flush();
		StreamSocket socket = detachSocket(request);
		others.start([socket]() mutable
		{
			if (receiveLine(socket) == "go on") sendAll(socket, "6\r\nsecond\r\n0\r\n\r\n");
			socket.close();
		});
	}), 0, httpParams(1));
	server.start();
	RawClient client(server);
	client.get("/detach");
	assertTrue (waitFor([&] { return server.statistics().closes() == 1; }));
	client.send("go on\n");
	assertTrue (client.receiveAnswer().isOK("first second"));
	assertTrue (client.hasEnded());
}


void EVHTTPServerDetachTest::testDetachedSocketGoesOnElsewhere()
{
	Threads others;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.setContentLength(2);
		(response.send() << "OK").flush();
		StreamSocket socket = detachSocket(request);
		others.start([socket]() mutable
		{
			for (std::string line = receiveLine(socket); line != "end"; line = receiveLine(socket)) sendAll(socket, line + "\n");
			socket.close();
		});
	}), 0, httpParams(1));
	server.start();
	RawClient client(server);
	client.get("/detach");
	client.send("with the request\n");
	assertTrue (client.receiveAnswer().isOK("OK"));
	assertEqual ("with the request", client.receiveLine());
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_DETACHED));
	client.send("later\nend\n");
	assertEqual ("later", client.receiveLine());
	assertTrue (client.hasEnded());
}


void EVHTTPServerDetachTest::testDetachedSocketOutlivesServer()
{
	StreamSocket detached;
	RawClient* pClient = nullptr;
	{
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&) { detached = detachSocket(request); }), 0, httpParams(1));
		server.start();
		pClient = new RawClient(server);
		pClient->get("/");
		pClient->send("behind");
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_DETACHED));
	}
	std::unique_ptr<RawClient> pOwner(pClient);
	assertEqual ("behind", receive(detached, 6));
	sendAll(detached, "hello");
	assertEqual ("hello", receive(pClient->socket(), 5));
	detached.close();
	assertTrue (pClient->hasEnded());
}


void EVHTTPServerDetachTest::testDetachedSocketGivenBack()
{
	EVHTTPServer* pServer = nullptr;
	Threads others;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() != "/long") return answerURI(request, response);
		StreamSocket socket = detachSocket(request);
		others.start([socket, pServer]() mutable
		{
			sendAll(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n/long");
			pServer->adopt(socket);
		});
	}), 0, httpParams(1));
	pServer = &server;
	server.start();
	const std::string errors = inParallel(4, [&](int)
	{
		RawClient client(server);
		for (int i = 0; i < 25; i++)
		{
			client.send("GET /long HTTP/1.1\r\nHost: localhost\r\n\r\nGET /short HTTP/1.1\r\nHost: localhost\r\n\r\n");
			if (!client.receiveAnswer().isOK("/long")) throw Poco::DataException("the other thread");
			if (!client.receiveAnswer().isOK("/short")) throw Poco::DataException("what came with the request");
			if (!client.ask("/again").isOK("/again")) throw Poco::DataException("what came afterwards");
		}
	});
	assertEqual ("", errors);
	others.join();
	// The client may be answered before the handler returns.
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_DETACHED) == 100; }));
	assertTrue (server.statistics().adopted == 100);
	assertTrue (server.statistics().accepted == 4);
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVHTTPServerDetachTest::testSocketGivenBackByItsHandler()
{
	const std::string body = pattern(700*1024);
	EVHTTPServer* pServer = nullptr;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getURI() == "/large")
		{
			static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(65536);
			return answer(response, body);
		}
		if (request.getURI() != "/adopt") return answerURI(request, response);
		pServer->adopt(detachSocket(request));
		waitFor([&] { return server.statistics().open == 2; }); // served anew before the handler returns
	}), 0, httpParams(2, 1, EVServerOptions::EXECUTE_DEDICATED));
	pServer = &server;
	server.start();
	RawClient client(server);
	client.get("/adopt");
	assertTrue (waitFor([&] { return closed(server, EVServerStatistics::CLOSED_DETACHED) == 1; }));
	assertTrue (client.ask("/small").isOK("/small"));
	client.get("/large");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }, DEADLINE/4)); // a slow reader holds no thread
	assertTrue (client.receiveAnswer().isOK(body));
	assertTrue (client.ask("/small").isOK("/small"));
}


void EVHTTPServerDetachTest::testAdoptedWhileTheHandlerRuns()
{
	// When it returns, the output belongs to the other server.
	const std::string much = pattern(8*1024*1024);
	Gate gate;
	EVHTTPServer* pServer = nullptr;
	EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
	pParams->setMaxPendingOutput(2*much.size());
	EVHTTPServer second(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response)
	{
		response.sendBuffer(much.data(), much.size());
	}), 0, pParams);
	EVHTTPServer first(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&)
	{
		pServer->adopt(detachSocket(request));
		gate.pass();
	}), 0, httpParams());
	pServer = &second;
	second.start();
	first.start();
	RawClient client(first);
	client.get("/adopt");
	assertTrue (gate.holds(1));
	client.get("/much");
	assertTrue (waitFor([&] { return second.statistics().flushing == 1; }));
	gate.open();
	assertTrue (waitFor([&] { return first.statistics().running == 0; })); // the client has not taken anything
	assertTrue (client.receiveAnswer().isOK(much));
}


CppUnit::Test* EVHTTPServerDetachTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerDetachTest");

	CppUnit_addTest(pSuite, EVHTTPServerDetachTest, testDetachedSocketGoesOnElsewhere);
	CppUnit_addTest(pSuite, EVHTTPServerDetachTest, testDetachedInAChunkedBody);
	CppUnit_addTest(pSuite, EVHTTPServerDetachTest, testDetachedSocketOutlivesServer);
	CppUnit_addTest(pSuite, EVHTTPServerDetachTest, testDetachedSocketGivenBack);
	CppUnit_addTest(pSuite, EVHTTPServerDetachTest, testSocketGivenBackByItsHandler);
	CppUnit_addTest(pSuite, EVHTTPServerDetachTest, testAdoptedWhileTheHandlerRuns);

	return pSuite;
}
