//
// EVCloseReasonTest.cpp
//
// Each connection ends for one reason: those that are not the client's leaving,
// see EVHTTPClientLeavesTest for these.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVCloseReasonTest.h"
#include "ClientLeavesSupport.h"
#include "CppUnit/TestCaller.h"


namespace
{
	const auto TOO_LARGE = EVServerStatistics::CLOSED_TOO_LARGE;
	const auto DETACHED = EVServerStatistics::CLOSED_DETACHED;
	const auto BY_FILTER = EVServerStatistics::CLOSED_BY_FILTER;
	const auto ADDRESS_LIMIT = EVServerStatistics::CLOSED_ADDRESS_LIMIT;
	const auto FOR_ROOM = EVServerStatistics::CLOSED_FOR_ROOM;
	const auto REFUSED = EVServerStatistics::CLOSED_REFUSED;
	const auto BY_SERVER = EVServerStatistics::CLOSED_BY_SERVER;

	void checkBody(HTTPServerRequest& request, HTTPServerResponse& response)
	{
		bodyOf(request);
		answer(response, request.stream().bad() ? "bad" : "good");
	}
}


EVCloseReasonTest::EVCloseReasonTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVCloseReasonTest::testByHandler()
{
	for (const char* fields: {"Connection: close\r\n", ""})
	{
		// the client's wish, the handler's
		EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (!request.has("Connection")) response.setKeepAlive(false);
			answerURI(request, response);
		}), 0, httpParams());
		server.start();
		const Audit audit(server);
		RawClient client(server);
		const Answer answer = client.ask("/", fields);
		assertTrue (answer.isOK("/") && answer.saysClose());
		assertTrue (client.hasEnded());
		assertEqual (OK, audit.ended({BY_HANDLER}));
	}
}


void EVCloseReasonTest::testByHandlerThatLeavesABody()
{
	EVHTTPServer server(serveHTTP(answerURI), 0, httpParams());
	server.start();
	const Audit audit(server);
	{
		RawClient client(server);
		client.send("POST /unread HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + std::string(64*1024, 'x'));
		assertTrue (client.receiveAnswer().isOK("/unread"));
		assertTrue (client.hasEnded());
		assertTrue (audit.reached(&EVServerStatistics::lingering));
		assertTrue (audit.nothingClosed());
	}
	assertEqual (OK, audit.ended({BY_HANDLER}));
}


void EVCloseReasonTest::testByException()
{
	ErrorCollector errors;
	EVHTTPServer server(serveHTTP([](HTTPServerRequest&, HTTPServerResponse&) { throw Poco::RuntimeException("expected by the test"); }), 0, httpParams());
	server.start();
	const Audit audit(server);
	RawClient client(server);
	assertEqual (500, client.ask("/").status);
	assertTrue (client.hasEnded());
	assertEqual (OK, audit.ended({BY_EXCEPTION}));
	assertEqual (1, errors.pocoExceptions());
}


void EVCloseReasonTest::testByExceptionOfFactory()
{
	ErrorCollector errors;
	for (auto policy: {EVServerOptions::DISPATCH_ON_ACCEPT, EVServerOptions::DISPATCH_ON_DATA})
	{
		EVTCPServerParams::Ptr pParams = serverParams(1, 1);
		pParams->setDispatchPolicy(policy);
		EVTCPServer server(new FunctionFactory([](const StreamSocket&) -> Poco::Net::TCPServerConnection* { throw Poco::RuntimeException("expected by the test"); }), 0, pParams);
		server.start();
		const Audit audit(server);
		StreamSocket client = connectTo(server);
		if (policy == EVServerOptions::DISPATCH_ON_DATA) sendAll(client, "x");
		assertTrue (isClosed(client));
		assertEqual (OK, audit.ended({BY_EXCEPTION}));
	}
	assertEqual (2, errors.pocoExceptions());
}


void EVCloseReasonTest::testBadRequest()
{
	EVTCPServer server(serve(echo, [](const char*, std::size_t) -> std::ptrdiff_t { return EVTCPServerConnection::FRAME_REFUSED; }), 0, serverParams(2, 1));
	server.start();
	const Audit audit(server);
	StreamSocket client = connectTo(server);
	sendAll(client, "bad");
	assertEqual (OK, receiveToEnd(client));
	client.close();
	assertEqual (OK, audit.ended({BAD_REQUEST}));
}


void EVCloseReasonTest::testBadRequestThatHandlerReads()
{
	// The beginning of the body has been checked by the loop, the rest when the handler reads it.
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxBufferedBytes(1024);
	EVHTTPServer server(serveHTTP(checkBody), 0, pParams);
	server.start();
	const Audit audit(server);
	{
		RawClient client(server);
		client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" + std::string(4096, 'x') + "\r\nno chunk\r\n");
		assertTrue (client.receiveAnswer().isOK("bad"));
		assertTrue (client.hasEnded());
	}
	assertEqual (OK, audit.ended({BAD_REQUEST}));
}


void EVCloseReasonTest::testTooLarge()
{
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setMaxBufferedBytes(1024);
	EVTCPServer server(serve(echo, frameLines), 0, pParams);
	server.start();
	const Audit audit(server);
	StreamSocket client = connectTo(server);
	sendAll(client, std::string(2000, 'x'));
	assertEqual (OK, receiveToEnd(client));
	client.close();
	assertEqual (OK, audit.ended({TOO_LARGE}));
}


void EVCloseReasonTest::testTooLargeForHTTP()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxBodySize(1000);
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	const Audit audit(server);
	{
		RawClient client(server);
		client.post("/", std::string(1001, 'x'));
		assertEqual (413, client.receiveAnswer().status);
		assertTrue (client.hasEnded());
	}
	assertEqual (OK, audit.ended({TOO_LARGE}));
}


