//
// EVHTTPServerFreshTest.cpp
//
// What a handler gets is as fresh as with Poco's HTTPServer: no request changes another one.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVHTTPServerFreshTest.h"
#include "HTTPTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "CppUnit/TestSuite.h"
#include "Poco/Net/HTTPCookie.h"
#include "Poco/Net/HTTPServerSession.h"
#include "Poco/Net/ServerSocket.h"
#include <iomanip>
#include <locale>


using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;


EVHTTPServerFreshTest::EVHTTPServerFreshTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	StreamSocket& socketOf(HTTPServerRequest& request)
	{
		return static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
	}

	EVHTTPServerParams::Ptr oneThread()
		/// All requests get the same exchange.
	{
		return httpParams(1, 1, EVServerOptions::EXECUTE_INLINE);
	}

	const int ROUNDS = 100; // more than there are streams of an exchange

	struct Dots: std::numpunct<char>
	{
		char do_thousands_sep() const override { return '.'; }
		std::string do_grouping() const override { return "\1"; }
	};

	template <class Stream>
	void spoil(Stream& stream, int kind)
		/// Leaves behind what only fresh memory does not have.
	{
		static const int INDEX = std::ios::xalloc();
		std::stringbuf other("other");
		std::ostringstream dead;
		stream.flags(std::ios::hex | std::ios::showbase | std::ios::unitbuf | std::ios::boolalpha);
		stream.imbue(std::locale(std::locale(), new Dots));
		stream.fill('*');
		stream.precision(1);
		stream.width(30);
		stream.iword(INDEX) = 1;
		stream.iword(INDEX + 100) = 1;
		stream.pword(INDEX) = &stream;
		stream.tie(&dead);
		if (kind % 2 == 0) stream.rdbuf(&other);
		if (kind % 3 == 0) stream.setstate(std::ios::eofbit | std::ios::failbit);
		if (kind % 5 == 0)
		{
			try
			{
				stream.exceptions(std::ios::badbit | std::ios::failbit | std::ios::eofbit);
			}
			catch (std::exception&)
			{
				// they are set nevertheless
			}
		}
	}

	template <class Stream>
	std::string differences(Stream& stream)
		/// Says what is not as with a fresh one.
	{
		Stream fresh(stream.rdbuf());
		std::string result;
		if (stream.flags() != fresh.flags()) result += " flags";
		if (!(stream.getloc() == fresh.getloc())) result += " getloc";
		if (!(stream.rdbuf()->getloc() == fresh.getloc())) result += " rdbuf()->getloc";
		if (stream.fill() != fresh.fill()) result += " fill";
		if (stream.precision() != fresh.precision()) result += " precision";
		if (stream.width() != fresh.width()) result += " width";
		if (stream.exceptions() != fresh.exceptions()) result += " exceptions";
		if (stream.tie() != fresh.tie()) result += " tie";
		if (stream.rdstate() != fresh.rdstate()) result += " rdstate";
		for (int i = 0; i < 200; i++)
		{
			if (stream.iword(i) != 0 || stream.pword(i)) result += " word " + std::to_string(i);
		}
		return result;
	}

	Poco::Net::HTTPServerSession& sessionOf(HTTPServerRequest& request)
	{
		return static_cast<Poco::Net::HTTPServerRequestImpl&>(request).session();
	}

	std::string addresses(const HTTPServerRequest& request)
		/// Returns both, or what is thrown instead.
	{
		try
		{
			return request.clientAddress().toString() + " " + request.serverAddress().toString();
		}
		catch (Poco::Exception& exc)
		{
			return exc.displayText();
		}
	}

	std::string addresses(RawClient& client)
		/// Returns the same, as the client sees it.
	{
		return client.socket().address().toString() + " " + client.socket().peerAddress().toString();
	}
}


void EVHTTPServerFreshTest::testAddressesOfAClientThatIsGone()
{
	// Poco has stored both before the handler runs.
	for (const char* host: {"127.0.0.1", "::1"})
	{
		Gate gate;
		std::mutex mutex;
		std::string seen;
		ServerSocket socket(SocketAddress(host, 0));
		EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&)
		{
			gate.pass();
			waitFor([&] { return !EVHTTPServer::clientConnected(request); });
			std::lock_guard<std::mutex> lock(mutex);
			seen = addresses(request);
		}), socket, httpParams());
		server.start();
		RawClient client(SocketAddress(host, socket.address().port()));
		const std::string expected = addresses(client);
		client.get("/");
		assertTrue (gate.holds(1));
		resetConnection(client.socket());
		gate.open();
		assertTrue (waitFor([&] { return server.statistics().closes() == 1; }));
		std::lock_guard<std::mutex> lock(mutex);
		assertEqual (expected, seen);
	}
}


