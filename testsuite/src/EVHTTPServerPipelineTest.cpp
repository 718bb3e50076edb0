//
// EVHTTPServerPipelineTest.cpp
//
// Several requests in one write: responses may leave together, but none of them waits for what takes long.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerPipelineTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include <future>


namespace
{
	const EVServerOptions::ExecutionPolicy POLICIES[] = {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED, EVServerOptions::EXECUTE_INLINE};

	std::string get(const std::string& uri)
	{
		return "GET " + uri + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
	}

	HandlerFactoryPtr serveSlowly(Gate& gate)
		/// /slow waits at the gate before it answers.
	{
		return serveHTTP([&gate](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/slow") gate.pass();
			answerURI(request, response);
		});
	}

	HandlerFactoryPtr serveWhenMoreHasArrived(Gate& gate, std::atomic<bool>& begun)
		/// /slow waits at the gate, /first for the bytes behind it.
	{
		return serveHTTP([&gate, &begun](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/slow") gate.pass();
			else if (request.getURI() == "/first")
			{
				begun = true;
				StreamSocket& socket = static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
				waitFor([&socket] { return socket.available() > 0; });
			}
			answerURI(request, response);
		});
	}

	bool bothAreAnswered(RawClient& client, const std::atomic<bool>& begun)
		/// Asks for /second when the handler of /first has begun. Returns true if only the second response says that it is the last.
	{
		if (!waitFor([&] { return begun.load(); })) return false;
		client.get("/second");
		const Answer first = client.receiveAnswer();
		const Answer second = client.receiveAnswer();
		return first.isOK("/first") && !first.saysClose() && second.isOK("/second") && second.saysClose();
	}
}


EVHTTPServerPipelineTest::EVHTTPServerPipelineTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVHTTPServerPipelineTest::testSlowRequestBehindOthers()
{
	for (auto policy: POLICIES)
	{
		for (int before: {1, 5})
		{
			Gate gate;
			EVHTTPServer server(serveSlowly(gate), 0, httpParams(4, 1, policy));
			server.start();
			RawClient client(server);
			std::string requests;
			for (int i = 0; i < before; i++) requests += get("/quick");
			client.send(requests + get("/slow"));
			for (int i = 0; i < before; i++) assertTrue (client.receiveAnswer().isOK("/quick"));
			assertTrue (gate.holds(1)); // or it would have given up
			gate.open();
			assertTrue (client.receiveAnswer().isOK("/slow"));
		}
	}
}


void EVHTTPServerPipelineTest::testSlowRequestsInBetween()
{
	for (auto policy: POLICIES)
	{
		Gate first;
		Gate second;
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/first") first.pass();
			if (request.getURI() == "/second") second.pass();
			answerURI(request, response);
		}), 0, httpParams(4, 1, policy));
		server.start();
		RawClient client(server);
		client.send(get("/a") + get("/first") + get("/b") + get("/second") + get("/c"));
		assertTrue (client.receiveAnswer().isOK("/a"));
		first.open();
		assertTrue (client.receiveAnswer().isOK("/first"));
		assertTrue (client.receiveAnswer().isOK("/b"));
		second.open();
		assertTrue (client.receiveAnswer().isOK("/second"));
		assertTrue (client.receiveAnswer().isOK("/c"));
	}
}


void EVHTTPServerPipelineTest::testEventsWithAByteBehindTheRequest()
{
	const int EVENTS = 5;
	for (auto policy: POLICIES)
	{
		for (const std::string behind: {"\r\n", "\n", "G", "GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n"})
		{
			std::atomic<int> received(0);
			EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
			{
				if (request.getURI() == "/next") return answerURI(request, response);
				response.setChunkedTransferEncoding(true);
				std::ostream& ostr = response.send();
				for (int i = 0; i < EVENTS; i++)
				{
					ostr << "event" << i << "\n";
					ostr.flush();
					waitFor([&] { return received > i; });
				}
			}), 0, httpParams(4, 1, policy));
			server.start();
			RawClient client(server);
			client.send(get("/events") + behind);
			std::string text;
			while (received < EVENTS)
			{
				const std::string more = receiveSome(client.socket());
				assertFalse (more.empty());
				text += more;
				assertTrue (text.find("event" + std::to_string(received + 1)) == std::string::npos);
				if (text.find("event" + std::to_string(received)) != std::string::npos) ++received;
			}
		}
	}
}


