//
// EVPlainClientLeavesTest.cpp
//
// Clients of plain TCPServerConnections that reset, half-close or go silent.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVPlainClientLeavesTest.h"
#include "ClientLeavesSupport.h"
#include "CppUnit/TestCaller.h"


namespace
{
	class Case
		/// A server for plain connections, and the client that will leave it.
	{
	public:
		Case(Leaving how, EVServerOptions::DispatchPolicy policy):
			_how(how),
			server(servePlain([this](StreamSocket& socket)
			{
				for (std::string data = receiveSome(socket); !data.empty(); data = receiveSome(socket))
				{
					if (data[0] == 'b') gate.pass();
					sendAll(socket, data);
				}
			}), 0, params(how, policy)),
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

		bool goesOn()
		{
			StreamSocket another = connectTo(server);
			return exchange(another, "alive") == "alive";
		}

	private:
		static EVTCPServerParams::Ptr params(Leaving how, EVServerOptions::DispatchPolicy policy)
		{
			EVTCPServerParams::Ptr pParams = serverParams(1, 1);
			pParams->setDispatchPolicy(policy);
			pParams->setIdleTimeout(how == IS_SILENT ? SHORT : LONG);
			return pParams;
		}

		ErrorCollector _errors;
		const Leaving  _how;

	public:
		Gate         gate;
		EVTCPServer  server;
		const Audit  audit;
		StreamSocket client;
	};
}


EVPlainClientLeavesTest::EVPlainClientLeavesTest(const std::string& name): ClockedTest(name)
{
}


void EVPlainClientLeavesTest::testResetWhilePlainConnectionWaits()
{
	Case c(RESETS, EVServerOptions::DISPATCH_ON_DATA);
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertEqual (OK, c.audit.ended({RESET}));
	assertTrue (c.goesOn());
}


void EVPlainClientLeavesTest::testHalfCloseWhilePlainConnectionWaits()
{
	Case c(HALF_CLOSES, EVServerOptions::DISPATCH_ON_DATA);
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	c.leave();
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({BY_CLIENT}));
	assertTrue (c.goesOn());
}


void EVPlainClientLeavesTest::testSilenceWhilePlainConnectionWaits()
{
	Case c(IS_SILENT, EVServerOptions::DISPATCH_ON_DATA);
	assertTrue (c.audit.reached(&EVServerStatistics::idle));
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({IDLE_TIMEOUT}));
	assertTrue (c.goesOn());
}


void EVPlainClientLeavesTest::testResetWhilePlainConnectionRuns()
{
	Case c(RESETS, EVServerOptions::DISPATCH_ON_ACCEPT);
	assertEqual (std::string("hello"), exchange(c.client, "hello"));
	assertEqual (1, c.server.statistics().running);
	c.leave();
	assertEqual (OK, c.audit.ended({BY_EXCEPTION}));
	assertTrue (c.goesOn());
}


void EVPlainClientLeavesTest::testResetWhilePlainConnectionIsQueued()
{
	Case c(RESETS, EVServerOptions::DISPATCH_ON_ACCEPT);
	sendAll(c.client, "block");
	assertTrue (c.gate.holds(1));
	StreamSocket second = connectTo(c.server);
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	::leave(second, RESETS);
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	c.client.shutdownSend();
	assertEqual (std::string("block"), receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({BY_HANDLER, BY_EXCEPTION}));
	assertTrue (c.goesOn());
}


void EVPlainClientLeavesTest::testHalfCloseWhilePlainConnectionRuns()
{
	Case c(HALF_CLOSES, EVServerOptions::DISPATCH_ON_ACCEPT);
	assertEqual (std::string("hello"), exchange(c.client, "hello"));
	assertEqual (1, c.server.statistics().running);
	c.leave();
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({BY_HANDLER}));
	assertTrue (c.goesOn());
}


void EVPlainClientLeavesTest::testHalfCloseWhilePlainConnectionIsQueued()
{
	Case c(HALF_CLOSES, EVServerOptions::DISPATCH_ON_ACCEPT);
	sendAll(c.client, "block");
	assertTrue (c.gate.holds(1));
	StreamSocket second = connectTo(c.server);
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	::leave(second, HALF_CLOSES);
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	c.client.shutdownSend();
	assertEqual (std::string("block"), receiveToEnd(c.client));
	assertEqual (OK, receiveToEnd(second));
	assertEqual (OK, c.audit.ended({BY_HANDLER, BY_HANDLER}));
	assertTrue (c.goesOn());
}


void EVPlainClientLeavesTest::testSilenceWhilePlainConnectionRuns()
{
	// Its timeouts are its own.
	Case c(IS_SILENT, EVServerOptions::DISPATCH_ON_ACCEPT);
	assertEqual (std::string("hello"), exchange(c.client, "hello"));
	assertEqual (1, c.server.statistics().running);
	sleepFor(1500);
	assertTrue (c.audit.nothingClosed());
	c.client.shutdownSend();
	assertEqual (OK, receiveToEnd(c.client));
	assertEqual (OK, c.audit.ended({BY_HANDLER}));
	assertTrue (c.goesOn());
}


void EVPlainClientLeavesTest::testSilenceWhilePlainConnectionIsQueued()
{
	Case c(IS_SILENT, EVServerOptions::DISPATCH_ON_ACCEPT);
	sendAll(c.client, "block");
	assertTrue (c.gate.holds(1));
	StreamSocket second = connectTo(c.server);
	assertTrue (waitFor([&] { return c.server.statistics().queued == 1; }));
	::leave(second, IS_SILENT);
	sleepFor(1500); // longer than the idle timeout
	assertTrue (c.audit.nothingClosed());
	c.gate.open();
	c.client.shutdownSend();
	assertEqual (std::string("block"), receiveToEnd(c.client));
	assertEqual (std::string("hello"), exchange(second, "hello"));
	second.shutdownSend();
	assertEqual (OK, receiveToEnd(second));
	assertEqual (OK, c.audit.ended({BY_HANDLER, BY_HANDLER}));
	assertTrue (c.goesOn());
}


CppUnit::Test* EVPlainClientLeavesTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVPlainClientLeavesTest");

	CppUnit_addTest(pSuite, EVPlainClientLeavesTest, testResetWhilePlainConnectionWaits);
	CppUnit_addTest(pSuite, EVPlainClientLeavesTest, testHalfCloseWhilePlainConnectionWaits);
	CppUnit_addTest(pSuite, EVPlainClientLeavesTest, testSilenceWhilePlainConnectionWaits);
	CppUnit_addTest(pSuite, EVPlainClientLeavesTest, testResetWhilePlainConnectionRuns);
	CppUnit_addTest(pSuite, EVPlainClientLeavesTest, testResetWhilePlainConnectionIsQueued);
	CppUnit_addTest(pSuite, EVPlainClientLeavesTest, testHalfCloseWhilePlainConnectionRuns);
	CppUnit_addTest(pSuite, EVPlainClientLeavesTest, testHalfCloseWhilePlainConnectionIsQueued);
	CppUnit_addTest(pSuite, EVPlainClientLeavesTest, testSilenceWhilePlainConnectionRuns);
	CppUnit_addTest(pSuite, EVPlainClientLeavesTest, testSilenceWhilePlainConnectionIsQueued);

	return pSuite;
}
