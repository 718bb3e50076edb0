//
// Assert.h
//
// Library: EVNet
// Package: Core
// Module:  Assert
//
// Definition of the Assertion class, and of EVNet's own assertions.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_Assert_INCLUDED
#define EVNet_Assert_INCLUDED


#include "Poco/EVNet/EVNet.h"
#include <string>
#include <type_traits>


#if defined(__has_feature)
#define EVNET_HAS_FEATURE(feature) __has_feature(feature)
#else
#define EVNET_HAS_FEATURE(feature) 0
#endif


// On where the engine is tested: with CMake's EVNET_ASSERTIONS, in debug builds of POCO, and with sanitizers. Off in Release. All
// sources of a program that include this must agree.
#if !defined(EVNET_ASSERTIONS)
#if defined(_DEBUG) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
	EVNET_HAS_FEATURE(address_sanitizer) || EVNET_HAS_FEATURE(thread_sanitizer)
#define EVNET_ASSERTIONS 1
#else
#define EVNET_ASSERTIONS 0
#endif
#endif


namespace Poco {
namespace EVNet {


const bool ASSERTIONS = EVNET_ASSERTIONS != 0;
	/// Whether EVNET_ASSERT checks something.


class Assertion
	/// What is done when an assertion fails: a rule of the engine's own is broken, whatever the client or the application has done.
{
public:
	using Handler = void (*)(const std::string& message);

	static Handler setHandler(Handler handler);
		/// Has the function called, instead of ending the process, when an assertion fails; it may throw. Returns the one before. A
		/// null pointer stands for ending the process. To be called while nothing else runs.

	[[noreturn]] static void failed(const char* pFile, int line, const std::string& message);
		/// Calls the handler, or prints the message and ends the process.

	template <class T>
	static std::string text(const T& value)
		/// Returns the value in words.
	{
		if constexpr (std::is_same<T, bool>::value) return value ? "true" : "false";
		else if constexpr (std::is_enum<T>::value) return std::to_string(static_cast<long long>(value));
		else if constexpr (std::is_pointer<T>::value) return value ? "a pointer" : "null";
		else return std::to_string(value);
	}
};


} } // namespace Poco::EVNet


#if EVNET_ASSERTIONS

#define EVNET_ASSERT(condition) \
	do { if (!(condition)) Poco::EVNet::Assertion::failed(__FILE__, __LINE__, #condition); } while (false)
	// The condition must hold.

#define EVNET_ASSERT_EQUAL(expected, actual) \
	do \
	{ \
		const auto evnetExpected = (expected); \
		const auto evnetActual = (actual); \
		if (!(evnetExpected == evnetActual)) Poco::EVNet::Assertion::failed(__FILE__, __LINE__, \
			std::string(#actual " is ") + Poco::EVNet::Assertion::text(evnetActual) + \
			", should be " #expected ", " + Poco::EVNet::Assertion::text(evnetExpected)); \
	} while (false)
	// Both values must be equal.

#else

#define EVNET_ASSERT(condition) static_cast<void>(sizeof(!(condition)))
#define EVNET_ASSERT_EQUAL(expected, actual) static_cast<void>(sizeof((expected) == (actual)))

#endif


#endif // EVNet_Assert_INCLUDED
