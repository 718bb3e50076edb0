//
// EVHTTPServerFileTest.cpp
//
// Files that are sent: from slow disks, from file systems that refuse this or that, and
// what is no file at all.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerFileTest.h"
#include "CallFaults.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "Poco/DirectoryIterator.h"
#include "Poco/File.h"
#include "Poco/FileStream.h"
#include "Poco/Net/HTTPServer.h"
#include "Poco/TemporaryFile.h"
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <future>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>


namespace
{
	const std::size_t FILE_SIZE = 3*1024*1024; // more than a slice

	class ContentFile: public Poco::TemporaryFile
	{
	public:
		explicit ContentFile(std::size_t size = FILE_SIZE):
			content(pattern(size))
		{
			Poco::FileOutputStream(path()) << content;
		}

		const std::string content;
	};

	void limitSendBuffer(HTTPServerRequest& request)
		/// Keeps the kernel from taking a large response all at once.
	{
		static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(65536);
	}

	HandlerFactoryPtr serveFile(const std::string& path, std::atomic<int>& sent)
		/// Returns a factory for handlers that send the file to who asks for /file, not all of it at once.
	{
		return serveHTTP([path, &sent](HTTPServerRequest& request, HTTPServerResponse& response)
		{
			if (request.getURI() != "/file") return answerURI(request, response);
			limitSendBuffer(request);
			response.sendFile(path, "text/plain");
			++sent;
		});
	}

	class SlowDisk
		/// A disk on which everybody waits once the handlers have sent what they can.
	{
	public:
		explicit SlowDisk(const std::atomic<int>& sent, int handlers = 1):
			_fault(CallFault::CALL_SENDFILE, [this, &sent, handlers](int)
			{
				if (sent >= handlers) _gate.pass();
				return 0;
			})
		{
		}

		~SlowDisk()
		{
			_gate.open(); // who still waits must not be waited for
		}

		Gate& gate()
		{
			return _gate;
		}

		std::string receiveUntilItIsSlow(RawClient& client)
			/// Lets the client take what has been sent: otherwise nobody asks the disk for more.
		{
			std::string received;
			while (_gate.waiting() == 0)
			{
				if (client.socket().poll(Poco::Timespan(1000), StreamSocket::SELECT_READ)) received += receiveSome(client.socket());
			}
			return received;
		}

	private:
		Gate      _gate;
		CallFault _fault;
	};

	class NarrowClient: public RawClient
		/// One for which nobody can send much in advance.
	{
	public:
		explicit NarrowClient(const EVTCPServer& server):
			RawClient(narrow(server))
		{
		}

	private:
		static StreamSocket narrow(const EVTCPServer& server)
		{
			StreamSocket socket = connectTo(server);
			socket.setReceiveBufferSize(65536);
			return socket;
		}
	};

	std::string outcome(const FunctionHandler::Handle& handle, HTTPServerRequest& request, HTTPServerResponse& response)
	{
		try
		{
			handle(request, response);
			return "no exception";
		}
		catch (Poco::Exception& exc)
		{
			return exc.name();
		}
	}

	class NoDescriptors
		/// While there is one, this process can open no descriptors.
	{
	public:
		NoDescriptors():
			_limit()
		{
			::getrlimit(RLIMIT_NOFILE, &_limit);
			const struct rlimit none = { 0, _limit.rlim_max };
			::setrlimit(RLIMIT_NOFILE, &none);
		}

		~NoDescriptors()
		{
			::setrlimit(RLIMIT_NOFILE, &_limit);
		}

	private:
		struct rlimit _limit;
	};

	int openDescriptors(const std::string& path)
		/// Returns how many descriptors of this process are of the file.
	{
		int n = 0;
		char target[4096];
		for (Poco::DirectoryIterator it(std::string("/proc/self/fd")), end; it != end; ++it)
		{
			const ssize_t length = ::readlink(it->path().c_str(), target, sizeof(target));
			if (length > 0 && std::string(target, static_cast<std::size_t>(length)) == path) n++;
		}
		return n;
	}
}


