//
// FaultRun.h
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultRun
//
// One run: a server whose call fails, and what must hold of it then.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef FaultRun_INCLUDED
#define FaultRun_INCLUDED


#include "FaultInjector.h"
#include "FaultKinds.h"


void makeRun(const FaultKind& kind, const FaultInjector::Fault* pFault);
	/// Makes a server, lets the call fail, and looks what becomes of the server. Throws a Complaint. Without a fault (a null pointer),
	/// everything has to work.

void setPatience(int milliseconds);
	/// What takes longer hangs. The default is 10 s.


#endif // FaultRun_INCLUDED
