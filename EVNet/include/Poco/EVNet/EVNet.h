//
// EVNet.h
//
// Library: EVNet
// Package: Core
// Module:  EVNet
//
// Basic definitions for the Poco EVNet library.
// This file must be the first file included by every other EVNet
// header file.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_EVNet_INCLUDED
#define EVNet_EVNet_INCLUDED


#include "Poco/Net/Net.h"


//
// The following block is the standard way of creating macros which make exporting
// from a DLL simpler. All files within this DLL are compiled with the EVNet_EXPORTS
// symbol defined on the command line. This symbol should not be defined on any project
// that uses this DLL. EVNet_STATIC is defined by users of a static build.
//
#if defined(_WIN32) && defined(POCO_DLL) && !defined(EVNet_STATIC)
	#if defined(EVNet_EXPORTS)
		#define EVNet_API __declspec(dllexport)
	#else
		#define EVNet_API __declspec(dllimport)
	#endif
#endif


#if !defined(EVNet_API)
	#if !defined(POCO_NO_GCC_API_ATTRIBUTE) && defined(__GNUC__) && (__GNUC__ >= 4)
		#define EVNet_API __attribute__ ((visibility ("default")))
	#else
		#define EVNet_API
	#endif
#endif


#endif // EVNet_EVNet_INCLUDED