EVHTTPServerFileTest::EVHTTPServerFileTest(const std::string& name): ClockedTest(name)
{
}


void EVHTTPServerFileTest::testSlowDiskHoldsNobodyUp()
{
	for (EVServerOptions::ExecutionPolicy policy: {EVServerOptions::EXECUTE_ADAPTIVE, EVServerOptions::EXECUTE_DEDICATED})
	{
		ContentFile file;
		std::atomic<int> sent(0);
		SlowDisk disk(sent);
		EVHTTPServer server(serveFile(file.path(), sent), 0, httpParams(2, 1, policy));
		server.start();
		NarrowClient client(server);
		client.get("/file");
		assertTrue (waitFor([&] { return sent == 1; }));
		std::string received = disk.receiveUntilItIsSlow(client);
		for (int i = 0; i < 3; i++) assertTrue (RawClient(server).ask("/other").isOK("/other"));
		disk.gate().open();
		const std::string::size_type body = received.find("\r\n\r\n") + 4;
		received += receive(client.socket(), body + file.content.size() - received.size());
		assertTrue (received.compare(body, std::string::npos, file.content) == 0);
		assertTrue (client.ask("/next").isOK("/next"));
		assertTrue (balances(server));
		assertTrue (server.statistics().requests == 5);
	}
}


void EVHTTPServerFileTest::testSlowDiskIsNotTheClientsFault()
{
	ContentFile file;
	std::atomic<int> sent(0);
	std::atomic<int> slow(0);
	CallFault disk(CallFault::CALL_SENDFILE, [&](int)
	{
		if (sent && slow++ < 3) sleepFor(9000); // longer than the send timeout
		return 0;
	});
	EVHTTPServerParams::Ptr pParams = httpParams(2, 1);
	pParams->setTimeout(Poco::Timespan(3, 0)); // a busy machine lets the client itself wait
	EVHTTPServer server(serveFile(file.path(), sent), 0, pParams);
	server.start();
	NarrowClient client(server);
	assertTrue (client.ask("/file").isOK(file.content));
	assertTrue (slow >= 3);
	assertTrue (client.ask("/next").isOK("/next"));
}


void EVHTTPServerFileTest::testSlowDiskRefusesNobody()
{
	// Slices of files are no requests: there is always room for them in the queue, and they take none from the others.
	const int clients = 8;
	ContentFile file;
	std::atomic<int> sent(0);
	SlowDisk disk(sent, clients);
	EVHTTPServerParams::Ptr pParams = httpParams(1, 1, EVServerOptions::EXECUTE_DEDICATED);
	pParams->setMaxQueued(clients);
	EVHTTPServer server(serveFile(file.path(), sent), 0, pParams);
	server.start();
	std::vector<std::unique_ptr<RawClient>> slow;
	for (int i = 0; i < clients; i++)
	{
		slow.emplace_back(new NarrowClient(server));
		slow.back()->get("/file");
	}
	std::vector<std::future<void>> readers;
	std::atomic<int> whole(0);
	assertTrue (waitFor([&] { return sent == clients; }));
	for (auto& pClient: slow) readers.push_back(std::async(std::launch::async, [&] { if (pClient->receiveAnswer().isOK(file.content)) ++whole; }));
	assertTrue (waitFor([&] { return disk.gate().waiting() == 1 && server.statistics().queued == clients - 1; }));
	RawClient other(server);
	other.get("/other"); // the only thread is busy, and the queue has but the slices
	assertTrue (waitFor([&] { return server.statistics().requests == clients + 1; }));
	disk.gate().open();
	assertTrue (other.receiveAnswer().isOK("/other"));
	for (auto& reader: readers) reader.wait();
	assertEqual (clients, whole.load());
	assertTrue (server.statistics().refused == 0);
}


