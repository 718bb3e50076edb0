//
// RateDeadlineTest.cpp
//
// How long a client is waited for.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "RateDeadlineTest.h"
#include "HTTPTestSupport.h"
#include "core/RateDeadline.h"
#include "CppUnit/TestCaller.h"
#include "CppUnit/TestSuite.h"


using Poco::EVNet::RateDeadline;


RateDeadlineTest::RateDeadlineTest(const std::string& name): ClockedTest(name)
{
}


void RateDeadlineTest::testEnough()
{
	const RateDeadline deadline(Poco::Timespan(2, 500000), 100);
	assertTrue (!deadline.isEnough(249));
	assertTrue (deadline.isEnough(250));
	// One byte at least, whatever the rate makes in a period.
	for (const RateDeadline& rare: {RateDeadline(Poco::Timespan(60, 0), 0), RateDeadline(Poco::Timespan(0, 1000), 1), RateDeadline(0, 100)})
	{
		assertTrue (!rare.isEnough(0));
		assertTrue (rare.isEnough(1));
	}
}


void RateDeadlineTest::testPeriods()
{
	RateDeadline deadline;
	assertTrue (!deadline.begun());
	deadline.add(1000); // does not count: it has not begun
	deadline.begin(Poco::Timespan(1, 0), 100);
	assertTrue (deadline.begun() && !deadline.isOver());
	for (int i = 0; i < 3; i++)
	{
		deadline.add(60);
		deadline.add(40);
		sleepFor(1000);
		assertTrue (deadline.isOver());
		assertTrue (deadline.extend());
		assertTrue (!deadline.isOver());
	}
	deadline.add(99); // what was too much in one period does not help in the next
	sleepFor(1000);
	assertTrue (!deadline.extend());
	assertTrue (deadline.isOver());
}


void RateDeadlineTest::testSlowHandlerOfAQuickClient()
{
	// The client has sent all of it, and cannot help that the handler takes its time.
	EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
	pParams->setTimeout(Poco::Timespan(300*Poco::Timespan::MILLISECONDS));
	pParams->setMinDataRate(1000000);
	pParams->setMaxBufferedBytes(SMALL_BUFFER);
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		std::string body;
		char piece[1000];
		while (request.stream().read(piece, sizeof(piece)) || request.stream().gcount() > 0)
		{
			body.append(piece, static_cast<std::size_t>(request.stream().gcount()));
			sleepFor(100);
		}
		answer(response, body);
	}), 0, pParams);
	server.start();
	const std::string body = pattern(40000);
	RawClient client(server);
	client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40000\r\n\r\n" + body);
	assertTrue (client.receiveAnswer().isOK(body));
}


CppUnit::Test* RateDeadlineTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("RateDeadlineTest");

	CppUnit_addTest(pSuite, RateDeadlineTest, testEnough);
	CppUnit_addTest(pSuite, RateDeadlineTest, testPeriods);
	CppUnit_addTest(pSuite, RateDeadlineTest, testSlowHandlerOfAQuickClient);

	return pSuite;
}
