//
// EVSecureStallTest.cpp
//
// Clients that stall in every way there is: good ones are answered all the time, and the bad ones are gone after the timeout.
//
// With EVNET_STALLING=100, that many of each kind meet 16 threads and a timeout of 3 seconds, and the time it takes is printed.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EVSecureStallTest.h"
#include "ClientLeavesSupport.h"
#include "TestClock.h"
#include "TLSTestSupport.h"
#include "CppUnit/TestCaller.h"
#include "CppUnit/TestSuite.h"
#include "Poco/TemporaryFile.h"
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>


EVSecureStallTest::EVSecureStallTest(const std::string& name): CppUnit::TestCase(name)
{
}


namespace
{
	const std::vector<std::string> KINDS = {"upgrade", "connect", "expect", "dribble", "window", "file"};

	int scale()
	{
		const char* pScale = std::getenv("EVNET_STALLING");
		return pScale ? std::atoi(pScale) : 0;
	}

	class Stalls
		/// A server, and clients of one kind that stall.
	{
	public:
		Stalls(const std::string& kind, bool secure):
			_kind(kind),
			_secure(secure),
			_server(serveHTTP([this](HTTPServerRequest& request, HTTPServerResponse& response) { handle(request, response); }), listen(secure), params())
		{
			std::ofstream out(_file.path());
			out << MORE;
			out.close();
			_server.start();
		}

		~Stalls()
		{
			_dribbling = false;
			if (_dribbler.joinable()) _dribbler.join();
		}

		std::string run()
			/// Returns what is wrong.
		{
			const int count = scale() ? scale() : 8;
			for (int i = 0; i < count; i++)
			{
				try
				{
					begin();
				}
				catch (Poco::Net::NetException&)
				{
					// cut off already, because it has been too slow
				}
				catch (Poco::IOException&)
				{
				}
			}
			if (_kind == "dribble") _dribbler = std::thread([this] { dribble(); });
			const Stopwatch stopwatch;
			int slowest = 0;
			std::string wrong;
			while (wrong.empty() && _server.statistics().closes() < static_cast<Poco::UInt64>(count) + _good)
			{
				slowest = std::max(slowest, ask(wrong));
				if (!scale()) sleepFor(250);
				if (stopwatch.elapsed() > DEADLINE) wrong = std::to_string(_server.statistics().open) + " are left";
			}
			const int gone = stopwatch.elapsed();
			for (int i = 0; i < 10 && wrong.empty(); i++) slowest = std::max(slowest, ask(wrong));
			if (scale()) std::fprintf(stderr, "%s%s: all gone after %d ms, slowest good answer %d ms\n", _kind.c_str(), _secure ? ", TLS" : "", gone, slowest);
			return wrong.empty() ? wrong : _kind + ": " + wrong;
		}

	private:
		static Poco::Net::ServerSocket listen(bool secure)
		{
			if (secure) return listenSecure();
			return Poco::Net::ServerSocket(SocketAddress("127.0.0.1", 0), 256);
		}

		static EVHTTPServerParams::Ptr params()
		{
			EVHTTPServerParams::Ptr pParams = httpParams(scale() ? 16 : 4, 0);
			pParams->setTimeout(scale() ? Poco::Timespan(3, 0) : Poco::Timespan(5, 0));
			if (!scale()) pParams->setLingerTimeout(SHORT);
			if (!scale()) pParams->setMaxBufferedBytes(SMALL_BUFFER); // so that handlers have to wait, too
			pParams->setMaxQueued(1000);
			return pParams;
		}

		void handle(HTTPServerRequest& request, HTTPServerResponse& response)
		{
			const std::string& uri = request.getURI();
			if (uri == "/good") return answerURI(request, response);
			StreamSocket& socket = static_cast<Poco::Net::HTTPServerRequestImpl&>(request).socket();
			socket.setSendBufferSize(65536);
			if (uri == "/file") response.sendFile(_file.path(), "text/plain");
			else if (uri == "/window") response.sendBuffer(MUCH.data(), MUCH.size());
			else answerBody(request, response);
		}

		int ask(std::string& wrong)
			/// Returns how long it takes, in milliseconds.
		{
			const Stopwatch stopwatch;
			try
			{
				RawClient client(_secure ? static_cast<StreamSocket>(connectSecure(_server)) : connectTo(_server));
				if (!client.ask("/good", "Connection: close\r\n").isOK("/good")) wrong = "a good client is not answered";
			}
			catch (Poco::Exception& exc)
			{
				wrong = "a good client: " + exc.displayText();
			}
			++_good;
			waitFor([this] { return _server.statistics().closed[BY_HANDLER] + _server.statistics().closed[BY_CLIENT] >= _good; }, 1000);
			return stopwatch.elapsed();
		}

		void begin()
		{
			std::unique_ptr<RawClient> pClient;
			if (_kind == "dribble" && _secure)
			{
				_relays.emplace_back(new Relay(_server));
				pClient.reset(new SecureRawClient(_relays.back()->address()));
			}
			else if (_secure) pClient.reset(new SecureRawClient(_server));
			else pClient.reset(new RawClient(_server));
			const std::string host = " HTTP/1.1\r\nHost: localhost\r\n";
			if (_kind == "upgrade") pClient->send("POST /body" + host + "Connection: Upgrade\r\nUpgrade: something\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
			else if (_kind == "connect") pClient->send("CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
			else if (_kind == "expect") pClient->send("POST /body" + host + "Expect: 100-continue\r\nContent-Length: 10\r\n\r\n");
			else if (_kind == "dribble")
			{
				pClient->send("POST /body" + host + "Content-Length: 20000\r\n\r\n" + std::string(SMALL_BUFFER, 'x'));
				if (_secure)
				{
					waitFor([this] { return _relays.back()->kept() == 0; });
					_relays.back()->allow(0);
					pClient->send(std::string(10000, 'x'));
				}
			}
			else pClient->get("/" + _kind); // and never reads the answer
			_clients.push_back(std::move(pClient));
		}

		void dribble()
		{
			while (_dribbling)
			{
				for (auto& pRelay: _relays) pRelay->allow(1);
				if (!_secure)
				{
					for (auto& pClient: _clients)
					{
						try
						{
							pClient->send("x");
						}
						catch (Poco::Exception&)
						{
							// gone
						}
					}
				}
				sleepFor(scale() ? 100 : 500);
			}
		}

		const std::string   _kind;
		const bool          _secure;
		Poco::TemporaryFile _file;
		EVHTTPServer        _server;
		std::vector<std::unique_ptr<Relay>>     _relays;
		std::vector<std::unique_ptr<RawClient>> _clients;
		std::atomic<bool>   _dribbling{true};
		std::thread         _dribbler;
		Poco::UInt64        _good = 0;
	};

	std::string runAll(bool secure)
		/// Returns what is wrong. The kinds have servers of their own, so that they can take their time together, unless that is measured.
	{
		const std::unique_ptr<TestClock> pClock(scale() ? nullptr : new TestClock);
		std::vector<std::future<std::string>> results;
		std::string wrong;
		for (const std::string& kind: KINDS)
		{
			results.push_back(std::async(scale() ? std::launch::deferred : std::launch::async, [kind, secure] { return Stalls(kind, secure).run(); }));
		}
		for (auto& result: results) wrong += result.get();
		return wrong;
	}
}


void EVSecureStallTest::testWithTLS()
{
	ErrorCollector errors;
	assertEqual (std::string(), runAll(true));
}


void EVSecureStallTest::testPlain()
{
	ErrorCollector errors;
	assertEqual (std::string(), runAll(false));
}


CppUnit::Test* EVSecureStallTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EVSecureStallTest");

	CppUnit_addTest(pSuite, EVSecureStallTest, testWithTLS);
	CppUnit_addTest(pSuite, EVSecureStallTest, testPlain);

	return pSuite;
}