void EVHTTPServerFileTest::testFileWithoutAnotherThread()
{
	ContentFile file;
	std::atomic<int> sent(0);
	EVHTTPServer server(serveFile(file.path(), sent), 0, httpParams(1, 1, EVServerOptions::EXECUTE_INLINE));
	server.start();
	NarrowClient client(server);
	client.get("/file");
	client.get("/next");
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	assertTrue (RawClient(server).ask("/other").isOK("/other"));
	assertTrue (client.receiveAnswer().isOK(file.content));
	assertTrue (client.receiveAnswer().isOK("/next"));
}


void EVHTTPServerFileTest::testFileSystemWithoutSendfile()
{
	ContentFile file;
	std::atomic<int> sent(0);
	for (int error: {EINVAL, ENOSYS, EOPNOTSUPP, EOVERFLOW})
	{
		std::atomic<int> refused(0);
		CallFault disk(CallFault::CALL_SENDFILE, [&](int) { ++refused; return error; });
		EVHTTPServer server(serveFile(file.path(), sent), 0, httpParams(2, 1));
		server.start();
		NarrowClient client(server);
		assertTrue (client.ask("/file").isOK(file.content));
		assertTrue (client.ask("/file").isOK(file.content));
		assertEqual (2, refused.load()); // it is not asked again
	}
}


void EVHTTPServerFileTest::testDiskFails()
{
	ErrorCollector errors;
	ContentFile file;
	for (int handlers: {0, 1}) // in the handler, and after it
	{
		std::atomic<int> sent(0);
		CallFault disk(CallFault::CALL_SENDFILE, [&](int) { return sent >= handlers ? EIO : 0; });
		EVHTTPServer server(serveFile(file.path(), sent), 0, httpParams(2, 1));
		server.start();
		NarrowClient client(server);
		assertTrue (!client.ask("/file").complete);
		assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
		assertTrue (RawClient(server).ask("/other").isOK("/other"));
		assertTrue (balances(server));
	}
	assertEqual (0, openDescriptors(file.path()));
}


void EVHTTPServerFileTest::testSocketThatDoesNotWaitAgain()
{
	// The system keeps a socket from waiting while a file is sent, and then refuses to let it wait again: nobody else may have it. The client has got
	// its file, but something must tell why its next request is not answered.
	ContentFile file(100000);
	std::atomic<int> calls(-1); // since the handler has begun to send
	CallFault fault(CallFault::CALL_FCNTL, [&](int) { return calls >= 0 && ++calls == 3 ? ENOMEM : 0; });
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket().setSendBufferSize(1000000); // it is sent at once
		calls = 0;
		response.sendFile(file.path(), "text/plain");
	}), 0, httpParams(2, 1));
	server.start();
	RawClient client(server);
	client.ask("/file");
	assertTrue (waitFor([&] { return calls >= 3; })); // the client has its file before
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
	assertTrue (balances(server));
}


void EVHTTPServerFileTest::testFileIsReplaced()
{
	// Just before it is opened, but after anybody who looks at its path first.
	ContentFile file(1000000);
	for (std::size_t size: {1500000, 500000, 5, 0})
	{
		ContentFile other(size);
		std::atomic<int> sent(0);
		CallFault disk([&](const std::string& path)
		{
			if (path == file.path()) ::rename(other.path().c_str(), file.path().c_str());
			return 0;
		});
		EVHTTPServer server(serveFile(file.path(), sent), 0, httpParams());
		server.start();
		RawClient client(server);
		assertTrue (client.ask("/file").isOK(other.content));
		assertTrue (client.ask("/next").isOK("/next"));
	}
}


