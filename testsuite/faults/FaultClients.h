//
// FaultClients.h
//
// Library: EVNet
// Package: FaultTest
// Module:  FaultClients
//
// What the clients say to a server one of whose calls fails, and what they must get.
//
// Copyright (c) 2026, EVNet Contributors.
//
// SPDX-License-Identifier:	BSL-1.0
//


#ifndef FaultClients_INCLUDED
#define FaultClients_INCLUDED


#include "FaultKinds.h"
#include "HTTPTestSupport.h"
#include <functional>
#include <string>
#include <vector>


using Converse = std::function<Outcome(EVTCPServer&)>;
using Talk = std::function<Outcome(RawClient&)>;


const std::string& largeText();
	/// Returns what /large and /file have: more than the kernel takes for a client that waits.

StreamSocket connectTo(EVTCPServer& server, int receiveBuffer = 0);

Outcome look(const Answer& answer, const std::string& body, int status = 200);
	/// Returns what an answer is to a client that expects the body. Throws an exception if it is complete and wrong.

Converse http(const Talk& talk, int receiveBuffer = 0);
	/// Connects, and lets the client talk. Whatever ends a connection may end it, but the client must not wait.

#if defined(EVNET_TEST_TLS)
Converse https(const Talk& talk, int receiveBuffer = 0);
#endif

Converse lines(const std::vector<std::string>& texts, const std::string& more = "");
	/// Sends each, and wants it back; then wants more.

//
// Talks
//
Outcome hello(RawClient& client);
Outcome getLarge(RawClient& client);
Outcome getFile(RawClient& client);
Outcome postPieces(RawClient& client);
Outcome postLarge(RawClient& client);
Outcome postChunked(RawClient& client);
Outcome postExpect(RawClient& client);
Outcome pipelined(RawClient& client);
Outcome head(RawClient& client);
Outcome bad(RawClient& client);
Outcome closing(RawClient& client);
Outcome throwing(RawClient& client);
Outcome closedByHandler(RawClient& client);
Outcome detached(RawClient& client);
Outcome address(RawClient& client);


#endif // FaultClients_INCLUDED
