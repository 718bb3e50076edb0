//
// EngineModelTest.cpp
//
// The state of a connection and the leadership of a loop, the real classes, in every order in which a few threads can use them, with
// up to three preemptions. And what that is worth: each line that uses an atomic is weakened in turn, which must be found out.
//
// A failure says the name of a scenario and an order: EVNET_MODEL=SCENARIO:ORDER repeats it, and prints its steps.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "EngineModelTest.h"
#include "EngineModel.h"
#include "CppUnit/TestCaller.h"
#include <cstdlib>
#include <iostream>
#include <mutex>


namespace
{
	template <class Run>
	class SmallModel: public Model
	{
	public:
		explicit SmallModel(int threads, const Run& run):
			_threads(threads),
			_run(run)
		{
		}

		int threads() const override
		{
			return _threads;
		}

		void run(int thread) override
		{
			_run(*this, thread);
		}

		void check() override
		{
		}

		ModelAtomic<int> a;
		ModelAtomic<int> b;
		ModelMutex       first;
		ModelMutex       second;
		ModelCell<int>   cell{"the cell"};

	private:
		const int _threads;
		const Run _run;
	};


	template <class Run>
	ModelScheduler::Result explore(int threads, Run run, const ModelScheduler::Options& options = ModelScheduler::Options())
	{
		return ModelScheduler::explore([threads, &run] { return std::unique_ptr<Model>(new SmallModel<Run>(threads, run)); }, options);
	}


	struct Harmless
		/// A weakening that is rightly not found.
	{
		const char*         pFunction;
		ModelMutation::Kind kind;
		const char*         pReason;
	};

	const Harmless HARMLESS[] = {
		{"move", ModelMutation::DELAYED, "Only the leader looks at the phase without owning the connection, and it is the leader who calls move(). Another owner, or leader, gets the connection through a lock or the turn."},
		{"lead", ModelMutation::DELAYED, "Says to the watcher whom to ask about, and that there is nothing to watch: it looks again."},
		{"endWork", ModelMutation::DELAYED, "The watcher only looks once more than it needs."},
		{"beginRequest", ModelMutation::DELAYED, "The request can be taken over a little later."},
		{"end", ModelMutation::DELAYED, "Is called under the lock under which the watcher falls asleep; a leader that sees the sleep too late only takes that lock."}
	};

	bool isHarmless(const std::string& function, ModelMutation::Kind kind)
	{
		for (const Harmless& harmless: HARMLESS) if (function == harmless.pFunction && kind == harmless.kind) return true;
		return false;
	}

	const char* name(ModelMutation::Kind kind)
	{
		static const char* const NAMES[] = {"unchanged", "load, then store", "store after the next operation", "load before the store", "relaxed"};
		return NAMES[kind];
	}

	std::vector<ModelMutation> mutationsOf(const ModelOperation& operation)
	{
		std::vector<ModelMutation::Kind> kinds;
		const bool ordered = operation.order != std::memory_order_relaxed;
		const bool sequential = operation.order == std::memory_order_seq_cst;
		switch (operation.kind)
		{
		case ModelOperation::LOAD:
			if (sequential) kinds.push_back(ModelMutation::EARLY);
			break;
		case ModelOperation::STORE:
			kinds.push_back(ModelMutation::DELAYED);
			break;
		case ModelOperation::EXCHANGE:
			kinds.push_back(ModelMutation::SPLIT);
			break;
		}
		if (ordered && !sequential) kinds.push_back(ModelMutation::RELAXED);
		std::vector<ModelMutation> mutations;
		for (ModelMutation::Kind kind: kinds)
		{
			ModelMutation mutation;
			mutation.kind = kind;
			mutation.line = operation.line;
			mutation.function = operation.pFunction;
			mutations.push_back(mutation);
		}
		return mutations;
	}

	std::string describe(const char* pScenario, const ModelScheduler::Result& result)
	{
		return std::string(pScenario) + ":" + result.order + ": " + result.what + "\n" + result.steps;
	}

	[[noreturn]] void onAssertion(const std::string& message)
	{
		throw ModelScheduler::Failure(message);
	}

	class CatchAssertions
	{
	public:
		CatchAssertions():
			_before(Poco::EVNet::Assertion::setHandler(&onAssertion))
		{
		}

