//
// ServerModelsTest.cpp
//
// The sample ServerModels: all models serve the same protocols, and survive the same clients.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "ServerModelsTest.h"
#include "HTTPTestSupport.h"
#include "ServerModelsProgram.h"
#include "CppUnit/TestCaller.h"


ServerModelsTest::ServerModelsTest(const std::string& name): CppUnit::TestCase(name)
{
}


ServerModelsTest::~ServerModelsTest()
{
}


namespace
{
	const std::size_t LARGE = 1000000;
	const std::string HELLO = "Hello, World!";


	enum Clients
		/// How many a model can serve at once.
	{
		ONE,
		MANY
	};


	//
	// what is checked of each model
	//
	void checkAnswers(const SocketAddress& address)
	{
		RawClient client(address);
		assertTrue(client.ask("/").isOK(HELLO));
		assertTrue(client.ask("/").isOK(HELLO));
		client.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
		const Answer head = client.receiveAnswer(true);
		assertEqual(200, head.status);
		assertEqual(std::string("13"), head.field("Content-Length"));
		const std::string body = pattern(200000);
		client.post("/echo", body);
		assertTrue(client.receiveAnswer().isOK(body));
		client.post("/echo", body, "Expect: 100-continue\r\n");
		Answer answer = client.receiveAnswer();
		if (answer.status == 100) answer = client.receiveAnswer();
		assertTrue(answer.isOK(body));
		const Answer last = client.ask("/", "Connection: close\r\n");
		assertTrue(last.isOK(HELLO) && last.saysClose());
		assertTrue(client.hasEnded());

		RawClient old(address);
		old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
		assertTrue(old.receiveAnswer().isOK(HELLO));
		old.send("GET / HTTP/1.0\r\n\r\n");
		assertTrue(old.receiveAnswer().isOK(HELLO));
		assertTrue(old.hasEnded());
	}

	void checkPipelining(const SocketAddress& address)
	{
		RawClient client(address);
		std::string requests;
		for (int i = 0; i < 100; i++)
		{
			const std::string body = std::to_string(i);
			requests += "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
		}
		client.send(requests);
		for (int i = 0; i < 100; i++)
		{
			assertTrue(client.receiveAnswer().isOK(HELLO));
			assertTrue(client.receiveAnswer().isOK(std::to_string(i)));
		}
	}

	void checkPieces(const SocketAddress& address)
	{
		RawClient client(address);
		client.socket().setNoDelay(true);
		for (char c: std::string("\r\nPOST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbodyGET / HT"))
		{
			client.send(std::string(1, c));
			sleepFor(1);
		}
		assertTrue(client.receiveAnswer().isOK("body"));
		client.send("TP/1.1\r\nHost: localhost\r\n\r\n");
		assertTrue(client.receiveAnswer().isOK(HELLO));
	}

	void checkCrowd(const SocketAddress& address, Clients clients)
	{
		const int CROWD = 16;
		if (clients == ONE)
		{
			for (int i = 0; i < CROWD; i++) assertTrue(RawClient(address).ask("/").isOK(HELLO));
			return;
		}
		std::vector<RawClient> crowd;
		for (int i = 0; i < CROWD; i++) crowd.emplace_back(address);
		for (int round = 0; round < 3; round++)
		{
			for (RawClient& client: crowd) client.get("/");
			for (RawClient& client: crowd) assertTrue(client.receiveAnswer().isOK(HELLO));
		}
	}

	void checkRefusal(const SocketAddress& address, const std::string& request, int status)
	{
		RawClient client(address);
		client.send(request);
		const Answer answer = client.receiveAnswer();
		assertEqual(status, answer.status);
		assertTrue(answer.saysClose());
		assertTrue(client.hasEnded());
	}

