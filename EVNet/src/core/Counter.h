//
// Counter.h
//
// Library: EVNet
// Package: Core
// Module:  Counter
//
// Definition of the Counter class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Counter_INCLUDED
#define EVNet_Counter_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/Types.h"
#include <atomic>


namespace Poco {
namespace EVNet {


class Counter
	/// A number that one thread at a time changes and any thread may
	/// read: costs no more than a plain variable.
{
public:
	void add(Poco::Int64 n = 1)
	{
		_value.store(_value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
	}

	Poco::Int64 value() const
	{
		return _value.load(std::memory_order_relaxed);
	}

private:
	std::atomic<Poco::Int64> _value{0};
};


} } // namespace Poco::EVNet


#endif // EVNet_Counter_INCLUDED
