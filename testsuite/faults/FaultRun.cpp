//
// FaultRun.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultRun
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FaultRun.h"
#include "FaultSupport.h"
#include <future>
#include <new>


namespace
{
	const int LASTING = 60;           // milliseconds that a fault lasts, if the client does not end before
	const int MAX_REPEATED = 2000;    // calls that fail meanwhile: a thread that spins makes many more
	const int QUIET = 2;              // milliseconds
	const int MAX_QUIET_CALLS = 20;

	int patience = 10000; // milliseconds


	class Subject
		/// A server, with all that it needs, and that must be as before when it is gone.
	{
	public:
		explicit Subject(const FaultKind& kind):
			_kind(kind),
			_descriptors(descriptors()),
			_pPool(new Poco::ThreadPool(2, 8))
		{
		}

		void start()
		{
			_pServer = _kind.create(*_pPool);
			_pServer->start();
		}

		void waitForLoops()
		{
			const int loops = _pServer->statistics().loops;
			require(waitFor([loops] { return FaultInjector::waiting() >= loops; }, patience),
				"the loops do not wait for events after start()");
		}

		EVTCPServer& server()
		{
			return *_pServer;
		}

		void converseUnderFault()
			/// Lets the client converse while a call fails. A fault that lasts ends when the client does, or after a while.
		{
			const long before = FaultInjector::injected(); // by start(), where each of many options may be asked for once
			std::future<Outcome> future = converse();
			endLasting(future, before);
			take(future, "the client is not answered, and the connection is not closed");
			const auto noneLeft = [this] { return _pServer->statistics().open == 0; };
			waitFor(noneLeft, LASTING); // as long as a fault may last
			require(FaultInjector::injected() - before < MAX_REPEATED, "a call that fails is repeated again and again");
			if (!noneLeft()) FaultInjector::disarm();
			waitUntilIdle();
		}

		void converseAfterFault()
		{
			FaultInjector::disarm();
			std::future<Outcome> future = converse();
			require(take(future, "a client that comes later is not answered") == OUTCOME_RIGHT,
				"a client that comes later does not get the right answer");
			waitUntilIdle();
		}

		void expectTrace()
			/// Who has not been answered must be seen in the statistics, or have been reported.
		{
			require(!_cut || _reports.count() > 0 || isTraced(_pServer->statistics()),
				"a client was not answered, but nothing tells of that: " + textOf(_pServer->statistics()));
		}

		void expectQuiet()
		{
			long most = 0;
			for (int i = 0, pause = QUIET; i < 5; i++, pause *= 3)
			{
				const long before = FaultInjector::calls();
				sleepFor(pause);
				most = FaultInjector::calls() - before;
				if (most <= MAX_QUIET_CALLS) return;
			}
			throw Complaint("a thread of the idle server spins: " + std::to_string(most) + " calls in " + std::to_string(QUIET*81) + " ms");
		}

		void end(const std::function<void()>& arm)
		{
			const Stopwatch stopwatch;
			_kind.end(*_pServer, arm);
			FaultInjector::disarm();
			require(stopwatch.elapsed() < patience, "stop() takes too long");
			require(waitFor([this] { return isIdle() && _pServer->statistics().threads == 0; }, patience),
				"after stop(): " + textOf(_pServer->statistics()) + ", threads " + std::to_string(_pServer->statistics().threads));
		}

		void destroy(bool withoutMemory)
		{
			_pServer.reset();
			const auto free = [this] { return _pPool->used() == 0 && Poco::ThreadPool::defaultPool().used() == 0; };
			if (!waitFor(free, withoutMemory ? QUIET : patience))
			{
				require(withoutMemory, "a thread is not given back to the pool");
				// Where start() of a thread of Poco's pool finds no memory, that thread counts as used for ever.
				static std::vector<Poco::ThreadPool*> lost;
				lost.push_back(_pPool.release());
			}
			_pPool.reset();
			// The last thread of a server ends it, which may be one of a pool of its own
			require(waitFor([this] { return descriptors() == _descriptors; }, patience),
				std::to_string(descriptors() - _descriptors) + " descriptors are left");
		}

	private:
		std::future<Outcome> converse()
		{
			// A thread of its own, so that one that hangs can be seen. It is exempt as well.
			return std::async(std::launch::async, [this]
			{
				const FaultInjector::Exempt exempt;
				return _kind.converse(*_pServer);
			});
		}

		static void endLasting(std::future<Outcome>& future, long before)
		{
			if (future.wait_for(std::chrono::milliseconds(LASTING)) == std::future_status::ready) return;
			require(FaultInjector::injected() - before < MAX_REPEATED, "a call that fails is repeated again and again");
			FaultInjector::disarm();
		}

		Outcome take(std::future<Outcome>& future, const std::string& complaint)
		{
			require(future.wait_for(std::chrono::milliseconds(patience)) == std::future_status::ready,
				complaint + ": " + textOf(_pServer->statistics()));
			try
			{
				const Outcome outcome = future.get();
				_cut = _cut || outcome == OUTCOME_CUT;
				return outcome;
			}
			catch (Poco::Exception& exc)
			{
				throw Complaint(exc.displayText());
			}
		}

		bool isIdle() const
		{
			const EVServerStatistics s = _pServer->statistics();
			return s.open == 0 && s.running == 0 && s.queued == 0 && balances(s);
		}

		void waitUntilIdle()
		{
			require(waitFor([this] { return isIdle(); }, patience), "the client has gone, but: " + textOf(_pServer->statistics()));
		}

		const FaultKind& _kind;
		const int        _descriptors;
		Reports          _reports;
		std::unique_ptr<Poco::ThreadPool> _pPool;
		std::unique_ptr<EVTCPServer>      _pServer;
		bool             _cut = false;
	};


	bool startUnderFault(Subject& subject)
		/// Returns false if that fails, which it may.
	{
		const FaultInjector::Exempt exempt(false);
		try
		{
			subject.start();
			return true;
		}
		catch (Poco::Exception&)
		{
		}
		catch (std::bad_alloc&)
		{
		}
		return false;
	}
}


void setPatience(int milliseconds)
{
	patience = milliseconds;
}


void makeRun(const FaultKind& kind, const FaultInjector::Fault* pFault)
{
	Subject subject(kind);
	const bool withoutMemory = pFault && pFault->call == FaultInjector::CALL_NEW;
	if (kind.phase == FaultKind::PHASE_START)
	{
		if (pFault) FaultInjector::arm(*pFault);
		const bool started = startUnderFault(subject);
		if (started) subject.waitForLoops();
		FaultInjector::disarm();
		if (!started)
		{
			subject.destroy(withoutMemory);
			return;
		}
	}
	else
	{
		subject.start();
		subject.waitForLoops();
		if (pFault && kind.phase == FaultKind::PHASE_REQUEST) FaultInjector::arm(*pFault);
	}
	subject.converseUnderFault();
	subject.converseAfterFault();
	subject.expectTrace();
	subject.expectQuiet();
	subject.end([&]
	{
		if (pFault) FaultInjector::arm(*pFault);
	});
	subject.destroy(withoutMemory);
}
