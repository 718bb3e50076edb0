//
// EVServerMessagesTest.cpp
//
// What a server says when something is wrong: the cause, not something beside it.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVServerMessagesTest.h"
#include "CppUnit/TestCaller.h"
#include "CppUnit/TestSuite.h"
#include "HTTPTestSupport.h"
#include "Poco/Net/ServerSocket.h"
#include "Poco/ThreadPool.h"


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;


namespace
{
	template <class Exception, class Function>
	std::string messageOf(Function function)
		/// Returns what the exception says.
	{
		try
		{
			function();
		}
		catch (Exception& exc)
		{
			return exc.message();
		}
		return "no exception";
	}

	bool contains(const std::string& text, const std::string& part)
	{
		return text.find(part) != std::string::npos;
	}

	class NamedConnection: public ServedConnection
		/// Its requests are their own names.
	{
	public:
		using ServedConnection::ServedConnection;

		void nameRequest(std::string& name) override
		{
			name.append(request());
		}
	};
}


EVServerMessagesTest::EVServerMessagesTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVServerMessagesTest::testWhatZeroMeans()
{
	EVServerOptions options;
	const auto refused = [&options](void (EVServerOptions::*pSetter)(const Poco::Timespan&))
	{
		return messageOf<Poco::InvalidArgumentException>([&] { (options.*pSetter)(-1); });
	};
	assertTrue (refused(&EVServerOptions::setStopTimeout) == "stopTimeout must be 0 (do not wait) or positive (microseconds), not -1");
	assertTrue (contains(refused(&EVServerOptions::setLingerTimeout), "0 (close at once)"));
	assertTrue (contains(refused(&EVServerOptions::setHandlerTimeout), "0 (nothing is reported)"));
	assertTrue (contains(refused(&EVServerOptions::setFirstRequestTimeout), "0 (as idleTimeout)"));
	for (auto pSetter: {&EVServerOptions::setIdleTimeout, &EVServerOptions::setRequestTimeout, &EVServerOptions::setSendTimeout})
	{
		assertTrue (contains(refused(pSetter), "0 (no limit)"));
	}
}


void EVServerMessagesTest::testPoolTooSmallForDedicated()
{
	Poco::ThreadPool pool(1, 2);
	const auto create = [&pool](int loops, EVServerOptions::ExecutionPolicy policy)
	{
		return messageOf<Poco::InvalidArgumentException>([&]
		{
			EVTCPServer server(serve(echo), pool, ServerSocket(SocketAddress("127.0.0.1", 0)), serverParams(2, loops, policy));
		});
	};
	const std::string dedicated = create(2, EVServerOptions::EXECUTE_DEDICATED);
	assertTrue (contains(dedicated, "EXECUTE_DEDICATED") && !contains(dedicated, "eventLoops"));
	assertTrue (contains(create(3, EVServerOptions::EXECUTE_DEDICATED), "eventLoops: 3 loops"));
	assertTrue (contains(create(3, EVServerOptions::EXECUTE_ADAPTIVE), "eventLoops: 3 loops"));
	assertEqual (std::string("no exception"), create(2, EVServerOptions::EXECUTE_ADAPTIVE));
}


void EVServerMessagesTest::testStartAfterStop()
{
	EVTCPServer server(serve(echo), 0, serverParams(2));
	const auto start = [&server] { server.start(); };
	assertEqual (std::string("no exception"), messageOf<Poco::IllegalStateException>(start));
	assertTrue (contains(messageOf<Poco::IllegalStateException>(start), "already been started"));
	server.stop();
	assertTrue (contains(messageOf<Poco::IllegalStateException>(start), "has been stopped"));
}


void EVServerMessagesTest::testOverdueRequestIsNamed()
{
	for (auto policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		ErrorCollector errors;
		Gate gate;
		EVHTTPServerParams::Ptr pParams = httpParams(2, 1, policy);
		pParams->setHandlerTimeout(Poco::Timespan(10*Poco::Timespan::MILLISECONDS));
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			gate.pass();
			answerURI(request, response);
		}), 0, pParams);
		server.start();
		RawClient client(server);
		client.get("/slow?id=42");
		assertTrue (waitFor([&] { return contains(errors.text(), "handlerTimeout: GET /slow?id=42\n"); }));
		RawClient other(server);
		other.post("/" + std::string(1000, 'x'), "body");
		assertTrue (waitFor([&] { return contains(errors.text(), "handlerTimeout: POST /" + std::string(199, 'x') + "\n"); }));
		gate.open();
		assertTrue (client.receiveAnswer().isOK("/slow?id=42"));
	}
}


void EVServerMessagesTest::testRequestThatIsNamedByItsBytes()
{
	ErrorCollector errors;
	Gate gate;
	EVTCPServerParams::Ptr pParams = serverParams(2, 1, EVServerOptions::EXECUTE_DEDICATED);
	pParams->setHandlerTimeout(Poco::Timespan(10*Poco::Timespan::MILLISECONDS));
	EVTCPServer server(new FunctionFactory([&gate](const StreamSocket& socket)
	{
		return new NamedConnection(socket, [&gate](ServedConnection&) { gate.pass(); }, frameLines);
	}), 0, pParams);
	server.start();
	RawClient client(server);
	client.send("hello\n");
	const bool reported = waitFor([&] { return contains(errors.text(), "handlerTimeout"); });
	gate.open();
	assertTrue (reported);
	assertTrue (contains(errors.text(), "handlerTimeout: hello"));
}


CppUnit::Test* EVServerMessagesTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVServerMessagesTest");

	CppUnit_addTest(pSuite, EVServerMessagesTest, testWhatZeroMeans);
	CppUnit_addTest(pSuite, EVServerMessagesTest, testPoolTooSmallForDedicated);
	CppUnit_addTest(pSuite, EVServerMessagesTest, testStartAfterStop);
	CppUnit_addTest(pSuite, EVServerMessagesTest, testOverdueRequestIsNamed);
	CppUnit_addTest(pSuite, EVServerMessagesTest, testRequestThatIsNamedByItsBytes);

	return pSuite;
}
