//
// ModelScheduler.cpp
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#undef _FORTIFY_SOURCE // longjmp() between stacks is what is wanted here
#include "ModelScheduler.h"
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif
#include <cstring>
#include <csetjmp>
#include <exception>
#include <ucontext.h>


#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MODEL_TSAN
#endif
#if __has_feature(address_sanitizer)
#define MODEL_ASAN
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define MODEL_TSAN
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MODEL_ASAN
#endif


// Sanitizers have to be told of stacks that are not the system's.
#if defined(MODEL_TSAN)
extern "C" void* __tsan_get_current_fiber();
extern "C" void* __tsan_create_fiber(unsigned flags);
extern "C" void __tsan_destroy_fiber(void* pFiber);
extern "C" void __tsan_switch_to_fiber(void* pFiber, unsigned flags);
#endif
#if defined(MODEL_ASAN)
extern "C" void __sanitizer_start_switch_fiber(void** ppFakeStack, const void* pBottom, std::size_t size);
extern "C" void __sanitizer_finish_switch_fiber(void* pFakeStack, const void** ppBottom, std::size_t* pSize);
#endif


namespace
{
	const std::size_t STACK_SIZE = 256*1024;
	const int MAX_STEPS = 5000;     // in one order: more than any model takes
	const int MAX_IDLE_TICKS = 2;   // of a thread, while nothing changes

	struct Aborted
		/// Thrown in threads that have not returned when an order ends.
	{
	};


