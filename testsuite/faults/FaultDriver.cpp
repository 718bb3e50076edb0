//
// FaultDriver.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultDriver
//
// Lets each call of a server fail in turn, with each error, and looks what becomes of the server. See README.md.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FaultInjector.h"
#include "FaultKinds.h"
#include "FaultRun.h"
#include "FaultSupport.h"
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(EVNET_TEST_TLS)
#include "TLSTestSupport.h"
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif


namespace
{
	const char* const USAGE =
		"usage: EVNetFaults [--short] [--jobs=N] [KIND [CALL [N ERROR [lasting]]]]\n"
		"Lets one call of a server fail after the other, and looks whether the server survives that.\n"
		"\n"
		"  --short    fewer positions and errors\n"
		"  --jobs=N   processes at once (default: 2)\n"
		"  --patience=MS  what takes longer hangs (default: 10000)\n"
		"  --list     print the names of all kinds, calls and errors\n";

	const int MAX_FAILURES = 3;       // of one call in one kind: then the next call comes
	const unsigned WATCHDOG = 120;    // seconds
	const int MAX_POSITIONS = 400;

	using Fault = FaultInjector::Fault;

	//
	// processes
	//
	struct Progress
		/// Shared by the driver and the process that makes the runs: tells where that one has died.
	{
		int  kind;
		Fault fault;
		long runs;
		long faults;
		long failures;
		int  failuresOfCall;
		int  lastFailed;
		bool running;
	};

	struct Options
	{
		bool brief = false;
		int jobs = 2;
		std::string kind;
		int call = -1;
		int n = 0;
		int error = -1;
		bool lasts = false;
	};

	void complain(const FaultKind& kind, const Fault& fault, const std::string& text)
	{
		const std::string line = "FAILED: " + kind.name + " " + FaultInjector::textOf(fault) + ": " + text + "\n";
		if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::abort();
	}

	bool attempt(Progress& progress, const Fault& fault)
		/// Returns true if a fault was injected.
	{
		const FaultKind& kind = faultKinds()[static_cast<std::size_t>(progress.kind)];
		progress.fault = fault;
		progress.runs++;
		::alarm(WATCHDOG);
		try
		{
			makeRun(kind, &fault);
		}
		catch (std::exception& exc)
		{
			const Poco::Exception* pException = dynamic_cast<const Poco::Exception*>(&exc);
			complain(kind, fault, pException ? pException->displayText() : exc.what());
			progress.failures++;
			// What is left of the server would disturb the next run
			std::_Exit(2);
		}
		::alarm(0);
		if (FaultInjector::injected() > 0) progress.faults++;
		return FaultInjector::injected() > 0;
	}

	bool isWanted(const Options& options, const Fault& fault)
	{
		if (!options.brief || options.error >= 0) return true;
		// Each error comes, but not at each position; those that last at the first ones.
		const int errors = static_cast<int>(FaultInjector::errorsOf(fault.call).size());
		if (fault.lasts) return fault.n <= 2 && (fault.n + fault.error) % 2 == 0;
		return fault.n == 1 || errors == 1 || (fault.n + fault.error) % 3 == 0;
	}

	int nextPosition(const Options& options, int n)
	{
		return options.brief && n >= 6 ? n + n/3 : n + 1;
	}

	struct Step
	{
		int call;
		int n;
		int error;
		bool lasts;
	};

