//
// TestRunner.h
//
// Gives libcppunit the vocabulary of Poco's CppUnit: the command line.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef CppUnit_TestRunner_INCLUDED
#define CppUnit_TestRunner_INCLUDED


#include <cppunit/Test.h>
#include <memory>
#include <string>
#include <vector>


namespace CppUnitAdapter {


class TestRunner
	/// Runs the cases and suites named on the command line:
	///
	///     testrunner [-all] [-print] [-timeout SECONDS] [-part K/N] [-shuffle SEED] [name] ...
	///
	/// A name is that of a suite, of a case, or both with a dot between. With -part, only each N-th case is run; with
	/// -shuffle, they are run in another order, which the seed decides. Each case is printed with
	/// its time as it is run, the last line is "N passed, N failed". A case that takes longer than the
	/// timeout (60 seconds unless said otherwise) aborts the process.
{
public:
	explicit TestRunner(CppUnit::Test* pSuite);
		/// Takes ownership of the suite.

	bool run(const std::vector<std::string>& args);
		/// Returns true if something was run (or printed) and all of it passed.

private:
	struct Case
	{
		std::string    suite;
		CppUnit::Test* pTest;
	};

	using Cases = std::vector<Case>;

	void collect(CppUnit::Test& test, const std::string& suite, const std::string& name, bool wanted, Cases& cases) const;
	static void shuffle(Cases& cases, unsigned seed);
	void print(CppUnit::Test& test, int indent) const;
	bool runCases(const Cases& cases, int timeout) const;

	std::unique_ptr<CppUnit::Test> _pSuite;
};


} // namespace CppUnitAdapter


#define CppUnitMain(testCase) \
	int main(int argc, char** argv) \
	{ \
		CppUnitAdapter::TestRunner runner(testCase::suite()); \
		return runner.run(std::vector<std::string>(argv, argv + argc)) ? 0 : 1; \
	}


#endif // CppUnit_TestRunner_INCLUDED
