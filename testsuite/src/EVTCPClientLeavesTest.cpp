//
// EVTCPClientLeavesTest.cpp
//
// Clients of servers other than HTTP that reset, half-close or go silent: one case
// for each state of the connection.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVTCPClientLeavesTest.h"
#include "ClientLeavesSupport.h"
#include "CppUnit/TestCaller.h"


namespace
{
	const Poco::Timespan TWO_SECONDS(2, 0);


	class Case
		/// A server whose only thread runs one request at a time, and the client that will leave it.
	{
	public:
		explicit Case(Leaving how, const Poco::Timespan& requestTimeout = 0):
			_how(how),
			server(serve([this](ServedConnection& connection) { handle(connection); }, frameLines), 0, params(how, requestTimeout)),
			audit((server.start(), server)),
			client(connectTo(server))
		{
		}

		~Case()
		{
			gate.open();
		}

		void leave()
		{
			::leave(client, _how);
		}

		void fillQueue()
			/// Makes the thread busy and the queue full.
		{
			for (const char* request: {"block\n", "queued\n"})
			{
				others.push_back(connectTo(server));
				sendAll(others.back(), request);
				waitFor([&] { return gate.waiting() == 1 && server.statistics().queued == static_cast<int>(others.size()) - 1; });
			}
		}

		bool hasPaused(int count)
			/// Waits until that many connections are in no state that is counted, or one has been closed already.
		{
			return waitFor([&]
			{
				const EVServerStatistics s = server.statistics();
				return s.open - s.idle - s.reading - s.flushing - s.lingering - s.queued - s.running == count || s.closes() > 0;
			});
		}

		bool goesOn(std::size_t length = 6)
			/// Returns true if another client is answered.
		{
			const std::string request = std::string(length - 1, 'a') + "\n";
			StreamSocket another = connectTo(server);
			return exchange(another, request) == request;
		}

	private:
		static EVTCPServerParams::Ptr params(Leaving how, const Poco::Timespan& requestTimeout)
		{
			EVTCPServerParams::Ptr pParams = serverParams(1, 1, EVServerOptions::EXECUTE_DEDICATED);
			pParams->setMaxQueued(1);
			pParams->setMaxTotalBufferedBytes(65536);
			pParams->setFirstRequestTimeout(LONG); // while others get ready
			pParams->setIdleTimeout(how == IS_SILENT ? SHORT : LONG);
			pParams->setRequestTimeout(requestTimeout > 0 ? requestTimeout : how == IS_SILENT ? SHORT : LONG);
			return pParams;
		}

		void handle(ServedConnection& connection)
		{
			const std::string request = connection.request();
			if (request == "block\n") gate.pass();
			if (request == "wait\n") waitFor([&] { return hasLeft(connection.socket(), _how); });
			connection.reply(request);
		}

		ErrorCollector _errors;
		const Leaving  _how;

	public:
		Gate         gate;
		EVTCPServer  server;
		const Audit  audit;
		StreamSocket client;
		std::vector<StreamSocket> others;
	};
}


EVTCPClientLeavesTest::EVTCPClientLeavesTest(const std::string& name): ClockedTest(name)
{
}