void EVCloseReasonTest::testTooLargeThatHandlerReads()
{
	EVHTTPServerParams::Ptr pParams = httpParams();
	pParams->setMaxBufferedBytes(1024);
	pParams->setMaxBodySize(6000);
	EVHTTPServer server(serveHTTP(checkBody), 0, pParams);
	server.start();
	const Audit audit(server);
	{
		RawClient client(server);
		client.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" + std::string(4096, 'x') + "\r\n1000\r\n" + std::string(4096, 'x') + "\r\n");
		assertTrue (client.receiveAnswer().isOK("bad"));
		assertTrue (client.hasEnded());
	}
	assertEqual (OK, audit.ended({TOO_LARGE}));
}


void EVCloseReasonTest::testDetached()
{
	std::mutex mutex;
	std::vector<StreamSocket> sockets;
	EVTCPServer server(serve([&](ServedConnection& connection)
	{
		std::lock_guard<std::mutex> lock(mutex);
		sockets.push_back(connection.detachSocket());
	}), 0, serverParams(2, 1));
	server.start();
	const Audit audit(server);
	StreamSocket client = connectTo(server);
	sendAll(client, "mine");
	assertEqual (OK, audit.ended({DETACHED}));
	StreamSocket socket;
	{
		std::lock_guard<std::mutex> lock(mutex);
		socket = sockets.at(0);
	}
	assertEqual (std::string("mine"), receiveSome(socket));
	server.adopt(socket); // and given back, it ends once more
	sendAll(client, "again");
	assertEqual (OK, audit.ended({DETACHED, DETACHED}));
}


void EVCloseReasonTest::testByFilter()
{
	class Reject: public Poco::Net::TCPServerConnectionFilter
	{
	public:
		bool accept(const StreamSocket&) override
		{
			return false;
		}
	};

	EVTCPServer server(serve(echo), 0, serverParams(2, 1));
	server.setConnectionFilter(new Reject);
	server.start();
	const Audit audit(server);
	StreamSocket client = connectTo(server);
	assertTrue (isClosed(client));
	assertEqual (OK, audit.ended({BY_FILTER}));
}


void EVCloseReasonTest::testAddressLimit()
{
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setMaxConnectionsPerAddress(1);
	EVTCPServer server(serve(echo), 0, pParams);
	server.start();
	const Audit audit(server);
	StreamSocket first = connectTo(server);
	assertEqual (std::string("first"), exchange(first, "first"));
	StreamSocket second = connectTo(server);
	assertTrue (isClosed(second));
	assertEqual (OK, audit.ended({ADDRESS_LIMIT}, 1));
	assertEqual (std::string("first"), exchange(first, "first"));
}


void EVCloseReasonTest::testForRoom()
{
	EVTCPServerParams::Ptr pParams = serverParams(2, 1);
	pParams->setCapacity(1);
	pParams->setCloseIdleAtCapacity(true);
	pParams->setIdleTimeout(LONG);
	EVTCPServer server(serve(echo), 0, pParams);
	server.start();
	const Audit audit(server);
	StreamSocket first = connectTo(server);
	assertEqual (std::string("first"), exchange(first, "first"));
	StreamSocket second = connectTo(server);
	assertEqual (std::string("second"), exchange(second, "second"));
	assertEqual (OK, receiveToEnd(first));
	assertEqual (OK, audit.ended({FOR_ROOM}, 1));
}


