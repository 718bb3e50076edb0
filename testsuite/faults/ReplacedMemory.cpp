//
// ReplacedMemory.cpp
//
// Library: EVNet
// Package: FaultTest
// Module:  ReplacedMemory
//
// The allocators, which a FaultInjector lets fail: operator new, and that of OpenSSL.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "FaultInjector.h"
#include <cerrno>
#include <cstdlib>
#include <new>
#if defined(EVNET_TEST_TLS)
#include <openssl/crypto.h>
#endif


namespace
{
	void* allocate(std::size_t size)
		/// Returns null if there is no memory.
	{
		const int error = errno;
		if (FaultInjector::fails(FaultInjector::CALL_NEW)) return nullptr;
		errno = error;
		void* pMemory = std::malloc(size ? size : 1);
		if (pMemory) FaultInjector::countAllocation(1);
		return pMemory;
	}

	void release(void* pMemory)
	{
		if (pMemory) FaultInjector::countAllocation(-1);
		std::free(pMemory);
	}
}


void* operator new(std::size_t size)
{
	if (void* pMemory = allocate(size)) return pMemory;
	throw std::bad_alloc();
}


void* operator new[](std::size_t size)
{
	return operator new(size);
}


void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
	return allocate(size);
}


void* operator new[](std::size_t size, const std::nothrow_t&) noexcept
{
	return allocate(size);
}


void operator delete(void* pMemory) noexcept
{
	release(pMemory);
}


void operator delete[](void* pMemory) noexcept
{
	release(pMemory);
}


void operator delete(void* pMemory, std::size_t) noexcept
{
	release(pMemory);
}


void operator delete[](void* pMemory, std::size_t) noexcept
{
	release(pMemory);
}


void operator delete(void* pMemory, const std::nothrow_t&) noexcept
{
	release(pMemory);
}


void operator delete[](void* pMemory, const std::nothrow_t&) noexcept
{
	release(pMemory);
}


#if defined(EVNET_TEST_TLS)
namespace
{
	void* openSSLMalloc(std::size_t size, const char*, int)
	{
		return FaultInjector::fails(FaultInjector::CALL_OPENSSL_MALLOC) ? nullptr : std::malloc(size);
	}

	void* openSSLRealloc(void* pMemory, std::size_t size, const char*, int)
	{
		return FaultInjector::fails(FaultInjector::CALL_OPENSSL_MALLOC) ? nullptr : std::realloc(pMemory, size);
	}

	void openSSLFree(void* pMemory, const char*, int)
	{
		std::free(pMemory);
	}
}
#endif


void FaultInjector::replaceOpenSSLAllocator()
{
#if defined(EVNET_TEST_TLS)
	if (!CRYPTO_set_mem_functions(&openSSLMalloc, &openSSLRealloc, &openSSLFree)) std::abort();
#endif
}