void EVTCPClientLeavesTest::testResetWhileIdle()
{
	Case c(RESETS);
	assertEqual (std::string("first\n"), exchange(c.client, "first\n"));
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testHalfCloseWhileIdle()
{
	Case c(HALF_CLOSES);
	assertEqual (std::string("first\n"), exchange(c.client, "first\n"));
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({BY_CLIENT}));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testSilenceWhileIdle()
{
	Case c(IS_SILENT);
	assertEqual (std::string("first\n"), exchange(c.client, "first\n"));
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({IDLE_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testResetWhileReading()
{
	Case c(RESETS);
	sendAll(c.client, "half");
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testHalfCloseWhileReading()
{
	Case c(HALF_CLOSES);
	sendAll(c.client, "half");
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	c.leave();
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({INCOMPLETE}));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testSilenceWhileReading()
{
	Case c(IS_SILENT);
	sendAll(c.client, "half");
	assertTrue (c.audit.reached(&EVServerStatistics::reading));
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({REQUEST_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testResetWhileQueued()
{
	// The handler does not catch what sending throws then.
	Case c(RESETS);
	c.others.push_back(connectTo(c.server));
	sendAll(c.others.back(), "block\n");
	assertTrue (c.gate.holds(1));
	sendAll(c.client, "wait\n");
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	c.leave();
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (OK, c.audit.ended({BY_EXCEPTION}, 1));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testResetWhilePaused()
{
	// The handler does not catch what sending throws then.
	Case c(RESETS);
	c.fillQueue();
	sendAll(c.client, "wait\n");
	assertTrue (c.hasPaused(1));
	c.leave();
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (OK, c.audit.ended({BY_EXCEPTION}, 2));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testHalfCloseWhileQueued()
{
	Case c(HALF_CLOSES);
	c.others.push_back(connectTo(c.server));
	sendAll(c.others.back(), "block\n");
	assertTrue (c.gate.holds(1));
	sendAll(c.client, "wait\n");
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	c.leave();
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (std::string("wait"), receiveLine(c.client));
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({BY_CLIENT}, 1));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testHalfCloseWhilePaused()
{
	Case c(HALF_CLOSES);
	c.fillQueue();
	sendAll(c.client, "wait\n");
	assertTrue (c.hasPaused(1));
	c.leave();
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (std::string("wait"), receiveLine(c.client));
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({BY_CLIENT}, 2));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testSilenceWhileQueued()
{
	Case c(IS_SILENT);
	c.others.push_back(connectTo(c.server));
	sendAll(c.others.back(), "block\n");
	assertTrue (c.gate.holds(1));
	sendAll(c.client, "wait\n");
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	sleepFor(1500); // longer than all timeouts
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (std::string("wait"), receiveLine(c.client));
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({IDLE_TIMEOUT, IDLE_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testSilenceWhilePaused()
{
	Case c(IS_SILENT);
	c.fillQueue();
	sendAll(c.client, "wait\n");
	assertTrue (c.hasPaused(1));
	sleepFor(1500); // longer than all timeouts
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (std::string("wait"), receiveLine(c.client));
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({IDLE_TIMEOUT, IDLE_TIMEOUT, IDLE_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testResetWhilePausedWithoutRequest()
{
	// While the queue is full, nothing is read any more once a request has been found to be too many.
	Case c(RESETS);
	c.fillQueue();
	c.others.push_back(connectTo(c.server));
	sendAll(c.others.back(), "too many\n");
	assertTrue (c.hasPaused(1));
	c.leave();
	assertTrue (c.hasPaused(2));
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (OK, c.audit.ended({RESET}, 3));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testHalfCloseWhilePausedWithoutRequest()
{
	// While the queue is full, nothing is read any more once a request has been found to be too many.
	Case c(HALF_CLOSES);
	c.fillQueue();
	c.others.push_back(connectTo(c.server));
	sendAll(c.others.back(), "too many\n");
	assertTrue (c.hasPaused(1));
	c.leave();
	assertTrue (c.hasPaused(2));
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({BY_CLIENT}, 3));
	assertTrue (c.goesOn());
}


void EVTCPClientLeavesTest::testResetWhileStarved()
{
	// Paused, with a part of a request: what all of them wait for is memory that they hold themselves.
	Case c(RESETS, TWO_SECONDS);
	c.others.assign(1, c.client);
	for (int i = 0; i < 7; i++) c.others.push_back(connectTo(c.server));
	for (StreamSocket& other: c.others) sendAll(other, "half");
	assertTrue (c.audit.reached(&EVServerStatistics::reading, 8)); // a block for each, and there are no more
	for (StreamSocket& other: c.others) sendAll(other, std::string(9000, 'x'));
	assertTrue (c.hasPaused(8));
	for (StreamSocket& other: c.others) ::leave(other, RESETS);
	assertTrue (waitFor([&] { return c.server.statistics().closes() == 8; })); // some are late before it shows that they have left
	assertTrue (closed(c.server, REQUEST_TIMEOUT) + closed(c.server, RESET) == 8);
	assertTrue (balances(c.server));
	assertTrue (c.goesOn(9000));
}


void EVTCPClientLeavesTest::testHalfCloseWhileStarved()
{
	// Paused, with a part of a request: what all of them wait for is memory that they hold themselves.
	Case c(HALF_CLOSES, TWO_SECONDS);
	c.others.assign(1, c.client);
	for (int i = 0; i < 7; i++) c.others.push_back(connectTo(c.server));
	for (StreamSocket& other: c.others) sendAll(other, "half");
	assertTrue (c.audit.reached(&EVServerStatistics::reading, 8)); // a block for each, and there are no more
	for (StreamSocket& other: c.others) sendAll(other, std::string(9000, 'x'));
	assertTrue (c.hasPaused(8));
	for (StreamSocket& other: c.others) ::leave(other, HALF_CLOSES);
	assertTrue (waitFor([&] { return c.server.statistics().closes() == 8; })); // some are late before it shows that they have left
	assertTrue (closed(c.server, REQUEST_TIMEOUT) + closed(c.server, INCOMPLETE) == 8);
	assertTrue (balances(c.server));
	assertTrue (c.goesOn(9000));
}


void EVTCPClientLeavesTest::testSilenceWhileStarved()
{
	// Paused, with a part of a request: what all of them wait for is memory that they hold themselves.
	Case c(IS_SILENT, TWO_SECONDS);
	c.others.assign(1, c.client);
	for (int i = 0; i < 7; i++) c.others.push_back(connectTo(c.server));
	for (StreamSocket& other: c.others) sendAll(other, "half");
	assertTrue (c.audit.reached(&EVServerStatistics::reading, 8)); // a block for each, and there are no more
	for (StreamSocket& other: c.others) sendAll(other, std::string(9000, 'x'));
	assertTrue (c.hasPaused(8));
	assertEqual (OK, c.audit.ended({REQUEST_TIMEOUT, REQUEST_TIMEOUT, REQUEST_TIMEOUT, REQUEST_TIMEOUT, REQUEST_TIMEOUT, REQUEST_TIMEOUT, REQUEST_TIMEOUT, REQUEST_TIMEOUT}));
	assertTrue (c.goesOn(9000));
}


CppUnit::Test* EVTCPClientLeavesTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVTCPClientLeavesTest");

	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testResetWhileIdle);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testHalfCloseWhileIdle);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testSilenceWhileIdle);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testResetWhileReading);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testHalfCloseWhileReading);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testSilenceWhileReading);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testResetWhileQueued);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testResetWhilePaused);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testHalfCloseWhileQueued);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testHalfCloseWhilePaused);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testSilenceWhileQueued);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testSilenceWhilePaused);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testResetWhilePausedWithoutRequest);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testHalfCloseWhilePausedWithoutRequest);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testResetWhileStarved);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testHalfCloseWhileStarved);
	CppUnit_addTest(pSuite, EVTCPClientLeavesTest, testSilenceWhileStarved);

	return pSuite;
}