void EVHTTPServerFileTest::testFileIsLeased()
{
	ContentFile file(10);
	std::atomic<int> sent(0);
	EVHTTPServer server(serveFile(file.path(), sent), 0, httpParams());
	server.start();
	const int fd = ::open(file.path().c_str(), O_RDWR | O_CLOEXEC);
	void (*previous)(int) = std::signal(SIGIO, SIG_IGN); // by which the system asks for the lease
	if (::fcntl(fd, F_SETLEASE, F_WRLCK) == 0) // else not on this file system
	{
		RawClient client(server);
		client.get("/file");
		assertTrue (waitFor([&] { return ::fcntl(fd, F_GETLEASE) != F_WRLCK; }));
		assertTrue (::fcntl(fd, F_SETLEASE, F_UNLCK) == 0);
		assertTrue (client.receiveAnswer().isOK(file.content));
	}
	::close(fd);
	std::signal(SIGIO, previous);
}


void EVHTTPServerFileTest::testWhatIsNoFile()
{
	Poco::TemporaryFile folder;
	folder.createDirectories();
	const std::string fifo = folder.path() + "/fifo";
	const std::string unreadable = folder.path() + "/unreadable";
	assertTrue (::mkfifo(fifo.c_str(), 0600) == 0 && ::chmod(fifo.c_str(), 0644) == 0);
	Poco::FileOutputStream(unreadable) << "content";
	::chmod(unreadable.c_str(), 0);
	::chmod(folder.path().c_str(), 0755);
	const HandlerFactoryPtr pFactory = serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		// Who may do everything, may not here.
		const int user = ::setfsuid(65534);
		const std::string name = outcome([](HTTPServerRequest& request, HTTPServerResponse& response) { response.sendFile(request.getURI(), "text/plain"); }, request, response);
		::setfsuid(static_cast<uid_t>(user));
		if (name != "no exception") response.sendBuffer(name.data(), name.size());
	});
	EVHTTPServer server(pFactory, 0, httpParams());
	server.start();
	Poco::Net::HTTPServer pocoServer(pFactory, Poco::Net::ServerSocket(0), new Poco::Net::HTTPServerParams);
	pocoServer.start();
	for (const std::string& path: {folder.path() + "/missing", fifo + "/in", unreadable, "/" + std::string(300, 'x'), "/" + std::string(5000, 'x')})
	{
		const Answer expected = RawClient(Poco::Net::SocketAddress("127.0.0.1", pocoServer.port())).ask(path);
		const Answer answer = RawClient(server).ask(path);
		assertTrue (answer.complete && answer.status == 200);
		assertEqual (expected.body, answer.body);
	}
	for (const std::string& path: {folder.path(), fifo, std::string("/dev/zero"), std::string("/dev/null")})
	{
		RawClient client(server);
		assertTrue (client.ask(path).isOK(Poco::OpenFileException().name()));
		assertTrue (client.ask(unreadable).isOK(Poco::FileAccessDeniedException().name())); // nothing is left of it
	}
	pocoServer.stop();
}


void EVHTTPServerFileTest::testFilesWithoutASize()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response) { response.sendFile(request.getURI(), "text/plain"); }), 0, httpParams());
	server.start();
	int larger = 0;
	for (const char* path: {"/proc/version", "/proc/self/environ", "/proc/kallsyms", "/sys/kernel/mm/transparent_hugepage/enabled"})
	{
		std::string content;
		if (!Poco::File(path).exists()) continue;
		Poco::FileInputStream istr(path);
		Poco::StreamCopier::copyToString(istr, content);
		if (content.size() > 65536) larger++;
		RawClient client(server);
		const Answer answer = client.ask(path);
		assertTrue (answer.isOK(content));
		assertEqual (content.size() > 65536 ? "" : std::to_string(content.size()), answer.field("Content-Length"));
		client.send(std::string("HEAD ") + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
		assertTrue (client.receiveAnswer(true).status == 200);
		assertTrue (client.ask(path).isOK(content));
		RawClient old(server);
		old.send(std::string("GET ") + path + " HTTP/1.0\r\n\r\n");
		assertTrue (old.receiveAnswer().isOK(content));
	}
}