		~CatchAssertions()
		{
			Poco::EVNet::Assertion::setHandler(_before);
		}

	private:
		const Poco::EVNet::Assertion::Handler _before;
	};
}


EngineModelTest::EngineModelTest(const std::string& name): CppUnit::TestCase(name)
{
}


void EngineModelTest::testSchedulerTriesEveryOrder()
{
	// Two threads with two steps each: six orders, two of them without, and two with one preemption.
	const auto run = [](auto& model, int thread)
	{
		for (int i = 0; i < 2; i++) thread == 0 ? model.a.store(1) : model.b.store(1);
	};
	ModelScheduler::Options options;
	options.preemptions = 0;
	const long none = explore(2, run, options).interleavings;
	options.preemptions = 1;
	const long one = explore(2, run, options).interleavings;
	options.preemptions = 3;
	const long three = explore(2, run, options).interleavings;
	assertTrue (none == 2);
	assertTrue (one > none);
	assertTrue (three > one);

	// Two threads that add one after reading what is there do not count to two in each order.
	ModelScheduler::Result result = explore(3, [](auto& model, int thread)
	{
		if (thread < 2)
		{
			model.a.store(model.a.load() + 1);
			model.b.store(model.b.load() + 1);
			return;
		}
		ModelScheduler::wait("both", [&model] { return model.b.peek() == 2; });
	});
	assertTrue (result.failed);
}


void EngineModelTest::testSchedulerFindsDeadlock()
{
	const auto run = [](auto& model, int thread)
	{
		ModelMutex& outer = thread == 0 ? model.first : model.second;
		ModelMutex& inner = thread == 0 ? model.second : model.first;
		std::lock_guard<ModelMutex> lockOuter(outer);
		std::lock_guard<ModelMutex> lockInner(inner);
	};
	ModelScheduler::Options options;
	options.preemptions = 0;
	assertTrue (!explore(2, run, options).failed);
	options.preemptions = 1;
	const ModelScheduler::Result result = explore(2, run, options);
	assertTrue (result.failed);
	assertTrue (result.what.find("nobody goes on") == 0);
}


void EngineModelTest::testSchedulerFindsRace()
{
	const auto passOn = [](std::memory_order order)
	{
		return explore(2, [order](auto& model, int thread)
		{
			if (thread == 0)
			{
				model.cell.set(1);
				model.a.store(1, order);
			}
			else if (model.a.load(std::memory_order_acquire) == 1) model.cell.get();
		});
	};
	assertTrue (!passOn(std::memory_order_release).failed);
	const ModelScheduler::Result result = passOn(std::memory_order_relaxed);
	assertTrue (result.failed);
	assertTrue (result.what.find("two threads use the cell") != std::string::npos);
}


void EngineModelTest::testSchedulerRepeatsAnOrder()
{
	const auto run = [](auto& model, int thread)
	{
		if (thread == 0)
		{
			model.a.store(1);
			model.a.store(0);
		}
		else if (model.a.load() == 1) ModelScheduler::fail("seen");
	};
	const ModelScheduler::Result result = explore(2, run);
	assertTrue (result.failed);
	assertTrue (result.steps.find("reads 1") != std::string::npos);
	ModelScheduler::Options options;
	options.replay = result.order;
	const ModelScheduler::Result again = explore(2, run, options);
	assertTrue (again.failed);
	assertTrue (again.what == result.what);
	assertTrue (again.steps == result.steps);
	assertTrue (again.interleavings == 1);
}


void EngineModelTest::tryEveryOrder(const std::string& name)
{
	const CatchAssertions caught;
	const char* pReplay = std::getenv("EVNET_MODEL");
	const std::string replay = pReplay ? pReplay : "";
	int found = 0;
	for (const EngineModel::Scenario& scenario: EngineModel::scenarios())
	{
		if (name != scenario.pName) continue;
		++found;
		ModelScheduler::Options options;
		if (replay.compare(0, name.size() + 1, name + ":") == 0)
		{
			options.replay = replay.substr(name.size() + 1);
			std::cout << describe(scenario.pName, ModelScheduler::explore(scenario.make, options)) << std::endl;
			continue;
		}
		const ModelScheduler::Result result = ModelScheduler::explore(scenario.make, options);
		if (result.failed) failmsg(describe(scenario.pName, result));
		assertTrue (result.interleavings > 500);
		if (pReplay) std::cout << result.interleavings << " interleavings, ";
	}
	assertTrue (found == 1);
}