	class Fiber
		/// A stack on which one thread of a model after the other runs.
	{
	public:
		explicit Fiber(std::function<void()> body = nullptr):
			_body(std::move(body))
		{
			if (!_body)
			{
#if defined(MODEL_TSAN)
				_pFiber = __tsan_get_current_fiber();
#endif
				_begun = true;
				return;
			}
			_stack.reset(new char[STACK_SIZE]);
			_pBottom = _stack.get();
			_size = STACK_SIZE;
			::getcontext(&_context);
			_context.uc_stack.ss_sp = _stack.get();
			_context.uc_stack.ss_size = STACK_SIZE;
			_context.uc_link = nullptr;
			const auto self = reinterpret_cast<std::uintptr_t>(this);
			::makecontext(&_context, reinterpret_cast<void (*)()>(&Fiber::enter), 2, static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
#if defined(MODEL_TSAN)
			_pFiber = __tsan_create_fiber(0);
#endif
		}

		~Fiber()
		{
#if defined(MODEL_TSAN)
			if (_body) __tsan_destroy_fiber(_pFiber);
#endif
		}

		void switchTo(Fiber& other)
			/// Goes on there, and returns when somebody switches back.
		{
#if defined(MODEL_ASAN)
			void* pFakeStack = nullptr;
			__sanitizer_start_switch_fiber(&pFakeStack, other._pBottom, other._size);
#endif
#if defined(MODEL_TSAN)
			__tsan_switch_to_fiber(other._pFiber, 0);
#endif
			other._pFrom = this;
#if defined(MODEL_TSAN) || defined(MODEL_ASAN)
			::swapcontext(&_context, &other._context);
#else
			// swapcontext() is two system calls: only the first time.
			if (_setjmp(_jump) == 0)
			{
				if (other._begun) _longjmp(other._jump, 1);
				other._begun = true;
				::setcontext(&other._context);
			}
#endif
#if defined(MODEL_ASAN)
			__sanitizer_finish_switch_fiber(pFakeStack, &_pFrom->_pBottom, &_pFrom->_size);
#endif
		}

	private:
		Fiber(const Fiber&);
		Fiber& operator = (const Fiber&);

		static void enter(unsigned high, unsigned low)
		{
			Fiber& self = *reinterpret_cast<Fiber*>(static_cast<std::uintptr_t>(high) << 32 | low);
#if defined(MODEL_ASAN)
			__sanitizer_finish_switch_fiber(nullptr, &self._pFrom->_pBottom, &self._pFrom->_size);
#endif
			self._body(); // never returns
		}

		std::function<void()>   _body;
		std::unique_ptr<char[]> _stack;
		ucontext_t              _context;
		jmp_buf                 _jump;
		bool                    _begun = false;
		const void*             _pBottom = nullptr;
		std::size_t             _size = 0;
		Fiber*                  _pFrom = nullptr;
		void*                   _pFiber = nullptr;
	};

}


class ModelScheduler::Run
	/// One exploration.
{
public:
	Run(const Factory& factory, const Options& options):
		_factory(factory),
		_options(options)
	{
		for (int i = 0; i < MAX_THREADS; i++)
		{
			Thread& thread = _threads[i];
			thread.pFiber.reset(new Fiber([this, i] { for (;;) runThread(i); }));
		}
	}

	Result explore()
	{
		Result result;
		if (!_options.replay.empty())
		{
			for (char c: _options.replay) if (c != '-') _path.push_back({c - '0', 0});
			_logging = true;
			runOnce(result);
			return result;
		}
		do runOnce(result); while (!result.failed && next());
		if (!result.failed) return result;
		// Once more, for the steps.
		const long interleavings = result.interleavings;
		_logging = true;
		runOnce(result);
		result.interleavings = interleavings;
		return result;
	}

	int thread() const
	{
		return _current;
	}

	Clock& clock()
	{
		return _threads[_current].clock;
	}

	bool logging() const
	{
		return _logging;
	}

	void log(const std::string& step)
	{
		if (_logging) _steps += "thread " + std::to_string(_current) + ": " + step + "\n";
	}

	void preempt()
	{
		if (leaves()) return;
		if (++_stepCount > MAX_STEPS) throw Failure("the threads go on for ever");
		pass(true);
		if (_aborting) throw Aborted();
	}

	void wait(const char* pWhat, const std::function<bool()>& condition)
	{
		if (leaves()) return;
		takeEffect();
		if (condition()) return;
		changed();
		log(std::string("waits for ") + pWhat);
		Thread& me = _threads[_current];
		me.pWaitsFor = pWhat;
		me.pCondition = &condition;
		pass(false);
		me.pCondition = nullptr;
		if (_aborting) throw Aborted();
	}

	void tick()
	{
		if (leaves()) return;
		takeEffect();
		Thread& me = _threads[_current];
		me.ticking = true;
		pass(false);
		me.ticking = false;
		if (_aborting) throw Aborted();
		++me.idleTicks;
		if (++_stepCount > MAX_STEPS) throw Failure("the threads go on for ever");
	}

	int choose(int choices)
	{
		if (leaves() || choices < 2) return 0;
		if (_depth == _path.size()) _path.push_back({0, choices});
		_path[_depth].choices = choices;
		return _path[_depth++].choice;
	}

	void delay(const void* pObject, std::function<void()> effect)
	{
		takeEffect(nullptr);
		Thread& me = _threads[_current];
		me.pDelayed = pObject;
		me.delayed = std::move(effect);
		me.delayedSince = me.operations;
	}

	void begin(bool early, bool canPreempt)
	{
		if (canPreempt) preempt();
		// What is delayed takes effect only now, between two operations. Where a load is to be early, each store is, unless that load follows.
		Thread& me = _threads[_current];
		if (canPreempt && (_options.mutation.kind == ModelMutation::EARLY ? !early : me.delayedSince != me.operations)) takeEffect(nullptr);
		++me.operations;
	}

	void used()
		/// Something that is no atomic has been used: an operation, before which no other thread needs to go on.
	{
		++_threads[_current].operations;
	}

	void takeEffect()
		/// The thread is about to wait, or to unlock something: what is delayed takes effect now, but others may go on before.
	{
		if (!_threads[_current].pDelayed) return;
		preempt();
		takeEffect(nullptr);
	}

	void takeEffect(const void* pObject)
	{
		Thread& me = _threads[_current];
		if (!me.pDelayed || (pObject && pObject != me.pDelayed)) return;
		me.pDelayed = nullptr;
		std::function<void()> effect;
		effect.swap(me.delayed);
		effect();
	}

	void changed()
		/// Those who look from time to time have something new to see.
	{
		for (int i = 0; i < MAX_THREADS; i++) if (i != _current) _threads[i].idleTicks = 0;
	}

	const Options& options() const
	{
		return _options;
	}

	bool leaves() const
		/// Returns true if the thread is being ended: it must not wait for anything.
	{
		if (!_aborting) return false;
		if (std::uncaught_exceptions() > 0) return true;
		throw Aborted();
	}

	bool aborting() const
	{
		return _aborting;
	}

private:
	struct Choice
	{
		int choice;
		int choices;
	};

	struct Thread
	{
		std::unique_ptr<Fiber>       pFiber;
		Clock                        clock;
		bool                         running = false;
		bool                         ticking = false;
		int                          idleTicks = 0;
		const char*                  pWaitsFor = nullptr;
		const std::function<bool()>* pCondition = nullptr;
		int                          operations = 0;
		int                          delayedSince = 0;
		const void*                  pDelayed = nullptr;
		std::function<void()>        delayed;
	};

	void runOnce(Result& result)
	{
		_pModel = _factory();
		_depth = 0;
		_stepCount = 0;
		_preemptions = 0;
		_aborting = false;
		_failure.clear();
		_steps.clear();
		const int count = _pModel->threads();
		for (int i = 0; i < MAX_THREADS; i++)
		{
			Thread& thread = _threads[i];
			thread.clock = Clock();
			thread.clock.seen[i] = 1;
			thread.running = i < count;
			thread.ticking = false;
			thread.idleTicks = thread.operations = 0;
			thread.pCondition = nullptr;
			thread.pDelayed = nullptr;
			thread.delayed = nullptr;
		}
		_current = -1;
		pass(false);
		// All have returned, or something is wrong.
		_aborting = true;
		for (int i = 0; i < count; i++)
		{
			while (_threads[i].running)
			{
				_current = i;
				_main.switchTo(*_threads[i].pFiber);
			}
		}
		_current = 0;
		if (_failure.empty())
		{
			try
			{
				_pModel->check();
			}
			catch (Failure& failure)
			{
				_failure = failure.what();
			}
		}
		_pModel.reset();
		++result.interleavings;
		if (_failure.empty()) return;
		result.failed = true;
		result.what = _failure;
		result.steps = _steps;
		result.order.clear();
		for (std::size_t i = 0; i < _depth && i < _path.size(); i++) result.order += static_cast<char>('0' + _path[i].choice);
		while (!result.order.empty() && result.order.back() == '0') result.order.pop_back();
		if (result.order.empty()) result.order = "-";
	}

	bool next()
	{
		_path.resize(_depth);
		while (!_path.empty() && _path.back().choice + 1 >= _path.back().choices) _path.pop_back();
		if (_path.empty()) return false;
		++_path.back().choice;
		return true;
	}

	void runThread(int i)
	{
		if (!_aborting)
		{
			try
			{
				_pModel->run(i);
				takeEffect();
			}
			catch (Aborted&)
			{
			}
			catch (std::exception& exc)
			{
				if (_failure.empty()) _failure = "thread " + std::to_string(i) + ": " + exc.what();
				_aborting = true;
			}
		}
		_threads[i].running = false;
		changed();
		if (_aborting) _threads[i].pFiber->switchTo(_main);
		else pass(false);
	}

	bool isEnabled(const Thread& thread) const
	{
		if (!thread.running) return false;
		if (thread.pCondition) return (*thread.pCondition)();
		return !thread.ticking || thread.idleTicks < MAX_IDLE_TICKS;
	}

	void pass(bool canGoOn)
		/// Lets the current thread go on, or another one.
	{
		int options[MAX_THREADS];
		int count = 0;
		if (canGoOn) options[count++] = _current;
		// Time passes, for those who look from time to time, when nobody else can go on. Everything else is a preemption.
		int free = count;
		for (const bool ticking: {false, true})
		{
			if (free > 0 && _preemptions >= _options.preemptions) break;
			for (int i = 0; i < MAX_THREADS; i++)
			{
				const int thread = (_current + 1 + i) % MAX_THREADS;
				if ((!canGoOn || thread != _current) && _threads[thread].ticking == ticking && isEnabled(_threads[thread])) options[count++] = thread;
			}
			if (free == 0) free = count;
		}
		if (count == 0)
		{
			stop();
			return;
		}
		const int choice = choose(count);
		if (choice >= free) ++_preemptions;
		const int before = _current;
		_current = options[choice];
		if (_current == before) return;
		if (before < 0) _main.switchTo(*_threads[_current].pFiber);
		else _threads[before].pFiber->switchTo(*_threads[_current].pFiber);
	}

	void stop()
		/// Nobody can go on.
	{
		std::string waiting;
		for (int i = 0; i < MAX_THREADS; i++)
		{
			const Thread& thread = _threads[i];
			if (thread.running) waiting += (waiting.empty() ? "thread " : ", thread ") + std::to_string(i) + (thread.pCondition ? std::string(" waits for ") + thread.pWaitsFor : std::string(" looks from time to time"));
		}
		if (!waiting.empty()) _failure = "nobody goes on: " + waiting;
		_aborting = true;
		if (_current >= 0) _threads[_current].pFiber->switchTo(_main);
	}

	const Factory          _factory;
	const Options          _options;
	std::unique_ptr<Model> _pModel;
	Fiber                  _main;
	Thread                 _threads[MAX_THREADS];
	std::vector<Choice>    _path;
	std::size_t            _depth = 0;
	int                    _current = -1;
	int                    _stepCount = 0;
	int                    _preemptions = 0;
	bool                   _aborting = false;
	bool                   _logging = false;
	std::string            _failure;
	std::string            _steps;
};


ModelScheduler::Run* ModelScheduler::pRun = nullptr;


int ModelScheduler::maxPreemptions()
{
#if defined(MODEL_TSAN) || defined(MODEL_ASAN)
	return 2;
#else
	return 3;
#endif
}


ModelScheduler::Result ModelScheduler::explore(const Factory& factory, const Options& options)
{
#if defined(__SANITIZE_ADDRESS__)
	const __lsan::ScopedDisabler noLeaks; // a thread of the model that is given up leaves the text of what ended it
#endif
	Run run(factory, options);
	pRun = &run;
	const Result result = run.explore();
	pRun = nullptr;
	return result;
}


void ModelScheduler::fail(const std::string& what)
{
	if (!pRun || !pRun->aborting() || std::uncaught_exceptions() == 0) throw Failure(what);
}


void ModelScheduler::wait(const char* pWhat, const std::function<bool()>& condition)
{
	pRun->wait(pWhat, condition);
}


void ModelScheduler::tick()
{
	pRun->tick();
}


int ModelScheduler::choose(int choices)
{
	return pRun->choose(choices);
}


void ModelScheduler::log(const std::string& step)
{
	pRun->log(step);
}


int ModelScheduler::thread()
{
	return pRun->thread();
}


ModelScheduler::Clock& ModelScheduler::clock()
{
	return pRun->clock();
}


void ModelScheduler::begin(const char* pFunction, int line, ModelOperation::Kind kind, std::memory_order order)
{
	if (std::vector<ModelOperation>* pOperations = pRun->options().pOperations)
	{
		bool known = false;
		for (const ModelOperation& operation: *pOperations) known = known || (operation.line == line && std::strcmp(operation.pFunction, pFunction) == 0);
		if (!known) pOperations->push_back({pFunction, line, kind, order});
	}
	// What a relaxed load returns may be out of date anyway: it is no other order if somebody goes on between it and what the thread has done before.
	pRun->begin(mutated(ModelMutation::EARLY, pFunction, line), kind != ModelOperation::LOAD || order != std::memory_order_relaxed);
}


void ModelScheduler::used()
{
	pRun->used();
}


void ModelScheduler::preempt()
{
	pRun->preempt();
}


bool ModelScheduler::logging()
{
	return pRun->logging();
}


bool ModelScheduler::mutated(ModelMutation::Kind kind, const char* pFunction, int line)
{
	const ModelMutation& mutation = pRun->options().mutation;
	return mutation.kind == kind && mutation.line == line && mutation.function == pFunction;
}


bool ModelScheduler::delays(const char* pFunction, int line)
{
	return pRun->options().mutation.kind == ModelMutation::EARLY || mutated(ModelMutation::DELAYED, pFunction, line);
}


std::memory_order ModelScheduler::weakened(std::memory_order order, const char* pFunction, int line)
{
	return mutated(ModelMutation::RELAXED, pFunction, line) ? std::memory_order_relaxed : order;
}


void ModelScheduler::delay(const void* pObject, std::function<void()> effect)
{
	pRun->delay(pObject, std::move(effect));
}


void ModelScheduler::settle()
{
	pRun->takeEffect();
}


void ModelScheduler::settle(const void* pObject)
{
	pRun->takeEffect(pObject);
}


void ModelScheduler::changed()
{
	pRun->changed();
}


void ModelScheduler::released()
{
	++clock().seen[thread()];
}


void ModelMutex::lock()
{
	ModelScheduler::preempt();
	ModelScheduler::wait("a lock", [this] { return !_locked; });
	if (ModelScheduler::logging()) ModelScheduler::log("locks");
	_locked = true;
	ModelScheduler::clock().join(_passed);
}


void ModelMutex::unlock()
{
	ModelScheduler::settle();
	_locked = false;
	_passed.join(ModelScheduler::clock());
	ModelScheduler::released();
}


void ModelMutex::wait(const char* pWhat, const std::function<bool()>& condition)
{
	unlock();
	ModelScheduler::wait(pWhat, [this, &condition] { return !_locked && condition(); });
	_locked = true;
	ModelScheduler::clock().join(_passed);
}


void ModelMutex::tick()
{
	unlock();
	ModelScheduler::tick();
	ModelScheduler::wait("a lock", [this] { return !_locked; });
	_locked = true;
	ModelScheduler::clock().join(_passed);
}
