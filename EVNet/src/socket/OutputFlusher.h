//
// OutputFlusher.h
//
// Library: EVNet
// Package: Socket
// Module:  OutputFlusher
//
// Definition of the OutputFlusher class.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef EVNet_OutputFlusher_INCLUDED
#define EVNet_OutputFlusher_INCLUDED


#include "Poco/EVNet/EVNet.h"

namespace Poco {
namespace EVNet {


class OutputFlusher
	/// Who sends the output of a ConnectionSocketImpl that the client does not take at once.
{
public:
	virtual void flushByLoop() = 0;
		/// There is such output now. Called by the thread that has written it, with no lock held.

protected:
	virtual ~OutputFlusher() = default;
};

} } // namespace Poco::EVNet


#endif // EVNet_OutputFlusher_INCLUDED
