//
// EVServerOptionsTest.cpp
//
// The options: defaults, and what is refused.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVServerOptionsTest.h"
#include "CppUnit/TestCaller.h"
#include "loop/ConnectionSlab.h"
#include "HTTPTestSupport.h"
#include "TestSupport.h"
#include "Poco/EVNet/EVHTTPServerParams.h"
#include "Poco/EVNet/EVTCPServerParams.h"
#include "Poco/Exception.h"
#include <functional>


using Poco::EVNet::EVHTTPServerParams;
using Poco::EVNet::EVServerOptions;
using Poco::EVNet::EVTCPServerParams;


EVServerOptionsTest::EVServerOptionsTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVServerOptionsTest::testDefaults()
{
	EVServerOptions options;
	assertTrue (options.getEventLoops() == 0);
	assertTrue (options.getExecutionPolicy() == EVServerOptions::EXECUTE_ADAPTIVE);
	assertTrue (options.getAcceptPolicy() == EVServerOptions::ACCEPT_AUTO);
	assertTrue (options.getBackend() == EVServerOptions::BACKEND_AUTO);
	assertTrue (options.getDispatchPolicy() == EVServerOptions::DISPATCH_ON_ACCEPT);
	assertTrue (options.getCapacity() == 0);
	assertTrue (options.getAcceptBacklog() == 4096);
	assertTrue (options.getFirstRequestTimeout() == 0);
	assertTrue (options.getIdleTimeout() == 0);
	assertTrue (options.getRequestTimeout() == Poco::Timespan(60, 0));
	assertTrue (options.getSendTimeout() == Poco::Timespan(60, 0));
	assertTrue (options.getLingerTimeout() == Poco::Timespan(2, 0));
	assertTrue (options.getStopTimeout() == Poco::Timespan(5, 0));
	assertTrue (options.getMaxBufferedBytes() == 64*1024);
	assertTrue (options.getMaxTotalBufferedBytes() == 256*1024*1024);
	assertTrue (options.getMaxPendingOutput() == 1024*1024);
	assertTrue (options.getMaxTotalPendingOutput() == 256*1024*1024);
}


void EVServerOptionsTest::testNonsenseIsRefusedByName()
{
	EVServerOptions options;
	const std::pair<const char*, std::function<void()>> attempts[] =
	{
		{"eventLoops", [&] { options.setEventLoops(-1); }},
		{"eventLoops", [&] { options.setEventLoops(1025); }},
		{"executionPolicy", [&] { options.setExecutionPolicy(static_cast<EVServerOptions::ExecutionPolicy>(3)); }},
		{"executionPolicy", [&] { EVServerOptions::executionPolicy("threads"); }},
		{"acceptPolicy", [&] { EVServerOptions::acceptPolicy(""); }},
		{"acceptPolicy", [&] { options.setAcceptPolicy(static_cast<EVServerOptions::AcceptPolicy>(3)); }},
		{"backend", [&] { options.setBackend(static_cast<EVServerOptions::Backend>(6)); }},
		{"dispatchPolicy", [&] { options.setDispatchPolicy(static_cast<EVServerOptions::DispatchPolicy>(2)); }},
		{"capacity", [&] { options.setCapacity(-1); }},
		{"acceptBacklog", [&] { options.setAcceptBacklog(0); }},
		{"firstRequestTimeout", [&] { options.setFirstRequestTimeout(-1); }},
		{"idleTimeout", [&] { options.setIdleTimeout(-1); }},
		{"requestTimeout", [&] { options.setRequestTimeout(-1); }},
		{"sendTimeout", [&] { options.setSendTimeout(-1); }},
		{"lingerTimeout", [&] { options.setLingerTimeout(-1); }},
		{"stopTimeout", [&] { options.setStopTimeout(-1); }},
		{"maxBufferedBytes", [&] { options.setMaxBufferedBytes(1023); }},
		{"maxTotalBufferedBytes", [&] { options.setMaxTotalBufferedBytes(65535); }},
		{"eventLoops", [&] { options.setEventLoops(1025); }},
		{"capacity", [&] { options.setCapacity((1 << 22) + 1); }},
		{"maxBufferedBytes", [&] { options.setMaxBufferedBytes((std::size_t(1) << 30) + 1); }},
		{"maxBufferedBytes", [&] { options.setMaxBufferedBytes(~std::size_t(0)); }},
		{"maxPendingOutput", [&] { options.setMaxPendingOutput(~std::size_t(0)); }}
	};
	for (const auto& attempt: attempts)
	{
		try
		{
			attempt.second();
			failmsg(std::string(attempt.first) + " takes nonsense");
		}
		catch (Poco::InvalidArgumentException& exc)
		{
			assertTrue (exc.message().find(attempt.first) == 0);
		}
	}
	// nothing of it has been taken over
	assertTrue (options.getEventLoops() == 0);
	assertTrue (options.getAcceptBacklog() == 4096);
	assertTrue (options.getMaxBufferedBytes() == 64*1024);
}


