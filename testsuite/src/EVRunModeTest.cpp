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
	class LineConnection: public ServedConnection
		/// Says of lines that begin with 'n' that they never block, and of those with 'y' that they may.
	{
	public:
		using ServedConnection::ServedConnection;
		using ServedConnection::announceBlocking;

	protected:
		Poco::UInt64 requestKind() override
		{
			const char first = requestData()[0];
			return first == 'n' ? KIND_NEVER_BLOCKS : first == 'y' ? KIND_MAY_BLOCK : KIND_UNKNOWN;
		}
	};


	class RunningEngine
		/// What is behind an EVTCPServer with one loop. A request that begins with 'b' waits at the gate that is closed at the moment,
		/// one with 'm' as well, and says so before.
	{
	public:
		RunningEngine(int threads, EVServerOptions::ExecutionPolicy policy):
			_socket(SocketAddress("127.0.0.1", 0))
		{
			const EVTCPServerParams::Ptr pParams = serverParams(threads, 1, policy);
			const ServedConnection::Run run = [this](ServedConnection& connection)
			{
				const std::string request = connection.request();
				if (request[0] == 'm') static_cast<LineConnection&>(connection).announceBlocking();
				if (request[0] == 'b' || request[0] == 'm') pGate.load()->pass();
				connection.reply(request);
			};
			const auto create = [run](const StreamSocket& socket) { return new LineConnection(socket, run, frameLines); };
			_pEngine = new Engine({new FunctionFactory(create), pParams, *pParams, _socket, false, nullptr});
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

		bool hasSpareThread() const
			/// Waits until nothing runs, and somebody could take the loop over, also if the one who has run something is still busy.
			/// The server gets its third thread when the loop gets its second leader.
		{
			return waitFor([this] { return statistics().running == 0 && statistics().threads >= 3; });
		}

		int newLeaders() const
			/// Returns how often the loop has got another leader.
		{
			const EVServerStatistics current = statistics();
			return static_cast<int>(current.passedOn + current.promotions);
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


	void blockOnce(RunningEngine& engine, StreamSocket& client)
		/// Has the leader replaced while it runs a request: from then on, it is known that they are expensive.
	{
		Gate gate;
		engine.pGate = &gate;
		sendAll(client, "block\n");
		if (!waitFor([&] { return engine.statistics().promotions == 1; })) throw Poco::TimeoutException("the leader is not replaced");
		sleepFor(50);
		gate.open();
		if (receiveLine(client) != "block") throw Poco::DataException("wrong answer");
		if (!engine.hasSpareThread()) throw Poco::TimeoutException("the request does not end");
	}


	void askTenTimes(RunningEngine& engine)
	{
		StreamSocket client = engine.connect();
		for (int i = 0; i < 10; i++)
		{
			if (exchange(client, "x\n") != "x\n") throw Poco::DataException("wrong answer");
		}
	}
}


EVRunModeTest::EVRunModeTest(const std::string& name): ClockedTest(name)
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


void EVRunModeTest::testWorkerIfExpected()
{
	RunningEngine engine(4, EVServerOptions::EXECUTE_ADAPTIVE);
	StreamSocket client = engine.connect();
	blockOnce(engine, client);
	StreamSocket other = engine.connect();
	for (int i = 1; i <= 3; i++)
	{
		assertEqual (std::string("x\n"), exchange(i % 2 ? other : client, "x\n"));
		assertEqual (i, engine.runs(RunnerChoice::RUN_WORKER_EXPECTED));
		assertTrue (engine.hasSpareThread());
	}
	assertEqual (1, engine.runs(RunnerChoice::RUN_LEADER));
	assertEqual (4, engine.sum());
}


void EVRunModeTest::testLeaderOfOneClient()
{
	// Nobody else would wait.
	RunningEngine engine(4, EVServerOptions::EXECUTE_ADAPTIVE);
	StreamSocket client = engine.connect();
	blockOnce(engine, client);
	sleepFor(200);
	assertEqual (std::string("x\n"), exchange(client, "x\n"));
	assertEqual (2, engine.runs(RunnerChoice::RUN_LEADER));
	assertEqual (2, engine.sum());
}


void EVRunModeTest::testHandlerAnnouncesBlocking()
{
	Poco::UInt64 passedOn = 0;
	for (int i = 0; i < 10; i++)
	{
		RunningEngine engine(4, EVServerOptions::EXECUTE_ADAPTIVE);
		StreamSocket other = engine.connect();
		assertEqual (std::string("x\n"), exchange(other, "x\n"));
		assertTrue (waitFor([&] { return engine.statistics().running == 0; }));
		const int before = engine.newLeaders();
		Gate gate;
		engine.pGate = &gate;
		StreamSocket client = engine.connect();
		sendAll(client, "may block\n");
		assertTrue (gate.holds(1));
		// The watcher may have found the handler stuck even before it could say anything, if the system let it wait.
		assertTrue (engine.newLeaders() > before);
		passedOn += engine.statistics().passedOn;
		assertEqual (std::string("x\n"), exchange(other, "x\n"));
		gate.open();
		assertEqual (std::string("may block"), receiveLine(client));
	}
	assertTrue (passedOn > 0);
}


void EVRunModeTest::testHandlerAnnouncesAlone()
{
	// Nobody else would wait. The watcher takes the loop over all the same when that takes long: there may be deadlines.
	RunningEngine engine(4, EVServerOptions::EXECUTE_ADAPTIVE);
	StreamSocket client = engine.connect();
	assertEqual (std::string("x\n"), exchange(client, "x\n"));
	const int before = engine.newLeaders();
	sleepFor(200);
	Gate gate;
	engine.pGate = &gate;
	sendAll(client, "may block\n");
	assertTrue (waitFor([&] { return engine.newLeaders() > before; }));
	assertTrue (engine.statistics().passedOn == 0);
	gate.open();
	assertEqual (std::string("may block"), receiveLine(client));
}


void EVRunModeTest::testKindsOfTheApplication()
{
	RunningEngine engine(4, EVServerOptions::EXECUTE_ADAPTIVE);
	StreamSocket client = engine.connect();
	StreamSocket other = engine.connect();
	blockOnce(engine, client);
	const auto queued = [&](const std::string& line)
		/// Returns how many of four such requests another thread than the leader runs.
	{
		const int before = engine.runs(RunnerChoice::RUN_WORKER_EXPECTED);
		for (int i = 0; i < 4; i++)
		{
			if (exchange(i % 2 ? client : other, line) != line) throw Poco::DataException("wrong answer");
			if (!engine.hasSpareThread()) throw Poco::TimeoutException("the request does not end");
		}
		return engine.runs(RunnerChoice::RUN_WORKER_EXPECTED) - before;
	};
	// What is learned of the other requests says nothing about these.
	assertEqual (0, queued("n\n"));
	assertEqual (4, queued("y\n"));
	assertEqual (4, queued("x\n"));
	assertEqual (0, queued("n\n"));
	// These become short again.
	int rounds = 0;
	while (queued("x\n") > 0 && rounds < 1000) rounds++;
	assertTrue (rounds < 1000);
	assertEqual (4, queued("y\n"));
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
	CppUnit_addTest(pSuite, EVRunModeTest, testWorkerIfExpected);
	CppUnit_addTest(pSuite, EVRunModeTest, testLeaderOfOneClient);
	CppUnit_addTest(pSuite, EVRunModeTest, testHandlerAnnouncesBlocking);
	CppUnit_addTest(pSuite, EVRunModeTest, testHandlerAnnouncesAlone);
	CppUnit_addTest(pSuite, EVRunModeTest, testKindsOfTheApplication);
	CppUnit_addTest(pSuite, EVRunModeTest, testWorkerWithoutPermit);

	return pSuite;
}
