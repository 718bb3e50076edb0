//
// EVHandoverTest.cpp
//
// Servers that replace each other while clients keep coming. The processes are real.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHandoverTest.h"
#include "CppUnit/TestCaller.h"
#include "HandoverSupport.h"
#include "HTTPTestSupport.h"
#include "Poco/TemporaryFile.h"
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <sys/prctl.h>


namespace
{
	class Generations
		/// The server, which is another process after each handOver().
	{
	public:
		explicit Generations(const SocketAddress& address):
			_address(address),
			_pid(0)
		{
			// When a predecessor ends, its successor becomes our child, whose end can be waited for.
			::prctl(PR_SET_CHILD_SUBREAPER, 1);
			const std::vector<EVSharedSocket> sockets(1, EVSharedSocket(address));
			_address = sockets[0].address();
			_pid = EVSharedSocket::startSuccessor(sockets, handoverProgram(), {"serve"});
		}

		~Generations()
		{
			if (_pid > 0) end(SIGKILL);
			::prctl(PR_SET_CHILD_SUBREAPER, 0);
		}

		const SocketAddress& address() const
		{
			return _address;
		}

		int handOver()
			/// Returns the status of the predecessor.
		{
			const int status = end(SIGUSR2);
			_pid = std::atoi(RawClient(_address).ask("/pid").body.c_str());
			return status;
		}

		int end(int signal)
		{
			const pid_t pid = _pid;
			_pid = 0;
			::kill(pid, signal);
			return waitForProcess(pid);
		}

		pid_t pid() const
		{
			return _pid;
		}

	private:
		SocketAddress _address;
		pid_t         _pid;
	};


	struct Load
		/// What clients see.
	{
		std::atomic<bool> done{false};
		std::atomic<int>  answered{0};
		std::atomic<int>  repeated{0};   /// on a new connection, because the kept one was closed between requests
		std::atomic<int>  refused{0};    /// no connection
		std::atomic<int>  cut{0};        /// no answer to the first request of a connection, or half an answer
	};


	enum Outcome
	{
		ANSWERED,
		NOTHING,
		HALF
	};


	Outcome ask(RawClient& client, const std::string& uri)
	{
		try
		{
			const Answer answer = client.ask(uri);
			if (answer.complete && answer.status == 200) return ANSWERED;
			return answer.status == 0 && client.buffered() == 0 ? NOTHING : HALF;
		}
		catch (Poco::Net::NetException&)
		{
			return client.buffered() == 0 ? NOTHING : HALF;
		}
		catch (Poco::IOException&) // a broken pipe
		{
			return NOTHING;
		}
	}


	void comeAndGo(const SocketAddress& address, const std::string& uri, int requestsPerConnection, Load& load)
		/// Does what an HTTP client does: a request that a kept connection has not taken is sent again on a new one.
	{
		std::unique_ptr<RawClient> pClient;
		int requests = 0;
		while (!load.done)
		{
			try
			{
				if (!pClient) pClient.reset(new RawClient(address));
			}
			catch (Poco::Exception&)
			{
				++load.refused;
				continue;
			}
			const Outcome outcome = ask(*pClient, uri);
			if (outcome == ANSWERED)
			{
				++load.answered;
				if (++requests < requestsPerConnection) continue;
			}
			else if (outcome == NOTHING && requests > 0) ++load.repeated;
			else ++load.cut;
			pClient.reset();
			requests = 0;
		}
	}
}


EVHandoverTest::EVHandoverTest(const std::string& name): CppUnit::TestCase(name)
{
}


EVHandoverTest::~EVHandoverTest()
{
}


void EVHandoverTest::handOverUnderLoad(const SocketAddress& address)
{
	const char* pHandovers = std::getenv("EVNET_HANDOVERS");
	const int handovers = pHandovers ? std::atoi(pHandovers) : 4;
	Generations server(address);
	Load load;
	int failures = 0;
	std::thread restarter([&]
	{
		for (int i = 0; i < handovers; i++)
		{
			const int answered = load.answered;
			waitFor([&] { return load.answered > answered + 100; });
			if (server.handOver() != 0) ++failures;
		}
		load.done = true;
	});
	const std::string errors = inParallel(8, [&](int i)
	{
		comeAndGo(server.address(), i % 4 == 3 ? "/slow" : "/", i % 2 == 0 ? 1 : 1000, load);
	});
	restarter.join();
	if (pHandovers)
	{
		std::cout << handovers << " handovers: " << load.answered << " requests answered, " << load.repeated << " repeated, "
			<< load.refused << " connections refused, " << load.cut << " cut" << std::endl;
	}
	assertEqual(std::string(), errors);
	assertEqual(0, load.refused.load());
	assertEqual(0, load.cut.load());
	assertEqual(0, failures);
	assertTrue (load.answered > 100*handovers);
	assertEqual(0, server.end(SIGTERM));
}


void EVHandoverTest::testHandOverUnderLoad()
{
	handOverUnderLoad(SocketAddress("127.0.0.1", 0));
}


void EVHandoverTest::testHandOverOfUnixDomainSocket()
{
	Poco::TemporaryFile file; // removes it in the end
	handOverUnderLoad(SocketAddress(SocketAddress::UNIX_LOCAL, file.path()));
}


void EVHandoverTest::testConnectionsWaitForTheSuccessor()
{
	// Between two processes: nobody accepts, and nobody is refused.
	const EVSharedSocket socket(SocketAddress("127.0.0.1", 0));
	std::vector<RawClient> clients;
	for (int i = 0; i < 20; i++)
	{
		clients.emplace_back(socket.address());
		clients.back().get("/");
	}
	const pid_t pid = EVSharedSocket::startSuccessor({socket}, handoverProgram(), {"serve"});
	for (RawClient& client: clients) assertTrue (client.receiveAnswer().isOK(std::to_string(pid)));
	::kill(pid, SIGTERM);
	assertEqual(0, waitForProcess(pid));
}


void EVHandoverTest::setUp()
{
}


void EVHandoverTest::tearDown()
{
}


CppUnit::Test* EVHandoverTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHandoverTest");

	CppUnit_addTest(pSuite, EVHandoverTest, testHandOverUnderLoad);
	CppUnit_addTest(pSuite, EVHandoverTest, testHandOverOfUnixDomainSocket);
	CppUnit_addTest(pSuite, EVHandoverTest, testConnectionsWaitForTheSuccessor);

	return pSuite;
}
