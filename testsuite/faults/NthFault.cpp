//
// NthFault.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  NthFault
//
// Lets the N-th call fail, N = 1, 2, ..., in a server and a client that share one thread, so that a number says which call that is.
// See README.md.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FaultInjector.h"
#include "FaultSupport.h"
#include "NthRunner.h"
#include "../fuzzing/FuzzedServer.h"
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif


namespace
{
	const char* const USAGE =
		"usage: EVNetNthFault [--short] [--jobs=N] [KIND [N [ERROR [lasting]]]]\n"
		"Lets one call of a server after the other fail, with each error, for each kind of connection, and looks whether\n"
		"the server survives that.\n"
		"\n"
		"  --short    each input in one way only, and not each error at each call\n"
		"  --leaks    look for lost memory after each run, not after each kind\n"
		"  --jobs=N   processes at once (default: 2)\n"
		"  --list     print the names of all kinds\n";

	const int MAX_FAILURES = 3;       // of one kind
	const int MAX_CALLS = 5000;       // of one connection
	const unsigned WATCHDOG = 60;     // seconds


	//
	// processes
	//
	struct Step
	{
		int  n;
		int  error;
		bool lasts;
	};

	struct Progress
		/// Shared by the driver and the process that makes the runs: tells where that one has died.
	{
		int  kind;
		Step step;
		int  call;
		bool begun;
		long runs;
		long faults;
		long failures;
	};

	struct Options
	{
		bool brief = false;
		bool leaks = false;
		int  jobs = 2;
		std::string kind;
		int  n = 0;
		std::string error;
		bool lasts = false;
	};

	std::string textOf(const Progress& progress)
	{
		std::string text = nthKinds()[static_cast<std::size_t>(progress.kind)].name + " " + std::to_string(progress.step.n);
		if (progress.call == FaultInjector::CALLS) return text;
		text += std::string(" ") + NthRunner::errorOf(progress.call, progress.step.error).pName + (progress.step.lasts ? " lasting" : "");
		return text + " (" + FaultInjector::nameOf(static_cast<FaultInjector::Call>(progress.call)) + ")";
	}

	void complain(const Progress& progress, const std::string& text)
	{
		const std::string line = "FAILED: " + textOf(progress) + ": " + text + "\n";
		if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::abort();
	}

	bool isWanted(const Options& options, const Step& step, int call)
	{
		if (!options.brief) return true;
		const int errors = static_cast<int>(FaultInjector::errorsOf(static_cast<FaultInjector::Call>(call)).size());
		return (step.n + step.error) % (step.lasts ? 8 : errors) == 0;
	}

	Step after(Step step, int call)
	{
		const auto kindOfCall = static_cast<FaultInjector::Call>(call);
		if (!step.lasts && FaultInjector::mayLast(NthRunner::errorOf(call, step.error))) step.lasts = true;
		else
		{
			step.lasts = false;
			if (++step.error >= static_cast<int>(FaultInjector::errorsOf(kindOfCall).size())) step = Step{step.n + 1, 0, false};
		}
		return step;
	}

	bool attempt(NthRunner& runner, Progress& progress)
		/// Returns true if a call has failed.
	{
		const FaultInjector::Fault fault = {FaultInjector::CALL_ACCEPT, progress.step.n, progress.step.error, progress.step.lasts};
		progress.runs++;
		::alarm(WATCHDOG);
		try
		{
			runner.run(&fault);
		}
		catch (std::exception& exc)
		{
			progress.call = FaultInjector::failedCall();
			const Poco::Exception* pException = dynamic_cast<const Poco::Exception*>(&exc);
			complain(progress, pException ? pException->displayText() : exc.what());
			progress.failures++;
			std::_Exit(2);
		}
		::alarm(0);
		const bool hit = FaultInjector::failedCall() != FaultInjector::CALLS;
		if (!hit) return false;
		progress.call = FaultInjector::failedCall();
		progress.faults++;
		return true;
	}

	void lookForLeaks(Progress& progress, bool afterOne)
	{
#if defined(__SANITIZE_ADDRESS__)
		if (__lsan_do_recoverable_leak_check() == 0) return;
		complain(progress, afterOne ? "memory leaks" : "memory leaks, here or in an earlier run: --leaks tells where");
		progress.failures++;
		std::_Exit(afterOne ? 2 : 3);
#else
		(void) progress;
		(void) afterOne;
#endif
	}

	void makeRuns(Progress& progress, const Options& options, bool next)
		/// Makes all runs of one kind, from the step on that progress tells, or the one after it.
	{
		NthRunner runner(nthKinds()[static_cast<std::size_t>(progress.kind)]);
		progress.begun = true;
		Step step = next ? after(progress.step, progress.call) : progress.step;
		for (; step.n < MAX_CALLS; step = after(step, progress.call))
		{
			const bool first = step.error == 0 && !step.lasts;
			if (!first && !isWanted(options, step, progress.call)) continue;
			progress.step = step;
			if (first) progress.call = FaultInjector::CALLS;
			const bool hit = attempt(runner, progress);
			if (first && !hit) break; // the connection has no such call any more
			if (options.leaks) lookForLeaks(progress, true);
		}
		if (step.n >= MAX_CALLS) complain(progress, "there is no end of calls");
		if (!options.brief) lookForLeaks(progress, false); // it takes a while
	}