	void checkErrors(const SocketAddress& address, Clients clients)
	{
		checkRefusal(address, "garbage\r\n\r\n", 400);
		checkRefusal(address, "\x16\x03\x01\x02", 400);
		checkRefusal(address, "GET / HTTP/1.1\r\nHost: localhost\r\nno field\r\n\r\n", 400);
		checkRefusal(address, "GET / HTTP/1.1\r\n\r\n", 400);
		checkRefusal(address, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5,5\r\n\r\nbody", 400);
		checkRefusal(address, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n" + std::string(100000, 'x'), 413);
		checkRefusal(address, "GET /" + std::string(20000, 'x') + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414);
		checkRefusal(address, "GET / HTTP/1.1\r\nHost: localhost\r\n" + std::string(20000, 'x') + std::string(60000, 'y'), 431);
		checkRefusal(address, "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505);

		for (int i = 0; i < 5; i++)
		{
			RawClient client(address);
			client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nbody");
			resetConnection(client.socket());
		}
		{
			RawClient client(address);
			client.get("/");
			client.get("/");
			client.socket().shutdownSend();
			assertTrue(client.receiveAnswer().isOK(HELLO));
			assertTrue(client.receiveAnswer().isOK(HELLO));
			assertTrue(client.hasEnded());
		}
		{
			RawClient client(address);
			client.send("GET / HTTP/1.1\r\nHo");
			client.socket().shutdownSend();
			assertTrue(isClosed(client.socket())); // whether or not it is told that this was no request
		}
		{
			RawClient silent(address);
			if (clients == MANY) assertTrue(RawClient(address).ask("/").isOK(HELLO));
		}
		assertTrue(RawClient(address).ask("/").isOK(HELLO));
	}

	void checkHTTP(const std::string& model, Clients clients)
	{
		ServerModelsProgram program({"--model=" + model, "--port=0", "--protocol=http"});
		const SocketAddress address = program.address();
		checkAnswers(address);
		checkPipelining(address);
		checkPieces(address);
		checkCrowd(address, clients);
		checkErrors(address, clients);
		RawClient idle(address);
		RawClient unfinished(address);
		unfinished.send("GET / HTTP/1.1\r\n");
		program.checkEnd();
	}

	void checkSlowReaders(const std::string& model, Clients clients)
	{
		ServerModelsProgram program({"--model=" + model, "--port=0", "--work=bytes:" + std::to_string(LARGE)});
		const SocketAddress address = program.address();
		const std::string expected(LARGE, 'x');
		StreamSocket socket;
		socket.init(AF_INET);
		socket.setReceiveBufferSize(4096);
		socket.connect(address);
		socket.setReceiveTimeout(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS));
		RawClient slow(socket);
		for (int i = 0; i < 4; i++) slow.get("/"); // more than the system keeps for it
		sleepFor(50);
		if (clients == MANY) assertTrue(RawClient(address).ask("/").isOK(expected));
		for (int i = 0; i < 4; i++)
		{
			assertTrue(slow.receiveAnswer().isOK(expected));
			sleepFor(5);
		}
		program.checkEnd();
	}

	void checkSilentReader(const std::string& model)
		/// One that never reads must not keep the program from ending; some give it a while.
	{
		ServerModelsProgram program({"--model=" + model, "--port=0", "--work=bytes:" + std::to_string(LARGE)});
		RawClient silent(program.address());
		silent.get("/");
		silent.get("/");
		assertTrue(silent.socket().poll(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS), Poco::Net::Socket::SELECT_READ));
		program.checkEnd();
	}

	void checkEcho(const std::string& model, Clients clients)
	{
		ServerModelsProgram program({"--model=" + model, "--port=0", "--protocol=echo"});
		const SocketAddress address = program.address();
		{
			StreamSocket client = connectTo(address);
			for (std::size_t size: {1, 64, 16384, 60000}) assertEqual(pattern(size), ::exchange(client, pattern(size)));
			sendAll(client, "last words");
			client.shutdownSend();
			assertEqual(std::string("last words"), receiveToEnd(client));
		}
		{
			// A client that only sends is stopped sooner or later, and gets all back when it reads
			const std::size_t ENOUGH = 32*1024*1024;
			StreamSocket client = connectTo(address);
			client.setBlocking(false);
			const std::string chunk = pattern(65536);
			std::size_t sent = 0;
			while (sent < ENOUGH && waitFor([&] { return client.poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_WRITE); }, 50))
			{
				const std::size_t offset = sent % chunk.size();
				const int n = client.sendBytes(chunk.data() + offset, static_cast<int>(chunk.size() - offset));
				if (n > 0) sent += static_cast<std::size_t>(n);
			}
			assertTrue(sent < ENOUGH);
			if (clients == MANY)
			{
				StreamSocket other = connectTo(address);
				assertEqual(std::string("hello"), ::exchange(other, "hello"));
			}
			client.setBlocking(true);
			client.shutdownSend();
			const std::string received = receiveToEnd(client);
			assertTrue(received.size() == sent);
			for (std::size_t i = 0; i < sent; i += chunk.size()) assertTrue(received.compare(i, chunk.size(), chunk, 0, std::min(chunk.size(), sent - i)) == 0);
		}
		StreamSocket idle = connectTo(address);
		program.checkEnd();
	}

