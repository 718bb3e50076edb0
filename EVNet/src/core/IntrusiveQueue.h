//
// IntrusiveQueue.h
//
// Library: EVNet
// Package: Core
// Module:  IntrusiveQueue
//
// Definition of the IntrusiveQueue class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_IntrusiveQueue_INCLUDED
#define EVNet_IntrusiveQueue_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <cstddef>


namespace Poco {
namespace EVNet {


template <class T>
class IntrusiveQueue
	/// A FIFO of objects that are linked by their own pNext member, so that
	/// queuing allocates nothing. An object can be in one such queue
	/// at a time. Does no locking.
{
public:
	void push(T& item)
	{
		item.pNext = nullptr;
		if (_pLast) _pLast->pNext = &item;
		else _pFirst = &item;
		_pLast = &item;
		++_size;
	}

	void pushFirst(T& item)
		/// Puts the object in front of all others.
	{
		item.pNext = _pFirst;
		_pFirst = &item;
		if (!_pLast) _pLast = &item;
		++_size;
	}

	T* pop()
		/// Returns the oldest object, or a null pointer.
	{
		T* pItem = static_cast<T*>(_pFirst);
		if (pItem)
		{
			_pFirst = static_cast<T*>(pItem->pNext);
			if (!_pFirst) _pLast = nullptr;
			pItem->pNext = nullptr;
			--_size;
		}
		return pItem;
	}

	void append(IntrusiveQueue& other)
		/// Moves all objects of the other queue to the end of this one.
	{
		if (!other._pFirst) return;
		if (_pLast) _pLast->pNext = other._pFirst;
		else _pFirst = other._pFirst;
		_pLast = other._pLast;
		_size += other._size;
		other._pFirst = other._pLast = nullptr;
		other._size = 0;
	}

	bool empty() const
	{
		return !_pFirst;
	}

	std::size_t size() const
	{
		return _size;
	}

private:
	T*          _pFirst = nullptr;
	T*          _pLast  = nullptr;
	std::size_t _size   = 0;
};


} } // namespace Poco::EVNet


#endif // EVNet_IntrusiveQueue_INCLUDED
