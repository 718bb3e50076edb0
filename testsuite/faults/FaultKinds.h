//
// FaultKinds.h
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultKinds
//
// What a server does while one of its calls fails: the kinds of requests, start(), stop() and drain().
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef FaultKinds_INCLUDED
#define FaultKinds_INCLUDED


#include "Poco/EVNet/EVTCPServer.h"
#include "Poco/ThreadPool.h"
#include <functional>
#include <memory>
#include <string>
#include <vector>


enum Outcome
	/// What a client has got. Throws instead if it is something wrong.
{
	OUTCOME_RIGHT,
	OUTCOME_OWN,    /// the end has not come as it should, but that was the handler's own doing, or the answer was whole
	OUTCOME_CUT     /// not all of it, and it can tell; or an answer that says that the server has failed
};


struct FaultKind
{
	enum Phase
		/// When the call fails.
	{
		PHASE_START,
		PHASE_REQUEST,
		PHASE_END
	};

	std::string name;
	Phase       phase;
	std::function<std::unique_ptr<Poco::EVNet::EVTCPServer>(Poco::ThreadPool&)> create;
	std::function<Outcome(Poco::EVNet::EVTCPServer&)> converse;   /// the client; closes its connections
	std::function<void(Poco::EVNet::EVTCPServer&, const std::function<void()>&)> end;   /// stops the server, after calling the function
};


const std::vector<FaultKind>& faultKinds();


#endif // FaultKinds_INCLUDED
