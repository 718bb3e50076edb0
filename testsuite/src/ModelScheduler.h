//
// ModelScheduler.h
//
// Runs a few threads of a model in every order in which they can take turns, with a bounded number of preemptions. What the threads share
// are the atomics, locks and cells defined here. Everything runs in one thread of the system, so that each order can be repeated.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef ModelScheduler_INCLUDED
#define ModelScheduler_INCLUDED


#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>


class Model
	/// Some threads, and what they share. Made anew for each order.
{
public:
	virtual ~Model() = default;

	virtual int threads() const = 0;
		/// Returns how many threads there are, ModelScheduler::MAX_THREADS at most.

	virtual void run(int thread) = 0;
		/// What the thread with this number does.

	virtual void check() = 0;
		/// Called when all threads have returned. Calls ModelScheduler::fail() if something is wrong.
};


struct ModelOperation
	/// A line of the source under test that uses an atomic.
{
	enum Kind
	{
		LOAD,
		STORE,
		EXCHANGE   /// a read and a write that belong together, as compare-and-swap
	};

	const char*       pFunction;
	int               line;
	Kind              kind;
	std::memory_order order;
};


struct ModelMutation
	/// How one line is weakened.
{
	enum Kind
	{
		NONE,
		SPLIT,     /// load, then store: another thread may come between
		DELAYED,   /// the store takes effect only after the next operation of the thread, or when the thread waits
		EARLY,     /// the load takes place before the operation in front of it, if that is a store
		RELAXED    /// passes nothing on to other threads, and gets nothing from them
	};

	Kind        kind = NONE;
	int         line = 0;
	std::string function;
};


class ModelScheduler
{
public:
	enum
	{
		MAX_THREADS = 3
	};

	static int maxPreemptions();
		/// Returns how many there are to be where all orders are tried: 3, and 2 with sanitizers, which make that take ten times as long and know nothing of the models.

	struct Options
	{
		int           preemptions = maxPreemptions();
		ModelMutation mutation;
		std::string   replay;      /// an order to repeat, as Result::order says; "-" for the first one
		std::vector<ModelOperation>* pOperations = nullptr;   /// to which the lines are added that use an atomic
	};

	struct Result
	{
		long        interleavings = 0;
		bool        failed = false;
		std::string what;          /// is wrong
		std::string order;         /// to be repeated
		std::string steps;         /// one a line
	};

	struct Clock
		/// What a thread knows of the others: how many of their steps.
	{
		unsigned seen[MAX_THREADS] = {};

		void join(const Clock& other)
		{
			for (int i = 0; i < MAX_THREADS; i++) if (other.seen[i] > seen[i]) seen[i] = other.seen[i];
		}
	};

	class Failure: public std::runtime_error
		/// Something is wrong in this order.
	{
	public:
		using std::runtime_error::runtime_error;
	};

	using Factory = std::function<std::unique_ptr<Model>()>;

	static Result explore(const Factory& factory, const Options& options);
		/// Tries one order after the other, until one fails. That one is repeated for its steps.

	//
	// for models and what they share; only while explore() runs
	//
	static void fail(const std::string& what);
		/// Throws a Failure.

	static void preempt();
		/// Another thread may go on, before what the caller does next.

	static void wait(const char* pWhat, const std::function<bool()>& condition);
		/// Waits until the condition, which must have no effect, holds. If nobody can make it true, that is a failure.

	static void tick();
		/// Waits for a moment: others may go on, or the caller does, a few times while nothing changes.

	static void changed();
		/// Says that something has changed that is no atomic, and that a thread may see that looks from time to time.

	static int choose(int choices);
		/// Returns a number below that; each is tried.

	static void log(const std::string& step);
		/// Adds to the steps.

private:
	template <class T> friend class ModelAtomic;
	template <class T> friend class ModelCell;
	friend class ModelMutex;
	class Run;

	static Run* pRun;

	static int thread();
	static Clock& clock();
	static void begin(const char* pFunction, int line, ModelOperation::Kind kind, std::memory_order order);
	static void used();
	static bool logging();
	static bool mutated(ModelMutation::Kind kind, const char* pFunction, int line);
	static bool delays(const char* pFunction, int line);
	static std::memory_order weakened(std::memory_order order, const char* pFunction, int line);
	static void delay(const void* pObject, std::function<void()> effect);
	static void settle();
	static void settle(const void* pObject);
	static void released();
};


