//
// Interrupter.h
//
// How a thread is woken at the end that waits for a client.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Interrupter_INCLUDED
#define Interrupter_INCLUDED


#include <functional>
#include <mutex>
#include <set>


class Interrupter
	/// A thread that waits in recv() or send() cannot be told to end, but its socket can be shut down. This is the
	/// list of all that has to be done for that. May be used by any thread.
{
public:
	using Function = std::function<void()>;

	class Scope
		/// While it exists, the function is called when all are interrupted; at once, if they have been already.
		/// To be destroyed before what the function uses: another connection may get the same descriptor.
	{
	public:
		Scope(Interrupter& interrupter, const Function& function);
		~Scope();

	private:
		Scope(const Scope&);
		Scope& operator = (const Scope&);

		Interrupter& _interrupter;
		Function     _function;

		friend class Interrupter;
	};

	void interrupt();
		/// Calls the functions.

private:
	std::mutex       _mutex;
	std::set<Scope*> _scopes;
	bool             _interrupted = false;
};


#endif // Interrupter_INCLUDED