void EVHTTPServerFreshTest::testAddressesOfAClosedSocket()
{
	std::mutex mutex;
	std::string seen;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse&)
	{
		if (request.getURI() == "/detach") detachSocket(request).close();
		else socketOf(request).close();
		std::lock_guard<std::mutex> lock(mutex);
		seen = addresses(request);
	}), 0, httpParams());
	server.start();
	for (const char* uri: {"/close", "/detach"})
	{
		RawClient client(server);
		const std::string expected = addresses(client);
		client.get(uri);
		assertTrue (isClosed(client.socket()));
		assertTrue (waitFor([&] { return server.statistics().running == 0; }));
		std::lock_guard<std::mutex> lock(mutex);
		assertEqual (expected, seen);
	}
}


void EVHTTPServerFreshTest::testResponseStream()
{
	int kind = 0;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.setChunkedTransferEncoding(true);
		std::ostream& ostr = response.send();
		if (request.getURI() == "/spoil") return spoil(ostr, kind);
		const std::string found = differences(ostr);
		ostr << 255 << ' ' << 1234567 << ' ' << std::setw(3) << 1 << ' ' << 1.25 << ' ' << true << found;
	}), 0, oneThread());
	server.start();
	RawClient client(server);
	for (int i = 0; i < ROUNDS; i++)
	{
		kind = i;
		assertTrue (client.ask("/spoil").complete);
		assertEqual ("255 1234567   1 1.25 1", client.ask("/look").body);
	}
	for (int i = 0; i < ROUNDS; i++) assertTrue (client.ask("/spoil").complete);
	for (int i = 0; i < ROUNDS; i++) assertEqual ("255 1234567   1 1.25 1", client.ask("/look").body);
}


void EVHTTPServerFreshTest::testRequestStream()
{
	int kind = 0;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		std::istream& istr = request.stream();
		if (request.getURI() == "/spoil")
		{
			char some[3];
			istr.read(some, 2);
			spoil(istr, kind);
			istr >> std::noskipws;
			return answer(response, "spoilt");
		}
		const std::string gcount = std::to_string(istr.gcount());
		const std::string found = differences(istr);
		std::string text;
		istr >> text;
		answer(response, gcount + " " + text + found);
	}), 0, oneThread());
	server.start();
	RawClient client(server);
	for (int i = 0; i < ROUNDS; i++)
	{
		kind = i;
		client.post("/spoil", "four");
		assertTrue (client.receiveAnswer().isOK("spoilt"));
		client.post("/look", "  body");
		assertEqual ("0 body", client.receiveAnswer().body);
	}
}


void EVHTTPServerFreshTest::testCallbacksOfStreams()
{
	// They may belong to what the handler has on its stack.
	struct Callbacks
	{
		static int& erased()
		{
			static int count = 0;
			return count;
		}

		static void call(std::ios::event event, std::ios_base&, int)
		{
			if (event == std::ios::erase_event) ++erased();
		}
	};

	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		const int before = Callbacks::erased();
		request.stream().register_callback(&Callbacks::call, 0);
		const std::string text = std::to_string(before);
		response.setContentLength64(static_cast<Poco::Int64>(text.size()));
		std::ostream& ostr = response.send();
		ostr.register_callback(&Callbacks::call, 0);
		ostr << text;
	}), 0, oneThread());
	server.start();
	RawClient client(server);
	for (int i = 0; i < ROUNDS; i++) assertTrue (client.ask("/").isOK(std::to_string(2*i)));
}


void EVHTTPServerFreshTest::testStaleStreams()
{
	// Undefined with Poco; here it is noticed, and no other client sees anything of it.
	ErrorCollector errors;
	std::ostream* pOut = nullptr;
	std::istream* pIn = nullptr;
	bool taken = false;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		response.setChunkedTransferEncoding(true);
		std::istream& istr = request.stream();
		std::ostream& ostr = response.send();
		if (request.getURI() == "/keep")
		{
			pIn = &istr;
			pOut = &ostr;
		}
		else
		{
			pOut->clear();
			(*pOut << "another client's").flush();
			pOut->write(pattern(20000).data(), 20000);
			pOut->clear();
			pOut->flush();
			pIn->clear();
			taken = taken || pIn->get() >= 0 || pIn->rdbuf()->sbumpc() >= 0;
		}
		std::string body;
		istr >> body;
		ostr << body;
	}), 0, oneThread());
	server.start();
	RawClient client(server);
	client.post("/keep", "mine");
	assertTrue (client.receiveAnswer().isOK("mine"));
	RawClient other(server);
	for (int i = 0; i < 30; i++)
	{
		other.post("/", "own");
		assertTrue (other.receiveAnswer().isOK("own"));
	}
	assertTrue (!taken);
	assertTrue (errors.text().find("whose request is done") != std::string::npos);
}


void EVHTTPServerFreshTest::testSessionDataCanBeRemoved()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		Poco::Net::HTTPServerSession& session = sessionOf(request);
		if (request.getURI() == "/login") session.attachSessionData(std::string("user"));
		if (request.getURI() == "/logout") session.attachSessionData(Poco::Any());
		answer(response, session.sessionData().empty() ? "nobody" : Poco::AnyCast<std::string>(session.sessionData()));
	}), 0, oneThread());
	server.start();
	RawClient client(server);
	RawClient other(server);
	for (int i = 0; i < 3; i++)
	{
		assertTrue (client.ask("/").isOK("nobody"));
		assertTrue (client.ask("/login").isOK("user"));
		assertTrue (other.ask("/").isOK("nobody"));
		assertTrue (client.ask("/").isOK("user"));
		assertTrue (client.ask("/logout").isOK("nobody"));
		assertTrue (client.ask("/").isOK("nobody"));
		assertTrue (client.ask("/").isOK("nobody"));
	}
}


