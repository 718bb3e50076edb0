//
// SecureTransportTest.cpp
//
// SecureTransport and WatchedDescriptor, with a socket that only claims to encrypt.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "SecureTransportTest.h"
#include "core/PocoVersion.h"
#include "socket/ConnectionSocketImpl.h"
#include "socket/SecureTransport.h"
#include "socket/WatchedDescriptor.h"
#include "CppUnit/TestCaller.h"
#include "CppUnit/TestSuite.h"
#include "Poco/AutoPtr.h"
#include "Poco/Environment.h"
#include "Poco/Net/StreamSocketImpl.h"
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/uio.h>
#include <thread>
#include <unistd.h>
#include <utility>


using Poco::EVNet::SecureTransport;
using Poco::EVNet::WatchedDescriptor;


SecureTransportTest::SecureTransportTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	const Poco::Timespan TIMEOUT(7, 0);

	struct Pair
		/// Two ends of a connection. The second one is closed at the end.
	{
		Pair()
		{
			::socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
		}

		~Pair()
		{
			::close(fds[1]);
		}

		int fds[2];
	};

	class ClaimsToEncrypt: public Poco::Net::StreamSocketImpl
	{
	public:
		explicit ClaimsToEncrypt(int fd):
			StreamSocketImpl(fd)
		{
		}

		bool secure() const override
		{
			return true;
		}

		int available() override
		{
			return 0;
		}

		int sendBytes(const void* buffer, int length, int flags = 0) override
		{
			note();
			if (wantsToReceive) throw Poco::TimeoutException(); // as a SecureStreamSocket before Poco 1.14
			return StreamSocketImpl::sendBytes(buffer, length, flags | MSG_DONTWAIT);
		}

		Poco::EVNet::ShutdownResult shutdown() override
		{
			note();
			return StreamSocketImpl::shutdown();
		}

		bool wantsToReceive = false;
		bool waited = false;   /// somebody has called it when it might have waited

	private:
		void note()
		{
			if (getBlocking() || (Poco::Environment::libraryVersion() < 0x010E0000 && (getReceiveTimeout() != 0 || getSendTimeout() != 0))) waited = true;
		}
	};

	ssize_t send(SecureTransport& transport)
	{
		char text[] = "text";
		const struct iovec part = {text, 4};
		return transport.send(POCO_INVALID_SOCKET, &part, 1);
	}
}


void SecureTransportTest::testPocosThatWait()
{
	for (Poco::UInt32 version: {0x010B0000u, 0x010B0800u, 0x010C0200u, 0x010D0000u, 0x010D0200u, 0x010E0000u, 0x010E0200u, 0x010F0000u}) assertTrue (!SecureTransport::waitsAnyway(version));
	for (Poco::UInt32 version: {0x010D0300u, 0x010D0400u}) assertTrue (SecureTransport::waitsAnyway(version));
}


void SecureTransportTest::testAbortSparesWhoHasTheNumber()
{
	Pair pair;
	Poco::AutoPtr<ClaimsToEncrypt> pSocket(new ClaimsToEncrypt(pair.fds[0]));
	WatchedDescriptor descriptor(*pSocket);
	assertTrue (descriptor.isOpen());
	pSocket->close();
	assertTrue (!descriptor.isOpen());
	assertTrue (descriptor.current() == POCO_INVALID_SOCKET);

	Pair next;
	if (next.fds[1] == descriptor.number()) std::swap(next.fds[0], next.fds[1]);
	if (next.fds[0] != descriptor.number())
	{
		::dup2(next.fds[0], descriptor.number());
		::close(next.fds[0]);
	}
	descriptor.abort();
	descriptor.close();
	assertTrue (::write(descriptor.number(), "x", 1) == 1);
	char c = 0;
	assertTrue (::read(next.fds[1], &c, 1) == 1);
	::close(descriptor.number());

	Pair own;
	Poco::AutoPtr<ClaimsToEncrypt> pOwn(new ClaimsToEncrypt(own.fds[0]));
	WatchedDescriptor alive(*pOwn);
	alive.abort();
	assertTrue (::read(own.fds[1], &c, 1) == 0);
}


void SecureTransportTest::testSendThatWantsToReceive()
{
	Pair pair;
	Poco::AutoPtr<ClaimsToEncrypt> pSocket(new ClaimsToEncrypt(pair.fds[0]));
	SecureTransport transport(*pSocket);
	pSocket->wantsToReceive = true;
	assertTrue (send(transport) == -1 && errno == EAGAIN);
	assertTrue (transport.wantsToReceive());
	pSocket->wantsToReceive = false;
	assertTrue (send(transport) == 4);
	assertTrue (!transport.wantsToReceive());

	char buffer[4096] = {};
	while (::send(pair.fds[0], buffer, sizeof(buffer), MSG_DONTWAIT) > 0);
	assertTrue (send(transport) == -1 && errno == EAGAIN);
	assertTrue (!transport.wantsToReceive());
}


