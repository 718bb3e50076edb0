//
// EVRunModeTest.cpp
//
// Who runs a request, and why: each answer of RunnerChoice::chooseRunner() is counted.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVRunModeTest.h"
#include "CppUnit/TestCaller.h"
#include "CppUnit/TestSuite.h"
#include "TestSupport.h"
#include "server/Engine.h"
#include "Poco/Net/ServerSocket.h"


using Poco::EVNet::Engine;
using Poco::EVNet::RunnerChoice;
using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;


namespace
{
	class RunningEngine
		/// What is behind an EVTCPServer with one loop. A request that begins with 'b' waits at the gate that is closed at the moment.
	{
	public:
		RunningEngine(int threads, EVServerOptions::ExecutionPolicy policy):
			_socket(SocketAddress("127.0.0.1", 0))
		{
			const EVTCPServerParams::Ptr pParams = serverParams(threads, 1, policy);
			const ServedConnection::Run run = [this](ServedConnection& connection)
			{
				const std::string request = connection.request();
				if (request[0] == 'b') pGate.load()->pass();
				connection.reply(request);
			};
			_pEngine = new Engine({serve(run, frameLines), pParams, *pParams, _socket, false, nullptr});
			_pEngine->start();
		}

		~RunningEngine()
		{
			_pEngine->stop(true);
			_pEngine->wait();
		}

		StreamSocket connect() const
		{
			return connectTo(_socket.address());
		}

		EVServerStatistics statistics() const
		{
			return _pEngine->statistics();
		}

		int runs(RunnerChoice::RunMode mode) const
		{
			return static_cast<int>(_pEngine->decided(mode));
		}

		int sum() const
		{
			int sum = 0;
			for (int mode = 0; mode < RunnerChoice::RUN_MODES; mode++) sum += runs(static_cast<RunnerChoice::RunMode>(mode));
			return sum;
		}

		std::atomic<Gate*> pGate{nullptr};

	private:
		ServerSocket          _socket;
		Poco::AutoPtr<Engine> _pEngine;
	};


	void askTenTimes(RunningEngine& engine)
	{
		StreamSocket client = engine.connect();
		for (int i = 0; i < 10; i++)
		{
			if (exchange(client, "x\n") != "x\n") throw Poco::DataException("wrong answer");
		}
	}
}


EVRunModeTest::EVRunModeTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EVRunModeTest::testLeader()
{
	RunningEngine engine(2, EVServerOptions::EXECUTE_ADAPTIVE);
	askTenTimes(engine);
	assertTrue (engine.runs(RunnerChoice::RUN_LEADER) >= 1); // one that the system lets wait may be replaced
	assertEqual (0, engine.runs(RunnerChoice::RUN_LEADER_ALONE));
	assertEqual (0, engine.runs(RunnerChoice::RUN_WORKER_POLICY));
	assertEqual (10, engine.sum());
}


void EVRunModeTest::testLeaderAlone()
{
	RunningEngine engine(2, EVServerOptions::EXECUTE_INLINE);
	askTenTimes(engine);
	assertEqual (10, engine.runs(RunnerChoice::RUN_LEADER_ALONE));
	assertEqual (10, engine.sum());
}


void EVRunModeTest::testWorkerByPolicy()
{
	RunningEngine engine(2, EVServerOptions::EXECUTE_DEDICATED);
	askTenTimes(engine);
	assertEqual (10, engine.runs(RunnerChoice::RUN_WORKER_POLICY));
	assertEqual (10, engine.sum());
}


void EVRunModeTest::testWorkerPredicted()
{
	RunningEngine engine(4, EVServerOptions::EXECUTE_ADAPTIVE);
	StreamSocket client = engine.connect();
	for (int i = 1; i <= 3; i++) // as many as make more than 1 in 256 of the recent ones
	{
		Gate gate;
		engine.pGate = &gate;
		sendAll(client, "block\n");
		assertTrue (waitFor([&] { return engine.statistics().promotions == static_cast<Poco::UInt64>(i); }));
		gate.open();
		assertEqual (std::string("block"), receiveLine(client));
		assertTrue (waitFor([&] { return engine.statistics().running == 0; })); // and the thread that ran it can take over
		assertEqual (i, engine.runs(RunnerChoice::RUN_LEADER));
	}
	assertEqual (std::string("x\n"), exchange(client, "x\n"));
	assertEqual (1, engine.runs(RunnerChoice::RUN_WORKER_PREDICTED));
	assertEqual (4, engine.sum());
}


void EVRunModeTest::testWorkerWithoutPermit()
{
	RunningEngine engine(1, EVServerOptions::EXECUTE_ADAPTIVE);
	Gate gate;
	engine.pGate = &gate;
	StreamSocket blocked = engine.connect();
	sendAll(blocked, "block\n");
	assertTrue (gate.holds(1));
	StreamSocket client = engine.connect();
	sendAll(client, "x\n");
	assertTrue (waitFor([&] { return engine.statistics().queued == 1; }));
	assertEqual (1, engine.runs(RunnerChoice::RUN_LEADER));
	assertEqual (1, engine.runs(RunnerChoice::RUN_WORKER_NO_PERMIT));
	gate.open();
	assertEqual (std::string("block"), receiveLine(blocked));
	assertEqual (std::string("x"), receiveLine(client));
	assertEqual (2, engine.sum());
}


CppUnit::Test* EVRunModeTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVRunModeTest");

	CppUnit_addTest(pSuite, EVRunModeTest, testLeader);
	CppUnit_addTest(pSuite, EVRunModeTest, testLeaderAlone);
	CppUnit_addTest(pSuite, EVRunModeTest, testWorkerByPolicy);
	CppUnit_addTest(pSuite, EVRunModeTest, testWorkerPredicted);
	CppUnit_addTest(pSuite, EVRunModeTest, testWorkerWithoutPermit);

	return pSuite;
}