void EVCloseReasonTest::testRefused()
{
	HTTPCase c(RESETS, EVServerOptions::EXECUTE_DEDICATED, 1, 1);
	RawClient queued(c.server);
	c.client.get("/block", "Connection: close\r\n");
	assertTrue (c.gate.holds(1));
	queued.get("/queued", "Connection: close\r\n");
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	RawClient refused(c.server);
	assertEqual (503, refused.ask("/", "Connection: close\r\n").status);
	assertTrue (refused.hasEnded());
	assertTrue (waitFor([&] { return !c.audit.nothingClosed(); }));
	c.gate.open();
	assertTrue (c.client.receiveAnswer().isOK("/block") && queued.receiveAnswer().isOK("/queued"));
	assertEqual (OK, c.audit.ended({REFUSED, BY_HANDLER, BY_HANDLER}));
	assertTrue (c.server.statistics().refused == 1);
}


void EVCloseReasonTest::testPlainConnectionRefused()
{
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(1, 1);
	pParams->setMaxQueued(1);
	EVTCPServer server(servePlain([&](StreamSocket&) { gate.pass(); }), 0, pParams);
	server.start();
	const Audit audit(server);
	StreamSocket first = connectTo(server);
	assertTrue (gate.holds(1));
	StreamSocket second = connectTo(server);
	assertTrue (waitFor([&] { return server.statistics().queued == 1; }));
	StreamSocket third = connectTo(server);
	assertTrue (isClosed(third));
	gate.open();
	assertEqual (OK, audit.ended({REFUSED, BY_HANDLER, BY_HANDLER}));
}


void EVCloseReasonTest::testByServer()
{
	// closed by its identifier: an idle one at once, a busy one when it is done
	for (bool busy: {false, true})
	{
		Gate gate;
		std::atomic<Poco::UInt64> id(0);
		EVTCPServer server(serve([&](ServedConnection& connection)
		{
			id = connection.id();
			if (busy) gate.pass();
			echo(connection);
		}), 0, serverParams(2, 1));
		server.start();
		const Audit audit(server);
		StreamSocket client = connectTo(server);
		sendAll(client, "request");
		if (busy) assertTrue (gate.holds(1));
		else assertEqual (std::string("request"), receive(client, 7));
		server.closeConnection(id);
		gate.open();
		assertEqual (std::string(busy ? "request" : ""), receiveToEnd(client));
		assertEqual (OK, audit.ended({BY_SERVER}));
	}
}


void EVCloseReasonTest::testByServerThatStops()
{
	// one idle, one with a part of a request, one running, one queued
	HTTPCase c(RESETS, EVServerOptions::EXECUTE_DEDICATED, 1);
	RawClient idle(c.server);
	assertTrue (idle.ask("/").isOK("/"));
	RawClient reading(c.server);
	reading.send(HALF_A_HEADER);
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.client.get("/block");
	assertTrue (c.gate.holds(1));
	RawClient queued(c.server);
	queued.get("/queued");
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	std::thread stopper([&] { c.server.stop(); });
	const bool ended = idle.hasEnded() && reading.hasEnded() && queued.hasEnded();
	c.gate.open();
	const bool answered = c.client.receiveAnswer().isOK("/block");
	stopper.join();
	assertTrue (ended && answered);
	assertEqual (OK, c.audit.ended({BY_SERVER, BY_SERVER, BY_SERVER, BY_SERVER}));
	assertTrue (c.server.statistics().cancelled == 1);
}


CppUnit::Test* EVCloseReasonTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVCloseReasonTest");

	CppUnit_addTest(pSuite, EVCloseReasonTest, testByHandler);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testByHandlerThatLeavesABody);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testByException);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testByExceptionOfFactory);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testBadRequest);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testBadRequestThatHandlerReads);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testTooLarge);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testTooLargeForHTTP);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testTooLargeThatHandlerReads);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testDetached);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testByFilter);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testAddressLimit);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testForRoom);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testRefused);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testPlainConnectionRefused);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testByServer);
	CppUnit_addTest(pSuite, EVCloseReasonTest, testByServerThatStops);

	return pSuite;
}