	pid_t beginProcess(Progress& progress, const Options& options, bool next)
	{
		const pid_t pid = ::fork();
		if (pid < 0) throw Poco::SystemException("Cannot fork");
		if (pid > 0) return pid;
		try
		{
			makeRuns(progress, options, next);
		}
		catch (std::exception& exc)
		{
			std::printf("FAILED: %s without a fault: %s\n", nthKinds()[static_cast<std::size_t>(progress.kind)].name.c_str(), exc.what());
			std::fflush(stdout);
			progress.failures++;
			std::_Exit(3);
		}
		std::_Exit(0);
	}

	std::string endOf(int status)
	{
		if (!WIFSIGNALED(status)) return "the process has ended with status " + std::to_string(WEXITSTATUS(status));
		if (WTERMSIG(status) == SIGALRM) return "hangs";
		return std::string("crash: ") + ::strsignal(WTERMSIG(status));
	}

	int makeAll(const Options& options)
		/// Returns the exit status.
	{
		const std::vector<NthKind>& kinds = nthKinds();
		const std::size_t size = kinds.size()*sizeof(Progress);
		Progress* pProgress = static_cast<Progress*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
		std::map<pid_t, std::size_t> running;
		std::size_t begun = 0;
		int made = 0;
		for (;;)
		{
			while (static_cast<int>(running.size()) < options.jobs && begun < kinds.size())
			{
				const std::size_t kind = begun++;
				if (options.kind.empty() ? options.brief && !kinds[kind].brief : options.kind != kinds[kind].name) continue;
				made++;
				pProgress[kind].kind = static_cast<int>(kind);
				pProgress[kind].step = Step{1, 0, false};
				running[beginProcess(pProgress[kind], options, false)] = kind;
			}
			if (running.empty()) break;
			int status = 0;
			const pid_t pid = ::wait(&status);
			const std::size_t kind = running[pid];
			running.erase(pid);
			Progress& progress = pProgress[kind];
			if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3)) continue;
			if (!WIFEXITED(status) || WEXITSTATUS(status) != 2)
			{
				complain(progress, (progress.begun ? "" : "without a fault: ") + endOf(status));
				progress.failures++;
			}
			if (progress.begun && progress.failures < MAX_FAILURES) running[beginProcess(progress, options, true)] = kind;
		}
		long runs = 0, faults = 0, failures = 0;
		for (std::size_t i = 0; i < kinds.size(); i++)
		{
			runs += pProgress[i].runs;
			faults += pProgress[i].faults;
			failures += pProgress[i].failures;
		}
		std::printf("%d kinds, %ld runs, %ld with a fault, %ld failed\n", made, runs, faults, failures);
		return failures == 0 && runs > 0 ? 0 : 1;
	}

	int makeOne(const Options& options)
	{
		for (std::size_t i = 0; i < nthKinds().size(); i++)
		{
			if (nthKinds()[i].name != options.kind) continue;
			Progress progress = Progress();
			progress.kind = static_cast<int>(i);
			progress.call = FaultInjector::CALLS;
			NthRunner runner(nthKinds()[i]);
			progress.step = Step{options.n, 0, options.lasts};
			bool hit = attempt(runner, progress);
			const auto isWrong = [&] { return options.error != NthRunner::errorOf(progress.call, progress.step.error).pName; };
			while (hit && !options.error.empty() && isWrong() && progress.step.error < 20)
			{
				progress.step.error++;
				hit = attempt(runner, progress);
			}
			std::printf("%s: %s\n", textOf(progress).c_str(), hit ? "survived" : "there is no such call");
			lookForLeaks(progress, true);
		}
		return 0;
	}

	[[noreturn]] void usageError()
	{
		std::fputs(USAGE, stderr);
		std::exit(64);
	}

	Options parse(int argc, char** argv)
	{
		Options options;
		std::vector<std::string> words;
		for (int i = 1; i < argc; i++)
		{
			const std::string arg(argv[i]);
			if (arg == "--short") options.brief = true;
			else if (arg == "--leaks") options.leaks = true;
			else if (arg.compare(0, 7, "--jobs=") == 0) options.jobs = std::max(1, std::atoi(argv[i] + 7));
			else if (arg == "--list")
			{
				for (const NthKind& kind: nthKinds()) std::printf("%s\n", kind.name.c_str());
				std::exit(0);
			}
			else if (arg.compare(0, 1, "-") == 0) usageError();
			else words.push_back(arg);
		}
		if (words.size() > 4) usageError();
		if (words.size() > 0) options.kind = words[0];
		if (words.size() > 1) options.n = std::atoi(words[1].c_str());
		if (words.size() > 2) options.error = words[2];
		options.lasts = words.size() > 3;
		return options;
	}
}


int main(int argc, char** argv)
{
	const FaultInjector::Exempt exempt;
	FaultInjector::use({&FuzzedCalls::poll, &FuzzedCalls::epollWait, &FuzzedCalls::receive, &FuzzedCalls::getTime, &FuzzedCalls::sleep});
	std::signal(SIGPIPE, SIG_IGN);
	const Options options = parse(argc, argv);
	return options.n > 0 ? makeOne(options) : makeAll(options);
}