void EngineModelTest::testEveryOrderOfQueuedRequests()
{
	tryEveryOrder("QueuedRequests");
}


void EngineModelTest::testEveryOrderOfClosedConnection()
{
	tryEveryOrder("ClosedConnection");
}


void EngineModelTest::testEveryOrderOfBlockedLeader()
{
	tryEveryOrder("BlockedLeader");
}


void EngineModelTest::testEveryOrderOfLoopPassedOn()
{
	tryEveryOrder("LoopPassedOn");
}


void EngineModelTest::testEveryOrderOfNotifiedLeader()
{
	tryEveryOrder("NotifiedLeader");
}


void EngineModelTest::testEveryOrderOfStoppedServer()
{
	tryEveryOrder("StoppedServer");
}


void EngineModelTest::testEveryOrderOfStoppedWorker()
{
	tryEveryOrder("StoppedWorker");
}


void EngineModelTest::testEveryWeakeningIsFound()
{
	const CatchAssertions caught;
	const bool verbose = std::getenv("EVNET_MODEL") != nullptr;
	std::vector<ModelOperation> operations;
	for (const EngineModel::Scenario& scenario: EngineModel::scenarios())
	{
		ModelScheduler::Options options;
		options.preemptions = 1;
		options.pOperations = &operations;
		assertTrue (!ModelScheduler::explore(scenario.make, options).failed);
	}
	int found = 0;
	std::string wrong;
	for (const ModelOperation& operation: operations)
	{
		for (const ModelMutation& mutation: mutationsOf(operation))
		{
			ModelScheduler::Options options;
			options.preemptions = 2; // less is needed to find what is wrong than to show that nothing is
			options.mutation = mutation;
			bool failed = false;
			for (const EngineModel::Scenario& scenario: EngineModel::scenarios())
			{
				const ModelScheduler::Result result = ModelScheduler::explore(scenario.make, options);
				if (!result.failed) continue;
				failed = true;
				if (verbose) std::cout << "\n" << mutation.function << "(), line " << mutation.line << ", " << name(mutation.kind) << ": " << scenario.pName << ":" << result.order << ", " << result.what;
				break;
			}
			if (verbose && !failed) std::cout << "\n" << mutation.function << "(), line " << mutation.line << ", " << name(mutation.kind) << ": not found";
			found += failed;
			if (failed == isHarmless(mutation.function, mutation.kind)) wrong += mutation.function + "(), line " + std::to_string(mutation.line) + ", " + name(mutation.kind) + (failed ? ": is found, but is said to be harmless\n" : ": is not found\n");
		}
	}
	assertTrue (found > 0);
	if (!wrong.empty()) failmsg(wrong);
}


CppUnit::Test* EngineModelTest::suite()
{
	CppUnit::TestSuite* pSuite = new CppUnit::TestSuite("EngineModelTest");

	CppUnit_addTest(pSuite, EngineModelTest, testSchedulerTriesEveryOrder);
	CppUnit_addTest(pSuite, EngineModelTest, testSchedulerFindsDeadlock);
	CppUnit_addTest(pSuite, EngineModelTest, testSchedulerFindsRace);
	CppUnit_addTest(pSuite, EngineModelTest, testSchedulerRepeatsAnOrder);
	CppUnit_addTest(pSuite, EngineModelTest, testEveryOrderOfQueuedRequests);
	CppUnit_addTest(pSuite, EngineModelTest, testEveryOrderOfClosedConnection);
	CppUnit_addTest(pSuite, EngineModelTest, testEveryOrderOfBlockedLeader);
	CppUnit_addTest(pSuite, EngineModelTest, testEveryOrderOfLoopPassedOn);
	CppUnit_addTest(pSuite, EngineModelTest, testEveryOrderOfNotifiedLeader);
	CppUnit_addTest(pSuite, EngineModelTest, testEveryOrderOfStoppedServer);
	CppUnit_addTest(pSuite, EngineModelTest, testEveryOrderOfStoppedWorker);
	CppUnit_addTest(pSuite, EngineModelTest, testEveryWeakeningIsFound);

	return pSuite;
}
