//
// Children.h
//
// Processes that the program starts, and is responsible for.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef Children_INCLUDED
#define Children_INCLUDED


#include "Signals.h"
#include <functional>
#include <map>
#include <sys/types.h>


class Children
	/// The processes that a model has forked. There must be no other thread when it does: a child has only the one
	/// that has called fork(), and locks that others held stay locked in it.
{
public:
	using Function = std::function<void()>;
	using Worker   = std::function<void(int number)>;

	~Children();

	bool start(int number, const Function& child);
		/// Starts a process that calls the function and ends. It ends with its parent, too. Returns false if there can
		/// be no more processes.

	void reap();
		/// Takes note of those that have ended. Nobody else does: until then, they are zombies.

	int count() const;
		/// Returns how many there are.

	void startAll(int workers, const Worker& worker);
		/// Starts workers number 0, 1, 2... Throws a Poco::SystemException if one cannot be started.

	void keepAll(int workers, const Worker& worker, Signals& signals);
		/// Replaces those that end, until the program is told to end.

	void stop();
		/// Ends all. Returns when they have ended.

private:
	enum
	{
		REPLACE_AFTER = 100,
			/// Milliseconds. A worker that cannot even start must not keep its parent busy.
		PATIENCE      = 3000
			/// Milliseconds for a child to end by itself.
	};

	void startMissing(int workers, const Worker& worker);

	std::map<int, pid_t> _pids; // by number
};


//
// inlines
//
inline int Children::count() const
{
	return static_cast<int>(_pids.size());
}


#endif // Children_INCLUDED
