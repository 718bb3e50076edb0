//
// Pooled.h
//
// Library: EVNet
// Package: Core
// Module:  Pooled
//
// Definition of the Pooled class template.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Pooled_INCLUDED
#define EVNet_Pooled_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include "Poco/MemoryPool.h"
#include <new>


#if defined(__SANITIZE_ADDRESS__)
	#define EVNet_NO_POOLS
#elif defined(__has_feature)
	#if __has_feature(address_sanitizer)
		#define EVNet_NO_POOLS
	#endif
#endif


namespace Poco {
namespace EVNet {


template <class T>
class Pooled
	/// A base class for objects that come and go with connections: their memory is taken
	/// from large blocks without a header for each, and kept for reuse. T is the derived
	/// class; larger objects, of classes derived from it, come from the heap.
	///
	/// AddressSanitizer would miss accesses to deleted objects, so with it there is no pool.
	///
	/// All methods may be called from any thread.
{
public:
#ifndef EVNet_NO_POOLS
	static void* operator new(std::size_t size)
	{
		return size == sizeof(T) ? pool().get() : ::operator new(size);
	}

	static void operator delete(void* p, std::size_t size)
	{
		if (size == sizeof(T)) pool().release(static_cast<char*>(p));
		else ::operator delete(p);
	}

private:
	enum
	{
		BLOCKS = 256
	};

	struct Memory
	{
		alignas(T) char bytes[sizeof(T)];
	};

	static Poco::FastMemoryPool<Memory>& pool()
	{
		// Never destroyed: sockets may outlive static objects.
		static Poco::FastMemoryPool<Memory>* pPool = new Poco::FastMemoryPool<Memory>(BLOCKS);
		return *pPool;
	}
#endif
};


} } // namespace Poco::EVNet


#endif // EVNet_Pooled_INCLUDED