void EVHTTPServerFileTest::testHandlerReadsWhileItsFileWaits()
{
	// Whoever uses the socket behind a file waits for the client, and finds the socket as it was.
	ContentFile file;
	std::atomic<bool> blocking(false);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		limitSendBuffer(request);
		response.sendFile(file.path(), "text/plain");
		StreamSocket socket = detachSocket(request);
		blocking = (socket.impl()->fcntl(F_GETFL) & O_NONBLOCK) == 0;
		char c = 0;
		if (socket.receiveBytes(&c, 1) == 1) socket.sendBytes(&c, 1);
		socket.shutdownSend();
	}), 0, httpParams());
	server.start();
	NarrowClient client(server);
	assertTrue (client.ask("/").isOK(file.content));
	assertTrue (blocking);
	sleepFor(20); // it waits for the byte
	client.send("x");
	assertEqual ("x", client.receiveRest());
}


void EVHTTPServerFileTest::testResponseBehindAFile()
{
	ContentFile file;
	std::atomic<int> sent(0);
	EVHTTPServer server(serveFile(file.path(), sent), 0, httpParams(2, 1));
	server.start();
	NarrowClient client(server);
	for (int i = 0; i < 3; i++)
	{
		client.get("/file");
		client.get("/next");
	}
	for (int i = 0; i < 3; i++)
	{
		assertTrue (client.receiveAnswer().isOK(file.content));
		assertTrue (client.receiveAnswer().isOK("/next"));
	}
	assertTrue (balances(server));
}


void EVHTTPServerFileTest::testStopWhileTheDiskIsSlow()
{
	for (bool abort: {false, true})
	{
		const int clients = 4;
		ContentFile file;
		std::atomic<int> sent(0);
		SlowDisk disk(sent, clients);
		EVHTTPServer server(serveFile(file.path(), sent), 0, httpParams(2, 1));
		server.start();
		std::vector<std::unique_ptr<RawClient>> slow;
		std::vector<std::future<void>> readers;
		std::atomic<int> whole(0);
		for (int i = 0; i < clients; i++)
		{
			slow.emplace_back(new NarrowClient(server));
			slow.back()->get("/file");
		}
		assertTrue (waitFor([&] { return sent == clients; }));
		for (auto& pClient: slow)
		{
			readers.push_back(std::async(std::launch::async, [&]
			{
				try
				{
					if (pClient->receiveAnswer().isOK(file.content)) ++whole;
				}
				catch (Poco::Exception&)
				{
					// it is reset
				}
			}));
		}
		assertTrue (waitFor([&] { return disk.gate().waiting() == 2 && server.statistics().queued == clients - 2; }));
		auto stopping = std::async(std::launch::async, [&] { if (abort) server.stopAll(true); else server.stop(); });
		assertTrue (waitFor([&] { return server.statistics().queued == 0; }));
		disk.gate().open();
		stopping.wait();
		for (auto& reader: readers) reader.wait();
		if (!abort) assertEqual (clients, whole.load()); // it has been waited for
		assertTrue (allAccountedFor(server));
		assertEqual (0, openDescriptors(file.path()));
	}
}


void EVHTTPServerFileTest::testDrainSendsFiles()
{
	ContentFile file;
	std::atomic<int> sent(0);
	SlowDisk disk(sent);
	EVHTTPServer server(serveFile(file.path(), sent), 0, httpParams(2, 1));
	server.start();
	NarrowClient client(server);
	client.get("/file");
	assertTrue (waitFor([&] { return sent == 1; }));
	std::atomic<bool> whole(false);
	auto reader = std::async(std::launch::async, [&] { whole = client.receiveAnswer().isOK(file.content); });
	assertTrue (disk.gate().holds(1));
	std::atomic<bool> drained(false);
	auto draining = std::async(std::launch::async, [&] { drained = server.drain(Poco::Timespan(DEADLINE*Poco::Timespan::MILLISECONDS)); });
	disk.gate().open();
	reader.wait();
	draining.wait();
	assertTrue (whole);
	assertTrue (drained);
	server.stop();
	assertTrue (allAccountedFor(server));
}