void EVHTTPServerPipelineTest::testHandlerGoesOnAfterItsResponse()
{
	// The response is whole, but the handler has not returned.
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		const std::string uri = request.getURI();
		response.sendBuffer(uri.data(), uri.size());
		if (uri == "/goes-on") gate.pass();
	}), 0, httpParams(4, 1));
	server.start();
	RawClient client(server);
	client.send(get("/quick") + get("/goes-on") + get("/behind"));
	assertTrue (client.receiveAnswer().isOK("/quick"));
	assertTrue (client.receiveAnswer().isOK("/goes-on"));
	assertTrue (gate.holds(1)); // or it would have given up
	gate.open();
	assertTrue (client.receiveAnswer().isOK("/behind"));
}


void EVHTTPServerPipelineTest::testAFlushEndsHolding()
{
	// A handler that computes all the time is replaced late, or never where there is no other thread.
	for (auto policy: POLICIES)
	{
		std::atomic<bool> received(false);
		std::atomic<bool> inTime(false);
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() != "/flush") return answerURI(request, response);
			response.setContentLength64(10);
			std::ostream& ostr = response.send();
			ostr << "01234";
			ostr.flush();
			inTime = waitFor([&] { std::this_thread::yield(); return received.load(); }, DEADLINE/2);
			ostr << "56789";
		}), 0, httpParams(4, 1, policy));
		server.start();
		RawClient client(server);
		client.send(get("/quick") + get("/flush") + get("/behind"));
		std::string text;
		while (text.find("01234") == std::string::npos)
		{
			const std::string more = receiveSome(client.socket());
			assertFalse (more.empty());
			text += more;
		}
		assertTrue (text.find("/quick") < text.find("01234"));
		received = true;
		while (text.find("/behind") == std::string::npos)
		{
			const std::string more = receiveSome(client.socket());
			assertFalse (more.empty());
			text += more;
		}
		assertTrue (inTime);
	}
}


void EVHTTPServerPipelineTest::testHandlerLearnsThatItsClientHasLeft()
{
	for (const std::string behind: {"", "\r\n", "GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n"})
	{
		Gate gate;
		std::atomic<int> events(0);
		std::atomic<bool> ended(false);
		const int MANY = 1000; // of a few bytes: less than would be held
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest&, HTTPServerResponse& response)
		{
			response.setChunkedTransferEncoding(true);
			std::ostream& ostr = response.send();
			gate.pass();
			while (ostr.good() && events < MANY)
			{
				ostr << "x";
				ostr.flush();
				++events;
				sleepFor(1);
			}
			ended = true;
		}), 0, httpParams(4, 1));
		server.start();
		{
			RawClient client(server);
			client.send(get("/") + behind);
			assertTrue (gate.holds(1));
			resetConnection(client.socket());
		}
		gate.open();
		assertTrue (waitFor([&] { return ended.load(); }));
		assertTrue (events < MANY);
	}
}


void EVHTTPServerPipelineTest::testDetachedWithARequestBehind()
{
	// What one server was about to hold is no matter for the server that gets the socket.
	EVHTTPServer* pOther = nullptr;
	Gate gate;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&) { pOther->adopt(detachSocket(request)); }), 0, httpParams(4, 1));
	EVHTTPServer other(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.sendBuffer("whole", 5);
		if (request.getURI() == "/adopted") gate.pass();
	}), 0, httpParams(4, 1, EVServerOptions::EXECUTE_INLINE));
	pOther = &other;
	server.start();
	other.start();
	RawClient client(server);
	client.send(get("/detach") + get("/adopted"));
	assertTrue (client.receiveAnswer().isOK("whole"));
	assertTrue (gate.holds(1)); // or it would have given up
	gate.open();
	assertTrue (client.ask("/again").isOK("whole"));
}


