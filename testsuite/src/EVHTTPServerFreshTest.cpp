//
// EVHTTPServerFreshTest.cpp
//
// What a handler gets is as fresh as with Poco's HTTPServer: no request changes another one.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerFreshTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "CppUnit/TestSuite.h"
#include "Poco/Net/ServerSocket.h"


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;


EVHTTPServerFreshTest::EVHTTPServerFreshTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	StreamSocket& socketOf(HTTPServerRequest& request)
	{
		return static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
	}

	std::string addresses(const HTTPServerRequest& request)
		/// Returns both, or what is thrown instead.
	{
		try
		{
			return request.clientAddress().toString() + " " + request.serverAddress().toString();
		}
		catch (Poco::Exception& exc)
		{
			return exc.displayText();
		}
	}

	std::string addresses(RawClient& client)
		/// Returns the same, as the client sees it.
	{
		return client.socket().address().toString() + " " + client.socket().peerAddress().toString();
	}
}


void EVHTTPServerFreshTest::testAddressesOfAClientThatIsGone()
{
	// Poco has stored both before the handler runs.
	for (const char* host: {"127.0.0.1", "::1"})
	{
		Gate gate;
		std::mutex mutex;
		std::string seen;
		ServerSocket socket(SocketAddress(host, 0));
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&)
		{
			gate.pass();
			waitFor([&] { return !EVHTTPServer::clientConnected(request); });
			std::lock_guard<std::mutex> lock(mutex);
			seen = addresses(request);
		}), socket, httpParams());
		server.start();
		RawClient client(SocketAddress(host, socket.address().port()));
		const std::string expected = addresses(client);
		client.get("/");
		assertTrue (waitFor([&] { return gate.waiting() == 1; }));
		resetConnection(client.socket());
		gate.open();
		assertTrue (waitFor([&] { return server.statistics().closes() == 1; }));
		std::lock_guard<std::mutex> lock(mutex);
		assertEqual (expected, seen);
	}
}


void EVHTTPServerFreshTest::testAddressesOfAClosedSocket()
{
	std::mutex mutex;
	std::string seen;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&)
	{
		if (request.getURI() == "/detach") detachSocket(request).close();
		else socketOf(request).close();
		std::lock_guard<std::mutex> lock(mutex);
		seen = addresses(request);
	}), 0, httpParams());
	server.start();
	for (const char* uri: {"/close", "/detach"})
	{
		RawClient client(server);
		const std::string expected = addresses(client);
		client.get(uri);
		assertTrue (isClosed(client.socket()));
		assertTrue (waitFor([&] { return server.statistics().running == 0; }));
		std::lock_guard<std::mutex> lock(mutex);
		assertEqual (expected, seen);
	}
}


CppUnit::Test* EVHTTPServerFreshTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerFreshTest");

	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testAddressesOfAClientThatIsGone);
	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testAddressesOfAClosedSocket);

	return pSuite;
}