void EVServerOptionsTest::testNamesOfPolicies()
{
	assertTrue (EVServerOptions::executionPolicy("adaptive") == EVServerOptions::EXECUTE_ADAPTIVE);
	assertTrue (EVServerOptions::executionPolicy("dedicated") == EVServerOptions::EXECUTE_DEDICATED);
	assertTrue (EVServerOptions::executionPolicy("inline") == EVServerOptions::EXECUTE_INLINE);
	assertTrue (EVServerOptions::acceptPolicy("auto") == EVServerOptions::ACCEPT_AUTO);
	assertTrue (EVServerOptions::acceptPolicy("reuseport") == EVServerOptions::ACCEPT_REUSE_PORT);
	assertTrue (EVServerOptions::acceptPolicy("roundrobin") == EVServerOptions::ACCEPT_ROUND_ROBIN);
}


void EVServerOptionsTest::testZeroMeansNoLimit()
{
	EVServerOptions options;
	options.setRequestTimeout(0);
	options.setSendTimeout(0);
	options.setLingerTimeout(0);
	options.setMaxPendingOutput(0);
	assertTrue (options.getRequestTimeout() == 0);
	assertTrue (options.getSendTimeout() == 0);
	assertTrue (options.getLingerTimeout() == 0);
	assertTrue (options.getMaxPendingOutput() == 0);
}