	bool makeRuns(Progress& progress, const Options& options, const Step& from)
		/// Makes all runs of one kind, beginning with the given one.
	{
		Step step = from;
		for (; step.call < FaultInjector::CALLS; step = Step{step.call + 1, 1, 0, false})
		{
			const auto call = static_cast<FaultInjector::Call>(step.call);
			if (options.call >= 0 && options.call != step.call) continue;
			const int errors = static_cast<int>(FaultInjector::errorsOf(call).size());
			bool any = false;
			for (; step.n <= MAX_POSITIONS; step = Step{step.call, nextPosition(options, step.n), 0, false})
			{
				bool injected = step.error > 0 || step.lasts; // the process has begun here anew
				bool first = true;
				for (; step.error < errors; step = Step{step.call, step.n, step.error + 1, false})
				{
					const FaultInjector::Error& error = FaultInjector::errorsOf(call)[static_cast<std::size_t>(step.error)];
					const bool mayLast = FaultInjector::mayLast(error);
					if (!step.lasts && FaultInjector::mustLast(call, error)) step.lasts = true;
					for (; step.lasts <= mayLast; step.lasts = true)
					{
						const Fault fault = {call, step.n, step.error, step.lasts};
						if (isWanted(options, fault) && (first || injected))
						{
							if (attempt(progress, fault)) injected = true;
							first = false;
						}
						if (step.lasts) break;
					}
				}
				any = any || injected;
				if (!injected) break;
			}
#if defined(__SANITIZE_ADDRESS__)
			if (any && __lsan_do_recoverable_leak_check() != 0)
			{
				complain(faultKinds()[static_cast<std::size_t>(progress.kind)], progress.fault,
					"memory leaks, here or in an earlier run of this call");
				progress.failures++;
				progress.fault = Fault{call, MAX_POSITIONS, errors, true};
				std::_Exit(2);
			}
#endif
		}
		return true;
	}

	Step after(const Fault& fault)
	{
		if (fault.error >= static_cast<int>(FaultInjector::errorsOf(fault.call).size())) return Step{fault.call + 1, 1, 0, false};
		if (!fault.lasts && FaultInjector::mayLast(FaultInjector::errorsOf(fault.call)[static_cast<std::size_t>(fault.error)]))
			return Step{fault.call, fault.n, fault.error, true};
		return Step{fault.call, fault.n, fault.error + 1, false};
	}

