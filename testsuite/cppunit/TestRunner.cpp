//
// TestRunner.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "CppUnit/TestRunner.h"
#include "CppUnit/TestCase.h"
#include "Poco/Exception.h"
#include <cppunit/Protector.h>
#include <cppunit/TestFailure.h>
#include <cppunit/TestListener.h>
#include <cppunit/TestResult.h>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>
#include <utility>


namespace CppUnitAdapter {


void compare(long expected, long actual, const CppUnit::SourceLine& line)
{
	CppUnit::assertEquals(expected, actual, line, "");
}


void compare(const std::string& expected, const std::string& actual, const CppUnit::SourceLine& line)
{
	CppUnit::assertEquals(expected, actual, line, "");
}


void compare(const void* expected, const void* actual, const CppUnit::SourceLine& line)
{
	CppUnit::assertEquals(expected, actual, line, "");
}


void compare(double expected, double actual, double delta, const CppUnit::SourceLine& line)
{
	CppUnit::assertDoubleEquals(expected, actual, delta, line, "");
}


namespace
{
	using Clock = std::chrono::system_clock; // real time: a test may set the other one forward


	class Watchdog
		/// Aborts the process if a case takes too long.
	{
	public:
		explicit Watchdog(int seconds):
			_timeout(seconds),
			_running(false),
			_ended(false),
			_thread(&Watchdog::watch, this)
		{
		}

		~Watchdog()
		{
			stop(true);
			_thread.join();
		}

		void start(const std::string& name)
		{
			std::lock_guard<std::mutex> lock(_mutex);
			_name = name;
			_running = true;
			_deadline = Clock::now() + _timeout;
			_changed.notify_all();
		}

		void stop(bool ended = false)
		{
			std::lock_guard<std::mutex> lock(_mutex);
			_running = false;
			_ended = ended;
			_changed.notify_all();
		}

	private:
		void watch()
		{
			std::unique_lock<std::mutex> lock(_mutex);
			while (!_ended)
			{
				if (!_running) _changed.wait(lock);
				else if (_changed.wait_until(lock, _deadline) == std::cv_status::timeout && _running && Clock::now() >= _deadline)
				{
					std::cout << std::endl << "TIMEOUT: " << _name << " has not ended after " << _timeout.count() << " s" << std::endl;
					std::abort();
				}
			}
		}

		const std::chrono::seconds _timeout;
		std::mutex                 _mutex;
		std::condition_variable    _changed;
		bool                       _running;
		bool                       _ended;
		std::string                _name;
		Clock::time_point _deadline;
		std::thread                _thread;
	};


	class PocoProtector: public CppUnit::Protector
		/// Reports an unexpected Poco::Exception with its message.
	{
	public:
		bool protect(const CppUnit::Functor& functor, const CppUnit::ProtectorContext& context) override
		{
			try
			{
				return functor();
			}
			catch (Poco::Exception& exc)
			{
				reportError(context, CppUnit::Message("uncaught exception", exc.displayText()));
			}
			return false;
		}
	};


	class Listener: public CppUnit::TestListener
	{
	public:
		explicit Listener(int timeout):
			_watchdog(timeout)
		{
		}

		void begin(const std::string& name)
		{
			std::cout << name << ": " << std::flush;
			_failures.clear();
			_start = Clock::now();
			_watchdog.start(name);
		}

		bool end()
		{
			_watchdog.stop();
			const std::chrono::duration<double> time = Clock::now() - _start;
			std::cout << std::fixed << std::setprecision(3) << time.count() << " s" << (_failures.empty() ? "" : " FAILED") << std::endl;
			for (const std::string& failure: _failures) std::cout << "    " << failure << std::endl;
			return _failures.empty();
		}

		void addFailure(const CppUnit::TestFailure& failure) override
		{
			const CppUnit::SourceLine line = failure.sourceLine();
			std::string text;
			if (line.isValid()) text = line.fileName() + ":" + std::to_string(line.lineNumber()) + ": ";
			const CppUnit::Message message = failure.thrownException()->message();
			text += message.shortDescription();
			for (int i = 0; i < message.detailCount(); i++) text += "; " + message.detailAt(i);
			_failures.push_back(text);
		}