void EVServerOptionsTest::testLargestValues()
{
	// A body that needs a larger buffer, and one that does not fit into 64 KiB at once.
	EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
	pParams->setCapacity(EVServerOptions::MAX_CAPACITY);
	pParams->setMaxBufferedBytes(EVServerOptions::MAX_BUFFERED_BYTES);
	pParams->setMaxTotalBufferedBytes(~std::size_t(0));
	pParams->setMaxPendingOutput(EVServerOptions::MAX_BUFFERED_BYTES);
	pParams->setMaxRequestLine(EVServerOptions::MAX_BUFFERED_BYTES);
	pParams->setMaxFieldSize(EVServerOptions::MAX_BUFFERED_BYTES);
	pParams->setMaxHeaderSize(EVServerOptions::MAX_BUFFERED_BYTES);
	pParams->setMaxFields(std::numeric_limits<int>::max());
	pParams->setMaxBodySize(~Poco::UInt64(0));
	pParams->setMinDataRate(std::numeric_limits<int>::max());
	pParams->setStopTimeout(std::numeric_limits<Poco::Timespan::TimeDiff>::max());
	pParams->setLingerTimeout(std::numeric_limits<Poco::Timespan::TimeDiff>::max());
	EVHTTPServer server(serveHTTP(answerBody), 0, pParams);
	server.start();
	StreamSocket client = connectTo(server);
	for (std::size_t size: {300000, 5000000})
	{
		const std::string body = pattern(size);
		sendAll(client, "POST /" + pattern(20000) + " HTTP/1.1\r\nHost: x\r\nX: " + pattern(100000) + "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
		std::thread sender([&] { sendAll(client, body); });
		std::string response;
		while (response.find("\r\n\r\n") == std::string::npos) response += receive(client, 1);
		const std::string echoed = receive(client, size);
		sender.join();
		assertTrue (response.find("HTTP/1.1 200") == 0);
		assertTrue (echoed == body);
	}
	client.close();
	assertTrue (server.drain(std::numeric_limits<Poco::Timespan::TimeDiff>::max()));
}


void EVServerOptionsTest::testIdentifiersDoNotComeAgain()
{
	Poco::EVNet::ConnectionSlab slab;
	Poco::EVNet::Connection& connection = slab.allocate();
	const Poco::UInt32 slot = connection.slot;
	connection.generation = 0xFFFFFFFE; // the last but one
	slab.release(connection);
	assertTrue (slab.allocate().slot == slot);
	slab.release(connection);
	for (int i = 0; i < 200; i++) assertTrue (slab.allocate().slot != slot);
}


void EVServerOptionsTest::testParamsCarryOptions()
{
	Poco::Net::TCPServerParams::Ptr pTCPParams = new EVTCPServerParams;
	EVServerOptions* pOptions = dynamic_cast<EVServerOptions*>(pTCPParams.get());
	assertTrue (pOptions != nullptr);
	pOptions->setEventLoops(3);
	assertTrue (dynamic_cast<EVTCPServerParams*>(pTCPParams.get())->getEventLoops() == 3);

	Poco::Net::HTTPServerParams::Ptr pHTTPParams = new EVHTTPServerParams;
	assertTrue (dynamic_cast<EVServerOptions*>(pHTTPParams.get()) != nullptr);
	assertTrue (pHTTPParams->getKeepAlive());
}


void EVServerOptionsTest::testAcceptBacklog()
{
	EVServerOptions options;
	options.setAcceptBacklog(7);
	assertTrue (options.getAcceptBacklog() == 7);
}


void EVServerOptionsTest::testHTTPLimits()
{
	EVHTTPServerParams::Ptr pParams = new EVHTTPServerParams;
	assertTrue (pParams->getMaxRequestLine() == 16448);
	assertTrue (pParams->getMaxFieldSize() == 16384);
	assertTrue (pParams->getMaxFields() == 100);
	assertTrue (pParams->getMaxHeaderSize() == 65536);
	assertTrue (pParams->getMaxBodySize() == 0);
	pParams->setMaxRequestLine(64);
	pParams->setMaxFieldSize(65);
	pParams->setMaxFields(1);
	pParams->setMaxHeaderSize(128);
	pParams->setMaxBodySize(1);
	assertTrue (pParams->getMaxRequestLine() == 64);
	assertTrue (pParams->getMaxFieldSize() == 65);
	assertTrue (pParams->getMaxFields() == 1);
	assertTrue (pParams->getMaxHeaderSize() == 128);
	assertTrue (pParams->getMaxBodySize() == 1);
}


void EVServerOptionsTest::testHTTPNonsenseIsRefusedByName()
{
	EVHTTPServerParams::Ptr pParams = new EVHTTPServerParams;
	const std::pair<const char*, std::function<void()>> attempts[] =
	{
		{"maxRequestLine", [&] { pParams->setMaxRequestLine(63); }},
		{"maxFieldSize", [&] { pParams->setMaxFieldSize(63); }},
		{"maxFields", [&] { pParams->setMaxFields(0); }},
		{"maxHeaderSize", [&] { pParams->setMaxHeaderSize(127); }},
		{"maxRequestLine", [&] { pParams->setMaxRequestLine(~std::size_t(0)); }},
		{"maxFieldSize", [&] { pParams->setMaxFieldSize(~std::size_t(0)); }},
		{"maxHeaderSize", [&] { pParams->setMaxHeaderSize((std::size_t(1) << 30) + 1); }}
	};
	for (const auto& attempt: attempts)
	{
		try
		{
			attempt.second();
			failmsg(std::string(attempt.first) + " takes nonsense");
		}
		catch (Poco::InvalidArgumentException& exc)
		{
			assertTrue (exc.message().find(attempt.first) == 0);
		}
	}
	assertTrue (pParams->getMaxRequestLine() == 16448);
	assertTrue (pParams->getMaxFields() == 100);
}


CppUnit::Test* EVServerOptionsTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVServerOptionsTest");

	CppUnit_addTest(pSuite, EVServerOptionsTest, testDefaults);
	CppUnit_addTest(pSuite, EVServerOptionsTest, testNonsenseIsRefusedByName);
	CppUnit_addTest(pSuite, EVServerOptionsTest, testNamesOfPolicies);
	CppUnit_addTest(pSuite, EVServerOptionsTest, testZeroMeansNoLimit);
	CppUnit_addTest(pSuite, EVServerOptionsTest, testLargestValues);
	CppUnit_addTest(pSuite, EVServerOptionsTest, testIdentifiersDoNotComeAgain);
	CppUnit_addTest(pSuite, EVServerOptionsTest, testParamsCarryOptions);
	CppUnit_addTest(pSuite, EVServerOptionsTest, testAcceptBacklog);
	CppUnit_addTest(pSuite, EVServerOptionsTest, testHTTPLimits);
	CppUnit_addTest(pSuite, EVServerOptionsTest, testHTTPNonsenseIsRefusedByName);

	return pSuite;
}
