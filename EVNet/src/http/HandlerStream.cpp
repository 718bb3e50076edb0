//
// HandlerStream.cpp
//
// Library: EVNet
// Package: HTTP
// Module:  HandlerStream
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#include "http/HandlerStream.h"
#include "Poco/ErrorHandler.h"
#include "Poco/Exception.h"


namespace Poco {
namespace EVNet {


namespace
{
	void report()
	{
		Poco::ErrorHandler::handle(Poco::IllegalStateException("A stream has been used whose request is done"));
	}
}


ClosedStreamBuf::ClosedStreamBuf()
{
}


ClosedStreamBuf& ClosedStreamBuf::instance()
{
	static ClosedStreamBuf* pInstance = new ClosedStreamBuf;
	return *pInstance;
}


ClosedStreamBuf::int_type ClosedStreamBuf::overflow(int_type)
{
	report();
	return traits_type::eof();
}


ClosedStreamBuf::int_type ClosedStreamBuf::underflow()
{
	report();
	return traits_type::eof();
}


int ClosedStreamBuf::sync()
{
	report();
	return -1;
}


} } // namespace Poco::EVNet