void SecureTransportTest::testLendAndTakeBack()
{
	Pair pair;
	Poco::AutoPtr<ClaimsToEncrypt> pSocket(new ClaimsToEncrypt(pair.fds[0]));
	SecureTransport transport(*pSocket);
	assertTrue (!pSocket->getBlocking());
	transport.lend(TIMEOUT);
	assertTrue (pSocket->getBlocking());
	assertTrue (transport.sendTimeout() == TIMEOUT && transport.receiveTimeout() == TIMEOUT);
	assertTrue (send(transport) == 4);
	assertTrue (pSocket->getBlocking()); // for the handler
	assertTrue (transport.sendTimeout() == TIMEOUT);
	transport.takeBack();
	assertTrue (send(transport) == 4);
	assertTrue (!pSocket->getBlocking());

	transport.lend(0);
	assertTrue (!pSocket->getBlocking());
	pSocket->setBlocking(true); // the handler wants it so
	pSocket->setSendTimeout(TIMEOUT);
	assertTrue (send(transport) == 4);
	assertTrue (pSocket->getBlocking());
	assertTrue (transport.sendTimeout() == TIMEOUT);
	transport.takeBack();
	assertTrue (transport.sendTimeout() == 0);
	assertTrue (send(transport) == 4);
	assertTrue (!pSocket->getBlocking());
	assertTrue (!pSocket->waited);
}


void SecureTransportTest::testShutdownDoesNotWait()
{
	Pair pair;
	Poco::AutoPtr<ClaimsToEncrypt> pSocket(new ClaimsToEncrypt(pair.fds[0]));
	SecureTransport transport(*pSocket);
	transport.lend(TIMEOUT);
	transport.shutdown();
	assertTrue (!pSocket->waited);
	assertTrue (!pSocket->getBlocking()); // nor does close()
}


void SecureTransportTest::testClosedByTheHandler()
{
	Pair pair;
	Poco::AutoPtr<ClaimsToEncrypt> pSocket(new ClaimsToEncrypt(pair.fds[0]));
	SecureTransport transport(*pSocket);
	transport.lend(TIMEOUT);
	pSocket->close();
	char buffer[10];
	assertTrue (send(transport) == -1 && errno == EBADF);
	assertTrue (transport.receive(POCO_INVALID_SOCKET, buffer, sizeof(buffer)) == -1 && errno == EBADF);
	transport.shutdown();
	transport.giveAway(TIMEOUT);
	transport.takeBack();
}


void SecureTransportTest::testAdoptedMeanwhile()
{
	Pair pair;
	Poco::AutoPtr<ClaimsToEncrypt> pSocket(new ClaimsToEncrypt(pair.fds[0]));
	SecureTransport first(*pSocket);
	assertTrue (first.isLatest());
	{
		SecureTransport second(*pSocket);
		assertTrue (!first.isLatest());
		assertTrue (second.isLatest());
		first.giveAway(TIMEOUT);
		assertTrue (!pSocket->getBlocking());
		second.giveAway(TIMEOUT);
		assertTrue (pSocket->getBlocking());
	}
}


void SecureTransportTest::testWriterGivesUp()
{
	Pair pair;
	Poco::AutoPtr<ClaimsToEncrypt> pInner(new ClaimsToEncrypt(pair.fds[0]));
	Poco::EVNet::BufferPool::Ptr pPool(new Poco::EVNet::BufferPool({1 << 20, 1 << 16, 1 << 20, 1 << 24, Poco::Timespan(20, 0), 0}));
	std::string all;
	std::thread reader;
	bool timedOut = false;
	{
		Poco::Net::StreamSocket socket(new Poco::EVNet::ConnectionSocketImpl(*pInner, pPool)); // as detachSocket() returns it
		socket.setSendTimeout(Poco::Timespan(100*Poco::Timespan::MILLISECONDS));
		const std::string first(1000000, 'a');
		try
		{
			socket.sendBytes(first.data(), static_cast<int>(first.size()));
		}
		catch (Poco::TimeoutException&)
		{
			timedOut = true;
		}
		reader = std::thread([&]
		{
			char buffer[65536];
			for (ssize_t n; (n = ::read(pair.fds[1], buffer, sizeof(buffer))) > 0;) all.append(buffer, static_cast<std::size_t>(n));
		});
		socket.setSendTimeout(Poco::Timespan(20, 0));
		const std::string second(100000, 'b');
		socket.sendBytes(second.data(), static_cast<int>(second.size()));
		socket.close();
	}
	pInner = nullptr;
	reader.join();
	assertTrue (timedOut);
	assertEqual (100000, static_cast<int>(std::count(all.begin(), all.end(), 'b')));
}


CppUnit::Test* SecureTransportTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("SecureTransportTest");

	CppUnit_addTest(pSuite, SecureTransportTest, testPocosThatWait);
	CppUnit_addTest(pSuite, SecureTransportTest, testAbortSparesWhoHasTheNumber);
	CppUnit_addTest(pSuite, SecureTransportTest, testSendThatWantsToReceive);
	CppUnit_addTest(pSuite, SecureTransportTest, testLendAndTakeBack);
	CppUnit_addTest(pSuite, SecureTransportTest, testShutdownDoesNotWait);
	CppUnit_addTest(pSuite, SecureTransportTest, testClosedByTheHandler);
	CppUnit_addTest(pSuite, SecureTransportTest, testAdoptedMeanwhile);
	CppUnit_addTest(pSuite, SecureTransportTest, testWriterGivesUp);

	return pSuite;
}