void EVHTTPServerPipelineTest::testLargeResponsesInOrder()
{
	for (auto policy: POLICIES)
	{
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			const std::string body = pattern(static_cast<std::size_t>(std::stoul(request.getURI().substr(1))));
			if (body.size() % 2) response.sendBuffer(body.data(), body.size());
			else
			{
				response.setChunkedTransferEncoding(true);
				response.send() << body;
			}
		}), 0, httpParams(4, 1, policy));
		server.start();
		RawClient client(server);
		const std::vector<std::size_t> sizes = {1, 10, 9001, 20000, 3, 16000, 40001, 5, 7, 100000, 11, 12001, 12003, 12005, 2};
		std::string requests;
		for (std::size_t size: sizes) requests += "GET /" + std::to_string(size) + " HTTP/1.1\r\nHost: localhost\r\n" + (size % 2 ? "" : "X: y\r\n") + "\r\n";
		client.send(requests);
		for (std::size_t size: sizes)
		{
			const Answer answer = client.receiveAnswer();
			assertTrue (answer.complete);
			assertTrue (answer.body == pattern(size));
		}
	}
}


void EVHTTPServerPipelineTest::testManyPipeliningClients()
{
	// Some requests block, some compute, most are quick: nothing is lost, doubled or out of order.
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		const int number = std::stoi(request.getURI().substr(1));
		if (number % 97 == 0) sleepFor(5);
		if (number % 53 == 0)
		{
			const Stopwatch stopwatch;
			while (stopwatch.elapsed() < 3) {}
		}
		if (number % 7 == 0)
		{
			response.setChunkedTransferEncoding(true);
			std::ostream& ostr = response.send();
			ostr << '/';
			ostr.flush();
			ostr << number;
		}
		else answerURI(request, response);
	}), 0, httpParams(4, 2));
	server.start();
	const std::string errors = inParallel(8, [&](int i)
	{
		RawClient client(server);
		for (int round = 0; round < 20; round++)
		{
			std::string requests;
			const int first = 1000*i + 16*round;
			for (int k = 0; k < 16; k++) requests += get("/" + std::to_string(first + k));
			client.send(requests);
			for (int k = 0; k < 16; k++)
			{
				const Answer answer = client.receiveAnswer();
				if (!answer.isOK("/" + std::to_string(first + k)) && !(answer.complete && answer.body == "/" + std::to_string(first + k))) throw Poco::DataException("wrong answer", answer.body);
			}
		}
	});
	assertEqual(std::string(), errors);
	assertTrue (balances(server));
}


void EVHTTPServerPipelineTest::testRequestThatArrivesDuringTheLastOne()
{
	// What has been received when a response is sent is answered, though nothing is waited for.
	Gate gate;
	std::atomic<bool> begun(false);
	EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
	pParams->setKeepAliveTimeout(0);
	EVHTTPServer server(serveWhenMoreHasArrived(gate, begun), 0, pParams);
	server.start();
	RawClient client(server);
	client.get("/first");
	assertTrue (bothAreAnswered(client, begun));
	assertTrue (client.hasEnded());
}


void EVHTTPServerPipelineTest::testRequestThatArrivesDuringTheLastOneOfADrain()
{
	Gate gate;
	std::atomic<bool> begun(false);
	EVHTTPServer server(serveWhenMoreHasArrived(gate, begun), 0, httpParams(1, 1, EVServerOptions::EXECUTE_DEDICATED));
	server.start();
	RawClient idle(server);
	assertTrue (idle.ask("/").isOK("/"));
	RawClient slow(server);
	slow.get("/slow");
	assertTrue (gate.holds(1));
	RawClient client(server);
	client.get("/first");
	assertTrue (waitFor([&] { return server.statistics().queued == 1; }));
	std::future<bool> drained = std::async(std::launch::async, [&server] { return server.drain(Poco::Timespan(20, 0)); });
	assertTrue (idle.hasEnded()); // the server is being drained before the handler is called
	gate.open();
	assertTrue (slow.receiveAnswer().isOK("/slow"));
	assertTrue (bothAreAnswered(client, begun));
	assertTrue (drained.get());
}


CppUnit::Test* EVHTTPServerPipelineTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerPipelineTest");

	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testSlowRequestBehindOthers);
	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testSlowRequestsInBetween);
	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testEventsWithAByteBehindTheRequest);
	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testHandlerGoesOnAfterItsResponse);
	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testAFlushEndsHolding);
	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testHandlerLearnsThatItsClientHasLeft);
	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testDetachedWithARequestBehind);
	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testLargeResponsesInOrder);
	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testManyPipeliningClients);
	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testRequestThatArrivesDuringTheLastOne);
	CppUnit_addTest(pSuite, EVHTTPServerPipelineTest, testRequestThatArrivesDuringTheLastOneOfADrain);

	return pSuite;
}
