//
// NthRunner.h
//
// Library: EVNet
// Package: FaultTest
// Module:  NthRunner
//
// One connection after the other with a server that shares its thread, during which one call of the server fails.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef NthRunner_INCLUDED
#define NthRunner_INCLUDED


#include "FaultInjector.h"
#include "../fuzzing/FuzzedInput.h"
#include <memory>
#include <string>
#include <vector>


struct NthKind
{
	std::string        name;
	std::string        input;      /// see FuzzedInput
	bool               inPieces;
	bool               notified;
	FuzzedServer::Mode mode;
	bool               brief;      /// belongs to a short run, too
};


const std::vector<NthKind>& nthKinds();
	/// Returns each input of the corpus in four ways.


class NthRunner
	/// Makes runs with one kind of connection.
{
public:
	explicit NthRunner(const NthKind& kind);
		/// Throws a Complaint if something is wrong without a fault.

	~NthRunner();

	void run(const FaultInjector::Fault* pFault);
		/// Each run has a server of its own, so that it is the same each time. Throws a Complaint.

	static const FaultInjector::Error& errorOf(int call, int error);
		/// Returns the error with that index, or the last one.

private:
	class Expected;

	void serve(const FaultInjector::Fault* pFault);

	const NthKind&            _kind;
	const FuzzedInput         _input;
	std::unique_ptr<Expected> _pExpected;
};


#endif // NthRunner_INCLUDED