	void checkWork(const std::string& model, Clients clients)
		/// Checks what requests cost, and that a client that says nothing any more is left.
	{
		ServerModelsProgram program({"--model=" + model, "--port=0", "--work=mixed:3:20", "--workers=3", "--timeout=1"});
		const SocketAddress address = program.address();
		RawClient client(address);
		int slow = 0;
		for (int i = 0; i < 9; i++) client.get("/");
		for (int i = 0; i < 9; i++)
		{
			const Answer answer = client.receiveAnswer();
			assertTrue(answer.isOK(HELLO));
			if (answer.field("X-Slow") == "1") slow++;
		}
		assertEqual(3, slow);
		if (clients == MANY) assertTrue(RawClient(address).ask("/").isOK(HELLO));
		const Stopwatch stopwatch;
		assertTrue(client.hasEnded());
		assertTrue(stopwatch.elapsed() < DEADLINE/2);
		program.checkEnd();
	}

	void checkDescriptors(const std::string& model)
	{
		const int CROWD = 80;
		ServerModelsProgram program({"--model=" + model, "--port=0", "--connections=1000", "--workers=4"}, 64);
		const SocketAddress address = program.address();
		{
			std::vector<StreamSocket> crowd;
			for (int i = 0; i < CROWD; i++) crowd.push_back(connectTo(address));
			// Some are served, some wait, some may be turned away: in whatever way, the program comes to rest
			assertTrue(waitFor([&]
			{
				const double before = program.processorSeconds();
				sleepFor(50);
				return program.processorSeconds() - before < 0.01;
			}));
			for (StreamSocket& socket: crowd) socket.close();
		}
		assertTrue(RawClient(address).ask("/").isOK(HELLO));
		program.checkEnd();
	}

	const std::vector<std::string> MODELS = {"sequential", "fork", "prefork", "thread", "prethread", "select", "epoll-lt", "epoll-et",
		"loop-per-connection", "loop-per-worker", "reuseport", "multi-process-loops", "leader-follower", "evnet-dedicated", "evnet-inline", "evnet-adaptive"};

	void check(const std::string& model, Clients clients = MANY)
	{
		// Each has a program of its own, and mostly waits for it.
		assertEqual(std::string(), inParallel(4, [&](int i)
		{
			if (i == 0) checkHTTP(model, clients);
			else if (i == 1) checkSlowReaders(model, clients);
			else if (i == 2) checkEcho(model, clients);
			else checkDescriptors(model);
		}));
	}
}


void ServerModelsTest::testUsage()
{
	ServerModelsProgram list({"--list"});
	const std::string models = list.readAll();
	assertEqual(0, list.wait());
	assertTrue(models.find("leader-follower ") != std::string::npos);

	ServerModelsProgram help({"--help"});
	assertTrue(help.readAll().find("--workers") != std::string::npos);
	assertEqual(0, help.wait());

	for (const char* wrong: {"--model=none", "--port=0", "--unknown=1"})
	{
		ServerModelsProgram program({wrong});
		assertTrue(program.readAll().find("ServerModels: ") == 0);
		assertEqual(64, program.wait());
	}
	for (const char* wrong: {"--work=play", "--work=sleep:-1", "--protocol=gopher", "--port=70000", "--workers=x"})
	{
		ServerModelsProgram program({"--model=select", wrong});
		assertTrue(program.readAll().find("ServerModels: ") == 0);
		assertEqual(64, program.wait());
	}
}


