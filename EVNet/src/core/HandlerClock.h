//
// HandlerClock.h
//
// Library: EVNet
// Package: Core
// Module:  HandlerClock
//
// Definition of the HandlerClock class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_HandlerClock_INCLUDED
#define EVNet_HandlerClock_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "core/SteadyTime.h"


namespace Poco {
namespace EVNet {


class HandlerClock
	/// While it exists, measures what the calling thread does for a handler, without the time in which EVNet sends what the handler has
	/// written (Pause; with TLS, that is encrypting, too; not files): where system calls are slow, e.g. under strace(1), no handler
	/// is. One at a time for a thread.
{
public:
	explicit HandlerClock(bool runs):
		_begin(runs ? steadyTime() : 0),
		_paused(0)
	{
		if (runs) current() = this;
	}

	~HandlerClock()
	{
		current() = nullptr;
	}

	double seconds() const
		/// Returns the time since it was made, without pauses. Only if it runs.
	{
		return steadyTime() - _begin - _paused;
	}

	class Pause
		/// While it exists, the clock of the calling thread, if there is one, does not run.
	{
	public:
		Pause():
			_pClock(current()),
			_begin(_pClock ? steadyTime() : 0)
		{
		}

		~Pause()
		{
			if (_pClock) _pClock->_paused += steadyTime() - _begin;
		}

	private:
		Pause(const Pause&);
		Pause& operator = (const Pause&);

		HandlerClock* const _pClock;
		const double        _begin;
	};

private:
	HandlerClock(const HandlerClock&);
	HandlerClock& operator = (const HandlerClock&);

	static HandlerClock*& current()
	{
		static thread_local HandlerClock* pCurrent = nullptr;
		return pCurrent;
	}

	const double _begin;
	double       _paused;
};


} } // namespace Poco::EVNet


#endif // EVNet_HandlerClock_INCLUDED