template <class T>
class ModelAtomic
	/// In the place of a std::atomic: before each use, another thread may go on.
{
public:
	ModelAtomic(T value = T()):
		_value(value)
	{
	}

	T load(std::memory_order order = std::memory_order_seq_cst, int line = __builtin_LINE(), const char* pFunction = __builtin_FUNCTION()) const
	{
		ModelScheduler::begin(pFunction, line, ModelOperation::LOAD, order);
		ModelScheduler::settle(this);
		acquire(ModelScheduler::weakened(order, pFunction, line));
		const T value = _value;
		report(pFunction, line, "reads ", value);
		return value;
	}

	void store(T value, std::memory_order order = std::memory_order_seq_cst, int line = __builtin_LINE(), const char* pFunction = __builtin_FUNCTION())
	{
		ModelScheduler::begin(pFunction, line, ModelOperation::STORE, order);
		ModelScheduler::settle(this);
		order = ModelScheduler::weakened(order, pFunction, line);
		ModelScheduler::Clock passed;
		if (releases(order)) passed = ModelScheduler::clock();
		if (ModelScheduler::delays(pFunction, line))
		{
			report(pFunction, line, "is about to write ", value);
			ModelScheduler::delay(this, [this, value, passed, pFunction, line]
			{
				_value = value;
				_passed = passed;
				ModelScheduler::changed();
				report(pFunction, line, "has written ", value);
			});
		}
		else
		{
			_value = value;
			_passed = passed;
			report(pFunction, line, "writes ", value);
		}
		ModelScheduler::changed();
		ModelScheduler::released();
	}

	bool compare_exchange_strong(T& expected, T desired, std::memory_order order = std::memory_order_seq_cst, int line = __builtin_LINE(), const char* pFunction = __builtin_FUNCTION())
	{
		ModelScheduler::begin(pFunction, line, ModelOperation::EXCHANGE, order);
		ModelScheduler::settle(this);
		order = ModelScheduler::weakened(order, pFunction, line);
		acquire(order);
		const T value = _value;
		const bool same = value == expected;
		report(pFunction, line, same ? "exchanges " : "does not exchange ", value);
		if (same)
		{
			if (ModelScheduler::mutated(ModelMutation::SPLIT, pFunction, line)) ModelScheduler::preempt();
			_value = desired;
			if (releases(order)) _passed.join(ModelScheduler::clock());
			ModelScheduler::changed();
			ModelScheduler::released();
			report(pFunction, line, "now ", desired);
		}
		else expected = value;
		return same;
	}

	T peek() const
		/// Returns the value, for conditions and checks.
	{
		return _value;
	}

private:
	static bool releases(std::memory_order order)
	{
		return order != std::memory_order_relaxed && order != std::memory_order_acquire;
	}

	void acquire(std::memory_order order) const
	{
		if (order != std::memory_order_relaxed && order != std::memory_order_release) ModelScheduler::clock().join(_passed);
	}

	static void report(const char* pFunction, int line, const char* pWhat, T value)
	{
		if (ModelScheduler::logging()) ModelScheduler::log(std::string(pFunction) + "(), line " + std::to_string(line) + ", " + pWhat + std::to_string(static_cast<long long>(value)));
	}

	T                     _value;
	ModelScheduler::Clock _passed;   /// what is passed on to whoever acquires the value
};


class ModelMutex
{
public:
	void lock();
	void unlock();

	void wait(const char* pWhat, const std::function<bool()>& condition);
		/// As a condition variable does.

	void tick();
		/// The same, for a moment.

private:
	bool                  _locked = false;
	ModelScheduler::Clock _passed;
};


template <class T>
class ModelCell
	/// Something that is no atomic: must not be used by two threads unless the one has passed it on to the other.
{
public:
	explicit ModelCell(const char* pName, T value = T()):
		_pName(pName),
		_value(value),
		_writer(0)
	{
	}

	void set(T value)
	{
		use(_readers);
		_value = value;
		_writer = ModelScheduler::thread();
		_written = ModelScheduler::clock();
		_readers = ModelScheduler::Clock();
		ModelScheduler::used();
	}

	T get()
	{
		use(ModelScheduler::Clock());
		const int thread = ModelScheduler::thread();
		_readers.seen[thread] = ModelScheduler::clock().seen[thread];
		const T value = _value;
		ModelScheduler::used();
		return value;
	}

	T peek() const
		/// Returns the value, for conditions and checks.
	{
		return _value;
	}

private:
	void use(const ModelScheduler::Clock& readers)
	{
		const ModelScheduler::Clock& clock = ModelScheduler::clock();
		bool known = clock.seen[_writer] >= _written.seen[_writer];
		for (int i = 0; i < ModelScheduler::MAX_THREADS; i++) known = known && clock.seen[i] >= readers.seen[i];
		if (!known) ModelScheduler::fail(std::string("two threads use ") + _pName + ", and nothing passes it from one to the other");
	}

	const char*           _pName;
	T                     _value;
	int                   _writer;
	ModelScheduler::Clock _written;
	ModelScheduler::Clock _readers;
};


#endif // ModelScheduler_INCLUDED