void ServerModelsTest::testTimeouts()
{
	// Of all models at once: none is shorter than a second.
	assertEqual(std::string(), inParallel(static_cast<int>(MODELS.size()), [](int i)
	{
		const std::string& model = MODELS[static_cast<std::size_t>(i)];
		checkWork(model, model == "sequential" ? ONE : MANY);
	}));
}


void ServerModelsTest::testClientsThatNeverRead()
{
	// Of all models at once: some have patience.
	assertEqual(std::string(), inParallel(static_cast<int>(MODELS.size()), [](int i) { checkSilentReader(MODELS[static_cast<std::size_t>(i)]); }));
}


void ServerModelsTest::testSequential()
{
	check("sequential", ONE);
}


void ServerModelsTest::testFork()
{
	check("fork");
}


void ServerModelsTest::testPrefork()
{
	check("prefork");
}


void ServerModelsTest::testThread()
{
	check("thread");
}


void ServerModelsTest::testPrethread()
{
	check("prethread");
}


void ServerModelsTest::testSelect()
{
	check("select");
}


void ServerModelsTest::testEpollLevelTriggered()
{
	check("epoll-lt");
}


void ServerModelsTest::testEpollEdgeTriggered()
{
	check("epoll-et");
}


void ServerModelsTest::testLoopPerConnection()
{
	check("loop-per-connection");
}


void ServerModelsTest::testLoopPerWorker()
{
	check("loop-per-worker");
}


void ServerModelsTest::testReusePort()
{
	check("reuseport");
}


void ServerModelsTest::testMultiProcessLoops()
{
	check("multi-process-loops");
}


void ServerModelsTest::testLeaderFollower()
{
	check("leader-follower");
}


void ServerModelsTest::testEVNetDedicated()
{
	check("evnet-dedicated");
}


void ServerModelsTest::testEVNetInline()
{
	check("evnet-inline");
}


void ServerModelsTest::testEVNetAdaptive()
{
	check("evnet-adaptive");
}


void ServerModelsTest::setUp()
{
}


void ServerModelsTest::tearDown()
{
}


CppUnit::Test* ServerModelsTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("ServerModelsTest");

	CppUnit_addTest(pSuite, ServerModelsTest, testUsage);
	CppUnit_addTest(pSuite, ServerModelsTest, testTimeouts);
	CppUnit_addTest(pSuite, ServerModelsTest, testClientsThatNeverRead);
	CppUnit_addTest(pSuite, ServerModelsTest, testSequential);
	CppUnit_addTest(pSuite, ServerModelsTest, testFork);
	CppUnit_addTest(pSuite, ServerModelsTest, testPrefork);
	CppUnit_addTest(pSuite, ServerModelsTest, testThread);
	CppUnit_addTest(pSuite, ServerModelsTest, testPrethread);
	CppUnit_addTest(pSuite, ServerModelsTest, testSelect);
	CppUnit_addTest(pSuite, ServerModelsTest, testEpollLevelTriggered);
	CppUnit_addTest(pSuite, ServerModelsTest, testEpollEdgeTriggered);
	CppUnit_addTest(pSuite, ServerModelsTest, testLoopPerConnection);
	CppUnit_addTest(pSuite, ServerModelsTest, testLoopPerWorker);
	CppUnit_addTest(pSuite, ServerModelsTest, testReusePort);
	CppUnit_addTest(pSuite, ServerModelsTest, testMultiProcessLoops);
	CppUnit_addTest(pSuite, ServerModelsTest, testLeaderFollower);
	CppUnit_addTest(pSuite, ServerModelsTest, testEVNetDedicated);
	CppUnit_addTest(pSuite, ServerModelsTest, testEVNetInline);
	CppUnit_addTest(pSuite, ServerModelsTest, testEVNetAdaptive);

	return pSuite;
}