	pid_t beginProcess(Progress& progress, const Options& options, const Step& from)
	{
		const pid_t pid = ::fork();
		if (pid < 0) throw Poco::SystemException("Cannot fork");
		if (pid > 0) return pid;
		const FaultInjector::Exempt exempt;
		try
		{
			// What is made once and stays (OpenSSL's tables, the default pool) is made now
			makeRun(faultKinds()[static_cast<std::size_t>(progress.kind)], nullptr);
		}
		catch (std::exception& exc)
		{
			std::printf("FAILED: %s without a fault: %s\n", faultKinds()[static_cast<std::size_t>(progress.kind)].name.c_str(), exc.what());
			std::fflush(stdout);
			progress.failures++;
			std::_Exit(3);
		}
		progress.running = true;
		makeRuns(progress, options, from);
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
		const std::vector<FaultKind>& kinds = faultKinds();
		Progress* pProgress = static_cast<Progress*>(::mmap(nullptr, kinds.size()*sizeof(Progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0));
		std::map<pid_t, int> running;
		const Step start = {options.call >= 0 ? options.call : 0, options.n > 0 ? options.n : 1, 0, false};
		int begun = 0;
		for (;;)
		{
			while (static_cast<int>(running.size()) < options.jobs && begun < static_cast<int>(kinds.size()))
			{
				const int kind = begun++;
				if (!options.kind.empty() && options.kind != kinds[static_cast<std::size_t>(kind)].name) continue;
				pProgress[kind].kind = kind;
				running[beginProcess(pProgress[kind], options, start)] = kind;
			}
			if (running.empty()) break;
			int status = 0;
			const pid_t pid = ::wait(&status);
			const int kind = running[pid];
			running.erase(pid);
			Progress& progress = pProgress[kind];
			const bool died = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
			if (!died || !progress.running) continue;
			if (!WIFEXITED(status) || WEXITSTATUS(status) != 2)
			{
				complain(kinds[static_cast<std::size_t>(kind)], progress.fault, endOf(status));
				progress.failures++;
			}
			progress.faults++;
			progress.failuresOfCall = progress.fault.call == progress.lastFailed ? progress.failuresOfCall + 1 : 1;
			progress.lastFailed = progress.fault.call;
			Step next = after(progress.fault);
			if (progress.failuresOfCall >= MAX_FAILURES) next = Step{progress.fault.call + 1, 1, 0, false};
			if (options.call >= 0 && next.call != options.call) continue;
			running[beginProcess(progress, options, next)] = kind;
		}
		long runs = 0, faults = 0, failures = 0;
		for (std::size_t i = 0; i < kinds.size(); i++)
		{
			runs += pProgress[i].runs;
			faults += pProgress[i].faults;
			failures += pProgress[i].failures;
		}
		std::printf("%ld runs, %ld with a fault, %ld failed\n", runs, faults, failures);
		return failures == 0 && runs > 0 ? 0 : 1;
	}

	int makeOne(const Options& options)
	{
		for (std::size_t i = 0; i < faultKinds().size(); i++)
		{
			if (faultKinds()[i].name != options.kind) continue;
			Progress progress = Progress();
			progress.kind = static_cast<int>(i);
			const FaultInjector::Exempt exempt;
			makeRun(faultKinds()[i], nullptr);
			const Fault fault = {static_cast<FaultInjector::Call>(options.call), options.n, options.error, options.lasts};
			const bool injected = attempt(progress, fault);
			std::printf("%s %s: %s\n", options.kind.c_str(), FaultInjector::textOf(fault).c_str(),
				injected ? "survived" : "there is no such call");
		}
		return 0;
	}

	void list()
	{
		std::printf("kinds:");
		for (const FaultKind& kind: faultKinds()) std::printf(" %s", kind.name.c_str());
		std::printf("\n");
		for (int i = 0; i < FaultInjector::CALLS; i++)
		{
			std::printf("%s:", FaultInjector::nameOf(static_cast<FaultInjector::Call>(i)));
			for (const auto& error: FaultInjector::errorsOf(static_cast<FaultInjector::Call>(i))) std::printf(" %s", error.pName);
			std::printf("\n");
		}
	}

	[[noreturn]] void usageError()
	{
		std::fputs(USAGE, stderr);
		std::exit(64);
	}

	int callOf(const std::string& name)
	{
		for (int i = 0; i < FaultInjector::CALLS; i++)
		{
			if (name == FaultInjector::nameOf(static_cast<FaultInjector::Call>(i))) return i;
		}
		usageError();
	}

	int errorOf(int call, const std::string& name)
	{
		const auto& errors = FaultInjector::errorsOf(static_cast<FaultInjector::Call>(call));
		for (std::size_t i = 0; i < errors.size(); i++)
		{
			if (name == errors[i].pName) return static_cast<int>(i);
		}
		usageError();
	}

	Options parse(int argc, char** argv)
	{
		Options options;
		std::vector<std::string> words;
		for (int i = 1; i < argc; i++)
		{
			const std::string arg(argv[i]);
			if (arg == "--short") options.brief = true;
			else if (arg.compare(0, 7, "--jobs=") == 0) options.jobs = std::max(1, std::atoi(argv[i] + 7));
			else if (arg.compare(0, 11, "--patience=") == 0) setPatience(std::max(1, std::atoi(argv[i] + 11)));
			else if (arg == "--list")
			{
				list();
				std::exit(0);
			}
			else if (arg.compare(0, 1, "-") == 0) usageError();
			else words.push_back(arg);
		}
		if (words.size() > 5 || words.size() == 3) usageError();
		if (words.size() > 0) options.kind = words[0];
		if (words.size() > 1) options.call = callOf(words[1]);
		if (words.size() > 2) options.n = std::atoi(words[2].c_str());
		if (words.size() > 3) options.error = errorOf(options.call, words[3]);
		options.lasts = words.size() > 4;
		return options;
	}
}


int main(int argc, char** argv)
{
	FaultInjector::replaceOpenSSLAllocator();
	const FaultInjector::Exempt exempt;
	const Options options = parse(argc, argv);
	std::signal(SIGPIPE, SIG_IGN);
#if defined(EVNET_TEST_TLS)
	serverCertificate();
#endif
	return options.error >= 0 ? makeOne(options) : makeAll(options);
}
