//
// EVHTTPServerKindTest.cpp
//
// HTTP requests that take long: what handlers say of them, and what is learned by method and path.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerKindTest.h"
#include "CppUnit/TestCaller.h"
#include "HTTPTestSupport.h"


namespace
{
	void askTwo(EVHTTPServer& server, const std::string& uri)
		/// Has one client ask for this and the other, which is there before, for something else.
	{
		server.start();
		RawClient other(server);
		RawClient client(server);
		if (!other.ask("/").isOK("/") || !client.ask(uri).isOK(uri) || !other.ask("/").isOK("/")) throw Poco::DataException("wrong answer");
	}


	int newLeaders(const EVHTTPServer& server)
		/// Returns how often the loop has got another leader. The watcher may find a handler stuck even before it can say
		/// anything, if the system lets it wait.
	{
		const EVServerStatistics statistics = server.statistics();
		return static_cast<int>(statistics.passedOn + statistics.promotions);
	}
}


EVHTTPServerKindTest::EVHTTPServerKindTest(const std::string& name): ClockedTest(name)
{
}


void EVHTTPServerKindTest::testHandlerAnnouncesBlocking()
{
	Poco::UInt64 passedOn = 0;
	for (int i = 0; i < 10; i++)
	{
		EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() == "/slow") EVHTTPServer::announceBlocking(request);
			answerURI(request, response);
		}), 0, httpParams(2, 1));
		askTwo(server, "/slow");
		assertTrue (newLeaders(server) >= 1);
		passedOn += server.statistics().passedOn;
	}
	assertTrue (passedOn > 0);
}


void EVHTTPServerKindTest::testFactoryAnnouncesBlocking()
{
	class Factory: public Poco::Net::HTTPRequestHandlerFactory
	{
	public:
		Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest& request) override
		{
			if (request.getURI() == "/slow") EVHTTPServer::announceBlocking(request);
			return _pAnswering->createRequestHandler(request);
		}

	private:
		Poco::Net::HTTPRequestHandlerFactory::Ptr _pAnswering = serveHTTP(answerURI);
	};

	Poco::UInt64 passedOn = 0;
	for (int i = 0; i < 10; i++)
	{
		EVHTTPServer server(new Factory, 0, httpParams(2, 1));
		askTwo(server, "/slow");
		passedOn += server.statistics().passedOn;
	}
	assertTrue (passedOn > 0);
}


void EVHTTPServerKindTest::testAnnouncingIsForOwnRequests()
{
	class Foreign: public Poco::Net::HTTPServerRequest
	{
	public:
		std::istream& stream() override { throw Poco::NotImplementedException(); }
		const Poco::Net::SocketAddress& clientAddress() const override { throw Poco::NotImplementedException(); }
		const Poco::Net::SocketAddress& serverAddress() const override { throw Poco::NotImplementedException(); }
		const Poco::Net::HTTPServerParams& serverParams() const override { throw Poco::NotImplementedException(); }
		HTTPServerResponse& response() const override { throw Poco::NotImplementedException(); }
		bool secure() const override { return false; }
	};

	const Foreign request;
	try
	{
		EVHTTPServer::announceBlocking(request);
		failmsg ("a request of another server must throw");
	}
	catch (Poco::InvalidArgumentException&)
	{
	}
}


void EVHTTPServerKindTest::testKindIsMethodAndPath()
{
	// Two clients ask in turn. What is learned of one path counts for it with any query, and for nothing else.
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		if (request.getMethod() == "GET" && request.getURI().compare(0, 5, "/slow") == 0) sleepFor(50);
		answerURI(request, response);
	}), 0, httpParams(4, 1));
	server.start();
	RawClient clients[] = {RawClient(server), RawClient(server)};
	const auto queued = [&](const std::string& method, const std::string& uri)
		/// Returns how many of ten requests another thread than the leader runs.
	{
		const Poco::UInt64 before = server.statistics().queuedRequests;
		for (int i = 0; i < 10; i++)
		{
			RawClient& client = clients[i % 2];
			client.send(method + " " + uri + " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
			if (!client.receiveAnswer().isOK(uri)) throw Poco::DataException("wrong answer");
			// What has been learned of it is known then
			if (!waitFor([&] { return server.statistics().running == 0; })) throw Poco::TimeoutException();
		}
		return static_cast<int>(server.statistics().queuedRequests - before);
	};
	queued("GET", "/slow?x=1");
	assertEqual (10, queued("GET", "/slow?x=2"));
	assertEqual (10, queued("GET", "/slow"));
	// The system may make one of these look long.
	assertTrue (queued("GET", "/other?/slow") <= 5);
	assertTrue (queued("POST", "/slow") <= 5);
}


CppUnit::Test* EVHTTPServerKindTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerKindTest");

	CppUnit_addTest(pSuite, EVHTTPServerKindTest, testHandlerAnnouncesBlocking);
	CppUnit_addTest(pSuite, EVHTTPServerKindTest, testFactoryAnnouncesBlocking);
	CppUnit_addTest(pSuite, EVHTTPServerKindTest, testAnnouncingIsForOwnRequests);
	CppUnit_addTest(pSuite, EVHTTPServerKindTest, testKindIsMethodAndPath);

	return pSuite;
}