void EVHTTPServerFileTest::testClosedWhileTheDiskIsSlow()
{
	ContentFile file;
	std::atomic<int> sent(0);
	SlowDisk disk(sent);
	EVHTTPServer server(serveFile(file.path(), sent), 0, httpParams(2, 1));
	server.start();
	{
		NarrowClient client(server);
		client.get("/file");
		assertTrue (waitFor([&] { return sent == 1; }));
		disk.receiveUntilItIsSlow(client);
		resetConnection(client.socket());
	}
	disk.gate().open();
	assertTrue (isClosedBecause(server, EVServerStatistics::CLOSED_RESET));
	assertTrue (waitFor([&] { return openDescriptors(file.path()) == 0; }));
	assertTrue (RawClient(server).ask("/other").isOK("/other"));
	assertTrue (balances(server));
}


void EVHTTPServerFileTest::testShortRestsAreNotKeptOpen()
{
	// What a client does not take at once of a file that is not large needs memory, and no descriptor.
	const int clients = 20;
	ContentFile large;
	Poco::TemporaryFile file;
	std::atomic<int> sent(0);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		limitSendBuffer(request);
		response.sendFile(request.getURI(), "text/plain");
	}), 0, httpParams(2, 1));
	server.start();
	const std::size_t before = CallFault::bytesSentFromFiles();
	NarrowClient first(server);
	first.get(large.path());
	assertTrue (waitFor([&] { return server.statistics().flushing == 1; }));
	assertEqual (1, openDescriptors(large.path()));
	const std::string content = pattern(CallFault::bytesSentFromFiles() - before + 30000); // what the system takes, and a little more
	Poco::FileOutputStream(file.path()) << content;
	std::vector<std::unique_ptr<RawClient>> slow;
	for (int i = 0; i < clients; i++)
	{
		slow.emplace_back(new NarrowClient(server));
		slow.back()->get(file.path());
	}
	// What the system takes differs a little: some may have got all of it.
	assertTrue (waitFor([&] { return server.statistics().completed == clients + 1 && server.statistics().running == 0; }));
	assertTrue (server.statistics().flushing > 1);
	assertEqual (0, openDescriptors(file.path()));
	for (auto& pClient: slow) assertTrue (pClient->receiveAnswer().isOK(content));
	assertTrue (first.receiveAnswer().isOK(large.content));
}


void EVHTTPServerFileTest::testNoDescriptorForTheFile()
{
	// The handler gets what it gets from Poco, and can answer.
	ErrorCollector errors;
	ContentFile file;
	std::atomic<int> sent(0);
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		const std::string name = outcome([&](HTTPServerRequest&, HTTPServerResponse& response)
		{
			const NoDescriptors noDescriptors; // until the exception is caught: UndefinedBehaviorSanitizer needs some
			response.sendFile(file.path(), "text/plain");
		}, request, response);
		response.sendBuffer(name.data(), name.size());
	}), 0, httpParams());
	server.start();
	RawClient client(server);
	assertTrue (client.ask("/").isOK(Poco::FileException().name()));
	assertTrue (client.ask("/").isOK(Poco::FileException().name()));
}


CppUnit::Test* EVHTTPServerFileTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerFileTest");

	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testSlowDiskHoldsNobodyUp);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testSlowDiskIsNotTheClientsFault);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testSlowDiskRefusesNobody);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testFileWithoutAnotherThread);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testFileSystemWithoutSendfile);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testDiskFails);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testSocketThatDoesNotWaitAgain);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testFileIsReplaced);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testFileIsLeased);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testWhatIsNoFile);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testFilesWithoutASize);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testHandlerReadsWhileItsFileWaits);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testResponseBehindAFile);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testStopWhileTheDiskIsSlow);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testDrainSendsFiles);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testClosedWhileTheDiskIsSlow);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testShortRestsAreNotKeptOpen);
	CppUnit_addTest(pSuite, EVHTTPServerFileTest, testNoDescriptorForTheFile);

	return pSuite;
}