void EVHTTPServerFreshTest::testSessionDataIsNotCopied()
{
	struct Large
	{
		explicit Large(int& copies): pCopies(&copies) {}
		Large(const Large& other): pCopies(other.pCopies) { ++*pCopies; }

		int* pCopies;
		char bytes[200] = {};
	};

	int copies = 0;
	const Large* pAttached = nullptr;
	EVHTTPServer server(serveHTTP([&](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		Poco::Net::HTTPServerSession& session = sessionOf(request);
		if (request.getURI() == "/attach")
		{
			session.attachSessionData(Large(copies));
			pAttached = Poco::AnyCast<Large>(&session.sessionData());
			copies = 0;
		}
		if (request.getURI() == "/other") session.attachSessionData(std::string("other"));
		answer(response, Poco::AnyCast<Large>(&session.sessionData()) == pAttached ? "same" : "other");
	}), 0, oneThread());
	server.start();
	RawClient client(server);
	RawClient other(server);
	assertTrue (client.ask("/attach").isOK("same"));
	for (int i = 0; i < 3; i++)
	{
		assertTrue (other.ask("/other").isOK("other"));
		assertTrue (client.ask("/").isOK("same"));
	}
	assertEqual (0, copies);
}


void EVHTTPServerFreshTest::testSettings()
{
	EVHTTPServer server(serveHTTP([](HTTPServerRequest& request, HTTPServerResponse& response)
	{
		Poco::Net::HTTPServerSession& session = sessionOf(request);
		Poco::Net::MessageHeader& trailer = EVHTTPServer::responseTrailer(response);
		std::ostringstream text;
		text << request.getFieldLimit() << ' ' << response.getFieldLimit() << ' ' << trailer.getFieldLimit() << ' ' << session.getTimeout().totalSeconds() << ' ' << session.getKeepAlive()
			<< ' ' << response.size() << ' ' << response.getStatus() << ' ' << response.getVersion() << ' ' << request.size() << ' ' << (session.networkException() == nullptr);
		if (request.getURI() == "/set")
		{
			request.setFieldLimit(1);
			request.set("X-Own", "value");
			request.setCredentials("Basic", "x");
			request.setContentType("text/plain");
			response.setFieldLimit(2);
			response.set("X-Own", "value");
			response.addCookie(Poco::Net::HTTPCookie("a", "b"));
			response.setVersion("HTTP/1.0");
			response.setStatusAndReason(HTTPResponse::HTTP_ACCEPTED, "So be it");
			trailer.setFieldLimit(3);
			trailer.set("X-Trailer", "value");
			session.setTimeout(Poco::Timespan(1, 0));
			session.setKeepAlive(false);
		}
		answer(response, text.str());
	}), 0, oneThread());
	server.start();
	const std::string fresh = RawClient(server).ask("/look").body;
	assertEqual ("100 100 100 60 1 2 200 HTTP/1.1 1 1", fresh);
	for (int i = 0; i < 3; i++)
	{
		assertEqual (202, RawClient(server).ask("/set").status);
		assertEqual (fresh, RawClient(server).ask("/look").body);
	}
}


void EVHTTPServerFreshTest::testIncompleteRequestsHoldLittle()
{
	// What serves a request has a reference to the parameters. It is for those that run only.
	EVHTTPServerParams::Ptr pParams = oneThread();
	EVHTTPServer server(serveHTTP(answerURI), 0, pParams);
	server.start();
	std::vector<RawClient> clients;
	for (int i = 0; i < 100; i++) clients.emplace_back(server);
	for (RawClient& client: clients) assertTrue (client.ask("/").isOK("/"));
	assertTrue (waitFor([&] { return server.statistics().running == 0; }));
	const int before = pParams->referenceCount(); // of an idle server
	for (RawClient& client: clients) client.send("GET /half HTTP/1.1\r\nHo");
	assertTrue (waitFor([&] { return server.statistics().reading == 100 && pParams->referenceCount() == before; }));
	for (RawClient& client: clients) client.send("st: localhost\r\n\r\n");
	for (RawClient& client: clients) assertTrue (client.receiveAnswer().isOK("/half"));
	assertTrue (waitFor([&] { return pParams->referenceCount() == before; }));
}


CppUnit::Test* EVHTTPServerFreshTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVHTTPServerFreshTest");

	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testAddressesOfAClientThatIsGone);
	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testAddressesOfAClosedSocket);
	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testResponseStream);
	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testRequestStream);
	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testCallbacksOfStreams);
	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testStaleStreams);
	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testSessionDataCanBeRemoved);
	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testSessionDataIsNotCopied);
	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testSettings);
	CppUnit_addTest(pSuite, EVHTTPServerFreshTest, testIncompleteRequestsHoldLittle);

	return pSuite;
}