	private:
		Watchdog _watchdog;
		std::vector<std::string> _failures;
		Clock::time_point _start;
	};
}


TestRunner::TestRunner(CppUnit::Test* pSuite):
	_pSuite(pSuite)
{
}


bool TestRunner::run(const std::vector<std::string>& args)
{
	Cases cases;
	int timeout = 60;
	int part = 1;
	int parts = 1;
	unsigned seed = 0;
	bool printed = false;
	for (std::size_t i = 1; i < args.size(); i++)
	{
		const std::string& arg = args[i];
		if (arg == "-all") collect(*_pSuite, "", "", true, cases);
		else if (arg == "-print")
		{
			print(*_pSuite, 0);
			printed = true;
		}
		else if (arg == "-timeout" && i + 1 < args.size() && std::atoi(args[i + 1].c_str()) > 0)
		{
			timeout = std::atoi(args[++i].c_str());
		}
		else if (arg == "-part" && i + 1 < args.size() && std::sscanf(args[i + 1].c_str(), "%d/%d", &part, &parts) == 2
			&& 1 <= part && part <= parts)
		{
			++i;
		}
		else if (arg == "-shuffle" && i + 1 < args.size() && std::sscanf(args[i + 1].c_str(), "%u", &seed) == 1 && seed > 0)
		{
			++i;
		}
		else
		{
			const std::size_t before = cases.size();
			if (!arg.empty() && arg[0] != '-') collect(*_pSuite, "", arg, false, cases);
			if (cases.size() == before)
			{
				std::cerr << "Test " << arg << " not found." << std::endl;
				return false;
			}
		}
	}
	if (cases.empty())
	{
		if (!printed) std::cerr << "Usage: " << args[0]
			<< " [-all] [-print] [-timeout SECONDS] [-part K/N] [-shuffle SEED] [name] ..." << std::endl
			<< "       where name is the name of a suite, a case, or suite.case; -part runs each N-th case only, from the K-th on;\n"
			<< "       -shuffle runs them in an order that the seed decides\n";
		return printed;
	}
	shuffle(cases, seed);
	Cases wanted;
	for (std::size_t i = static_cast<std::size_t>(part - 1); i < cases.size(); i += static_cast<std::size_t>(parts))
		wanted.push_back(cases[i]);
	return runCases(wanted, timeout);
}


void TestRunner::collect(CppUnit::Test& test, const std::string& suite, const std::string& name, bool wanted, Cases& cases) const
{
	const std::string testName = test.getName();
	wanted = wanted || name == testName || name == suite + "." + testName;
	if (test.getChildTestCount() > 0)
	{
		for (int i = 0; i < test.getChildTestCount(); i++) collect(*test.getChildTestAt(i), testName, name, wanted, cases);
	}
	else if (wanted) cases.push_back({suite, &test});
}


void TestRunner::shuffle(Cases& cases, unsigned seed)
{
	if (seed == 0) return;
	std::cout << "-shuffle " << seed << std::endl;
	std::mt19937 random(seed);
	for (std::size_t i = cases.size(); i > 1; i--) std::swap(cases[i - 1], cases[random() % i]);
}


void TestRunner::print(CppUnit::Test& test, int indent) const
{
	std::cout << std::string(static_cast<std::size_t>(4*indent), ' ') << test.getName() << std::endl;
	for (int i = 0; i < test.getChildTestCount(); i++) print(*test.getChildTestAt(i), indent + 1);
}


bool TestRunner::runCases(const Cases& cases, int timeout) const
{
	Listener listener(timeout);
	CppUnit::TestResult result;
	result.addListener(&listener);
	result.pushProtector(new PocoProtector);
	int passed = 0;
	std::vector<std::string> failed;
	for (const Case& one: cases)
	{
		const std::string name = one.suite + "." + one.pTest->getName();
		listener.begin(name);
		one.pTest->run(&result);
		if (listener.end()) ++passed;
		else failed.push_back(name);
	}
	for (const std::string& name: failed) std::cout << "FAILED: " << name << std::endl;
	std::cout << passed << " passed, " << failed.size() << " failed" << std::endl;
	return failed.empty();
}


} // namespace CppUnitAdapter
