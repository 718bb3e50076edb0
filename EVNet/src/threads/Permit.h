//
// Permit.h
//
// Library: EVNet
// Package: Threads
// Module:  Permit
//
// Definition of the Permit class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Permit_INCLUDED
#define EVNet_Permit_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <mutex>


namespace Poco {
namespace EVNet {


class Executor;


class Permit
	/// The right of a thread to run requests. The number of permits limits how many threads do at once, see RequestQueue. The
	/// destructor gives the permit back, unless it is empty or has been moved. Used by one thread at a time.
{
public:
	Permit() = default;
		/// Creates an empty one.

	Permit(Permit&& other) noexcept:
		_pExecutor(other._pExecutor),
		_countsRequest(other._countsRequest)
	{
		other._pExecutor = nullptr;
	}

	Permit& operator = (Permit&& other) noexcept
	{
		if (this != &other)
		{
			giveBack();
			_pExecutor = other._pExecutor;
			_countsRequest = other._countsRequest;
			other._pExecutor = nullptr;
		}
		return *this;
	}

	~Permit()
	{
		giveBack();
	}

	explicit operator bool () const
		/// Returns false if it is empty.
	{
		return _pExecutor != nullptr;
	}

	void requestDischarged()
		/// Says that the request for which a leader got the permit has been counted out already (RequestQueue::discharge()).
	{
		_countsRequest = false;
	}

	void giveBack();
		/// Leaves it empty. Wakes a thread if there are requests that may run now.

	void giveBack(const std::unique_lock<std::mutex>& lock);
		/// The same, for a thread that holds the Executor's lock, and looks itself for what there is to do.

private:
	friend class Executor;

	Permit(Executor& executor, bool countsRequest):
		_pExecutor(&executor),
		_countsRequest(countsRequest)
	{
	}

	Permit(const Permit&);
	Permit& operator = (const Permit&);

	Executor* _pExecutor = nullptr;
	bool      _countsRequest = false;   /// a leader's permit, which has admitted its request, and discharges it: see RequestQueue
};


} } // namespace Poco::EVNet


#endif // EVNet_Permit_INCLUDED
